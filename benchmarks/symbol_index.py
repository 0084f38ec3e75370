# benchmarks/symbol_index.py — how quickly the symbol index answers, cold and warm, and what it takes up
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from python_coder.symbols.index import SymbolIndex

SERVICE_LINES = 80_000
WARM_RUNS = 15
# Three resources share a model file, a service file and a routes file, as in projects that are cut by domain.
RESOURCES_PER_FILE = 3
MODEL = '''"""Table and schemas of {name}."""
from datetime import datetime

from app.base import Base, Mapped, Schema, mapped_column


class {Name}(Base):
    """One {name} as it is stored."""

    __tablename__ = "{name}"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    @property
    def label(self) -> str:
        return f"{{self.id}}: {{self.title}}"


class {Name}Create(Schema):
    title: str


class {Name}Read({Name}Create):
    id: int
    created_at: datetime
'''
SERVICE = '''"""What can be done with {name}."""
from app.models.{name} import {Name}
from app.session import Session


class {Name}Service:
    """Reads and writes {name}."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def list(self, limit: int = 50, cursor: int | None = None) -> list[{Name}]:
        """One page, oldest first."""
        query = self.session.query({Name}).order_by({Name}.id)
        if cursor is not None:
            query = query.where({Name}.id > cursor)
        return await query.limit(limit).all()

    async def get(self, item_id: int) -> {Name} | None:
        return await self.session.get({Name}, item_id)

    async def create(self, title: str) -> {Name}:
        item = {Name}(title=title)
        self.session.add(item)
        await self.session.flush()
        return item
'''
ROUTES = '''"""HTTP interface of {name}."""
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from app.models.{name} import {Name}Create, {Name}Read
from app.services.{name} import {Name}Service
from app.session import SessionDep

router = APIRouter(prefix="/{name}", tags=["{name}"])


def get_{name}_service(session: SessionDep) -> {Name}Service:
    return {Name}Service(session)


Service = Annotated[{Name}Service, Depends(get_{name}_service)]


@router.get("", response_model=list[{Name}Read])
async def list_{name}(service: Service, limit: int = 50, cursor: int | None = None):
    return await service.list(limit, cursor)


@router.get("/{{item_id}}", response_model={Name}Read)
async def get_{name}(item_id: int, service: Service):
    item = await service.get(item_id)
    if item is None:
        raise HTTPException(404, detail="{name} not found")
    return item


@router.post("", response_model={Name}Read, status_code=201)
async def create_{name}(payload: {Name}Create, service: Service):
    return await service.create(payload.title)
'''
MEMORY = """
import os, sys
from pathlib import Path
from python_coder.symbols.index import SymbolIndex
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before = resident()
index = SymbolIndex.open(Path(sys.argv[1]), Path(sys.argv[2]))
index.find("get", substring=True)
print(before, resident())
"""


def measure() -> list[tuple[str, str]]:
    """Wall times on a generated service of 80,000 lines and on an installed package."""
    with tempfile.TemporaryDirectory() as folder:
        service = Path(folder, "service")
        write_service(service, SERVICE_LINES)
        rows = _rows("generated service", service, "app/routes/domain7.py", "get_item7x1", Path(folder, "store"))
        spec = importlib.util.find_spec("sqlalchemy")
        if spec is not None and spec.origin is not None:
            package = Path(spec.origin).parent
            rows += _rows("sqlalchemy", package, "orm/session.py", "Session/execute", Path(folder, "store"))
        return rows


def write_service(root: Path, lines: int) -> None:
    """Write a service of at least this many lines, in folders for models, services and routes."""
    domain = 0
    while lines > 0:
        names = [f"item{domain}x{number}" for number in range(RESOURCES_PER_FILE)]
        for folder, text in (("models", MODEL), ("services", SERVICE), ("routes", ROUTES)):
            path = root / "app" / folder / f"domain{domain}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = "\n\n".join(text.format(name=name, Name=name.capitalize()) for name in names)
            path.write_text(content, encoding="utf-8")
            lines -= content.count("\n")
        domain += 1


def _rows(title: str, root: Path, file: str, name_path: str, store: Path) -> list[tuple[str, str]]:
    files = [path.read_bytes() for path in root.rglob("*.py")]
    lines = sum(data.count(b"\n") for data in files)
    cold = SymbolIndex.open(root, store)
    overview = _milliseconds(lambda: cold.overview(file), 1)
    began = time.process_time()
    scan = _milliseconds(cold.refresh, 1)
    processor = (time.process_time() - began) * 1000
    cold.close()
    again = _milliseconds(lambda: SymbolIndex.open(root, store).overview(file), 3)
    found = _milliseconds(lambda: SymbolIndex.open(root, store).find(name_path), 3)
    warm = SymbolIndex.open(root, store)
    warm.refresh()
    command = [sys.executable, "-c", MEMORY, str(root), str(store)]
    before, after = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    label = f"symbol index, {title} ({lines:,} lines, {len(files):,} files)"
    return [
        (f"{label}: first overview on a cold index", f"{overview:.1f} ms"),
        (f"{label}: first find on a cold index", f"{scan:.0f} ms, {scan * 100_000 / lines:.0f} ms per 100,000 lines"),
        (
            f"{label}: first find on a cold index, processor time",
            f"{processor * 100_000 / lines:.0f} ms per 100,000 lines",
        ),
        (f"{label}: first overview on a stored index", f"{again:.1f} ms"),
        (f"{label}: first find on a stored index", f"{found:.1f} ms"),
        (f"{label}: overview, warm", f"{_milliseconds(lambda: warm.overview(file), WARM_RUNS):.2f} ms"),
        (f"{label}: find_symbol, warm", f"{_milliseconds(lambda: warm.find(name_path), WARM_RUNS):.2f} ms"),
        (f"{label}: memory", f"{(after - before) / 1e6:.1f} MB over {before / 1e6:.0f} MB of the program"),
    ]


def _milliseconds(action: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    for row_title, figure in measure():
        print(f"{row_title}: {figure}")
