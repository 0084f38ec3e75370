# app/routers/items.py — endpoints of items
from collections.abc import Sequence

import structlog
from fastapi import APIRouter, status
from sqlalchemy import select

from app.dependencies import PageLimit, PageOffset, RowId, SessionDep
from app.errors import error_responses, not_found
from app.models.item import Item
from app.schemas.item import ItemCreate, ItemRead, ItemUpdate

log = structlog.stdlib.get_logger(__name__)
router = APIRouter(prefix="/items", tags=["items"], responses=error_responses(422))


@router.get("", response_model=list[ItemRead])
async def list_items(session: SessionDep, limit: PageLimit = 20, offset: PageOffset = 0) -> Sequence[Item]:
    """List items, oldest first."""
    rows = await session.scalars(select(Item).order_by(Item.id).limit(limit).offset(offset))
    return rows.all()


@router.post("", response_model=ItemRead, status_code=status.HTTP_201_CREATED, responses=error_responses(409))
async def create_item(body: ItemCreate, session: SessionDep) -> Item:
    """Add an item. Its name must not be taken."""
    item = Item(name=body.name, description=body.description, price=body.price)
    session.add(item)
    await session.flush()
    await session.refresh(item)
    log.info("item_created", item_id=item.id)
    return item


@router.get("/{item_id}", response_model=ItemRead, responses=error_responses(404))
async def get_item(item_id: RowId, session: SessionDep) -> Item:
    """Show one item."""
    item = await session.get(Item, item_id)
    if item is None:
        raise not_found("Item", item_id)
    return item


@router.patch("/{item_id}", response_model=ItemRead, responses=error_responses(404, 409))
async def update_item(item_id: RowId, body: ItemUpdate, session: SessionDep) -> Item:
    """Change the fields that are sent; the others keep their value."""
    item = await get_item(item_id, session)
    for field, value in body.changes().items():
        setattr(item, field, value)
    await session.flush()
    await session.refresh(item)
    log.info("item_updated", item_id=item.id)
    return item


@router.delete("/{item_id}", status_code=status.HTTP_204_NO_CONTENT, responses=error_responses(404, 409))
async def delete_item(item_id: RowId, session: SessionDep) -> None:
    """Remove an item for good."""
    await session.delete(await get_item(item_id, session))
    await session.flush()
    log.info("item_deleted", item_id=item_id)
