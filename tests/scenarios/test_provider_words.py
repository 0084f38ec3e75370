# tests/scenarios/test_provider_words.py — what a user reads when a provider failed for good: what, and what to do
import pytest

from python_coder.errors import ProviderError
from scenarios.scripted_server import Say
from scenarios.wire import Play

ANTHROPIC, OPENAI = "anthropic:claude-sonnet-5-5", "openai-chat:gpt-9"
CASES = {
    "wrong-key": (ANTHROPIC, Say(status=401, message="invalid x-api-key"), "(401: invalid x-api-key). Set ANTHROPIC_"),
    "key-without-rights": (ANTHROPIC, Say(status=403, message="no permission"), "let this key ask claude-sonnet-5-5"),
    "unknown-model": (ANTHROPIC, Say(status=404, message="model: x"), "anthropic knows no model claude-sonnet-5-5"),
    "no-credit": (ANTHROPIC, Say(status=400, message="Your credit balance is too low."), "Top it up"),
    "refused": (ANTHROPIC, Say(status=400, message="too many tools"), "refused the request (400: too many tools)"),
    "overloaded": (ANTHROPIC, Say(status=529, message="Overloaded"), "(529: Overloaded). Resume the run later"),
    "no-connection": (ANTHROPIC, Say(drops=True), "Look at the network and at ANTHROPIC_BASE_URL"),
    "wrong-key-of-another": (OPENAI, Say(status=401, message="Incorrect key"), "Set OPENAI_API_KEY anew"),
    "unknown-model-of-another": (OPENAI, Say(status=404, message="no gpt-9"), "openai-chat knows no model gpt-9"),
    "no-quota-of-another": (OPENAI, Say(status=429, message="You exceeded your current quota"), "Top it up"),
}


@pytest.mark.parametrize(("model", "fault", "says"), CASES.values(), ids=CASES)
def test_a_failed_provider_is_told_with_what_to_do(play: Play, model: str, fault: Say, says: str) -> None:
    loop, _ = play([fault], model=model)
    assert isinstance(loop.error, ProviderError)
    told = str(loop.error)
    assert says in told
    assert "esume the run" in told
    assert "body" not in told
