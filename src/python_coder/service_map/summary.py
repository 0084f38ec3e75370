# src/python_coder/service_map/summary.py — the service in a few lines, for a brief
from python_coder.service_map.files import FileView
from python_coder.service_map.render import render_map
from python_coder.service_map.whole import whole_map

MAX_CHARACTERS = 4_000


def summarise(files: FileView) -> str:
    """The service in under 4,000 characters, the most useful first. Never raises for an odd repository."""
    return render_map(whole_map(files), max_chars=MAX_CHARACTERS)[:MAX_CHARACTERS]
