# tests/workspace/test_environment.py — environments made once, and trees that win over whatever is installed
import asyncio
import os
import subprocess
import sys
import tarfile
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from small_projects import write_tree

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command
from python_coder.workspace.environment import ProjectEnvironment, check_imports, prepare_environment, process_env
from python_coder.workspace.environment_store import environment_digest
from python_coder.workspace.project import find_project
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.set_up import uv_program

RUNNER = make_runner("none")
EMPTY = '[project]\nname = "shop"\nversion = "1.2.0"\nrequires-python = ">=3.8"\ndependencies = []\n'
SCRIPTS = '[project.entry-points."shop.plugins"]\nfirst = "shop:WHERE"\n'
TREE = {"pyproject.toml": EMPTY + SCRIPTS, "shop/__init__.py": "WHERE = 'tree'\n"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for tests that leave environments as they are, so that one is made for all of them."""
    return tmp_path_factory.mktemp("cache")


async def make(tree: Path, cache: Path) -> ProjectEnvironment:
    return await prepare_environment(find_project(tree), tree, cache=cache, runner=RUNNER)


def site_packages(environment: ProjectEnvironment) -> Path:
    return next(environment.folder.glob("lib/python3*/site-packages"))


async def python(environment: ProjectEnvironment, tree: Path, code: str) -> str:
    """Run code as the project's own processes are run."""
    project = find_project(tree)
    env = process_env(
        environment.folder, tree, project.import_roots, overlay=environment.overlay, bytecode=environment.bytecode
    )
    completed = await RUNNER.run(Command(argv=(str(environment.python), "-c", code), cwd=tree, env=env))
    assert completed.exit_code == 0, completed.stderr
    return completed.stdout.strip()


@pytest.mark.slow
async def test_made_once_and_shared(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    first = await make(tree, tmp_path / "cache")
    write_tree(
        tree, {"pyproject.toml": EMPTY + SCRIPTS + "[tool.ruff]\nline-length = 99\n", ".python-version": "3.99\n"}
    )
    second = await make(tree, tmp_path / "cache")
    assert first == second
    assert first.folder.is_relative_to(tmp_path / "cache/environments" / first.digest)
    assert first.python_version == ".".join(map(str, sys.version_info[:3]))
    assert any("venv" in record.argv for record in first.how)
    assert not any(str(tmp_path) in word for record in first.how for word in record.argv)


@pytest.mark.slow
async def test_nothing_is_written_into_the_tree(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {**TREE, "uv.toml": ""})
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}
    await make(tree, tmp_path / "cache")
    assert {path: path.stat().st_mtime_ns for path in tree.rglob("*")} == before


@pytest.mark.slow
async def test_half_made_environment_is_made_again(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    first = await make(tree, tmp_path / "cache")
    (first.folder.parent / "ready.json").unlink()
    (first.folder / "bin/python").unlink()
    second = await make(tree, tmp_path / "cache")
    assert second.digest == first.digest
    assert second.folder != first.folder


@pytest.mark.slow
async def test_environment_whose_interpreter_went_away_is_made_again(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    first = await make(tree, tmp_path / "cache")
    first.python.unlink()
    first.python.symlink_to("/nowhere/python")
    assert await python(await make(tree, tmp_path / "cache"), tree, "print(1)") == "1"


@pytest.mark.slow
async def test_two_runs_at_once_make_one(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    one, two = await asyncio.gather(make(tree, tmp_path / "cache"), make(tree, tmp_path / "cache"))
    assert one == two


async def test_project_is_known_though_not_installed(tmp_path: Path, cache: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    environment = await make(tree, cache)
    code = (
        "from importlib import metadata as m; import shop; "
        "print(m.version('shop'), m.entry_points(group='shop.plugins')['first'].load(), shop.__file__)"
    )
    assert await python(environment, tree, code) == f"1.2.0 tree {tree}/shop/__init__.py"
    assert list(site_packages(environment).glob("shop*")) == []


CHANGES = {
    "dependency": ('dependencies = ["iniconfig"]', True),
    "version": ('version = "2.0"\ndependencies = []', True),
    "linter": ('version = "1.2.0"\ndependencies = []\n[tool.mypy]\nstrict = true', False),
    "group": ('dependencies = []\n[dependency-groups]\ndev = ["pytest"]', True),
    "docs-group": ('version = "1.2.0"\ndependencies = []\n[dependency-groups]\ndocs = ["mkdocs"]', False),
}


@pytest.mark.parametrize(("text", "is_other"), CHANGES.values(), ids=CHANGES)
def test_digest_counts_what_is_installed(text: str, is_other: bool, tmp_path: Path) -> None:
    version = "" if "version" in text else 'version = "1.2.0"\n'
    other = f'[project]\nname = "shop"\nrequires-python = ">=3.8"\n{version}{text}\n'
    digests = []
    for name, content in (("a", EMPTY), ("b", other)):
        tree = write_tree(tmp_path / name, {**TREE, "pyproject.toml": content})
        digests.append(environment_digest(find_project(tree), tree, "3.11.7"))
    assert (digests[0] != digests[1]) is is_other


async def test_metadata_stays_in_its_folder(tmp_path: Path, cache: Path) -> None:
    wild = EMPTY.replace("1.2.0", "1/../../../../wild")
    tree = write_tree(tmp_path / "tree", {**TREE, "pyproject.toml": wild})
    environment = await make(tree, cache)
    assert environment.overlay is not None
    assert [path.name for path in environment.overlay.iterdir()] == ["shop-1-..-..-..-..-wild.dist-info"]


def test_digest_counts_locks_and_includes(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"requirements.txt": "-r base.txt\n", "base.txt": "fastapi\n"})
    first = environment_digest(find_project(tree), tree, "3.11.7")
    (tree / "base.txt").write_text("fastapi==0.1\n")
    assert environment_digest(find_project(tree), tree, "3.11.7") != first
    assert environment_digest(find_project(tree), tree, "3.12.1") != environment_digest(
        find_project(tree), tree, "3.11.7"
    )


FINDER = """
import sys, importlib.machinery, importlib.util
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "shop":
            return importlib.util.spec_from_file_location(name, {place!r}, submodule_search_locations=[{folder!r}])
"""


def editable(way: str, site: Path, main: Path) -> None:
    """Leave in an environment what an editable install of the user's checkout leaves there."""
    values = {"place": str(main / "shop/__init__.py"), "folder": str(main / "shop")}
    if way == "path":
        (site / "_shop.pth").write_text(f"{main}\n")
    elif way == "hatchling":
        backend = "import sys, hatchling.build; print(hatchling.build.build_editable(sys.argv[1]))"
        (main / "pyproject.toml").write_text(
            EMPTY + '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        )
        subprocess.run([sys.executable, "-c", backend, str(site.parent)], cwd=main, check=True, capture_output=True)
        zipfile.ZipFile(next(site.parent.glob("shop-*.whl"))).extractall(site)
    else:
        last = "sys.meta_path.append(Finder)" if way == "finder" else "sys.meta_path.insert(0, Finder)"
        (site / "__editable___shop_finder.py").write_text(FINDER.format(**values) + last)
        (site / "__editable__.shop.pth").write_text("import __editable___shop_finder\n")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["path", "finder", "hatchling"])
async def test_tree_wins_over_an_editable_install_of_the_main_checkout(way: str, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    main = write_tree(tmp_path / "main", {**TREE, "shop/__init__.py": "WHERE = 'main'\n"})
    environment = await make(tree, tmp_path / "cache")
    editable(way, site_packages(environment), main)
    bare = await RUNNER.run(
        Command(argv=(str(environment.python), "-c", "import shop; print(shop.WHERE)"), cwd=tmp_path)
    )
    assert bare.stdout.strip() == "main", "the editable install is not in force, so this test would prove nothing"
    assert await python(environment, tree, "import shop; print(shop.WHERE)") == "tree"
    found = await check_imports(environment, find_project(tree), tree, RUNNER, {})
    assert found == {"shop": str(tree / "shop/__init__.py")}


@pytest.mark.slow
async def test_import_from_elsewhere_is_refused(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    main = write_tree(tmp_path / "main", TREE)
    environment = await make(tree, tmp_path / "cache")
    editable("first finder", site_packages(environment), main)
    with pytest.raises(EnvironmentLacksError, match=r"shop would be imported from .*main/shop"):
        await make(tree, tmp_path / "cache")


async def test_interpreter_that_does_not_start(tmp_path: Path, cache: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    environment = await make(tree, cache)
    broken = replace(environment, python=Path("/bin/false"))
    with pytest.raises(EnvironmentLacksError, match="does not start"):
        await check_imports(broken, find_project(tree), tree, RUNNER, {})


async def test_stale_bytecode_of_a_tree_is_never_used(tmp_path: Path, cache: Path) -> None:
    tree = write_tree(tmp_path / "tree", TREE)
    environment = await make(tree, cache)
    mode = "py_compile.PycInvalidationMode.UNCHECKED_HASH"
    forged = f"import py_compile; py_compile.compile('shop/__init__.py', invalidation_mode={mode})"
    await RUNNER.run(Command(argv=(str(environment.python), "-c", forged), cwd=tree))
    (tree / "shop/__init__.py").write_text("WHERE = 'after'\n")
    plain = await RUNNER.run(Command(argv=(str(environment.python), "-c", "import shop; print(shop.WHERE)"), cwd=tree))
    assert plain.stdout.strip() == "tree", "the forged bytecode is not in force, so this test would prove nothing"
    assert await python(environment, tree, "import shop; print(shop.WHERE)") == "after"
    assert not list(environment.folder.glob("bytecode/**/shop"))


def test_project_variables_cannot_change_the_ground(tmp_path: Path) -> None:
    theirs = {
        "PYTHONPATH": "/evil",
        "PATH": "/evil",
        "PYTHONHOME": "/evil",
        "PYTHONSTARTUP": "/evil",
        "DATABASE_URL": "x",
    }
    env = process_env(tmp_path / "env", tmp_path / "tree", ("src", "../core"), overlay=tmp_path / "o", env=theirs)
    assert "/evil" not in ":".join(env.values())
    assert env["PYTHONPATH"] == f"{tmp_path}/tree/src:{tmp_path}/core:{tmp_path}/o"
    assert env["DATABASE_URL"] == "x"
    assert {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONHASHSEED", "VIRTUAL_ENV"} <= set(env)


async def test_unwritable_cache_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(EnvironmentLacksError, match=r"cannot be written.*PYTHON_CODER_CACHE"):
        await make(write_tree(tmp_path / "tree", TREE), tmp_path / "cache")


def lacks_index(said: str) -> NoReturn:
    """Skip where packages cannot be had; in CI that is a failure."""
    reason = f"uv cannot get iniconfig and packaging; give it an index or a warm cache: {said[:300]}"
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def lock(tree: Path) -> None:
    locked = subprocess.run([uv_program(), "lock"], cwd=tree, capture_output=True, text=True, check=False)
    if locked.returncode != 0:
        lacks_index(locked.stderr)


@pytest.mark.slow
async def test_uv_lock_with_a_workspace_member(tmp_path: Path) -> None:
    needs = EMPTY.replace("dependencies = []", 'dependencies = ["iniconfig", "core"]')
    tree = write_tree(
        tmp_path / "tree",
        {
            "pyproject.toml": '[tool.uv.workspace]\nmembers = ["api", "core"]\n',
            "api/pyproject.toml": needs + "[tool.uv.sources]\ncore = { workspace = true }\n",
            "api/shop/__init__.py": "import core, iniconfig\n",
            "core/pyproject.toml": EMPTY.replace("shop", "core"),
            "core/src/core/__init__.py": "",
        },
    )
    lock(tree)
    project = find_project(tree, hint="api")
    environment = await prepare_environment(project, tree, cache=tmp_path / "cache", runner=RUNNER)
    found = await check_imports(environment, project, tree, RUNNER, {})
    assert found == {"shop": str(tree / "api/shop/__init__.py")}
    installed = {path.name.partition("-")[0] for path in site_packages(environment).glob("*.dist-info")}
    assert installed == {"iniconfig"}


WAYS = {
    "pep621": {"pyproject.toml": EMPTY.replace("[]", '["iniconfig"]') + '[dependency-groups]\ndev = ["packaging"]\n'},
    "dynamic-version": {
        "pyproject.toml": '[project]\nname = "shop"\ndynamic = ["version"]\ndependencies = ["iniconfig"]\n'
        '[project.optional-dependencies]\ntest = ["packaging"]\n'
        '[build-system]\nrequires = ["hatch-vcs"]\nbuild-backend = "hatchling.build"\n'
    },
    "requirements": {
        "requirements.txt": "-e .\niniconfig\n",
        "requirements-dev.txt": "-r requirements.txt\npackaging\n",
    },
    "poetry": {
        "pyproject.toml": '[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.8"\n'
        'iniconfig = "^2"\n[tool.poetry.group.dev.dependencies]\npackaging = "*"\n'
    },
    "pdm": {
        "pyproject.toml": EMPTY.replace("[]", '["iniconfig"]') + '[tool.pdm.dev-dependencies]\ntest = ["packaging"]\n'
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("files", WAYS.values(), ids=WAYS)
async def test_each_way_installs_all_but_the_project(files: dict[str, str], tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {**files, "shop/__init__.py": ""})
    try:
        environment = await make(tree, tmp_path / "cache")
    except EnvironmentLacksError as error:
        lacks_index(str(error))
    installed = {path.name.partition("-")[0] for path in site_packages(environment).glob("*.dist-info")}
    assert installed == {"iniconfig", "packaging"}


@pytest.mark.slow
async def test_dependency_that_does_not_exist(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"requirements.txt": "iniconfig==0.0.0.1\n"})
    with pytest.raises(EnvironmentLacksError, match=r"cannot be installed .requirements"):
        await make(tree, tmp_path / "cache")


@pytest.mark.slow
@pytest.mark.parametrize("builds", [True, False], ids=["a-trusted-manifest-builds", "another-does-not"])
async def test_no_build_script_of_an_untrusted_manifest_runs(tmp_path: Path, builds: bool) -> None:
    tree, ran = tmp_path / "tree", tmp_path / "ran"
    tree.mkdir()
    package = tmp_path / "planted-1"
    package.mkdir()
    (package / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1\n")
    script = f"open({str(ran)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='planted', version='1')\n"
    (package / "setup.py").write_text(script)
    with tarfile.open(tmp_path / "planted-1.tar.gz", "w:gz") as archive:
        archive.add(package, "planted-1")
    (tree / "requirements.txt").write_text(f"--find-links {tmp_path}\nplanted==1\n")
    (tree / "app.py").write_text("x = 1\n")
    with suppress(EnvironmentLacksError):
        await prepare_environment(
            find_project(tree), tree, cache=tmp_path / "cache", runner=make_runner("none"), builds=builds
        )
    assert ran.exists() == builds
