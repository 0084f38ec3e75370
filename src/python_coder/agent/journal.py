# src/python_coder/agent/journal.py — every model turn as it was, so that a killed run asks nothing twice
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter

from python_coder.errors import EnvironmentLacksError

Phase = Literal["plan", "act"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One model turn, with all that is needed to go on from just after it."""

    phase: Phase
    round: int
    """0 while planning; 1 for the first attempt, then one more for each reflection."""
    tree: str
    """Git tree id of the work tree when the model answered."""
    used: int
    limit: int
    causes: tuple[int, ...]
    """State of the budget when the model answered."""
    messages: tuple[dict[str, Any], ...]
    """The messages since the turn before, the model's answer last, as JSON."""
    output: dict[str, Any] | None = None
    """On the line that closes a phase: the typed output."""
    output_kind: str = ""
    """`Plan`, `Refusal` or `Report` when `output` is set."""


@dataclass(frozen=True)
class Journal:
    """An append-only file of turns, private to the user: unlike the ledger it is not redacted."""

    path: Path

    def append(self, turn: Turn) -> None:
        """Write one turn. A kill in the middle leaves a torn last line, which `read` cuts off.

        Raises:
            EnvironmentLacksError: The file cannot be written.
        """
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                # Not `asdict`, which would copy all that was said.
                file.write(json.dumps(vars(turn)).encode() + b"\n")
        except OSError as error:
            raise EnvironmentLacksError(
                f"The run's messages cannot be written ({self.path}: {error.strerror}). Free some space, then resume."
            ) from error

    def read(self) -> tuple[Turn, ...]:
        """All whole turns, oldest first; a torn last line is removed from the file."""
        if not self.path.exists():
            return ()
        content = self.path.read_bytes()
        whole = _whole_lines(content)
        if whole != content:
            self.path.write_bytes(whole)
        return _turns(whole)


def turns_in(path: Path) -> tuple[Turn, ...]:
    """All whole turns of a file that is somebody else's, oldest first. The file stays as it is.

    Raises:
        OSError: It cannot be read.
        ValueError, TypeError, KeyError: A line is no turn.
    """
    return _turns(_whole_lines(path.read_bytes()))


def messages_of(turns: Sequence[Turn]) -> list[ModelMessage]:
    """The message history that the turns add up to."""
    return ModelMessagesTypeAdapter.validate_python([message for turn in turns for message in turn.messages])


def as_json(messages: Sequence[ModelMessage]) -> tuple[dict[str, Any], ...]:
    """Messages in the form that a turn keeps."""
    return tuple(ModelMessagesTypeAdapter.dump_python(list(messages), mode="json"))


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _turns(lines: bytes) -> tuple[Turn, ...]:
    return tuple(_turn(json.loads(line)) for line in lines.splitlines())


def _turn(raw: dict[str, Any]) -> Turn:
    return Turn(**{**raw, "causes": tuple(raw["causes"]), "messages": tuple(raw["messages"])})
