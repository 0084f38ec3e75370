# tests/service_map/test_reading_limits.py — what cannot be read is said, and nothing that is odd does harm
from pathlib import Path

import pytest
from written_files import WrittenFiles, written

from python_coder.errors import ToolRefusedError
from python_coder.service_map.files import FolderView
from python_coder.service_map.render import render_map
from python_coder.service_map.whole import whole_map

_HEAD = (
    "from fastapi import APIRouter, FastAPI\napp = FastAPI()\nrouter = APIRouter()\n@router.get('/x')\ndef x(): ...\n"
)
NOTES = {
    "computed-prefix": ("import os\napp.include_router(router, prefix=os.environ['P'])", "<os.environ['P']>/x"),
    "unknown-router": ("import lib\napp.include_router(lib.routes())\napp.include_router(router)", "`lib.routes()`"),
    "never-included": ("", "router `router` is included by nothing readable"),
    "route-on-something-else": ("app.include_router(router)\nimport lib\n@lib.it().get('/z')\ndef z(): ...", "lib.it"),
    "handler-not-known": ("app.include_router(router)\napp.include_router(unknown)", "`unknown`"),
}


@pytest.mark.parametrize(("code", "said"), NOTES.values(), ids=NOTES)
def test_says_what_could_not_be_read_and_still_shows_the_route(code: str, said: str) -> None:
    service = whole_map(WrittenFiles({"main.py": f"{_HEAD}{code}\n"}))
    assert "x" in {route.handler for route in service.routes}
    assert any(said in note.what for note in service.notes), service.notes
    assert all(note.path == "main.py" and note.line > 0 for note in service.notes)


def test_routes_of_a_branch_carry_its_test() -> None:
    code = f"{_HEAD}if settings.DEBUG:\n    app.include_router(router)\n"
    (route,) = whole_map(WrittenFiles({"main.py": code})).routes
    assert route.conditions == ("settings.DEBUG",)


def test_a_part_that_only_a_program_runs_is_left_out() -> None:
    code = (
        f"{_HEAD}app.include_router(router)\nif __name__ == '__main__':\n    app.include_router(router, prefix='/p')\n"
    )
    assert [route.path for route in whole_map(WrittenFiles({"main.py": code})).routes] == ["/x"]


def test_applications_of_tests_are_not_the_service() -> None:
    service = whole_map(WrittenFiles({"tests/test_x.py": f"{_HEAD}app.include_router(router)\n"}))
    assert (service.applications, service.routes) == ((), ())


def test_reads_around_broken_code() -> None:
    service = whole_map(WrittenFiles({"main.py": f"{_HEAD}app.include_router(router)\ndef broken(:\n  )\n"}))
    assert [route.path for route in service.routes] == ["/x"]
    assert [note.what for note in service.notes] == ["does not parse as a whole; read around it"]


ODD = {
    "empty": {},
    "no-python": {"README.md": "x"},
    "empty-file": {"main.py": ""},
    "endless-call": {"main.py": "def f():\n    return f()\nf()\nclass A:\n    def __init__(self): A()\nA()\n"},
    "endless-calls": {"main.py": "def f(n):\n    f(n); g(n)\ndef g(n):\n    f(n); g(n)\nf(1)\n"},
    "class-of-itself": {"main.py": "class A(A): ...\nclass B(C): ...\nclass C(B): ...\nx = C()\ny = x.nothing\n"},
    "module-of-itself": {"main.py": "from main import *\nfrom main import x\ny = x\n"},
    "ring-of-names": {"a.py": "from b import x\n@x.get('/')\ndef f(): ...\n", "b.py": "from a import x\n"},
    "router-in-itself": {
        "main.py": "from fastapi import FastAPI\na = FastAPI()\na.include_router(a)\na.mount('/a', a)\n"
        "@a.get('/x')\ndef x(): ...\n"
    },
    "dependency-on-itself": {
        "main.py": "from typing import Annotated\nfrom fastapi import Depends, FastAPI\na = FastAPI()\n"
        "def d(x: 'D'): ...\nD = Annotated[int, Depends(d)]\n@a.get('/x')\ndef x(v: D): ...\n"
    },
    "deep": {"main.py": "x = " + "(" * 3000 + "1" + ")" * 3000 + "\n"},
    "deep-attributes": {"main.py": "x = a" + ".b" * 5000 + "\n"},
    "deep-in-a-function": {
        f"main{n}.py": "from fastapi import FastAPI\ndef make():\n    app = FastAPI()\n    x = a" + ".b" * n + "\n"
        for n in range(100, 1_000, 100)
    },
    "long-sum": {"main.py": "x = " + " + ".join(["'a'"] * 5000) + "\n"},
    "long-chain-of-modules": {f"m{n}.py": f"from m{n + 1} import X\nclass C(X): ...\ny = X.z\n" for n in range(300)},
    "surrogates": {"main.py": "x = '\ud800'\nfrom fastapi import FastAPI\n"},
    "other-line-ends": {"main.py": "from fastapi import FastAPI\r\napp = FastAPI()\r\n"},
    "nothing-but-error": {"main.py": "((((((( def class @@@\n"},
    "null": {"main.py": "x = 1\0\n"},
}


@pytest.mark.parametrize("texts", ODD.values(), ids=ODD)
def test_no_repository_is_too_odd(texts: dict[str, str]) -> None:
    assert len(render_map(whole_map(WrittenFiles(texts)), max_chars=4_000)) <= 4_000


def test_a_file_that_may_not_be_read_is_named() -> None:
    class Guarded(WrittenFiles):
        def read(self, path: str) -> str | None:
            raise ToolRefusedError(path)

    (note,) = whole_map(Guarded({"main.py": ""})).notes
    assert (note.path, note.what) == ("main.py", "is no text that may be read")


def test_an_edit_is_seen_and_what_is_the_same_is_not_read_again(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(f"{_HEAD}app.include_router(router)\n")
    first = whole_map(FolderView(tmp_path))
    assert whole_map(FolderView(tmp_path)) is first
    main.write_text(f"{_HEAD}app.include_router(router, prefix='/new')\n")
    assert [route.path for route in whole_map(FolderView(tmp_path)).routes] == ["/new/x"]


def test_finds_modules_below_the_git_root_and_in_src() -> None:
    texts = {
        "backend/src/shop/__init__.py": "",
        "backend/src/shop/web.py": "from fastapi import APIRouter\nrouter = APIRouter()\n"
        "@router.get('/x')\ndef x(): ...\n",
        "backend/src/shop/main.py": "from fastapi import FastAPI\nfrom shop.web import router\n"
        "app = FastAPI()\napp.include_router(router, prefix='/api')\n",
        "other/shop/web.py": "router = None\n",
        "alembic/env.py": "from alembic import context\n",
    }
    service = whole_map(written(texts))
    assert ([route.path for route in service.routes], service.notes) == (["/api/x"], ())
