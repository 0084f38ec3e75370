# tests/workspace/test_project.py — which project of a tree is meant, and what it is made of
from pathlib import Path

import pytest
from small_projects import APP, PYPROJECT, write_tree

from python_coder.errors import UsageError
from python_coder.workspace.project import find_project

POETRY = (
    '[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\nfastapi = "^0.115"\n'
)
PLAIN = '[project]\nname = "client"\nversion = "1"\ndependencies = ["httpx"]\n'
WORKSPACE = '[tool.uv.workspace]\nmembers = ["services/*"]\n'

MANAGERS = {
    "uv-lock": ({"pyproject.toml": PYPROJECT, "uv.lock": ""}, "uv", ".", "uv.lock"),
    "uv-without-lock": ({"pyproject.toml": PYPROJECT + "[tool.uv]\n"}, "uv", ".", None),
    "uv-lock-above": (
        {"pyproject.toml": WORKSPACE, "uv.lock": "", "services/shop/pyproject.toml": PYPROJECT},
        "uv",
        "services/shop",
        "uv.lock",
    ),
    "uv-lock-above-of-another": (
        {"pyproject.toml": WORKSPACE, "uv.lock": "", "backend/pyproject.toml": PYPROJECT},
        "pep621",
        "backend",
        None,
    ),
    "poetry": ({"pyproject.toml": POETRY, "poetry.lock": ""}, "poetry", ".", "poetry.lock"),
    "poetry-without-lock": ({"pyproject.toml": POETRY}, "poetry", ".", None),
    "poetry-2": ({"pyproject.toml": PYPROJECT, "poetry.lock": ""}, "poetry", ".", "poetry.lock"),
    "pdm": ({"pyproject.toml": PYPROJECT, "pdm.lock": ""}, "pdm", ".", "pdm.lock"),
    "pdm-without-lock": ({"pyproject.toml": PYPROJECT + "[tool.pdm]\n"}, "pdm", ".", None),
    "requirements": ({"requirements.txt": "fastapi==0.115\n"}, "requirements", ".", None),
    "requirements-beside-tool-settings": (
        {"pyproject.toml": "[tool.ruff]\n", "requirements.txt": "fastapi\n"},
        "requirements",
        ".",
        None,
    ),
    "dynamic-dependencies": (
        {
            "pyproject.toml": '[project]\nname = "shop"\ndynamic = ["version", "dependencies"]\n',
            "requirements.txt": "fastapi\n",
        },
        "requirements",
        ".",
        None,
    ),
    "pep621": ({"pyproject.toml": PYPROJECT}, "pep621", ".", None),
    "below-the-root": ({"api/backend/pyproject.toml": PYPROJECT}, "pep621", "api/backend", None),
    "setup-cfg": ({"setup.cfg": "[options]\ninstall_requires =\n    fastapi\n", "setup.py": ""}, "pep621", ".", None),
}


@pytest.mark.parametrize(("files", "manager", "root", "lock"), MANAGERS.values(), ids=MANAGERS)
def test_finds_manager_and_root(
    files: dict[str, str], manager: str, root: str, lock: str | None, tmp_path: Path
) -> None:
    project = find_project(write_tree(tmp_path, files))
    assert (project.manager, project.root, project.lock, project.is_fastapi) == (manager, root, lock, True)


CHOICES = {
    "fastapi-among-dependencies": ({"backend/pyproject.toml": PYPROJECT, "client/pyproject.toml": PLAIN}, "backend"),
    "fastapi-imported": (
        {"a/pyproject.toml": PLAIN, "b/pyproject.toml": PLAIN, "b/app/main.py": APP},
        "b",
    ),
    "root-of-tools-only": ({"pyproject.toml": "[tool.ruff]\n", "backend/pyproject.toml": PYPROJECT}, "backend"),
    "examples-never": ({"pyproject.toml": PYPROJECT, "examples/demo/pyproject.toml": PYPROJECT}, "."),
    "installed-never": ({"pyproject.toml": PYPROJECT, ".venv/lib/x/pyproject.toml": PYPROJECT}, "."),
    "requirements-folder-is-no-project": ({"pyproject.toml": PYPROJECT, "requirements/dev.txt": "pytest\n"}, "."),
    "root-when-none-is-fastapi": ({"pyproject.toml": PLAIN, "client/pyproject.toml": PLAIN}, "."),
    "broken-neighbour": ({"backend/pyproject.toml": PYPROJECT, "old/pyproject.toml": "[project\n"}, "backend"),
}


@pytest.mark.parametrize(("files", "root"), CHOICES.values(), ids=CHOICES)
def test_chooses_the_service(files: dict[str, str], root: str, tmp_path: Path) -> None:
    assert find_project(write_tree(tmp_path, files)).root == root


TWO = {"one/pyproject.toml": PYPROJECT, "two/pyproject.toml": PYPROJECT}
REFUSALS = {
    "nothing": ({"README.md": ""}, None, r"No Python project .* Looked for pyproject\.toml, requirements\.txt"),
    "two-services": (TWO, None, r"one, two.*--project DIR"),
    "hint-without-project": ({**TWO, "docs/x.md": ""}, "docs", "holds no Python project"),
    "hint-to-nowhere": (TWO, "three", "is no folder of the repository"),
    "hint-out-of-the-tree": (TWO, "../..", "is no folder of the repository"),
    "hint-absolute": (TWO, "/", "is no folder of the repository"),
    "broken-toml": ({"pyproject.toml": "[project\n"}, None, "not valid TOML"),
    "pipfile": ({"Pipfile": ""}, None, "pipenv requirements"),
}


@pytest.mark.parametrize(("files", "hint", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refuses_with_a_reason(files: dict[str, str], hint: str | None, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        find_project(write_tree(tmp_path, files), hint=hint)


@pytest.mark.parametrize("hint", ["two", "two/", "./two"])
def test_hint_decides(hint: str, tmp_path: Path) -> None:
    assert find_project(write_tree(tmp_path, TWO), hint=hint).root == "two"


def test_reads_variables_entry_points_and_example(tmp_path: Path) -> None:
    more = '[project.scripts]\nshop = "shop.cli:main"\n[tool.python-coder.env]\nDEBUG = true\nPORT = 80\nURL = "a"\n'
    project = find_project(write_tree(tmp_path, {"api/pyproject.toml": PYPROJECT + more, ".env.example": "A=1\n"}))
    assert project.declared_env == {"DEBUG": "true", "PORT": "80", "URL": "a"}
    assert project.entry_points == {"console_scripts": {"shop": "shop.cli:main"}}
    assert project.env_example == ".env.example"
    assert (project.name, project.version, project.requires_python) == ("shop", "1.2.0", ">=3.11")


def test_includes_are_files_of_the_environment(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r requirements/base.in\n-c limits.txt\n",
        "requirements/base.in": "fastapi\n",
        "limits.txt": "fastapi<1\n",
        "requirements-dev.txt": "pytest\n",
        "requirements-docs.txt": "mkdocs\n",
    }
    found = find_project(write_tree(tmp_path, files)).files
    assert set(found) == set(files) - {"requirements-docs.txt"}


LOCALS = {
    "uv-workspace": {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["shop", "core"]\n',
        "uv.lock": "",
        "shop/pyproject.toml": PYPROJECT.replace('"fastapi"', '"fastapi", "core"')
        + "[tool.uv.sources]\ncore = { workspace = true }\n",
    },
    "uv-path": {
        "shop/pyproject.toml": PYPROJECT.replace('"fastapi"', '"fastapi", "core"')
        + '[tool.uv.sources]\ncore = { path = "../core", editable = true }\n',
    },
    "poetry-path": {"shop/pyproject.toml": POETRY + 'core = { path = "../core", develop = true }\n'},
    "requirements": {"shop/requirements.txt": "fastapi\n-e ../core\n"},
}


@pytest.mark.parametrize("files", LOCALS.values(), ids=LOCALS)
def test_local_projects_are_imported_from_the_tree(files: dict[str, str], tmp_path: Path) -> None:
    core = {"core/pyproject.toml": PLAIN.replace("client", "core"), "core/src/core/__init__.py": ""}
    project = find_project(write_tree(tmp_path, {**files, **core, "shop/app/__init__.py": ""}))
    assert project.root == "shop"
    assert project.import_roots == (".", "../core/src")
    assert [other.name for other in project.locals] == ["core"]
    assert "core/pyproject.toml" in project.files
