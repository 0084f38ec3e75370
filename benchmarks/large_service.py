# benchmarks/large_service.py — writes a FastAPI service of any size, to measure on
from pathlib import Path

LINES_PER_DOMAIN = 164
"""About how many lines one domain (model, schemas, router, tests) takes."""

_FIELDS = 22

_MAIN = """from fastapi import FastAPI

from app.routers import ROUTERS

app = FastAPI()
for router in ROUTERS:
    app.include_router(router, prefix="/v1")
"""

_DB = '''from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("sqlite+aiosqlite://")


class Base(DeclarativeBase):
    """All tables."""


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
'''


def write_service(folder: Path, lines: int) -> int:
    """Write a service of about this many lines below `folder`, and say how many they are."""
    domains = max(1, lines // LINES_PER_DOMAIN)
    files = {"app/__init__.py": "", "app/main.py": _MAIN, "app/db.py": _DB, "tests/__init__.py": ""}
    files |= {f"app/{room}/__init__.py": "" for room in ("models", "schemas")}
    imports = "".join(f"from app.routers.thing{n} import router as router{n}\n" for n in range(domains))
    files["app/routers/__init__.py"] = f"{imports}\nROUTERS = [{', '.join(f'router{n}' for n in range(domains))}]\n"
    for number in range(domains):
        files |= _domain(number)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return sum(text.count("\n") for text in files.values())


def _domain(n: int) -> dict[str, str]:
    columns = "".join(f"    field{i}: Mapped[str] = mapped_column(default='x')\n" for i in range(_FIELDS))
    fields = "".join(f"    field{i}: str = 'x'\n" for i in range(_FIELDS))
    handlers = "".join(
        f'\n\n@router.get("/{name}/{{row_id}}", response_model=Thing{n}Read)\n'
        f"async def {name}_thing{n}(row_id: int, session: SessionDep) -> Thing{n}:\n"
        f'    """Answer with one row, {name}."""\n'
        f"    row = await session.get(Thing{n}, row_id)\n"
        "    if row is None:\n"
        "        raise HTTPException(status_code=404)\n"
        "    return row\n"
        for name in ("get", "peek", "show", "fetch", "look", "read", "take")
    )
    tests = "".join(f"\n\ndef test_{i}_thing{n}() -> None:\n    assert Thing{n}Read(field{i}='a')\n" for i in range(8))
    return {
        f"app/models/thing{n}.py": "from sqlalchemy.orm import Mapped, mapped_column\n\n"
        "from app.db import Base\n\n\n"
        f"class Thing{n}(Base):\n    __tablename__ = 'thing{n}'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n" + columns,
        f"app/schemas/thing{n}.py": "from pydantic import BaseModel\n\n\n"
        f"class Thing{n}Create(BaseModel):\n{fields}\n\n"
        f"class Thing{n}Read(Thing{n}Create):\n    id: int = 0\n",
        f"app/routers/thing{n}.py": "from fastapi import APIRouter, HTTPException\n\nfrom app.db import SessionDep\n"
        f"from app.models.thing{n} import Thing{n}\nfrom app.schemas.thing{n} import Thing{n}Read\n\n"
        f'router = APIRouter(prefix="/things{n}")\n' + handlers,
        f"tests/test_thing{n}.py": f"from app.schemas.thing{n} import Thing{n}Read\n" + tests,
    }
