# src/python_coder/agent/briefing/revision_form.py — how a repository writes its migrations, from the newest one
from itertools import takewhile

from python_coder.agent.briefing.sources import text_at
from python_coder.service_map.files import FileView
from python_coder.service_map.map import ServiceMap

_MOST_LINES = 30
_MOST_CHARS = 900


def revision_form(service: ServiceMap, files: FileView) -> str:
    """The newest revision down to its first operation, without comments and empty lines; empty when there is none."""
    if not service.heads:
        return ""
    head = service.heads[-1]
    lines = [line for line in text_at(files, head.path).splitlines() if line.strip() and not line.startswith("#")]
    before = [*takewhile(lambda line: not line.startswith("def "), lines)]
    body = lines[len(before) :][:2]
    downgrade = [line for line in lines if line.startswith("def downgrade")]
    text = "\n".join([f"newest: {head.path}", *before[:_MOST_LINES], *body, "    …", *downgrade])
    return text[:_MOST_CHARS]
