# src/python_coder/recipes/imports.py — import statements: sorted blocks for new files, additions to old ones
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from python_coder.recipes.layout import Style
from python_coder.service_map.source import SourceFile, dotted

_SECTIONS = 5


@dataclass(frozen=True, order=True)
class Import:
    """One imported name. `import module` has no `name`."""

    module: str
    name: str = ""
    bound: str = ""
    """Name in this file when it differs from `name`; equal to `name` in an import meant for others."""

    @property
    def local(self) -> str:
        """What the file calls it."""
        return self.bound or self.name or self.module.split(".")[0]


@dataclass(frozen=True)
class Importer:
    """Writes imports the way one project sorts them."""

    style: Style
    first_party: frozenset[str]

    def block(self, wanted: Iterable[Import]) -> list[str]:
        """Logical lines of a whole import block; sections are parted by an empty line."""
        statements = [self._statement(module, items) for module, items in _grouped(wanted)]
        lines: list[str] = []
        for section in range(_SECTIONS):
            inside = sorted((line for line in statements if self._section(line) == section), key=_statement_key)
            if inside:
                lines += [*([""] if lines else []), *inside]
        return lines

    def add(self, source: SourceFile, text: str, wanted: Iterable[Import]) -> str:
        """`text` (the file as edited so far) with the wanted names imported; what is there stays as it is."""
        for module, items in _grouped(wanted):
            missing = [item for item in items if not _is_bound(text, source, item)]
            if missing:
                text = self._add_from(text, source, module, missing)
        return text

    def _add_from(self, text: str, source: SourceFile, module: str, items: Sequence[Import]) -> str:
        current = SourceFile(source.path, source.module_name, text)
        named = [item for item in items if item.name]
        for node in _top_imports(current):
            if named and isinstance(node, cst.ImportFrom) and current.absolute_module(node) == module:
                if isinstance(node.names, cst.ImportStar):
                    return text
                return self._extend(current, node, named)
        for item in items if not named else ():
            text = self._insert(current, self._statement(item.module, [item]))
            current = SourceFile(source.path, source.module_name, text)
        return self._insert(current, self._statement(module, named)) if named else text

    def _extend(self, source: SourceFile, node: cst.ImportFrom, items: Sequence[Import]) -> str:
        aliases = [] if isinstance(node.names, cst.ImportStar) else list(node.names)
        before = [
            f"{dotted(alias.name)} as {dotted(alias.asname.name)}" if alias.asname else dotted(alias.name)
            for alias in aliases
        ]
        every = sorted({*before, *(_member(item) for item in items)}, key=_member_key)
        head = "." * len(node.relative) + dotted(node.module)
        first, last = source.span(node)
        lines = source.text.splitlines(keepends=True)
        has_magic_comma = isinstance(aliases[-1].comma, cst.Comma) and node.lpar is not None
        comment = re.search(r"#.*$", lines[last - 1].rstrip("\n"))
        statement = _from_line(head, every)
        if has_magic_comma:
            new = f"from {head} import (\n" + "".join(f"    {name},\n" for name in every) + ")\n"
        else:
            new = self.style.lay_out([statement])
        if comment:
            new = new.rstrip("\n") + f"  {comment[0]}\n"
        return "".join([*lines[: first - 1], new, *lines[last:]])

    def _insert(self, source: SourceFile, statement: str) -> str:
        lines = source.text.splitlines(keepends=True)
        nodes = _top_imports(source)
        new = self.style.lay_out([statement])
        if not nodes:
            at = _after_header(source)
            return "".join([*lines[:at], new, "\n", *lines[at:]])
        section = self._section(statement)
        known = [(node, _code_of(source, node)) for node in nodes]
        same = [(node, line) for node, line in known if self._section(line) == section]
        if same:
            later = next((node for node, line in same if _statement_key(line) > _statement_key(statement)), None)
            at = source.span(later)[0] - 1 if later is not None else source.span(same[-1][0])[1]
            return "".join([*lines[:at], new, *lines[at:]])
        earlier = [node for node, line in known if self._section(line) < section]
        if earlier:
            at = source.span(earlier[-1])[1]
            return "".join([*lines[:at], "\n", new, *lines[at:]])
        at = source.span(known[0][0])[0] - 1
        return "".join([*lines[:at], new, "\n", *lines[at:]])

    def _statement(self, module: str, items: Sequence[Import]) -> str:
        named = [item for item in items if item.name]
        if not named:
            bound = items[0].bound
            return f"import {module} as {bound}" if bound else f"import {module}"
        return _from_line(module, sorted({_member(item) for item in named}, key=_member_key))

    def _section(self, statement: str) -> int:
        module = statement.split()[1]
        top = module.split(".")[0]
        if module.startswith("."):
            return 4
        if top == "__future__":
            return 0
        if top in self.first_party:
            return 3
        return 1 if top in sys.stdlib_module_names else 2


def wanted_names(code: str) -> frozenset[str]:
    """Every plain name that a piece of code mentions; attributes and keywords are left out."""
    return frozenset(_names(cst.parse_module(code), is_type=False))


def _names(node: cst.CSTNode, *, is_type: bool) -> Iterator[str]:
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, cst.Attribute | cst.Arg):
        yield from _names(node.value, is_type=is_type)
    elif isinstance(node, cst.SimpleString):
        yield from re.findall(r"(?<![\w.])[A-Za-z_]\w*", node.value[1:-1]) if is_type else ()
    else:
        for child in node.children:
            yield from _names(child, is_type=is_type or isinstance(node, cst.Annotation))


def _grouped(wanted: Iterable[Import]) -> list[tuple[str, list[Import]]]:
    groups: dict[tuple[str, str], list[Import]] = {}
    for item in sorted(set(wanted)):
        groups.setdefault((item.module, "from" if item.name else item.bound or "import"), []).append(item)
    return [(key[0], items) for key, items in groups.items()]


def _is_bound(text: str, source: SourceFile, item: Import) -> bool:
    known = SourceFile(source.path, source.module_name, text).imports.get(item.local)
    return known is not None and known.module == item.module and known.original == item.name


def _top_imports(source: SourceFile) -> list[cst.Import | cst.ImportFrom]:
    found: list[cst.Import | cst.ImportFrom] = []
    for statement in source.tree.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            if found:
                break
            continue
        found += [small for small in statement.body if isinstance(small, cst.Import | cst.ImportFrom)]
    return found


def _after_header(source: SourceFile) -> int:
    """How many lines the banner and the module docstring take."""
    body = source.tree.body
    docstring = source.tree.get_docstring(clean=False)
    if docstring is not None and body:
        return source.span(body[0])[1]
    lines = source.text.splitlines()
    return next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))


def _code_of(source: SourceFile, node: cst.Import | cst.ImportFrom) -> str:
    return " ".join(source.tree.code_for_node(node).replace("(", " ").replace(")", " ").split())


def _from_line(head: str, members: Sequence[str]) -> str:
    return f"from {head} import {', '.join(members)}"


def _member(item: Import) -> str:
    # A name bound to itself says that the import is meant for others, so that no linter calls it unused.
    return f"{item.name} as {item.bound}" if item.bound else item.name


def _member_key(member: str) -> tuple[int, list[tuple[int, int, str]], str]:
    name = member.partition(" ")[0]
    is_constant = name.isupper() and len(name) > 1
    kind = 0 if is_constant else 1 if name.lstrip("_")[:1].isupper() else 2
    return kind, _natural(name), name


def _statement_key(statement: str) -> tuple[bool, list[tuple[int, int, str]], str]:
    words = statement.split()
    return words[0] == "from", _natural(words[1]), words[1]


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
