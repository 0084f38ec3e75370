# src/python_coder/agent/costs.py — what one model turn took: tokens and money
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from python_coder.evidence.entries import Entry
from python_coder.evidence.spending import spending_of


@dataclass(frozen=True, kw_only=True)
class TurnCost:
    """One model turn, as the provider counted it. Money is by the price list that pydantic-ai ships, in US dollars."""

    model: str
    input_tokens: int
    """All tokens sent, those that the provider's cache held among them."""
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None
    """`None` where the price list does not know the model, or the provider told no usage."""

    @classmethod
    def of(cls, response: ModelResponse) -> "TurnCost":
        """Read off one answer of a model."""
        usage = response.usage
        return cls(
            model=response.model_name or "",
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            cost_usd=_price(response),
        )

    def facts(self) -> Mapping[str, object]:
        """The turn as ledger data."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a run has taken so far."""

    tokens: int = 0
    """Sent and received together."""
    cost_usd: float = 0.0
    is_priced: bool = True
    """Whether every turn has a known price."""

    def after(self, turn: TurnCost) -> "Spent":
        """This and one more turn."""
        return Spent(
            tokens=self.tokens + turn.input_tokens + turn.output_tokens,
            cost_usd=self.cost_usd + (turn.cost_usd or 0.0),
            is_priced=self.is_priced and turn.cost_usd is not None,
        )


def spent_by(entries: Iterable[Entry]) -> Spent:
    """What the turns on record took."""
    total = spending_of(entries).total
    return Spent(
        tokens=total.input_tokens + total.output_tokens,
        cost_usd=total.cost_usd,
        is_priced=total.unpriced_turns == 0,
    )


def price_of(model: str, provider: str, *, input_tokens: int, output_tokens: int) -> float | None:
    """Most that a request can cost, as if all that is sent were written to the provider's cache.

    Args:
        model: The model's own name.
        provider: The provider's name as pydantic-ai has it.
        input_tokens: Tokens sent.
        output_tokens: Tokens answered.

    Returns:
        US dollars, or `None` where the price list does not know the model.
    """
    usage = RequestUsage(input_tokens=input_tokens, output_tokens=output_tokens, cache_write_tokens=input_tokens)
    return _price(ModelResponse(parts=[], usage=usage, model_name=model, provider_name=provider))


def _price(response: ModelResponse) -> float | None:
    usage = response.usage
    if not response.model_name or not (usage.input_tokens or usage.output_tokens):
        # The offline planner takes nothing. A provider that tells no usage is not free of charge.
        return None if response.provider_name else 0.0
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError):
        return None
