# tests/symbols/test_edits.py — 250 scripted edits of symbols: bad ones leave the file alone, good ones all around it
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.symbols.edits import Allowed, insert_after, insert_before, replace_body
from python_coder.symbols.parse import parse_symbols
from python_coder.tools.files import ProjectFiles
from symbols.dressed import DRESSES, SERVICE, Dress, symbol_of

PATH = "app/items.py"
ROUTE = '@router.get(\n    "/items",\n    response_model=list[int],\n)\n@cached\n'

# Name path, body as a model writes it, the same as it must stand in the file.
REPLACED = {
    "function": ("plain", "def plain(a):\n    return a + 1\n", "def plain(a):\n    return a + 1"),
    "made-async": ("plain", "async def plain(a):\n    return a", "async def plain(a):\n    return a"),
    "blank-lines-around": ("plain", "\n\ndef plain(a):\n    return 2\n\n\n", "def plain(a):\n    return 2"),
    "decorated": (
        "list_items",
        f'{ROUTE}async def list_items():\n    return """\nq\n    r"""',
        f'{ROUTE}async def list_items():\n    return """\nq\n    r"""',
    ),
    "decorator-with-other-arguments": (
        "list_items",
        '@router.get("/all")\n@cached\ndef list_items(): return 1',
        '@router.get("/all")\n@cached\ndef list_items(): return 1',
    ),
    "decorator-more": (
        "tail",
        "@slow\n@fixture\ndef tail():\n    yield 2",
        "@slow\n@fixture\ndef tail():\n    yield 2",
    ),
    "method": (
        "Box/__init__",
        "    def __init__(self, size):\n        self.size = size or 1\n",
        "    def __init__(self, size):\n        self.size = size or 1",
    ),
    "method-from-the-margin": (
        "Box/last",
        'def last(self):\n    """Last.\n\n    More.\n    """\n    return """\nx\n    y"""\n',
        '    def last(self):\n        """Last.\n\n        More.\n        """\n        return """\nx\n    y"""',
    ),
    "method-cut-out": ("Box/last", "def last(self):\n        return 3", "    def last(self):\n        return 3"),
    "property-cut-out": (
        "Box/width[0]",
        "@property\n    def width(self):\n        return 3",
        "    @property\n    def width(self):\n        return 3",
    ),
    "comment-above-not-doubled": (
        "Box/width[0]",
        "    # How wide.\n    @property\n    def width(self):\n        return 4\n",
        "    @property\n    def width(self):\n        return 4",
    ),
    "setter": (
        "Box/width[1]",
        "@width.setter\ndef width(self, value):\n    pass",
        "    @width.setter\n    def width(self, value):\n        pass",
    ),
    "one-line-to-many": (
        "Box/load",
        "@staticmethod\nasync def load(path):\n    return await path\n",
        "    @staticmethod\n    async def load(path):\n        return await path",
    ),
    "nested-class": (
        "Box/Inner",
        "class Inner:\n    def deep(self):\n        return 1",
        "    class Inner:\n        def deep(self):\n            return 1",
    ),
    "nested-function": (
        "Box/Inner/deep/deepest",
        "def deepest():\n    return [\n        2,\n    ]",
        "            def deepest():\n                return [\n                    2,\n                ]",
    ),
    "overload": (
        "pick[1]",
        "@overload\ndef pick(a: bytes) -> bytes: ...",
        "@overload\ndef pick(a: bytes) -> bytes: ...",
    ),
    "implementation": ("pick[2]", "def pick(a):\n    return 1", "def pick(a):\n    return 1"),
    "conditional": ("chosen[1]", "def chosen():\n    return 3", "    def chosen():\n        return 3"),
    "constant": ("LIMIT", "LIMIT: int = 20", "LIMIT: int = 20"),
    "constant-of-many-lines": ("TABLE", 'TABLE = {\n    "b": 2,\n}\n', 'TABLE = {\n    "b": 2,\n}'),
    "attribute": ("Box/size", "size = (\n    2\n)", "    size = (\n        2\n    )"),
    "class": ("Box", "class Box(Base):\n    pass", "class Box(Base):\n    pass"),
    "last-of-the-file": ("tail", "@fixture\ndef tail():\n    return 2\n", "@fixture\ndef tail():\n    return 2"),
}

# Name path, body, what the refusal says.
REFUSED = {
    "decorators-lost": ("list_items", "async def list_items():\n    return 1", "the route would vanish"),
    "one-decorator-lost": (
        "list_items",
        '@router.get("/items")\ndef list_items():\n    return 1',
        "`@cached` would be lost",
    ),
    "other-method": ("list_items", '@cached\n@router.post("/items")\ndef list_items(): ...', "the route would vanish"),
    "property-lost": ("Box/width[0]", "    def width(self):\n        return 1", "give a method"),
    "setter-lost": ("Box/width[1]", "    def width(self, value):\n        pass", "`@width.setter` would be lost"),
    "static-lost": ("Box/load", "def load(path):\n    return path", "`@staticmethod` would be lost"),
    "overload-lost": ("pick[0]", "def pick(a: int) -> int: ...", "`@overload` would be lost"),
    "fixture-lost": ("tail", "def tail():\n    return 1", "`@fixture` would be lost"),
    "decorator-of-a-method-lost": (
        "Box",
        "class Box(Base):\n    def width(self):\n        return self.size\n\n    def last(self):\n        return 2",
        "`@property` of width would be lost: reading the attribute",
    ),
    "decorator-in-a-comment": ("tail", "# @fixture\ndef tail():\n    return 1", "`@fixture` would be lost"),
    "decorator-in-a-string": ("tail", "def tail():\n    '''\n@fixture\n'''", "`@fixture` would be lost"),
    "renamed": ("plain", "def plane(a):\n    return a", "would become `plane`"),
    "renamed-method": ("Box/last", "def final(self):\n    return 2", "would become `final`"),
    "renamed-class": ("Box", "class Crate(Base):\n    pass", "would become `Crate`"),
    "renamed-constant": ("LIMIT", "LIMITS = 20", "would become `LIMITS`"),
    "class-to-function": ("Box", "def Box():\n    pass", "it is a class"),
    "function-to-class": ("plain", "class plain:\n    pass", "it is a function"),
    "function-to-constant": ("plain", "plain = 1", "it is a function"),
    "constant-to-function": ("LIMIT", "def LIMIT():\n    return 1", "it is an assignment"),
    "constant-to-sum": ("LIMIT", "LIMIT += 1", "it is an assignment"),
    "two-definitions": ("plain", "def plain(a):\n    return a\n\n\ndef other():\n    return 1", r"`def other\(\):`"),
    "two-of-one-name": ("plain", "def plain(a):\n    return a\ndef plain(b):\n    return b", "2 statements"),
    "import-first": ("plain", "import os\n\n\ndef plain(a):\n    return os", "`import os`"),
    "call-after": ("plain", "def plain(a):\n    return a\nplain(1)", r"`plain\(1\)`"),
    "only-the-inside": ("plain", "    return a + 1", "begins with 4 spaces|begins with 1 tab"),
    "only-the-inside-from-the-margin": ("plain", "return a + 1", "the body begins with `return a"),
    "only-a-docstring": ("plain", '"""Plain."""', "it is a function"),
    "only-a-comment": ("plain", "# nothing", "holds no definition"),
    "empty": ("plain", "", "is empty"),
    "blank": ("plain", " \n\t\n", "is empty"),
    "in-an-if": ("plain", "if True:\n    def plain(a):\n        return a", "it is a function"),
    "colon-missing": ("plain", "def plain(a)\n    return a", "line 1 of it"),
    "bracket-open": ("plain", "def plain(a):\n    return (a", r"\^"),
    "bracket-too-many": ("plain", "def plain(a):\n    return a)", r"\^"),
    "string-open": ("plain", "def plain(a):\n    return 'a", r"\^"),
    "long-string-open": ("plain", 'def plain(a):\n    return """a', r"\^"),
    "backslash-at-the-start": ("Box/last", "\\\ndef last(self):\n        return 2", "backslash"),
    "comment-at-another-level": ("Box/last", "    # c\n        def last(self):\n            return 2", "at one level"),
    "backslash-at-the-end": ("plain", "def plain(a):\n    return a \\", "backslash"),
    "no-inside": ("plain", "def plain(a):", r"Expected an indented block(.|\n)*\^"),
    "prose": ("plain", "Here is the new function:", r"\^|begins with"),
    "fenced": ("plain", "```python\ndef plain(a):\n    return a\n```", r"\^"),
    "python-2": ("plain", "def plain(a):\n    print a", r"\^"),
    "merge-marks": ("plain", "<<<<<<< HEAD\ndef plain(a):\n    return a\n=======", r"\^"),
    "return-in-a-class": ("Box", "class Box(Base):\n    return 1", r"outside of a function(.|\n)*\^"),
    "await-in-a-def": ("plain", "def plain(a):\n    return await a", r"\^"),
    "level-too-deep": ("plain", "    def plain(a):\n        return a", "begins with"),
    "level-too-deep-in-a-class": ("Box/last", "        def last(self):\n            return 1", "begins with"),
    "level-too-shallow": ("Box/Inner/deep", "    def deep(self):\n        return 1", "begins with"),
    "inside-not-deeper": ("Box/last", "    def last(self):\n    return 1", r"\^"),
    "inside-uneven": ("Box/last", "    def last(self):\n        a = 1\n      return a", r"\^"),
    "mixed-levels": ("Box/last", "def last(self):\n    a = 1\n        return a", r"\^"),
    "leaves-the-class": ("Box/last", "    def last(self):\n        return 1\nz = 1", "leaves the level|2 statements"),
    "else-that-would-attach": (
        "chosen[0]",
        "    def chosen():\n        return 1\nelse:\n    pass\nif 1:\n    z = 1",
        ".",
    ),
    "shared-line": ("x", "x = 3", "shares line"),
    "surrogate": ("plain", "def plain(a):\n    return '\ud800'", "which no file can"),
    "nul": ("plain", "def plain(a):\n    return '\0'\n\0", "."),
}

# How, name path, body, the text that must come to the file, its place among the lines of the symbol.
INSERTED: dict[str, tuple[Callable[..., str], str, str, str]] = {
    "before-function": (insert_before, "plain", "def new():\n    return 1\n", "def new():\n    return 1\n\n\n"),
    "before-decorators": (insert_before, "list_items", "def new():\n    pass", "def new():\n    pass\n\n\n"),
    "before-method": (
        insert_before,
        "Box/__init__",
        "def new(self):\n    pass",
        "    def new(self):\n        pass\n\n",
    ),
    "before-at-its-level": (insert_before, "Box/last", "    def new(self): ...", "    def new(self): ...\n\n"),
    "before-constant": (insert_before, "TABLE", "A = 1\nB = 2", "A = 1\nB = 2\n"),
    "before-constant-a-function": (insert_before, "TABLE", "def new(): ...", "\n\ndef new(): ...\n\n\n"),
    "before-a-comment": (insert_before, "plain", "# plain", "# plain\n"),
    "before-conditional": (insert_before, "chosen[1]", "def new():\n    pass", "    def new():\n        pass\n\n"),
    "before-first-of-class": (insert_before, "Box/Inner/deep", "y = 1", "        y = 1\n\n"),
    "after-function": (insert_after, "plain", "def new():\n    return 1\n", "\n\n\ndef new():\n    return 1"),
    "after-constant": (insert_after, "LIMIT", "MORE = 1\n\n", "\nMORE = 1"),
    "after-constant-a-class": (insert_after, "LIMIT", "class New: ...", "\n\n\nclass New: ...\n\n"),
    "after-last-of-class": (
        insert_after,
        "Box/last",
        "def new(self):\n    pass",
        "\n\n    def new(self):\n        pass",
    ),
    "after-last-of-inner": (insert_after, "Box/Inner/deep", "def new(self): ...", "\n\n        def new(self): ..."),
    "after-class": (insert_after, "Box", "class New:\n    pass", "\n\n\nclass New:\n    pass"),
    "after-overload": (insert_after, "pick[2]", "z = 1", "\n\n\nz = 1"),
    "after-conditional": (insert_after, "chosen[0]", "def new():\n    pass", "\n\n    def new():\n        pass"),
    "after-last-of-file": (insert_after, "tail", "def new():\n    pass\n", "\n\n\ndef new():\n    pass"),
    "after-nested-function": (insert_after, "Box/Inner/deep/deepest", "z = 1", "\n\n            z = 1"),
}

NOT_INSERTED = {
    "broken": ("plain", "def new(:\n    pass", r"\^"),
    "open-string": ("plain", "text = '''", r"\^"),
    "wrong-level": ("plain", "    def new():\n        pass", "begins with"),
    "wrong-level-in-class": ("Box/last", "        def new(self): ...", "begins with"),
    "leaves-the-class": ("Box/last", "    z = 1\ny = 2", "leaves the level"),
    "empty": ("plain", "\n", "is empty"),
    "shared-line": ("x", "z = 1", "shares line"),
    "else": ("chosen[0]", "    z = 1\nelse:\n    y = 1", "."),
}


class Desk:
    """One file on disk, with one symbol to edit."""

    def __init__(self, root: Path, dress: Dress, name_path: str) -> None:
        lines = dress.lines(SERVICE)
        self.dress, self.root, self.file = dress, root, root / PATH
        self.symbol = symbol_of(name_path, lines, dress, PATH)
        self.above = "".join(lines[: self.symbol.first_line - 1])
        self.own = "".join(lines[self.symbol.first_line - 1 : self.symbol.last_line])
        self.below = "".join(lines[self.symbol.last_line :])
        self.end = self.own[len(self.own.rstrip("\r\n")) :]
        found = re.search(r"\r\n|\r|\n", self.own)
        self.newline = found[0] if found else "\n"
        self.own = self.own.removesuffix(self.end)
        self.data = dress.data(self.above + self.own + self.end + self.below)
        self.file.parent.mkdir()
        self.file.write_bytes(self.data)
        self.file.chmod(0o640)

    def edit(self, how: Callable[..., str], body: str, **allowed: bool) -> None:
        files = ProjectFiles(self.root)
        opened = files.open_text(PATH)
        files.save(opened, how(opened.content.text, self.symbol, body, **allowed))

    def refuses(self, how: Callable[..., str], body: str, words: str) -> None:
        with pytest.raises(ToolRefusedError, match=words):
            self.edit(how, body)
        assert self.file.read_bytes() == self.data
        assert [path.name for path in self.file.parent.iterdir()] == ["items.py"]


@pytest.fixture(params=DRESSES.values(), ids=DRESSES)
def dress(request: pytest.FixtureRequest) -> Dress:
    found = request.param
    assert isinstance(found, Dress)
    return found


@pytest.mark.parametrize(("name_path", "body", "stands"), REPLACED.values(), ids=REPLACED)
def test_a_replaced_symbol_is_exact(tmp_path: Path, dress: Dress, name_path: str, body: str, stands: str) -> None:
    desk = Desk(tmp_path, dress, name_path)
    desk.edit(replace_body, dress.piece(body, "\n"))
    expected = desk.above + dress.piece(stands, desk.newline) + desk.end + desk.below
    assert desk.file.read_bytes() == dress.data(expected)
    assert desk.file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("dress", [DRESSES["lf"], DRESSES["cp1251-tabs-crlf"]], ids=["lf", "cp1251-tabs-crlf"])
@pytest.mark.parametrize(("name_path", "body", "words"), REFUSED.values(), ids=REFUSED)
def test_a_bad_body_leaves_the_file_alone(tmp_path: Path, dress: Dress, name_path: str, body: str, words: str) -> None:
    Desk(tmp_path, dress, name_path).refuses(replace_body, dress.piece(body, "\n"), words)


@pytest.mark.parametrize("dress", [DRESSES[name] for name in ("lf", "mixed", "tabs", "not-ended")])
@pytest.mark.parametrize(("how", "name_path", "body", "added"), INSERTED.values(), ids=INSERTED)
def test_an_insertion_is_exact(
    tmp_path: Path, dress: Dress, how: Callable[..., str], name_path: str, body: str, added: str
) -> None:
    desk = Desk(tmp_path, dress, name_path)
    desk.edit(how, dress.piece(body, "\n"))
    new = dress.piece(added, desk.newline)
    parts = (desk.above, new, desk.own, desk.end) if how is insert_before else (desk.above, desk.own, new, desk.end)
    assert desk.file.read_bytes() == dress.data("".join((*parts, desk.below)))


@pytest.mark.parametrize("how", [insert_before, insert_after])
@pytest.mark.parametrize(("name_path", "body", "words"), NOT_INSERTED.values(), ids=NOT_INSERTED)
def test_a_bad_insertion_leaves_the_file_alone(
    tmp_path: Path, how: Callable[..., str], name_path: str, body: str, words: str
) -> None:
    Desk(tmp_path, DRESSES["lf"], name_path).refuses(how, body, words)


FACTORY = """\
def create_app():
    app = FastAPI()
    if debug:
        @app.get("/x")
        def x():
            return 1
    return app
"""


def test_a_route_inside_a_factory_is_not_lost() -> None:
    (symbol,) = parse_symbols("a.py", FACTORY.encode()).symbols
    with pytest.raises(ToolRefusedError, match=r'`@app.get\("/x"\)` of x would be lost: the route would vanish'):
        replace_body(FACTORY, symbol, FACTORY.replace('        @app.get("/x")\n', ""))
    assert "/x" not in replace_body(FACTORY, symbol, "def create_app():\n    return FastAPI()\n")


ALLOWED = {
    "decorators": ("tail", "def tail():\n    return 2", "decorator_loss", "def tail():\n    return 2"),
    "name": ("plain", "def plane(a):\n    return 2", "rename", "def plane(a):\n    return 2"),
    "more": ("plain", "def plain(a):\n    return B\n\n\nB = 2", "more", "def plain(a):\n    return B\n\n\nB = 2"),
    "characters": ("plain", "def plain(a):\n\treturn 2", "indentation_change", "def plain(a):\n\treturn 2"),
}


@pytest.mark.parametrize(("name_path", "body", "flag", "stands"), ALLOWED.values(), ids=ALLOWED)
def test_what_was_allowed_may_go(tmp_path: Path, name_path: str, body: str, flag: str, stands: str) -> None:
    desk = Desk(tmp_path, DRESSES["lf"], name_path)
    with pytest.raises(ToolRefusedError):
        desk.edit(replace_body, body)
    desk.edit(replace_body, body, allowed=Allowed(**{flag: True}))
    assert desk.file.read_text() == desk.above + stands + desk.end + desk.below


NOT_MORE = {
    "statements": "import os\n\n\ndef plain(a):\n    return os.sep",
    "the-name-twice": "def plain(a):\n    return 1\n\n\ndef plain(a):\n    return 2",
    "others-alone": "def other(a):\n    return 1\n\n\ndef another(a):\n    return 2",
}


@pytest.mark.parametrize("body", NOT_MORE.values(), ids=NOT_MORE)
def test_more_than_one_definition_are_definitions_with_that_one_among_them(tmp_path: Path, body: str) -> None:
    desk = Desk(tmp_path, DRESSES["lf"], "plain")
    with pytest.raises(ToolRefusedError, match="the body holds 2 statements"):
        desk.edit(replace_body, body, allowed=Allowed(more=True))


def test_a_refusal_names_all_that_would_be_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path, DRESSES["lf"], "list_items")
    with pytest.raises(ToolRefusedError) as refused:
        desk.edit(replace_body, "def list_all():\n    pass")
    told = str(refused.value)
    assert '`@router.get( "/items", response_model=list[int], )` would be lost: the route would vanish' in told
    assert "`@cached` would be lost" in told
    assert "`list_items` would become `list_all`" in told


@pytest.mark.parametrize("shift", [-1, 1, 500], ids=["above", "below", "outside"])
def test_a_symbol_that_moved_is_refused(tmp_path: Path, shift: int) -> None:
    desk = Desk(tmp_path, DRESSES["lf"], "plain")
    here = desk.symbol
    desk.symbol = replace(here, first_line=here.first_line + shift, last_line=here.last_line + shift)
    desk.refuses(replace_body, "def plain(a):\n    return 1", "Look the symbol up again")


COMMENTED = {
    "before-its-comment": (
        insert_before,
        "x = 1\n\n\n# about f\ndef f(): ...\n",
        5,
        "x = 1\n\n\ny = 1\n\n\n# about f\ndef f(): ...\n",
    ),
    "below-the-header": (
        insert_before,
        "#!/usr/bin/python\n# banner\ndef f(): ...\n",
        3,
        "#!/usr/bin/python\n# banner\ny = 1\n\n\ndef f(): ...\n",
    ),
    "after-its-inner-comment": (
        insert_after,
        "def f():\n    pass\n    # done\nx = 1\n",
        1,
        "def f():\n    pass\n    # done\n\n\ny = 1\nx = 1\n",
    ),
    "after-its-docstring": (
        insert_after,
        'f = 1\n"""About\nf."""\ng = 2\n',
        1,
        'f = 1\n"""About\nf."""\ny = 1\ng = 2\n',
    ),
    "in-an-empty-rest": (insert_after, "def f(): pass", 1, "def f(): pass\n\n\ny = 1"),
}


@pytest.mark.parametrize(("how", "source", "line", "after"), COMMENTED.values(), ids=COMMENTED)
def test_comments_stay_with_their_symbol(how: Callable[..., str], source: str, line: int, after: str) -> None:
    (symbol,) = [found for found in parse_symbols("a.py", source.encode()).symbols if found.name == "f"]
    assert symbol.first_line == line
    assert how(source, symbol, "y = 1") == after
