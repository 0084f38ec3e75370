# src/python_coder/agent/providers.py — the client of a model provider, made from a name; nothing is imported before
import re
import sys
import warnings
from collections.abc import Mapping

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model
from pydantic_ai.profiles.openai import OpenAIModelProfile

from python_coder.errors import EnvironmentLacksError, UsageError

_OWN_EXTRAS = frozenset({"google", "bedrock", "groq", "mistral"})
"""Extras of python-coder itself; any other comes from pydantic-ai."""
_VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]{3,})`")
_EXTRA = re.compile(r"pydantic-ai-slim\[([\w-]+)\]")


def make_model(name: str, environ: Mapping[str, str]) -> Model:
    """The model of that name, ready to be asked.

    Args:
        name: `provider:model`; the provider is one of pydantic-ai's.
        environ: Holds the key. Anthropic's is read from here; other providers read the process's own environment.

    Raises:
        UsageError: The provider is not known, or it needs a variable that is not set; the message names it.
        EnvironmentLacksError: The provider's client is not installed; the message says how to install it.
    """
    provider, _, model = name.partition(":")
    if provider == "anthropic":
        return _claude(name, model, environ)
    from pydantic_ai.models import infer_model  # noqa: PLC0415 - pulls in the provider's client

    try:
        return _that_ends_its_streams(infer_model(name))
    except ImportError as error:
        raise EnvironmentLacksError(_not_installed(name, provider, str(error))) from error
    except UserError as error:
        raise UsageError(_not_set_up(name, str(error))) from error


def _claude(name: str, model: str, environ: Mapping[str, str]) -> Model:
    if not environ.get("ANTHROPIC_API_KEY"):
        raise UsageError(f"{name} needs a key: export ANTHROPIC_API_KEY=…, or use --model offline.")
    # Imported here because the client costs a second of start-up, which offline runs must not pay.
    from pydantic_ai.models.anthropic import AnthropicModel, AnthropicStaleThinkingBlockWarning  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    # Tools change between planning and acting, so thoughts of the plan may be dropped then: nothing to warn of.
    warnings.simplefilter("ignore", AnthropicStaleThinkingBlockWarning)
    provider = AnthropicProvider(
        api_key=environ["ANTHROPIC_API_KEY"], base_url=environ.get("ANTHROPIC_BASE_URL") or None
    )
    return AnthropicModel(model, provider=provider)


def _that_ends_its_streams(model: Model) -> Model:
    """Chat models of OpenAI's kind take a stream that broke off for a whole answer, unless their profile forbids it."""
    if "pydantic_ai.models.openai" not in sys.modules:
        return model
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415 - the client of the model that was just made

    if not isinstance(model, OpenAIChatModel) or model.provider is None:
        return model
    strict = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    return type(model)(model.model_name, provider=model.provider, profile=strict)


def _not_installed(name: str, provider: str, message: str) -> str:
    found = _EXTRA.search(message)
    extra = found.group(1) if found else provider
    package = f"python-coder[{extra}]" if extra in _OWN_EXTRAS else f"pydantic-ai-slim[{extra}]"
    return f"The client of {provider} is not installed, so {name} cannot be asked. Install it: pip install '{package}'"


def _not_set_up(name: str, message: str) -> str:
    variables = list(dict.fromkeys(_VARIABLE.findall(message)))
    if variables:
        exports = " or ".join(f"export {variable}=…" for variable in variables)
        return f"{name} needs {' or '.join(variables)} in the environment: {exports}, or use --model offline."
    why = message.splitlines()[0].rstrip(".")
    return f"The model {name!r} cannot be used: {why}. Use 'offline', 'sonnet' or PROVIDER:NAME."
