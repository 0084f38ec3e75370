# app/schemas/base.py — rules that all requests and responses share
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator


class RequestSchema(BaseModel):
    """A body that a client sends. Unknown fields are refused, and so is text that no database can hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_null_characters(cls, data: object) -> object:
        # PostgreSQL cannot store U+0000, which would surface as an internal error.
        if isinstance(data, dict) and any(isinstance(value, str) and "\0" in value for value in data.values()):
            raise ValueError("text must not contain null characters")
        return data


def _document_only_real_nulls(schema: dict[str, Any], model: type["PatchSchema"]) -> None:
    # A field may be left out, but that does not make null a value that it takes.
    for name, described in schema.get("properties", {}).items():
        described.pop("default", None)
        if name not in model.nullable and "anyOf" in described:
            described["anyOf"] = [choice for choice in described["anyOf"] if choice != {"type": "null"}]


class PatchSchema(RequestSchema):
    """A partial change: fields that are left out keep their value. Declare each as `SomeType | None = None`."""

    model_config = ConfigDict(json_schema_extra=_document_only_real_nulls)

    nullable: ClassVar[frozenset[str]] = frozenset()
    """Fields that may be set to null; null for any other is refused."""

    @model_validator(mode="after")
    def _refuse_null(self) -> Self:
        changes = self.changes()
        if wrong := sorted(name for name in changes if changes[name] is None and name not in self.nullable):
            raise ValueError(f"must not be null: {', '.join(wrong)}")
        return self

    def changes(self) -> dict[str, Any]:
        """The fields that the client sent, by name.

        Example:
            >>> class Rename(PatchSchema):
            ...     name: str | None = None
            ...     note: str | None = None
            >>> Rename(name="desk").changes()
            {'name': 'desk'}
        """
        return {name: getattr(self, name) for name in self.model_fields_set}


class ResponseSchema(BaseModel):
    """A body that the service sends, read from a row or any object with the same attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)
