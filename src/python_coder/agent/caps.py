# src/python_coder/agent/caps.py — caps in money, tokens and time, held before the request that could break them
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.settings import ModelSettings

from python_coder.agent.costs import Spent, TurnCost, price_of
from python_coder.errors import CapReachedError

LEAST_ANSWER_TOKENS = 1_000
"""A request is not made when less than this is left for its answer."""
_DEFAULT_ANSWER_TOKENS = 16_000
_LEAST_BUDGET = 1_024
"""Fewest thinking tokens that Claude takes. Source: Messages API, "Extended thinking"."""
_MOST = 1_000_000_000

# Bytes of JSON a token, taken low so that an estimate is never under what the provider counts. Source: English text has
# about 4 and Python code about 3; 2.5 leaves room for schemas and other scripts.
_BYTES_PER_TOKEN = 2.5
_SCHEMA_TOKENS = 12_000
"""Room for the instructions and the tools' schemas, which the first request sends and no count has shown yet."""


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What a run may take at most; `None` for no cap."""

    cost_usd: float | None = None
    tokens: int | None = None
    """Sent and received, over all requests."""
    minutes: float | None = None
    """Wall time of one start of the run."""

    @property
    def is_open(self) -> bool:
        """Whether nothing is capped."""
        return self.cost_usd is None and self.tokens is None and self.minutes is None


@dataclass
class Meter:
    """Holds a run to its caps."""

    caps: Caps = field(default_factory=Caps)
    spent: Spent = field(default_factory=Spent)
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def note(self, turn: TurnCost) -> None:
        """Count one turn."""
        self.spent = self.spent.after(turn)

    def answer_tokens(self, *, model: str, provider: str, input_tokens: int, wanted: int) -> int:
        """How many tokens the next answer may have, so that no cap breaks.

        Args:
            model: The model that is asked.
            provider: Its provider.
            input_tokens: Estimate of what the request sends.
            wanted: What the settings allow.

        Raises:
            CapReachedError: The request could break a cap; it is not made.
        """
        caps, room = self.caps, wanted
        if caps.minutes is not None and self.clock() - self.began >= caps.minutes * 60:
            raise CapReachedError(_told(f"{caps.minutes:g} minutes", "--max-minutes"))
        if caps.tokens is not None:
            room = min(room, caps.tokens - self.spent.tokens - input_tokens)
        if caps.cost_usd is not None:
            room = min(room, self._affordable(model, provider, input_tokens, caps.cost_usd))
        if room < min(wanted, LEAST_ANSWER_TOKENS):
            what = f"{caps.tokens:,} tokens" if caps.tokens is not None else f"${caps.cost_usd:.2f}"
            if caps.tokens is not None and caps.cost_usd is not None:
                what = f"{caps.tokens:,} tokens or ${caps.cost_usd:.2f}"
            raise CapReachedError(_told(what, "--max-cost or --max-tokens"))
        return room

    def _affordable(self, model: str, provider: str, input_tokens: int, cap: float) -> int:
        sent = price_of(model, provider, input_tokens=input_tokens, output_tokens=0)
        answered = price_of(model, provider, input_tokens=0, output_tokens=1_000_000)
        if sent is None or answered is None or not self.spent.is_priced:
            raise CapReachedError(
                f"The price of {model} is not known, so --max-cost cannot be held. Use --max-tokens instead, or "
                "another model."
            )
        return math.floor((cap - self.spent.cost_usd - sent) / answered * 1_000_000) if answered else _MOST


def estimated_input(messages: list[ModelMessage]) -> int:
    """Tokens that a request with this history sends: what the provider counted last, and an estimate of the rest."""
    counted, rest = 0, messages
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if isinstance(message, ModelResponse) and message.usage.input_tokens:
            counted, rest = message.usage.input_tokens + message.usage.output_tokens, messages[place + 1 :]
            break
    size = len(ModelMessagesTypeAdapter.dump_json(rest))
    return counted + math.ceil(size / _BYTES_PER_TOKEN) + (0 if counted else _SCHEMA_TOKENS)


def hold(meter: Meter, request: ModelRequestContext) -> ModelRequestContext:
    """The request with an answer no longer than the caps allow.

    Raises:
        CapReachedError: The request could break a cap; it is not made.
    """
    if meter.caps.is_open:
        return request
    settings = request.model_settings or ModelSettings()
    wanted = settings.get("max_tokens") or _DEFAULT_ANSWER_TOKENS
    room = meter.answer_tokens(
        model=request.model.model_name,
        provider=request.model.system,
        input_tokens=estimated_input(request.messages),
        wanted=wanted,
    )
    return request if room >= wanted else replace(request, model_settings=_shorter(settings, room))


def _shorter(settings: ModelSettings, room: int) -> ModelSettings:
    """Settings for an answer of that length; a budget of thoughts that a Claude model was given must fit in."""
    thinking = dict(settings).get("anthropic_thinking")
    changed: dict[str, object] = {"max_tokens": room}
    if isinstance(thinking, dict) and "budget_tokens" in thinking:
        half = {"type": "enabled", "budget_tokens": room // 2}
        changed["anthropic_thinking"] = half if room // 2 >= _LEAST_BUDGET else {"type": "disabled"}
    return cast("ModelSettings", {**settings, **changed})


def _told(what: str, option: str) -> str:
    return (
        f"The run stopped before a request that could take more than {what}. Nothing is lost: resume it with a higher "
        f"{option}."
    )
