# app/models/__init__.py — all tables; Alembic finds them through this import
from app.models.base import Base
from app.models.item import Item

__all__ = ["Base", "Item"]
