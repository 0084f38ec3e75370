# src/python_coder/service_map/models.py — classes across modules, and which of them are tables
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import libcst as cst

from python_coder.service_map.project import Project
from python_coder.service_map.source import (
    AttributeFact,
    ClassFact,
    SourceFile,
    calls_in,
    code,
    dotted,
    keyword_argument,
    text_of,
)

Orm = Literal["sqlalchemy", "sqlmodel", "column"]
"""`Mapped` attributes, SQLModel, or plain `Column` attributes."""


@dataclass(frozen=True)
class FoundClass:
    """A class and the file it stands in."""

    source: SourceFile
    fact: ClassFact


@dataclass(frozen=True)
class ClassIndex:
    """Finds classes by the names that a file knows them under."""

    project: Project

    @cached_property
    def all(self) -> tuple[FoundClass, ...]:
        """All classes of the service's code, ordered by file and line."""
        return tuple(FoundClass(source, fact) for source in self.project.code for fact in source.classes)

    def find(self, source: SourceFile, name: str) -> FoundClass | None:
        """The class that `name` (dotted or not) means in a file, when the project defines it."""
        head, _, rest = name.partition(".")
        if not rest:
            local = next((fact for fact in source.classes if fact.name == head), None)
            if local is not None:
                return FoundClass(source, local)
        known = source.imports.get(head)
        if known is None:
            return None
        if rest:
            module = self.project.module(f"{known.module}.{known.original}" if known.original else known.module)
            return self.find(module, rest) if module is not None else None
        module = self.project.module(known.module)
        return self.find(module, known.original) if module is not None and module is not source else None

    def ancestors(self, found: FoundClass) -> tuple[list[FoundClass], set[str]]:
        """Project classes above a class, nearest first, and the last words of foreign bases."""
        above: list[FoundClass] = []
        foreign: set[str] = set()
        for base in found.fact.bases:
            bare = base.partition("[")[0]
            parent = self.find(found.source, bare)
            if parent is None:
                foreign.add(self._foreign_name(found.source, bare))
            elif parent.fact.node is not found.fact.node:
                higher, unknown = self.ancestors(parent)
                above += [parent, *higher]
                foreign |= unknown
        return above, foreign

    def _foreign_name(self, source: SourceFile, name: str) -> str:
        value = source.assigns.get(name)
        if isinstance(value, cst.Call):
            return dotted(value.func).split(".")[-1]
        known = source.imports.get(name.partition(".")[0])
        module = self.project.module(known.module) if known is not None else None
        if module is not None and known is not None and known.original in module.assigns:
            return self._foreign_name(module, known.original)
        return name.rpartition(".")[2]

    def attributes(self, found: FoundClass) -> dict[str, AttributeFact]:
        """Annotated attributes of a class and all project classes above it; the nearest wins."""
        above, _ = self.ancestors(found)
        merged: dict[str, AttributeFact] = {}
        for each in [*reversed(above), found]:
            merged.update({fact.name: fact for fact in each.fact.attributes})
        return merged


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table, as the model declares it."""

    name: str
    annotation: str
    """The Python type, without `Mapped[…]`."""
    call: cst.Call | None
    owner: FoundClass
    """The class that declares it: the model, or a class above it."""

    @property
    def foreign_key(self) -> str:
        """`table.column` that it points to, or nothing."""
        if self.call is None:
            return ""
        direct = text_of(keyword_argument(self.call, "foreign_key"))
        keys = [call for call in calls_in(self.call) if dotted(call.func).split(".")[-1] == "ForeignKey" and call.args]
        return direct or (text_of(keys[0].args[0].value) or "" if keys else "")

    @property
    def is_unique(self) -> bool:
        """Whether the column itself says `unique=True`."""
        return self.call is not None and code(keyword_argument(self.call, "unique")) == "True"

    @property
    def is_nullable(self) -> bool:
        """Whether the type allows `None`."""
        return bool(re.search(r"\bNone\b|\bOptional\b", self.annotation))


@dataclass(frozen=True, kw_only=True)
class Model:
    """A mapped class."""

    name: str
    found: FoundClass
    orm: Orm
    table: str
    """Name of its table; empty when it could not be read."""
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class ModelReader:
    """Reads all mapped classes of a project."""

    index: ClassIndex

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """Models by class name; the first one wins when two share a name."""
        found: dict[str, Model] = {}
        for each in self.index.all:
            model = self._model(each)
            if model is not None:
                found.setdefault(model.name, model)
        return found

    def _model(self, found: FoundClass) -> Model | None:
        above, foreign = self.index.ancestors(found)
        orm = self._orm(found, foreign)
        if orm is None or code(found.fact.assigns.get("__abstract__")) == "True":
            return None
        columns: dict[str, Column] = {}
        for each in [*reversed(above), found]:
            columns.update(_columns(each, orm))
        return Model(name=found.fact.name, found=found, orm=orm, table=self._table(found, above, orm), columns=columns)

    def _orm(self, found: FoundClass, foreign: set[str]) -> Orm | None:
        if "SQLModel" in foreign:
            return "sqlmodel" if found.fact.keywords.get("table") == "True" else None
        if not foreign & {"DeclarativeBase", "declarative_base", "DeclarativeBaseNoMeta", "AsyncAttrs", "Base"}:
            return None
        if any(fact.annotation.startswith("Mapped[") for fact in found.fact.attributes):
            return "sqlalchemy"
        if "__tablename__" not in found.fact.assigns:
            return None
        has_columns = any(isinstance(node, cst.Call) and _is_column(node) for node in found.fact.assigns.values())
        return "column" if has_columns else "sqlalchemy"

    def _table(self, found: FoundClass, above: list[FoundClass], orm: Orm) -> str:
        for each in [found, *above]:
            name = text_of(each.fact.assigns.get("__tablename__"))
            if name is not None and each is found:
                return name
            rule = next((text for text in map(_tablename_rule, each.fact.node.body.body) if text), "")
            if rule:
                return found.fact.name.lower() if rule == "return cls.__name__.lower()" else ""
        return found.fact.name.lower() if orm == "sqlmodel" else ""


def _tablename_rule(node: cst.CSTNode) -> str:
    if not isinstance(node, cst.FunctionDef) or node.name.value != "__tablename__":
        return ""
    return code(node.body.body[-1]) if node.body.body else ""


def _is_column(call: cst.Call) -> bool:
    return dotted(call.func).split(".")[-1] in {"Column", "mapped_column"}


def _columns(found: FoundClass, orm: Orm) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for fact in found.fact.attributes:
        call = fact.value if isinstance(fact.value, cst.Call) else None
        function = dotted(call.func).split(".")[-1] if call is not None else ""
        mapped = re.fullmatch(r"Mapped\[(.*)\]", fact.annotation, re.DOTALL)
        if function in {"relationship", "Relationship", "column_property", "synonym"} or "ClassVar" in fact.annotation:
            continue
        if orm == "sqlmodel" or mapped:
            inner = mapped[1] if mapped else fact.annotation
            columns[fact.name] = Column(name=fact.name, annotation=inner, call=call, owner=found)
    for name, node in found.fact.assigns.items():
        if isinstance(node, cst.Call) and _is_column(node):
            columns[name] = Column(name=name, annotation="", call=node, owner=found)
    return columns
