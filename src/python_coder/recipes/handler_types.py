# src/python_coder/recipes/handler_types.py — types that a sibling's handler leaves out, and answers of those it names
import re
from collections.abc import Iterator, Sequence

import libcst as cst

from python_coder.recipes.plan import Plan
from python_coder.service_map.routes import Endpoint
from python_coder.service_map.source import FunctionFact, code, dotted, keyword_argument

_LITERALS = {r"-?\d+": "int", r"-?\d+\.\d*": "float", r"True|False": "bool", r"""["'].*["']""": "str"}
_LIST = re.compile(r"(?:\w+\.)?[Ll]ist\[([\w.]+)\]")


def typed_parameter(plan: Plan, endpoint: Endpoint | None, text: str) -> str:
    """A parameter with a type. FastAPI reads one without as `Any`."""
    name, equals, default = (part.strip() for part in text.partition("="))
    if ":" in name or not name.isidentifier():
        return text
    kind = next((kind for pattern, kind in _LITERALS.items() if re.fullmatch(pattern, default)), "Any")
    if endpoint is not None and f"{{{name}}}" in endpoint.local_path:
        column = plan.sibling.model.columns["id"].annotation
        kind = column.partition("|")[0].strip() if column else "int"
    return f"{name}: {kind} = {default}" if equals else f"{name}: {kind}"


def untyped_answer(endpoint: Endpoint, text: str) -> str:
    """The text of a decorator for a handler that got its annotation here: FastAPI must not read an answer from it."""
    is_said = endpoint.function.returns or keyword_argument(endpoint.decorator, "response_model") is not None
    if is_said or returned_type(endpoint.function) != "Any" or not re.search(r"\.(get|post|put|patch|delete)\(", text):
        return text
    return f"{text.removesuffix(')')}, response_model=None)"


def returned_type(function: FunctionFact) -> str:
    """The annotation of what a function returns; where a decorator names the type of the answer, `Any` will do."""
    values = [node.value for node in _returns(function.node.body)]
    made = {dotted(value.func) if isinstance(value, cst.Call) else "" for value in values}
    response = next((name for name in made if len(made) == 1 and name.endswith("Response")), "")
    # A sibling may say `None` and return an empty response all the same, which no type checker takes.
    if function.returns and not (function.returns == "None" and response):
        return function.returns
    if all(value is None for value in values):
        return "None"
    if kind := _kind_of_values(values):
        return f"dict[str, {kind}]"
    return response or "Any"


def _kind_of_values(values: Sequence[cst.BaseExpression | None]) -> str:
    """Type of all values of the dictionaries that are returned, such as `{"ok": True}`; empty when they differ."""
    kinds: set[str] = set()
    for value in values:
        if not isinstance(value, cst.Dict):
            return ""
        for element in value.elements:
            text = code(element.value)
            kinds.add(next((kind for pattern, kind in _LITERALS.items() if re.fullmatch(pattern, text)), ""))
    return kinds.pop() if len(kinds) == 1 else ""


def with_typed_answers(plan: Plan, function: FunctionFact, body: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """The statements of a function, returning what its annotation says where they return rows instead.

    FastAPI turns rows into the annotated schema by itself, which no type checker knows.
    """
    answers = _Answers(plan, function)
    return [found for node in body if isinstance(found := node.visit(answers), cst.CSTNode)]


class _Answers(cst.CSTTransformer):
    def __init__(self, plan: Plan, function: FunctionFact) -> None:
        super().__init__()
        self.plan, self.function = plan, function
        self.assigned = dict(_assigned(function.node.body))

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:  # noqa: N802 - libcst
        text = self._answer(original_node.value)
        return updated_node.with_changes(value=cst.parse_expression(text)) if text else updated_node

    def _answer(self, value: cst.BaseExpression | None) -> str:
        if value is None:
            return ""
        said, read = self.function.returns, self.plan.sibling.read
        schema = read.fact.name if read is not None else ""
        listed = _LIST.fullmatch(said)
        if listed and self._is_sequence(value):
            if listed[1].rpartition(".")[2] == self.plan.sibling.model.name:
                return f"list({code(value)})"
            if listed[1].rpartition(".")[2] == schema:
                return f"[{listed[1]}.model_validate(row{self._option}) for row in {code(value)}]"
        # A richer schema, with related rows, becomes the plain one when the lines are written.
        schemas = {schema, *self.plan.sibling.richer} - {""}
        if said.rpartition(".")[2] in schemas and self._is_row(value):
            return f"{said}.model_validate({code(value)}{self._option})"
        return ""

    @property
    def _option(self) -> str:
        read = self.plan.sibling.read
        classes = [read, *self.plan.house.reader.index.ancestors(read)[0]] if read is not None else []
        is_set = any(re.search(r"from_attributes|orm_mode", code(found.fact.node)) for found in classes)
        return "" if is_set or self.plan.is_sqlmodel else ", from_attributes=True"

    def _meant(self, value: cst.BaseExpression) -> cst.BaseExpression:
        while isinstance(value, cst.Name) and value.value in self.assigned:
            name = value.value
            value = self.assigned[name]
            if isinstance(value, cst.Name) and value.value == name:
                break
        return value.expression if isinstance(value, cst.Await) else value

    def _is_sequence(self, value: cst.BaseExpression) -> bool:
        text = code(self._meant(value))
        return text.endswith(".all()") and ".query(" not in text

    def _is_row(self, value: cst.BaseExpression) -> bool:
        call = self._meant(value)
        if not isinstance(call, cst.Call):
            return False
        name, model = dotted(call.func), self.plan.sibling.model.name
        made = {model, f"{model}.model_validate", f"{model}.from_orm"}
        if name in made or name.partition(".")[2] in made:
            return True
        first = code(call.args[0].value) if call.args else ""
        if name.endswith(".get") and first.rpartition(".")[2] == model:
            return True
        helper = next((each for each in self.plan.router_file.functions if each.name == name), None)
        if helper is not None:
            return helper.returns.rpartition(".")[2] == model
        one = re.search(r"\.(scalar|scalar_one|scalar_one_or_none|first|one|one_or_none)\(\)$|\.scalar\(", code(call))
        return one is not None and re.search(rf"select\((\w+\.)*{model}\)", code(self.function.node)) is not None


def _assigned(node: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name):
        yield node.targets[0].target.value, node.value
    for child in node.children:
        yield from _assigned(child)


def _returns(node: cst.CSTNode) -> Iterator[cst.Return]:
    if isinstance(node, cst.Return):
        yield node
    if isinstance(node, cst.FunctionDef | cst.Lambda):
        return
    for child in node.children:
        yield from _returns(child)
