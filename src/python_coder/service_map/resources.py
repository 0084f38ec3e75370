# src/python_coder/service_map/resources.py — a resource as the service has it: table, schemas, endpoints
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from python_coder.service_map.models import ClassIndex, FoundClass, Model, ModelReader
from python_coder.service_map.project import Project
from python_coder.service_map.routes import Endpoint, RouteReader
from python_coder.service_map.source import code, keyword_argument

Role = Literal["list", "create", "get", "update", "delete"]
ROLES: tuple[Role, ...] = ("list", "create", "get", "update", "delete")
_ON_COLLECTION: dict[str, Role] = {"GET": "list", "POST": "create"}
_ON_ITEM: dict[str, Role] = {"GET": "get", "PATCH": "update", "PUT": "update", "DELETE": "delete"}


@dataclass(frozen=True, kw_only=True)
class Words:
    """A resource's name in the forms that code uses."""

    one: str
    """`order_line`"""
    many: str
    """`order_lines`"""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource whose endpoints could be read."""

    model: Model
    words: Words
    endpoints: Mapping[Role, Endpoint]
    create: FoundClass
    update: FoundClass | None
    read: FoundClass | None
    """Schema of answers; `None` when the table model itself is the answer."""
    richer: frozenset[str]
    """Schemas that derive from `read` and show related rows too, in some answers."""
    listing: FoundClass | None
    """Wrapper around a list, such as `{data, count}`; `None` for a plain list."""

    @property
    def collection(self) -> str:
        """Full path of the collection, such as `/v1/items`."""
        return self.endpoints["create"].route.path

    @property
    def missing(self) -> tuple[Role, ...]:
        """Endpoints that a full resource has and this one lacks."""
        return tuple(role for role in ROLES if role not in self.endpoints)


@dataclass(frozen=True)
class ResourceReader:
    """Reads the resources of a project."""

    project: Project

    @cached_property
    def index(self) -> ClassIndex:
        """All classes."""
        return ClassIndex(self.project)

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """All tables, by class name."""
        return ModelReader(self.index).models

    @cached_property
    def routes(self) -> RouteReader:
        """All routes."""
        return RouteReader(self.project)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Resources with at least an endpoint that creates, the most complete first."""
        found = [resource for endpoint in self.routes.endpoints if (resource := self._resource(endpoint))]
        unique = {resource.model.name: resource for resource in reversed(found)}
        return tuple(sorted(unique.values(), key=lambda each: (len(each.missing), each.model.name)))

    def _resource(self, create: Endpoint) -> Resource | None:
        if create.route.method != "POST" or "{" in create.route.path:
            return None
        body = self._body(create)
        model = self._model_for(body) if body is not None else None
        if body is None or model is None:
            return None
        endpoints = self._siblings(create)
        update = self._body(endpoints["update"]) if "update" in endpoints else None
        answer, richer = self._answers(endpoints, create)
        listing = self._listing(endpoints.get("list"))
        return Resource(
            model=model,
            words=_words(model.name, create.route.path),
            endpoints=endpoints,
            create=body,
            update=update,
            read=None if answer is None or answer.fact.name == model.name else answer,
            richer=richer,
            listing=listing,
        )

    def _answers(
        self, endpoints: Mapping[Role, Endpoint], create: Endpoint
    ) -> tuple[FoundClass | None, frozenset[str]]:
        """The plain schema of answers, and those that other answers derive from it."""
        roles: tuple[Role, ...] = ("get", "create", "update")
        every = [self._answer(endpoints[role])[0] for role in roles if role in endpoints]
        answers = [found for found in every if found is not None and found.fact.name not in self.models]
        first, _ = self._answer(endpoints.get("get", create))
        if first is None or not answers:
            return first, frozenset()
        above = {found.fact.name for found in self.index.ancestors(first)[0]}
        plain = next((found for found in answers if found.fact.name in above), first)
        return plain, frozenset({first.fact.name} - {plain.fact.name})

    def _body(self, endpoint: Endpoint) -> FoundClass | None:
        for parameter in endpoint.function.parameters:
            found = self.index.find(endpoint.source, _bare(parameter.annotation))
            if found is None or found.fact.name in self.models:
                continue
            _, foreign = self.index.ancestors(found)
            if foreign & {"BaseModel", "SQLModel"} and self._model_for(found) is not None:
                return found
        return None

    def _model_for(self, schema: FoundClass) -> Model | None:
        names = sorted((name for name in self.models if schema.fact.name.startswith(name)), key=len, reverse=True)
        return self.models[names[0]] if names else None

    def _siblings(self, create: Endpoint) -> dict[Role, Endpoint]:
        found: dict[Role, Endpoint] = {"create": create}
        item = re.compile(re.escape(create.local_path.rstrip("/")) + r"/\{\w+(:\w+)?\}/?")
        for endpoint in self.routes.endpoints:
            if endpoint.source is not create.source or endpoint.router != create.router:
                continue
            is_item = item.fullmatch(endpoint.local_path) is not None
            is_collection = endpoint.local_path.rstrip("/") == create.local_path.rstrip("/")
            role = _role(endpoint.route.method, is_item=is_item, is_collection=is_collection)
            if role == "update" and endpoint.route.method == "PUT" and "update" in found:
                continue
            if role is not None and role != "create":
                found[role] = endpoint
        return found

    def _answer(self, endpoint: Endpoint) -> tuple[FoundClass | None, str]:
        declared = keyword_argument(endpoint.decorator, "response_model")
        text = code(declared) if declared is not None else endpoint.function.returns
        return self.index.find(endpoint.source, _bare(text)), text

    def _listing(self, endpoint: Endpoint | None) -> FoundClass | None:
        if endpoint is None:
            return None
        answer, text = self._answer(endpoint)
        return answer if "[" not in text else None


def _role(method: str, *, is_item: bool, is_collection: bool) -> Role | None:
    if is_collection:
        return _ON_COLLECTION.get(method)
    return _ON_ITEM.get(method) if is_item else None


def _bare(annotation: str) -> str:
    """The class in an annotation: `Annotated[ItemCreate, Body()]` and `ItemCreate | None` to `ItemCreate`."""
    inner = re.sub(r"^Annotated\[([\w.]+).*$", r"\1", annotation, flags=re.DOTALL)
    return inner.partition("|")[0].strip().strip("\"'")


def _words(name: str, path: str) -> Words:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    segments = [part for part in path.split("/") if part and "{" not in part]
    many = segments[-1].replace("-", "_").lower() if segments else ""
    return Words(one=spaced.lower(), many=many or f"{spaced.lower()}s")
