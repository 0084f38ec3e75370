# tests/tools/trials/asgi_shop.py — a small ASGI application on SQLAlchemy, with migrations, before and after a change
from gates.alembic_project import ADD_PRICE, BASE, DROP_PRICE, PRICED, SECOND, revision

APP = """\
import json
import os
from contextlib import asynccontextmanager

from sqlalchemy import create_engine, text

from app.settings import DATABASE_URL


class Shop:
    def __init__(self):
        self.engine = create_engine(DATABASE_URL)
        self.is_started = False

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            self.is_started = True
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = (await receive())["body"]
        if scope["path"] == "/broken":
            raise ValueError("no such shelf")
        status, answer = self.answer(scope["method"], scope["path"], json.loads(body or b"null"))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def answer(self, method, path, given):
        with self.engine.begin() as connection:
            if method == "POST":
                row = connection.execute(
                    text("INSERT INTO item (name) VALUES (:name) RETURNING id, name"), given
                ).one()
                return 201, dict(row._mapping)
            names = []
            for number in connection.execute(text("SELECT id FROM item ORDER BY id")).scalars():
                found = connection.execute(text("SELECT name FROM item WHERE id = :number"), {"number": number})
                names.append(found.scalar_one())
            return 200, {"names": names, "started": self.is_started, "path": path}


app = Shop()


def make():
    return Shop()
"""
FILES = {**BASE, "app/main.py": APP, "tests/test_none.py": "def test_none():\n    assert True\n"}
WITH_PRICE = {"app/models.py": PRICED, SECOND: revision("bb02", "aa01", ADD_PRICE, DROP_PRICE)}
