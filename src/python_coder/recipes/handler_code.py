# src/python_coder/recipes/handler_code.py — the endpoints of a new resource, each built like its sibling's
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.handler_types import returned_type, typed_parameter, untyped_answer, with_typed_answers
from python_coder.recipes.layout import flat, split_commas
from python_coder.recipes.plan import Plan, is_shared
from python_coder.recipes.rename import Naming, Renamer
from python_coder.recipes.schema_code import family
from python_coder.recipes.shared_calls import with_marked_keywords, without_marks
from python_coder.service_map.resources import Role
from python_coder.service_map.routes import Endpoint
from python_coder.service_map.source import FunctionFact, SourceFile, calls_in, code, dotted

_LIMITS = frozenset({"limit", "page_size", "per_page", "size"})
_OFFSETS = frozenset({"offset", "skip", "start"})
_LARGEST_OFFSET = 1_000_000
_INDENT = "    "
_FIELDS = "__fields__"
_SUMMARIES: dict[Role, str] = {
    "list": "List {many}.",
    "create": "Add {article}.",
    "get": "Show {article}.",
    "update": "Change the fields of {article} that are sent.",
    "delete": "Remove {article}.",
}


@dataclass(frozen=True)
class HandlerWriter:
    """Writes endpoints. The sibling's statements are kept, since they hold the house's ways."""

    plan: Plan

    @property
    def source(self) -> SourceFile:
        """The sibling's file."""
        return self.plan.router_file

    @cached_property
    def body_name(self) -> dict[Role, str]:
        """Name of the parameter that holds the body, by role."""
        names: dict[Role, str] = {}
        schemas: list[tuple[Role, str]] = [("create", self.plan.sibling.create.fact.name)]
        if self.plan.sibling.update is not None:
            schemas.append(("update", self.plan.sibling.update.fact.name))
        for role, schema in schemas:
            for parameter in self.plan.sibling.endpoints[role].function.parameters:
                if re.search(rf"\b{schema}\b", parameter.annotation):
                    names[role] = parameter.name
        return names

    @cached_property
    def session(self) -> str:
        """Name of the session in the handlers.

        Raises:
            RecipeRefusedError: No handler uses a session that it got as a parameter.
        """
        function = self.plan.sibling.endpoints["create"].function
        names = {parameter.name for parameter in function.parameters}
        text = code(function.node.body)
        for found in re.finditer(r"\b(\w+)\.(add|flush|commit|refresh|execute|exec|scalars?)\(", text):
            if found[1] in names:
                return found[1]
        raise RecipeRefusedError(
            f"`{function.name}` in {function.path}:{function.def_line} uses no session of its own parameters "
            "(looked for `.add(`, `.flush(` or `.commit(`); a layer behind it cannot be followed."
        )

    def lines(self) -> list[str]:
        """Logical lines of all endpoints, in the sibling's order."""
        endpoints = sorted(self.plan.sibling.endpoints.items(), key=lambda pair: pair[1].function.first_line)
        lines: list[str] = []
        for role, endpoint in endpoints:
            lines += [*self._handler(role, endpoint), "", ""]
        return [without_marks(self._plain(line)) for line in lines[:-2]]

    def _plain(self, line: str) -> str:
        """A line that answers with the plain schema: the related rows of the sibling are none of the new resource's."""
        read, rename = self.plan.sibling.read, self.plan.renamer.identifier
        if read is None:
            return line
        for name in self.plan.sibling.richer:
            line = re.sub(rf"\b{re.escape(rename(name))}\b", rename(read.fact.name), line)
        return line

    def helper_lines(self) -> list[str]:
        """Functions of the sibling's file that the handlers call and that are about the sibling, for the new resource.

        Raises:
            RecipeRefusedError: One of them does something with fields that only the sibling has.
        """
        lines: list[str] = []
        handlers = {endpoint.function.name for endpoint in self.plan.sibling.endpoints.values()}
        called = {each.name for endpoint in self.plan.sibling.endpoints.values() for each in self._asked(endpoint)}
        for function in self.source.functions:
            if function.name in called - handlers and self.is_about_sibling(function):
                lines += [*self._helper(function), "", ""]
        return [without_marks(line) for line in lines]

    def is_about_sibling(self, function: FunctionFact) -> bool:
        """Whether a function names the sibling anywhere, so that a new resource needs one of its own."""
        text = code(function.node)
        return self.plan.renamer.code(text) != text

    def _helper(self, function: FunctionFact) -> list[str]:
        rename, node = self.plan.renamer, function.node
        name = rename.identifier(function.name)
        if name == function.name and is_shared(self.plan, self.source):
            where = f"{function.path}:{function.def_line}"
            raise RecipeRefusedError(
                f"`{name}` in {where} works for {self.plan.sibling.model.name} alone, which its name does not say."
            )
        body = list(node.body.body)[1:] if node.get_docstring() is not None else list(node.body.body)
        self._check_fields(function, body)
        start = "async def" if function.is_async else "def"
        returns = rename.code(flat(returned_type(function)))
        first = re.split(r"(?<=[.!])\s", " ".join((node.get_docstring() or "").split()), maxsplit=1)[0]
        docstring = rename.sentence(first) if first else f"{self.plan.naming.spoken.capitalize()} for the endpoints."
        lines = [rename.code(f"@{flat(code(decorator.decorator))}") for decorator in node.decorators]
        signature = ", ".join(self._parameters(function, None))
        lines += [f"{start} {name}({signature}) -> {returns}:", f'{_INDENT}"""{docstring}"""']
        return lines + [
            _INDENT + line for statement in self._followed(function, body) for line in self._statement(statement)
        ]

    def _followed(self, function: FunctionFact, body: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
        """The statements to rename, once all that must be known of the sibling's has been read from them."""
        return with_marked_keywords(self.plan, self.source, with_typed_answers(self.plan, function, body))

    def _parameters(self, function: FunctionFact, endpoint: Endpoint | None) -> list[str]:
        texts = split_commas(flat(code(function.node.params)))
        return [self.plan.renamer.code(flat(typed_parameter(self.plan, endpoint, text.strip()))) for text in texts]

    def _handler(self, role: Role, endpoint: Endpoint) -> list[str]:
        function, rename = endpoint.function, self.plan.renamer
        node = function.node
        decorators = [untyped_answer(endpoint, flat(code(each.decorator))) for each in node.decorators]
        lines = [rename.code(f"@{text}") for text in decorators]
        parameters = self._parameters(function, endpoint)
        if role == "list":
            parameters = [self._bounded(parameter.strip()) for parameter in parameters]
        returns = rename.code(flat(returned_type(function)))
        start = "async def" if function.is_async else "def"
        signature = ", ".join(parameter.strip() for parameter in parameters)
        lines.append(f"{start} {rename.identifier(function.name)}({signature}) -> {returns}:")
        lines += self._docstring(role, node)
        return lines + [_INDENT + line for line in self._body(role, endpoint)]

    def _bounded(self, parameter: str) -> str:
        """A page parameter with both of its bounds, as the sibling's may lack them."""
        name = parameter.partition(":")[0].strip()
        if name not in _LIMITS | _OFFSETS:
            return parameter
        bounds = {"ge": "1", "le": "100"} if name in _LIMITS else {"ge": "0", "le": f"{_LARGEST_OFFSET:_}"}
        plain = re.fullmatch(r"\w+\s*:\s*int\s*=\s*(\d+)", parameter)
        if plain is not None:
            most = max(int(plain[1]), 100) if name in _LIMITS else f"{_LARGEST_OFFSET:_}"
            return f"{name}: Annotated[int, Query(ge={bounds['ge']}, le={most})] = {plain[1]}"
        query = re.search(r"\bQuery\((.*?)\)", parameter)
        if query is None:
            return parameter
        added = [f"{key}={value}" for key, value in bounds.items() if not re.search(rf"\b{key[0]}[et]=", query[1])]
        inner = ", ".join([*([query[1]] if query[1] else []), *added])
        return f"{parameter[: query.start(1)]}{inner}{parameter[query.end(1) :]}"

    def _docstring(self, role: Role, node: cst.FunctionDef) -> list[str]:
        naming = self.plan.naming
        raw = node.get_docstring(clean=False)
        first = re.split(r"(?<=[.!])\s", " ".join((raw or "").split()), maxsplit=1)[0] if role != "update" else ""
        if not first or _mentions(first, self.plan.client_fields):
            text = _SUMMARIES[role].format(many=naming.spoken_many, article=naming.with_article)
        else:
            text = self.plan.renamer.sentence(first)
        if raw is not None and raw.startswith("\n"):
            return [f'{_INDENT}"""', f"{_INDENT}{text}", f'{_INDENT}"""']
        return [f'{_INDENT}"""{text}"""']

    def _body(self, role: Role, endpoint: Endpoint) -> list[str]:
        body = list(endpoint.function.node.body.body)
        if endpoint.function.node.get_docstring() is not None:
            body = body[1:]
        self._check(endpoint, body)
        lines: list[str] = []
        is_checked = role not in self.body_name
        for statement in self._followed(endpoint.function, body):
            if not is_checked and re.search(rf"\b{self.body_name[role]}\b", code(statement)):
                # Right before the body is used, so after the sibling's own checks of who may do this.
                lines += self.reference_checks(role)
                is_checked = True
            lines += self._statement(statement)
        return self._with_conflicts(role, lines)

    def _statement(self, node: cst.CSTNode) -> list[str]:
        if isinstance(node, cst.SimpleStatementLine):
            return [self._simple(small) for small in node.body]
        if isinstance(node, cst.If | cst.For | cst.With | cst.Try | cst.While):
            return self._compound(node)
        raise RecipeRefusedError(f"A statement of {self.source.path} cannot be followed: `{code(node)[:60]}`.")

    def _simple(self, node: cst.CSTNode) -> str:
        if isinstance(node, cst.Assign | cst.Return) and node.value is not None and _is_wrapped(node.value):
            node = node.with_changes(value=node.value.with_changes(lpar=[], rpar=[]))
        constructed = next((call for call in calls_in(node) if self._is_constructor(call)), None)
        if constructed is None:
            return self.plan.renamer.code(flat(code(node)))
        replaced = code(node).replace(code(constructed), code(self._constructor(constructed)))
        return self.plan.renamer.code(flat(replaced)).replace(_FIELDS, self._given())

    def _given(self) -> str:
        """The new fields as arguments of the table's class."""
        body = self.plan.renamer.identifier(self.body_name["create"])
        return ", ".join(f"{spec.name}={body}.{spec.name}" for spec in self.plan.fields)

    def _is_constructor(self, call: cst.Call) -> bool:
        named = dotted(call.func).split(".")[-1] == self.plan.sibling.model.name
        return named and any(arg.keyword is not None for arg in call.args)

    def _constructor(self, call: cst.Call) -> cst.Call:
        """The call with a mark in the place of the sibling's fields, so that new names are not renamed."""
        kept = [arg for arg in call.args if arg.keyword is None or arg.keyword.value not in self.plan.client_fields]
        if len(kept) == len(call.args):
            return call
        text = ", ".join([_FIELDS, *(flat(code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT))) for arg in kept)])
        return cst.ensure_type(cst.parse_expression(f"{code(call.func)}({text})"), cst.Call)

    def _compound(self, node: cst.If | cst.For | cst.With | cst.Try | cst.While) -> list[str]:
        lines: list[str] = []
        bare = node.with_changes(leading_lines=[], body=cst.SimpleStatementSuite(body=[cst.Pass()]))
        if isinstance(node, cst.If):
            header = code(bare.with_changes(orelse=None)).removesuffix("pass").rstrip()
        elif isinstance(node, cst.Try):
            raise RecipeRefusedError(f"A `try` in {self.source.path} cannot be followed: `{code(node)[:60]}`.")
        else:
            header = code(bare).removesuffix("pass").rstrip()
        lines.append(self.plan.renamer.code(flat(header)))
        lines += [_INDENT + line for inner in node.body.body for line in self._statement(inner)]
        orelse = node.orelse if isinstance(node, cst.If) else None
        if isinstance(orelse, cst.Else):
            lines += ["else:", *(_INDENT + line for inner in orelse.body.body for line in self._statement(inner))]
        elif isinstance(orelse, cst.If):
            first, *rest = self._compound(orelse)
            lines += [f"el{first}", *rest]
        return lines

    def _check(self, endpoint: Endpoint, body: Sequence[cst.CSTNode]) -> None:
        function = endpoint.function
        where = f"`{function.name}` in {function.path}:{function.def_line}"
        self._check_fields(function, body)
        for call in (call for statement in body for call in calls_in(statement)):
            name = dotted(call.func)
            if self._leads_elsewhere(name):
                raise RecipeRefusedError(f"{where} goes through `{name}`, a layer that cannot be followed.")

    def _check_fields(self, function: FunctionFact, body: Sequence[cst.CSTNode]) -> None:
        for used in _attributes(body):
            if used.attr.value in self.plan.client_fields and not self._is_in_constructor(body, used):
                raise RecipeRefusedError(
                    f"`{function.name}` in {function.path}:{function.def_line} does something with "
                    f"`{code(used)}`, which only {self.plan.sibling.words.many} have. "
                    "A new resource cannot be derived from it."
                )

    def _is_in_constructor(self, body: Sequence[cst.CSTNode], used: cst.Attribute) -> bool:
        calls = [call for statement in body for call in calls_in(statement) if self._is_constructor(call)]
        return any(arg.value is used for call in calls for arg in call.args)

    def _leads_elsewhere(self, name: str) -> bool:
        """Whether a call goes to code about the sibling that has no counterpart: a service, a repository."""
        head, _, rest = name.partition(".")
        known = self.source.imports.get(head)
        if known is None or known.module.split(".")[0] not in self.plan.house.first_party:
            return False
        spoken = next((part for part in name.split(".") if part[:1].isupper()), "")
        own = {fact.name for fact in family(self.plan)} | {self.plan.sibling.model.name}
        if spoken:
            return spoken not in own and self.plan.renamer.identifier(spoken) != spoken
        return self.plan.renamer.identifier(f"{known.original}.{rest}") != f"{known.original}.{rest}"

    def reference_checks(self, role: Role) -> list[str]:
        """Statements which refuse a reference to a row that does not exist."""
        return [line for spec in self.plan.fields for line in self._reference_check(role, spec)]

    def _reference_check(self, role: Role, spec: FieldSpec) -> list[str]:
        if spec.type is not FieldType.REFERENCE:
            return []
        value = f"{self.plan.renamer.identifier(self.body_name[role])}.{spec.name}"
        wait = "await " if self.plan.sibling.endpoints[role].function.is_async and self.is_async_session else ""
        missing = f"{wait}{self.session}.get({spec.target}, {value}) is None"
        is_certain = role == "create" and not spec.is_optional
        condition = missing if is_certain else f"{value} is not None and {missing}"
        return [f"if {condition}:", f"{_INDENT}{self._not_found(spec.target, value)}"]

    @property
    def is_async_session(self) -> bool:
        """Whether calls of the session are awaited."""
        return f"await {self.session}." in self.source.text

    def _not_found(self, target: str, value: str) -> str:
        endpoint = self.plan.sibling.endpoints["get"]
        item = re.findall(r"\{(\w+)", endpoint.local_path)[-1]
        words = Naming.of(target)
        for node in (found for function in self._asked(endpoint) for found in _raises(function.node)):
            text = flat(code(node))
            if "404" in text or "not_found" in text.lower() or "notfound" in text.lower():
                renamed = Renamer(self.plan.renamer.old, words, self.plan.renamer.others - {target}).code(
                    text.replace(item, "__value__")
                )
                return renamed.replace("__value__", value)
        return f'raise HTTPException(status_code=404, detail="{words.spoken.capitalize()} not found")'

    def _asked(self, endpoint: Endpoint) -> list[FunctionFact]:
        """A handler, and the functions of its file that it calls."""
        called = {dotted(call.func) for call in calls_in(endpoint.function.node.body)}
        return [endpoint.function, *(each for each in self.source.functions if each.name in called)]

    def _with_conflicts(self, role: Role, lines: list[str]) -> list[str]:
        unique = [spec for spec in self.plan.fields if spec.is_unique]
        if role not in {"create", "update"} or not unique or self.plan.house.handles_conflicts:
            return lines
        return wrap_commit(lines, self.session, self.plan.naming)


def wrap_commit(lines: list[str], session: str, naming: Naming) -> list[str]:
    """Turn a clash of unique values into an answer with status 409."""
    result: list[str] = []
    for line in lines:
        found = re.fullmatch(rf"(\s*)(await )?{session}\.(commit|flush)\(\)", line)
        if found is None:
            result.append(line)
            continue
        pad, wait = found[1], found[2] or ""
        detail = f"{naming.spoken.capitalize()} clashes with another one"
        result += [
            f"{pad}try:",
            f"{pad}{_INDENT}{line.strip()}",
            f"{pad}except IntegrityError as error:",
            f"{pad}{_INDENT}{wait}{session}.rollback()",
            f'{pad}{_INDENT}raise HTTPException(status_code=409, detail="{detail}") from error',
        ]
    return result


def _mentions(text: str, names: frozenset[str]) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in names)


def _is_wrapped(node: cst.BaseExpression) -> bool:
    return bool(getattr(node, "lpar", ())) and not isinstance(node, cst.Tuple | cst.GeneratorExp)


def _attributes(nodes: Sequence[cst.CSTNode]) -> Iterator[cst.Attribute]:
    for node in nodes:
        if isinstance(node, cst.Attribute):
            yield node
        yield from _attributes(node.children)


def _raises(node: cst.CSTNode) -> Iterator[cst.Raise]:
    if isinstance(node, cst.Raise):
        yield node
    for child in node.children:
        yield from _raises(child)
