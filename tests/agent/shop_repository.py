# tests/agent/shop_repository.py — a service with services, repositories, fixtures and words for agents, as files
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

_FILES = {
    "AGENTS.md": "Ask for reviews in English.\n",
    "CLAUDE.md": "@AGENTS.md\n",
    "shop/orders/AGENTS.md": "Orders are never deleted.\n",
    "shop/bills/CLAUDE.md": "Bills are in cents.\n",
    ".claude/skills/orders/SKILL.md": """
        ---
        name: cancel-orders
        description: How orders are cancelled here.
        ---
        # Cancelling
        Set the time, keep the row.
        ```python
        del order
        ```
    """,
    ".agents/skills/other/SKILL.md": "---\nname: deploy\ndescription: Releases.\n---\n# Deploy\nPush.\n",
    "shop/main.py": """
        from fastapi import FastAPI
        from shop.orders.router import router
        app = FastAPI()
        app.include_router(router, prefix="/v1")
    """,
    "shop/db.py": """
        from collections.abc import AsyncIterator
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import DeclarativeBase
        class Base(DeclarativeBase): ...
        async def get_session() -> AsyncIterator[AsyncSession]:
            yield AsyncSession()
    """,
    "shop/orders/models.py": """
        from sqlalchemy.orm import Mapped, mapped_column
        from shop.db import Base
        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            total: Mapped[int]
    """,
    "shop/orders/rows.py": """
        from shop.orders.models import Order
        class Orders:
            async def by_id(self, key: int) -> Order:
                return Order(id=key, total=1)
    """,
    "shop/orders/service.py": """
        from shop.orders.rows import Orders
        class OrderService:
            def __init__(self, rows: Orders) -> None:
                self.rows = rows
            async def cancel(self, key: int) -> None:
                await self.rows.by_id(key)
    """,
    "shop/orders/router.py": '''
        from typing import Annotated
        from fastapi import APIRouter, Depends
        from shop.db import get_session
        from shop.orders.service import OrderService
        router = APIRouter(prefix="/orders")
        def get_service(session: Annotated[object, Depends(get_session)]) -> OrderService:
            return OrderService(session)
        @router.post("/{key}/cancel")
        async def cancel_order(key: int, service: Annotated[OrderService, Depends(get_service)]) -> None:
            """Cancel an order."""
            await service.cancel(key)
        @router.get("/health")
        async def health() -> None: ...
    ''',
    "tests/conftest.py": """
        import pytest
        from shop.db import get_session
        from shop.main import app
        @pytest.fixture(scope="session", autouse=True)
        def database(tmp_path_factory):
            Base.metadata.create_all(engine)
        @pytest.fixture(name="session")
        async def session_fixture(database, monkeypatch):
            connection = await engine.connect()
            transaction = await connection.begin()
            yield AsyncSession(connection, join_transaction_mode="create_savepoint")
            await transaction.rollback()
        @pytest.fixture
        async def client(session: AsyncSession):
            app.dependency_overrides[get_session] = lambda: session
    """,
    "tests/test_orders.py": """
        import pytest
        @pytest.mark.anyio
        async def test_cancel(client):
            assert (await client.post("/v1/orders/1/cancel")).status_code == 200
    """,
}


@dataclass(frozen=True)
class ShopFiles:
    """Text files by path. A `FileView`."""

    texts: Mapping[str, str]

    def paths(self) -> Sequence[str]:
        return sorted(self.texts)

    def read(self, path: str) -> str | None:
        return self.texts.get(path)


def shop_files(**more: str) -> ShopFiles:
    """The shop, with other files beside it or in place of its own."""
    return ShopFiles({path: dedent(text).lstrip() for path, text in {**_FILES, **more}.items()})
