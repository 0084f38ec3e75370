# src/python_coder/recipes/field_tests.py — the tests of a new field, beside the resource's own
from functools import cached_property

from python_coder.recipes.columns import quoted
from python_coder.recipes.refusal_tests import RefusalTests
from python_coder.recipes.samples import SampleBody

_INDENT = "    "
_WHOLE_ROW = "assert {name: row[name] for name in data} == data"


class FieldTests(RefusalTests):
    """Writes a test module for one field of an existing resource."""

    @cached_property
    def sample(self) -> SampleBody:
        """The least body that creates a row without the field."""
        found = self.http.sample(self.plan.sibling)
        for target in found.references.values():
            self.http.need(target)
        return found

    def write(self) -> tuple[str, str]:
        """Path and text of the module."""
        (spec,) = self.fields
        naming = self.plan.naming
        path = self.http.new_path(f"test_{naming.many}_{spec.name}.py")
        helpers = self._helpers()
        lines = [*self.http.parent_helpers(), *helpers, *self._stores(), *self._defaults(), *self._updates()]
        lines += [*self._refusals(), *self._moments(), *self._nulls(), *self._clashes(), *self._references()]
        # Only the field's own value: what the resource does with the others is tested elsewhere.
        own = f"assert row[{quoted(spec.name)}] == data[{quoted(spec.name)}]"
        lines = [line.replace(_WHOLE_ROW, own) for line in lines]
        purpose = f"{spec.name.replace('_', ' ')} of {naming.spoken_many}"
        return path, self.http.module(path, purpose, lines, self.plan.house.tests.url)

    @property
    def _has_parents(self) -> bool:
        return bool(self.sample.references) or super()._has_parents

    def _pairs(self) -> list[str]:
        sample = self.sample
        return [
            *(f"{quoted(name)}: {value}" for name, value in sample.values.items()),
            *(f"{quoted(name)}: {self.http.create_parent(target)}" for name, target in sample.references.items()),
            *super()._pairs(),
        ]

    def _before_refusal(self) -> list[str]:
        return [self._create()]
