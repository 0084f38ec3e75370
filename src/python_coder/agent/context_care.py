# src/python_coder/agent/context_care.py — keeps a long conversation within the model's window, in few big steps
"""What is sent when a conversation grows over its room; what is kept stays whole in the journal.

1. trimming    the oldest tool answers become one line each, which says how to read them again
2. compaction  if that is not enough, all but the first message and the newest turns becomes one message, which the
               runtime writes: the plan, each gate digest and each lesson word for word, and one line for a call

Both follow from the history alone, so that a resumed run sends the same bytes. Each step frees half of the room: a
step at every turn would change the beginning of each request, and a provider's cache would never hold.
"""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

CHARS_PER_TOKEN = 3
"""Taken low, so that the room is not overestimated. Source: Python code has about 3 to 4 characters a token."""
MOST_TOKENS = 120_000
"""Room of a conversation, however large the model's window is: every token is paid for again with every turn."""
WINDOW_SHARE = 0.6
"""Share of the window that the conversation may take; instructions, tools and the answer need the rest."""
UNKNOWN_WINDOW_TOKENS = 200_000
_KEPT_ANSWERS = 4
"""The newest tool answers are never trimmed."""
_LEAST_CHARS = 400
"""Shorter answers are not worth trimming."""
_KEPT_TURNS = 3
"""The newest turns stay as they are, if they take no more than a quarter of the room; the last one always does."""
_MOST_CALL_LINES = 60
_ARGUMENT_CHARS = 160
RECALL = "mcp__coder__recall"
TRIMMED = "[trimmed:"


def room_chars(window_tokens: int | None) -> int:
    """How much of a conversation is sent to a model with that window, if it is known."""
    window = WINDOW_SHARE * (window_tokens or UNKNOWN_WINDOW_TOKENS)
    return int(min(window, MOST_TOKENS) * CHARS_PER_TOKEN)


@dataclass
class ContextCare:
    """Decides what of a history is sent. It reads each message once, as the history grows."""

    most_chars: int
    trimmed: set[str] = field(default_factory=set)
    """Call ids of the answers that are not sent."""
    start: int = 0
    """Place of the first message that is sent as it is, after the very first one; 0 while all are."""
    _read: int = 0
    _total: int = 0
    _answers: list[tuple[str, int]] = field(default_factory=list)
    _turns: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether something of the history is not sent."""
        return bool(self.trimmed) or self.start > 0

    def take_in(self, messages: Sequence[ModelMessage]) -> None:
        """Read what is new of a history, and decide on it."""
        for place in range(self._read, len(messages)):
            self._take_in(messages, place)
        self._read = len(messages)

    def fit(self, messages: Sequence[ModelMessage]) -> list[ModelMessage]:
        """What to send of a history, the newest message last."""
        self.take_in(messages)
        if not self.is_full:
            return list(messages)
        sent = [_without(message, self.trimmed) for message in messages]
        return _compacted(sent, self.start) if self.start else sent

    def _take_in(self, messages: Sequence[ModelMessage], place: int) -> None:
        message = messages[place]
        self._total += size_of(message)
        if isinstance(message, ModelResponse):
            self._turns.append(place)
            return
        self._answers += [
            (part.tool_call_id, size) for part in _returns(message) if (size := _size(part)) > _LEAST_CHARS
        ]
        if self._total <= self.most_chars:
            return
        while len(self._answers) > _KEPT_ANSWERS and self._total > self.most_chars // 2:
            call, size = self._answers.pop(0)
            self.trimmed.add(call)
            self._total -= size
        if self._total > self.most_chars and len(self._turns) > 1:
            self.start = self._newest(messages[: place + 1])
            sent = [_without(one, self.trimmed) for one in messages[: place + 1]]
            self._total = sum(map(size_of, _compacted(sent, self.start)))

    def _newest(self, messages: Sequence[ModelMessage]) -> int:
        """Place of the first of the newest turns."""
        start = self._turns[-1]
        for turn in reversed(self._turns[-_KEPT_TURNS:]):
            if sum(map(size_of, messages[turn:])) > self.most_chars // 4:
                break
            start = turn
        return max(start, self.start)


def size_of(message: ModelMessage) -> int:
    """Characters of a message, about."""
    return sum(_size(part) for part in message.parts)


def answer_of(messages: Sequence[ModelMessage], call: str) -> str | None:
    """What a tool answered to a call, in full; `None` when there was no such call."""
    parts = (part for message in messages for part in _returns(message))
    return next((str(part.content) for part in parts if part.tool_call_id == call), None)


def _size(part: object) -> int:
    content = getattr(part, "content", None) if not isinstance(part, ToolCallPart) else part.args
    if isinstance(content, str):
        return len(content)
    return len(json.dumps(content, default=str)) if content else 0


def _returns(message: ModelMessage) -> Iterator[ToolReturnPart]:
    for part in message.parts if isinstance(message, ModelRequest) else ():
        if isinstance(part, ToolReturnPart):
            yield part


def _without(message: ModelMessage, trimmed: AbstractSet[str]) -> ModelMessage:
    if not isinstance(message, ModelRequest) or not any(part.tool_call_id in trimmed for part in _returns(message)):
        return message
    return replace(message, parts=[_short(part, trimmed) for part in message.parts])


def _short(part: ModelRequestPart, trimmed: AbstractSet[str]) -> ModelRequestPart:
    if not isinstance(part, ToolReturnPart) or part.tool_call_id not in trimmed:
        return part
    return ToolReturnPart(part.tool_name, _told(part), tool_call_id=part.tool_call_id, outcome=part.outcome)


def _told(part: ToolReturnPart) -> str:
    return f'{TRIMMED} {_size(part)} characters; {RECALL}(call="{part.tool_call_id}") tells them again]'


def _compacted(messages: Sequence[ModelMessage], start: int) -> list[ModelMessage]:
    """The first message, what happened since in the runtime's words, and the newest turns."""
    told = "\n".join(["What happened so far, written by the runtime:", *_happened(messages[1:start])])
    first = messages[0]
    opening = replace(first, parts=[*first.parts, UserPromptPart(told)]) if isinstance(first, ModelRequest) else first
    return [opening, *messages[start:]]


def _happened(messages: Sequence[ModelMessage]) -> Iterator[str]:
    calls = [
        part
        for message in messages
        for part in message.parts
        if isinstance(part, ToolCallPart) and not _is_output(part)
    ]
    left_out = {part.tool_call_id for part in calls[:-_MOST_CALL_LINES]}
    if left_out:
        yield f"({len(left_out)} earlier calls are left out)"
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart) and part.tool_call_id not in left_out:
                yield _call_line(part)
            # The runtime's own messages are gate digests, and what they ask for.
            elif isinstance(part, TextPart | UserPromptPart) and part.content:
                yield f"{'you: ' if isinstance(part, TextPart) else ''}{part.content}"


def _is_output(part: ToolCallPart) -> bool:
    return part.tool_name.startswith("submit_")


def _call_line(part: ToolCallPart) -> str:
    arguments = part.args_as_json_str()
    if _is_output(part):
        return f"you: {part.tool_name}({arguments})"
    short = arguments if len(arguments) <= _ARGUMENT_CHARS else f"{arguments[:_ARGUMENT_CHARS]}…"
    return f'you: {part.tool_name}({short}), answered: {RECALL}(call="{part.tool_call_id}")'
