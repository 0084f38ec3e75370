# app/schemas/error.py — the one body that every error has
from typing import Annotated

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    field: Annotated[str, Field(examples=["body.name"])]
    message: Annotated[str, Field(examples=["String should have at least 1 character"])]


class ErrorRead(BaseModel):
    """What went wrong, in words that are safe to show."""

    code: Annotated[str, Field(examples=["not_found"])]
    message: Annotated[str, Field(examples=["Item 7 does not exist."])]
    request_id: Annotated[str, Field(examples=["6f1e2c9a3b5d4e7f8a9b0c1d2e3f4a5b"])]
    fields: Annotated[list[FieldError], Field(description="Only for requests that are not valid.")] = []
