# tests/symbols/test_target.py — the Python version by which a project's syntax is judged
import pytest

from python_coder.symbols.target import target_version

CASES: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "py315"),
    "requires": ({"pyproject.toml": '[project]\nrequires-python = ">=3.11,<4"'}, "py311"),
    "requires-patch": ({"pyproject.toml": '[project]\nrequires-python = ">= 3.12.3"'}, "py312"),
    "requires-compatible": ({"pyproject.toml": '[project]\nrequires-python = "~=3.10"'}, "py310"),
    "requires-exact": ({"pyproject.toml": '[project]\nrequires-python = "==3.13.*"'}, "py313"),
    "upper-bound-only": ({"pyproject.toml": '[project]\nrequires-python = "<3.12"'}, "py315"),
    "excluded-only": ({"pyproject.toml": '[project]\nrequires-python = "!=3.9.1"'}, "py315"),
    "very-old": ({"pyproject.toml": '[project]\nrequires-python = ">=3.5"'}, "py37"),
    "very-new": ({"pyproject.toml": '[project]\nrequires-python = ">=3.20"'}, "py315"),
    "poetry": ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"'}, "py310"),
    "poetry-either": ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.12 || ~3.11"'}, "py311"),
    "ruff-first": (
        {"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n[tool.ruff]\ntarget-version = "py312"'},
        "py312",
    ),
    "ruff-toml": ({"ruff.toml": 'target-version = "py38"', "pyproject.toml": "[project]"}, "py38"),
    "nearest": (
        {
            "pyproject.toml": '[project]\nrequires-python = ">=3.9"',
            "backend/pyproject.toml": '[project]\nrequires-python = ">=3.13"',
        },
        "py313",
    ),
    "nearest-says-nothing": (
        {"pyproject.toml": '[project]\nrequires-python = ">=3.9"', "backend/pyproject.toml": "[tool.x]"},
        "py39",
    ),
    "beside": ({"frontend/pyproject.toml": '[project]\nrequires-python = ">=3.9"'}, "py315"),
    "broken": ({"pyproject.toml": "[project\n"}, "py315"),
    "odd": ({"pyproject.toml": 'project = 1\ntool = "x"'}, "py315"),
    "odd-ruff": ({"pyproject.toml": '[tool.ruff]\ntarget-version = "--fix"'}, "py315"),
}


@pytest.mark.parametrize(("files", "version"), CASES.values(), ids=CASES)
def test_the_oldest_python_that_is_supported(files: dict[str, str], version: str) -> None:
    assert target_version("backend/app/main.py", files.get) == version
