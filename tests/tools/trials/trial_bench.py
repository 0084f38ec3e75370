# tests/tools/trials/trial_bench.py — a small shop, changed, and a place to try it out
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from gates.courtroom import Court
from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.context import GateContext
from python_coder.tools.trials.place import TrialPlace

SHOP: Mapping[str, str] = {
    "app/__init__.py": "",
    "app/prices.py": "def gross(net: int) -> int:\n    return net * 119 // 100\n",
    "app/words.py": "def plural(word: str) -> str:\n    return word + 's'\n",
    "app/main.py": (
        "from fastapi import FastAPI\n\nfrom app.prices import gross\n\napp = FastAPI()\n\n\n"
        '@app.get("/gross/{net}")\ndef read_gross(net: int) -> int:\n    return gross(net)\n'
    ),
    "tests/test_prices.py": "from app.prices import gross\n\n\ndef test_gross():\n    assert gross(100) == 119\n",
    "tests/test_words.py": "from app.words import plural\n\n\ndef test_plural():\n    assert plural('a') == 'as'\n",
    "tests/api/test_reading.py": (
        "def send(client):\n    return client.get('/gross/100')\n\n\n"
        "def test_reads():\n    class Client:\n        def get(self, path):\n            return path\n\n"
        "    client = Client()\n    assert client.get('/gross/100')\n"
    ),
}


async def placed(
    folder: Path, changed: Mapping[str, str | None], base: Mapping[str, str] = SHOP
) -> tuple[TrialPlace, list[CommandRecord]]:
    """A base, else the shop, with a change over it, and the list that takes what ran."""
    context = await Court(folder).context(base, changed, with_baseline=base is SHOP)
    seen: list[CommandRecord] = []

    @asynccontextmanager
    async def now() -> AsyncIterator[GateContext]:
        yield context

    return TrialPlace(context=now, seen=seen.append), seen
