# src/python_coder/recipes/resource_tests.py — the tests of a new resource
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from python_coder.recipes.columns import quoted
from python_coder.recipes.reference_tests import missing_id
from python_coder.recipes.refusal_tests import RefusalTests
from python_coder.service_map.source import AttributeFact, ParameterFact, code, keyword_argument, text_of

_UNTYPED = frozenset({"Any", "Dict", "Mapping", "None", "dict"})
_LIMITS = frozenset({"limit", "page_size", "per_page", "size"})


@dataclass(frozen=True)
class ResourceTests(RefusalTests):
    """Writes the test module of a new resource."""

    def write(self) -> tuple[str, str]:
        """Path and text of the module."""
        style = self.plan.house.tests
        path = self.plan.path(style.source.path)
        if path == style.source.path:
            path = self.http.new_path(f"test_{self.plan.naming.many}.py")
        lines = [*self.http.parent_helpers(), *self._helpers(), *self._stores(), *self._defaults(), *self._lists()]
        lines += [
            *self._pages(),
            *self._updates(),
            *self._refusals(),
            *self._moments(),
            *self._nulls(),
            *self._clashes(),
        ]
        lines += [*self._references(), *self._deletes(), *self._unknown(), *self._strangers(), *self._owners()]
        purpose = f"endpoints of {self.plan.naming.spoken_many}"
        url = self.plan.renamer.code(style.url)
        return path, self.http.module(path, purpose, lines, url)

    def _rows_of(self, response: str) -> str:
        key = self._list_key()
        return f'{response}.json()["{key}"]' if key else f"{response}.json()"

    def _list_key(self) -> str:
        """Where a page holds its rows; empty for a plain list."""
        reader, endpoint = self.plan.house.reader, self.plan.sibling.endpoints["list"]
        if self.plan.sibling.listing is not None:
            return self.plan.renamer.identifier(_listed(reader.index.attributes(self.plan.sibling.listing), "data"))
        if answer := self._listed_answer():
            wrapper = answer.partition("[")[0]
            # Of classes for pages that are not the project's own, the known ones all say `items`.
            found = reader.index.find(endpoint.source, wrapper)
            key = _listed(reader.index.attributes(found), "items") if found is not None else "items"
            return key if wrapper.endswith("Page") or found is not None else ""
        keys = [key for node in endpoint.function.node.body.children for key in _returned_keys(node)]
        many = {self.plan.renamer.old.many, "data", "items", "results", "rows"}
        return self.plan.renamer.identifier(next((key for key in keys if key in many), ""))

    def _lists(self) -> list[str]:
        http = self.http
        body = [
            f"first = {self._create()}",
            f"second = {self._create()}",
            f"response = {http.call('get', 'URL')}",
            "assert response.status_code == 200",
            f"rows = {self._rows_of('response')}",
            *self._both_listed(),
        ]
        return http.function(f"list_shows_{self.plan.naming.many}", body, cases=())

    def _both_listed(self) -> list[str]:
        if self._listed_answer():
            return ["assert first in rows", "assert second in rows"]
        # Without a schema the rows come as they are stored, moments without their zone.
        return ['assert {first["id"], second["id"]} <= {row["id"] for row in rows}']

    def _listed_answer(self) -> str:
        """The type that the list declares as its answer; empty when it declares none."""
        endpoint = self.plan.sibling.endpoints["list"]
        declared = keyword_argument(endpoint.decorator, "response_model")
        answer = code(declared) if declared is not None else endpoint.function.returns
        return "" if answer.partition("[")[0].rpartition(".")[2] in _UNTYPED else answer

    def _limit(self) -> ParameterFact | None:
        parameters = self.plan.sibling.endpoints["list"].function.parameters
        return next((parameter for parameter in parameters if parameter.name in _LIMITS), None)

    def _pages(self) -> list[str]:
        limit, http = self._limit(), self.http
        if limit is None:
            return []
        one = http.call("get", "URL", f'params={{"{limit.name}": 1}}')
        lines = http.function(
            "list_is_cut_at_the_limit",
            [
                f"{self._create()}",
                f"{self._create()}",
                f"response = {one}",
                f"assert len({self._rows_of('response')}) == 1",
            ],
            cases=(),
        )
        largest = http.call("get", "URL", f'params={{"{limit.name}": 1_000_000}}')
        body = [f"response = {http.call('get', 'URL')}", "assert response.status_code == 200"]
        body += [f"response = {largest}", "assert response.status_code == 422"]
        return lines + http.function("list_refuses_an_endless_page", body, cases=())

    def _deletes(self) -> list[str]:
        http = self.http
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {http.call('delete', http.item_url)}",
            f"assert response.status_code == {http.status('delete')}",
            f"found = {http.call('get', http.item_url)}",
            "assert found.status_code == 404",
        ]
        return http.function(f"delete_removes_{self.one}", body, cases=())

    def _unknown(self) -> list[str]:
        http, naming = self.http, self.plan.naming
        method = self.plan.sibling.endpoints["update"].route.method
        rows = [quoted(name) for name in ("GET", method, "DELETE")]
        request = http.call("request", "method", http.item_url, f'json={{}} if method == "{method}" else None')
        body = [
            f"row_id = {missing_id(self.plan, naming.name)}",
            f"response = {request}",
            "assert response.status_code == 404",
            f"assert {quoted(naming.spoken)} in response.text.lower()",
        ]
        return http.function("unknown_id_is_not_found", body, "method: str", cases=http.cases('"method"', rows))

    def _strangers(self) -> list[str]:
        """Without headers nobody gets in, when the sibling's tests send some."""
        http = self.http
        if not http.house.headers:
            return []
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {http.wait}{http.house.client}.request(method, {http.item_url})",
            "assert response.status_code in {401, 403}",
        ]
        rows = [quoted(name) for name in ("GET", "DELETE")]
        return http.function("anonymous_client_is_refused", body, "method: str", cases=http.cases('"method"', rows))

    def _owners(self) -> list[str]:
        """Somebody else's rows stay hidden, when rows belong to somebody."""
        http, other = self.http, self.http.house.other_headers
        if self.plan.owner is None or not other:
            return []
        method = self.plan.sibling.endpoints["update"].route.method
        request = http.call(
            "request", "method", http.item_url, f'json={{}} if method == "{method}" else None', headers=other
        )
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {request}",
            "assert response.status_code == 403",
        ]
        typed = f"{other}: {http.headers_type}"
        rows = [quoted(name) for name in ("GET", method, "DELETE")]
        lines = http.function("foreign_row_is_refused", body, typed, "method: str", cases=http.cases('"method"', rows))
        body = [
            f"row = {self._create()}",
            f"data = {self.body_call()}",
            f"created = {http.call('post', 'URL', 'json=data', headers=other)}",
            f"response = {http.call('get', 'URL', headers=other)}",
            "assert response.status_code == 200",
            f"rows = {self._rows_of('response')}",
            "assert row not in rows",
            "assert created.json() in rows",
        ]
        return lines + http.function("list_shows_own_rows_only", body, typed, cases=())


def _listed(attributes: Mapping[str, AttributeFact], otherwise: str) -> str:
    listed = (name for name, fact in attributes.items() if re.match(r"(list|List|Sequence)\[", fact.annotation))
    return next(listed, otherwise)


def _returned_keys(node: cst.CSTNode) -> Iterator[str]:
    """Keys of the dictionaries that a handler returns as they stand."""
    if isinstance(node, cst.Return) and isinstance(node.value, cst.Dict):
        keys = [element.key for element in node.value.elements if isinstance(element, cst.DictElement)]
        yield from (text for text in map(text_of, keys) if text is not None)
    for child in node.children:
        yield from _returned_keys(child)
