# tests/conventions/test_generated_pages.py — generated pages say what is so now
import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_generated_pages_are_fresh() -> None:
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts/write_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stale = [path for path, text in module.pages().items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"
