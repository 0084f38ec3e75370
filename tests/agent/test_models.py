# tests/agent/test_models.py — short names stand for the newest models, and a name that is none says what would be one
import re
from typing import get_args

import pytest
from pydantic_ai.models import KnownModelName

from python_coder.agent.models import ALIASES, full_name, stronger_than
from python_coder.agent.providers import make_model
from python_coder.errors import EnvironmentLacksError, UsageError

NAMES = {
    "alias": ("sonnet", {}, "anthropic:claude-sonnet-5-5"),
    "bare-claude": ("claude-haiku-4-5", {}, "anthropic:claude-haiku-4-5"),
    "full": ("openai:gpt-6-luna", {}, "openai:gpt-6-luna"),
    "former-provider": ("google-gla:gemini-3-pro", {}, "google:gemini-3-pro"),
    "with-a-colon": ("bedrock:us.anthropic.claude-sonnet-5-5:0", {}, "bedrock:us.anthropic.claude-sonnet-5-5:0"),
    "own-alias": ("sonnet", {"PYTHON_CODER_ALIASES": "opus=a:b, sonnet=bedrock:x"}, "bedrock:x"),
    "new-alias": ("local", {"PYTHON_CODER_ALIASES": "local=ollama:qwen3"}, "ollama:qwen3"),
}


@pytest.mark.parametrize(("name", "environ", "full"), NAMES.values(), ids=NAMES)
def test_a_name_stands_for_one_model(name: str, environ: dict[str, str], full: str) -> None:
    assert full_name(name, environ) == full


@pytest.mark.parametrize("name", ["sonet", "", "openai:", ":x", "a b:c"])
def test_a_name_that_is_none_says_what_would_be_one(name: str) -> None:
    with pytest.raises(UsageError, match=r"sonnet.*PROVIDER:NAME"):
        full_name(name, {})


@pytest.mark.parametrize("rows", ["sonnet", "sonnet=", "=a:b", "sonnet=claude"])
def test_a_row_that_is_none_says_how_to_write_one(rows: str) -> None:
    with pytest.raises(UsageError, match="ALIAS=PROVIDER:NAME"):
        full_name("sonnet", {"PYTHON_CODER_ALIASES": rows})


def test_each_alias_is_the_newest_model_of_its_family() -> None:
    known = [name for name in get_args(KnownModelName.__value__) if name.startswith("anthropic:claude-")]
    for family, name in ALIASES.items():
        versions = [one for one in known if one.startswith(f"anthropic:claude-{family}-")]
        assert name == max(versions, key=lambda one: [int(part) for part in re.findall(r"\d+", one)])


STRONGER = {
    "sonnet": ("anthropic:claude-sonnet-5-5", "", "anthropic:claude-opus-5-5"),
    "older-sonnet": ("anthropic:claude-sonnet-4-6", "", "anthropic:claude-opus-5-5"),
    "never": ("anthropic:claude-sonnet-5-5", "never", None),
    "opus-itself": ("anthropic:claude-opus-5-5", "", None),
    "other-provider": ("openai:gpt-6-luna", "", None),
    "asked": ("openai:gpt-6-luna", "openai:gpt-6.1-sol", "openai:gpt-6.1-sol"),
    "the-same": ("openai:gpt-6-luna", "openai:gpt-6-luna", None),
}


@pytest.mark.parametrize(("name", "asked", "stronger"), STRONGER.values(), ids=STRONGER)
def test_where_a_model_escalates_to(name: str, asked: str, stronger: str | None) -> None:
    assert stronger_than(name, asked, {}) == stronger


UNUSABLE = {
    "claude": ("anthropic:x", UsageError, "export ANTHROPIC_API_KEY=…"),
    "openai": ("openai:x", UsageError, "export OPENAI_API_KEY=…"),
    "ollama": ("ollama:x", UsageError, "export OLLAMA_BASE_URL=…"),
    "unknown": ("nonsense:x", UsageError, "PROVIDER:NAME"),
    "google": ("google:x", EnvironmentLacksError, r"pip install 'python-coder\[google\]'"),
    "bedrock": ("bedrock:x", EnvironmentLacksError, r"pip install 'python-coder\[bedrock\]'"),
    "xai": ("xai:x", EnvironmentLacksError, r"pip install 'pydantic-ai-slim\[xai\]'"),
}


@pytest.mark.parametrize(("name", "error", "mend"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_model_that_cannot_be_asked_says_the_mend(
    name: str, error: type[Exception], mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "OLLAMA_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(error, match=mend):
        make_model(name, {})


def test_a_local_model_needs_an_address_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:1/v1")
    assert make_model("ollama:qwen3", {}).model_name == "qwen3"
