# tests/symbols/test_index_packages.py — the index says of public packages what Python's own parser says
import ast
import importlib.util
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_coder.symbols.index import MOST_BYTES, SymbolIndex
from python_coder.symbols.symbol import FileSymbols, SymbolKind

PACKAGES = ("sqlalchemy", "starlette", "pydantic")
_DRAWN_FILES = 12
_VARIABLES = {SymbolKind.VARIABLE, SymbolKind.CONSTANT}
Row = tuple[str, str, int, int, int, int, int]
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None, f"{package} is not installed; run `make setup`"
    return Path(spec.origin).parent


class _Definitions(ast.NodeVisitor):
    """Collects what the index should hold of a file: path of names, what it is, lines, and bytes."""

    def __init__(self, data: bytes) -> None:
        self.lines = _line_starts(data)
        self.rows: list[Row] = []
        self.scope: list[Definition] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._definition(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._definition(node)

    def _definition(self, node: Definition) -> None:
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        if kind == "function" and self.scope and isinstance(self.scope[-1], ast.ClassDef):
            kind = "method"
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        self._add(node.name, kind, first, node)
        self.scope.append(node)
        for statement in node.body:
            self.visit(statement)
        self.scope.pop()

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assignment(node, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._assignment(node, [node.target])

    def _assignment(self, node: ast.Assign | ast.AnnAssign, targets: list[ast.expr]) -> None:
        if not self.scope or isinstance(self.scope[-1], ast.ClassDef):
            for target in targets:
                for name in _names(target):
                    self._add(name, "variable", node.lineno, node)

    def _add(self, name: str, kind: str, first: int, node: ast.stmt) -> None:
        path = "/".join([*(scope.name for scope in self.scope), name])
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = self.lines[node.lineno - 1] + node.col_offset
        end = self.lines[node.end_lineno - 1] + node.end_col_offset
        self.rows.append((path, kind, first, node.lineno, node.end_lineno, begin, end))


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _names(element)


def _expected(data: bytes) -> list[Row] | None:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return None
    definitions = _Definitions(data)
    definitions.visit(tree)
    return sorted(definitions.rows)


def _indexed(data: bytes, file: FileSymbols) -> list[Row]:
    rows: list[Row] = []
    starts = _line_starts(data)
    for symbol in file.walk():
        kind = "variable" if symbol.kind in _VARIABLES else symbol.kind.value
        names = [name.partition("[")[0] for name in symbol.name_path.split("/")]
        begin = symbol.start_byte
        if symbol.def_line != symbol.first_line:
            assert data[begin : begin + 1] == b"@"
            head = data[:begin].count(b"\n") + 1
            assert head == symbol.first_line
            line = data[starts[symbol.def_line - 1] : starts[symbol.def_line]]
            begin = starts[symbol.def_line] - len(line.lstrip())
        kind = "method" if kind == "property" else kind
        rows.append(
            ("/".join(names), kind, symbol.first_line, symbol.def_line, symbol.last_line, begin, symbol.end_byte)
        )
    return sorted(rows)


def _line_starts(data: bytes) -> list[int]:
    return list(itertools.accumulate(map(len, data.splitlines(keepends=True)), initial=0))


def _compare(folder: Path, store: Path) -> int:
    index = SymbolIndex.open(folder, store)
    compared = 0
    for path in index.paths():
        data = (folder / path).read_bytes()
        expected = _expected(data) if len(data) <= MOST_BYTES and path.endswith(".py") else None
        if expected is not None:
            overview = index.overview(path)
            assert overview.error_lines == (), path
            assert _indexed(data, overview) == expected, path
            compared += len(expected)
    return compared


@pytest.mark.parametrize("package", PACKAGES)
def test_equals_ast_on_some_files(package: str, tmp_path: Path) -> None:
    source, folder = _folder(package), tmp_path / "package"
    draw = random.Random(f"symbols of {package}")
    for path in draw.sample(sorted(source.rglob("*.py")), _DRAWN_FILES):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert _compare(folder, tmp_path / "store") > 50


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_equals_ast_on_all_files(package: str, tmp_path: Path) -> None:
    assert _compare(_folder(package), tmp_path / "store") > 200


@pytest.mark.slow
def test_equals_ast_on_the_standard_library(tmp_path: Path) -> None:
    """Only files that tree-sitter reads without an error: a few of them hold what its grammar does not know."""
    for path in sorted(Path(ast.__file__).parent.glob("*.py")):
        data = path.read_bytes()
        expected = _expected(data)
        assert (
            expected is None or _indexed(data, SymbolIndex.open(path.parent, tmp_path).overview(path.name)) == expected
        )
