# tests/skeleton/test_template.py — what every written file has in common
import re
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from python_coder.skeleton.write import write_service

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "src/python_coder/skeleton/template"
BANNER = {
    ".py": "# {} — ",
    ".toml": "# {} — ",
    ".yaml": "# {} — ",
    ".yml": "# {} — ",
    ".ini": "# {} — ",
    ".md": "<!-- {} — ",
    ".mako": "## {} — ",
}
# The example of a secret is nothing but the secret.
WITHOUT_BANNER = {"secrets/database_password.txt.example"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("written")
    patch.setenv("UV_OFFLINE", "1")
    patch.setenv("UV_CACHE_DIR", str(folder / "empty-cache"))
    patch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    try:
        return write_service(folder / "Order.Desk", "Order.Desk", defaults=True).folder
    finally:
        patch.undo()


def files(service: Path) -> dict[str, str]:
    paths = [path for path in service.rglob("*") if path.is_file() and ".git" not in path.relative_to(service).parts]
    return {path.relative_to(service).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_every_file_says_what_it_is(service: Path) -> None:
    wrong = [
        name
        for name, text in files(service).items()
        if name not in WITHOUT_BANNER and not text.startswith(BANNER.get(Path(name).suffix, "# {} — ").format(name))
    ]
    assert wrong == []


def test_nothing_of_the_template_or_of_this_machine_is_left(service: Path) -> None:
    for name, text in files(service).items():
        rendered = text.replace("${{", "")
        assert not re.search(r"\{\{ |\{%|\bcopier__|service_name \}", rendered), name
        assert str(ROOT) not in text, name
        assert str(service) not in text, name
        assert str(Path.home()) + "/" not in text, name


def test_python_files_are_short(service: Path) -> None:
    lengths = {name: text.count("\n") for name, text in files(service).items() if name.endswith(".py")}
    assert {name: length for name, length in lengths.items() if length > 200} == {}


def test_name_reaches_what_carries_it(service: Path) -> None:
    written = files(service)
    assert tomllib.loads(written["pyproject.toml"])["project"]["name"] == "Order.Desk"
    assert yaml.safe_load(written["compose.yaml"])["name"] == "order-desk"
    assert 'service_name: str = "Order.Desk"' in written["app/settings.py"]
    assert "# Order.Desk" in written["README.md"]


def test_compose_follows_the_rules(service: Path) -> None:
    services = yaml.safe_load(files(service)["compose.yaml"])["services"]
    assert {profile for described in services.values() for profile in described["profiles"]} == {"dev", "test", "prod"}
    for name, described in services.items():
        assert "healthcheck" in described, name
        assert described["secrets"] == ["database_password"], name
        assert not any("PASSWORD" in key and not key.endswith("_FILE") for key in described.get("environment", {})), (
            name
        )
        waits = {needed: how["condition"] for needed, how in described.get("depends_on", {}).items()}
        expected = {
            needed: "service_completed_successfully" if needed.startswith("migrate") else "service_healthy"
            for needed in waits
        }
        assert waits == expected, name
    assert services["api-dev"]["develop"]["watch"]


def test_container_does_not_run_as_root(service: Path) -> None:
    stages = files(service)["Dockerfile"].split("\nFROM ")
    users = {stage.splitlines()[0].split(" AS ")[1]: "USER app" in stage for stage in stages[1:]}
    assert users["prod"]
    assert users["dev"]
    assert "HEALTHCHECK" in files(service)["Dockerfile"]


def test_ci_runs_every_check(service: Path) -> None:
    workflow, makefile = files(service)[".github/workflows/ci.yml"], files(service)["Makefile"]
    assert yaml.safe_load(workflow)["permissions"] == {"contents": "read"}
    for target in ("lint", "types", "test", "audit"):
        assert f"make {target}" in workflow
    for tool in ("ruff check", "ruff format --check", "mypy", "pytest --cov", "bandit", "pip-audit"):
        assert tool in makefile
    assert "--fail-under=90" in workflow


def test_ignore_file_keeps_secrets_out(service: Path) -> None:
    ignored = files(service)[".gitignore"].splitlines()
    assert {".env", "/secrets/*", "!/secrets/*.example", "*.db"} <= set(ignored)


@pytest.mark.slow
def test_wheel_carries_the_whole_template(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    inside = set(zipfile.ZipFile(wheel).namelist())
    template = {
        path.relative_to(ROOT / "src").as_posix()
        for path in [*TEMPLATE.rglob("*"), TEMPLATE.parent / "copier.yml"]
        if path.is_file() and not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(path.parts)
    }
    assert template - inside == set()
