# src/python_coder/agent/briefing/memories.py — the memories that have to do with a task
from collections.abc import Sequence
from dataclasses import dataclass

from python_coder.agent.briefing.named import words_of
from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.memory_store import MemoryStore

_MOST_READ = 200
_MOST_CHARS = 500
_NAME_WEIGHT = 3


@dataclass(frozen=True)
class Memory:
    """A memory and how it begins."""

    name: str
    text: str


def relevant_memories(store: MemoryStore, task: str, *, most: int = 3) -> Sequence[Memory]:
    """The memories that share most words with a task, words of their names counted three times; none that shares none.

    Args:
        store: The main checkout's.
        task: The task in words.
        most: How many.
    """
    words = words_of(task)
    scored = []
    for name in store.names()[:_MOST_READ]:
        try:
            text = store.read(name)
        except ToolRefusedError:
            continue
        score = _NAME_WEIGHT * len(words & words_of(name)) + len(words & words_of(text))
        if score:
            scored.append((-score, name, text))
    return [Memory(name, _beginning(text)) for _, name, text in sorted(scored)[:most]]


def _beginning(text: str) -> str:
    plain = text.strip()
    if len(plain) <= _MOST_CHARS:
        return plain
    return f"{plain[:_MOST_CHARS].rsplit(None, 1)[0]} … (read_memory has the rest)"
