# tests/tools/serena/shop_project.py — a small service for the serena tools, and a session that works on it
import asyncio
import dataclasses
from pathlib import Path

from python_coder.tools.schema import checked_arguments
from python_coder.tools.serena.batch import EditBatch
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.editing import EditingTools
from python_coder.tools.serena.table import serena_tools

FILES = {
    "app/__init__.py": "",
    "app/db.py": """\
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends


class Session:
    def get(self, key: int) -> str:
        return str(key)


def get_db() -> Iterator[Session]:
    yield Session()


SessionDep = Annotated[Session, Depends(get_db)]
""",
    "app/items.py": """\
from fastapi import APIRouter

from app.db import Session, SessionDep

router = APIRouter(prefix="/items")


class Item:
    name: str = ""

    def title(self) -> str:
        return self.name.title()

    def shout(self) -> str:
        return self.title().upper()


@router.get("/{key}")
async def read_item(key: int, session: SessionDep) -> str:
    return session.get(key)


def unused() -> int:
    return 1
""",
    "app/main.py": """\
from fastapi import FastAPI

from app.items import Item, router

app = FastAPI()
app.include_router(router)
first = Item().title()
""",
    "tests/test_items.py": """\
from app.items import Item


def test_title() -> None:
    assert Item().title() == ""
""",
    "README.md": "# Shop\n\nRead `app/items.py` first.\n",
    ".gitignore": "ignored/\n",
    "ignored/x.py": "def hidden() -> None: ...\n",
}


def make_project(folder: Path) -> SerenaContext:
    """Write the service below a folder and open a session on it."""
    root = folder / "project"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".git").mkdir()
    return SerenaContext(project=OpenProject(root=root, memories=folder / "memories", store=folder / "store"))


async def edit_unheard(context: SerenaContext, needle: str, repl: str, *, is_looked_at: bool = True) -> None:
    """Replace in `app/items.py`, so that nobody hears what the type checker finds; it has found it by then, or not."""
    batch = EditBatch()
    await EditingTools(dataclasses.replace(context, batch=batch)).replace_content("app/items.py", needle, repl)
    watch = context.project.type_watch
    watch.note(batch.edits)
    assert watch._look is not None
    if is_looked_at:
        await asyncio.wait([watch._look])


async def call(context: SerenaContext, name: str, **arguments: object) -> str:
    """Call a tool as a server does."""
    tool = next(tool for tool in serena_tools(context) if tool.name == f"mcp__serena__{name}")
    return await tool.function(**checked_arguments(tool, arguments))
