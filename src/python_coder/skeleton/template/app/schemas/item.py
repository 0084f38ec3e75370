# app/schemas/item.py — items over the wire
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from app.schemas.base import PatchSchema, RequestSchema, ResponseSchema

ItemName = Annotated[str, Field(min_length=1, max_length=100, examples=["Walnut desk"])]
ItemDescription = Annotated[str, Field(max_length=1000, examples=["Oiled, 160 by 80 cm."])]
ItemPrice = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, examples=["349.90"])]


class ItemCreate(RequestSchema):
    """A new item."""

    name: ItemName
    description: ItemDescription | None = None
    price: ItemPrice


class ItemUpdate(PatchSchema):
    """Changes to an item."""

    nullable: ClassVar[frozenset[str]] = frozenset({"description"})

    name: ItemName | None = None
    description: ItemDescription | None = None
    price: ItemPrice | None = None


class ItemRead(ResponseSchema):
    """An item as it is stored."""

    id: Annotated[int, Field(examples=[1])]
    name: ItemName
    description: ItemDescription | None
    price: ItemPrice
    created_at: Annotated[datetime, Field(examples=["2030-01-31T09:30:00Z"])]
