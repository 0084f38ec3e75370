# tests/compose/test_resolution.py — stacks read by the real CLI in the real sandbox: nothing from outside gets in
from collections.abc import Mapping
from pathlib import Path

import pytest

from python_coder.compose.cli import require_compose
from python_coder.compose.resolution import Resolution, resolve
from python_coder.compose.source import StackSource
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.workspace.sandbox import make_runner

STACK = "services: {web: {image: 'app:${TAG:-1}', environment: {DB_PASSWORD: '${DB_PASSWORD:-none}'}}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project beside a file that is none of its business."""
    (tmp_path / "outside.yaml").write_text("services: {spy: {image: spy}}\n")
    (tmp_path / "outside.env").write_text("STOLEN=value-from-outside\n")
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


async def resolved(root: Path, text: str = "", values: Mapping[str, str] | None = None) -> Resolution:
    source = StackSource(root=root, text=text, values=values or {})
    return await resolve(source, compose=require_compose(), runner=make_runner(), project="python-coder-x")


async def test_reads_files_overrides_and_values(root: Path) -> None:
    (root / "compose.yaml").write_text(STACK)
    (root / "compose.override.yaml").write_text("services: {web: {command: [over]}}\n")
    (root / ".env").write_text("DB_PASSWORD=from-the-file\nTAG=2\n")
    found = await resolved(root, values={"TAG": '3"$TAG\\x'})
    assert found.model is not None
    web = found.model["services"]["web"]
    assert (web["image"], web["command"]) == ('app:3"$$TAG\\x', ["over"])
    assert "from-the-file" in found.secrets


async def test_profiles_are_all_there_and_text_needs_no_file(root: Path) -> None:
    found = await resolved(root, "services: {a: {image: a, profiles: [test]}, b: {image: b, profiles: [prod]}}")
    assert found.model is not None
    assert set(found.model["services"]) == {"a", "b"}


async def test_the_users_environment_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "of-the-user")
    found = await resolved(root, STACK)
    assert found.model is not None
    assert found.model["services"]["web"]["environment"] == {"DB_PASSWORD": "none"}


OUTSIDE = {
    "include": "include: [../outside.yaml]",
    "include-by-path": "include: [{path: ../outside.yaml}]",
    "include-with-variables": "include: [{path: in.yaml, env_file: ../outside.env}]",
    "include-from-elsewhere": "include: ['https://example.org/x.git']",
    "include-through-another": "include: [in.yaml]",
    "extends": "services: {web: {extends: {file: ../outside.yaml, service: spy}}}",
    "env-file": "services: {web: {image: a, env_file: ../outside.env}}",
    "env-file-by-path": "services: {web: {image: a, env_file: [{path: ../outside.env, required: false}]}}",
    "env-file-through-a-link": "services: {web: {image: a, env_file: link.env}}",
    "label-file": "services: {web: {image: a, label_file: ../outside.env}}",
}


@pytest.mark.parametrize("text", OUTSIDE.values(), ids=OUTSIDE)
async def test_names_files_outside_the_project(text: str, root: Path) -> None:
    (root / "in.yaml").write_text("include: [../outside.yaml]\n")
    (root / "link.env").symlink_to("../outside.env")
    with pytest.raises(ToolRefusedError, match=r"outside the project|fetched from elsewhere"):
        await resolved(root, text)


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: {image: a, env_file: '${WHERE}'}}",
        "services: {web: {extends: {file: '${WHERE}', service: spy}}}",
        "include: ['${WHERE}']",
    ],
    ids=["env-file", "extends", "include"],
)
async def test_the_sandbox_keeps_what_hides_behind_a_variable(text: str, root: Path) -> None:
    for name in ("outside.env", "outside.yaml"):
        found = await resolved(root, text, {"WHERE": str(root.parent / name)})
        assert found.model is None or "value-from-outside" not in str(found.model)
        assert found.model is None or "spy" not in found.model["services"]


async def test_an_env_of_others_is_refused(root: Path) -> None:
    (root / "compose.yaml").write_text(STACK)
    (root / ".env").symlink_to("../outside.env")
    with pytest.raises(ToolRefusedError, match="outside the project"):
        await resolved(root)


async def test_names_of_values_are_checked(root: Path) -> None:
    with pytest.raises(ToolRefusedError, match="no name of a variable"):
        await resolved(root, STACK, {"A=b\nDOCKER_HOST": "x"})


async def test_a_problem_is_told_without_paths_of_the_machine(root: Path) -> None:
    (root / "compose.yaml").write_text("services:\n  web: {image: a, nonsense: 1}\n")
    found = await resolved(root)
    assert found.model is None
    assert "nonsense" in found.problem
    assert str(root) not in found.problem


@pytest.mark.parametrize("name", ["../outside.yaml", "missing.yaml"])
async def test_compose_files_are_of_the_project(name: str, root: Path) -> None:
    with pytest.raises((ToolRefusedError, UsageError)):
        StackSource(root=root, files=(name,)).paths()
    with pytest.raises(UsageError, match="compose_yaml"):
        StackSource(root=root).paths()
