# src/python_coder/agent/models.py — short names of models, in one table
import re
from collections.abc import Mapping

from python_coder.errors import UsageError

ALIASES: Mapping[str, str] = {
    "sonnet": "anthropic:claude-sonnet-5-5",
    "opus": "anthropic:claude-opus-5-5",
    "haiku": "anthropic:claude-haiku-5-5",
    "fable": "anthropic:claude-fable-5-2",
}
"""The newest model of each family. Source: the names that pydantic-ai 2.68 knows; a test tells of newer ones."""

DEFAULT = "sonnet"
"""Thinks where a key is set and no model is named. Source: specification, "Model & Thinking"."""
STRONGER = "opus"
"""What `sonnet` escalates to. Source: specification, "Model & Thinking"."""
NEVER = "never"
"""The name that stands for no model to escalate to."""

ALIASES_VARIABLE = "PYTHON_CODER_ALIASES"
"""Environment variable whose rows win over the table: `sonnet=bedrock:NAME,opus=anthropic:NAME`."""

_FORMER_PROVIDERS = {"google-gla": "google", "google-vertex": "google-cloud"}
_FULL = re.compile(r"[a-z0-9][\w./-]*:\S+")


def full_name(name: str, environ: Mapping[str, str]) -> str:
    """The `provider:model` that a name stands for.

    Args:
        name: An alias such as `sonnet`, a Claude model's bare name, or `provider:model` by pydantic-ai's names.
        environ: Read for `PYTHON_CODER_ALIASES`.

    Raises:
        UsageError: It is none of these.
    """
    known = {**ALIASES, **_own_rows(environ.get(ALIASES_VARIABLE, ""))}
    wanted = known.get(name, name)
    if wanted.startswith("claude-") and ":" not in wanted:
        wanted = f"anthropic:{wanted}"
    if not _FULL.fullmatch(wanted):
        raise UsageError(
            f"The model {name!r} is not known here. Use 'offline', one of {', '.join(sorted(known))}, or PROVIDER:NAME "
            "such as anthropic:claude-sonnet-5-5, openai:gpt-6-luna or ollama:qwen3."
        )
    provider, _, model = wanted.partition(":")
    return f"{_FORMER_PROVIDERS.get(provider, provider)}:{model}"


def stronger_than(name: str, asked: str, environ: Mapping[str, str]) -> str | None:
    """The model that a run may escalate to, as `provider:model`; `None` for none.

    Args:
        name: What thinks first, as `provider:model`.
        asked: The user's wish: a name, `never`, or empty for the rule, by which a Claude Sonnet escalates to `opus`.
        environ: Read for `PYTHON_CODER_ALIASES`.

    Raises:
        UsageError: The wish is no model's name.
    """
    is_sonnet = name == full_name(DEFAULT, environ) or "claude-sonnet" in name
    wanted = asked or (STRONGER if is_sonnet and name.startswith("anthropic:") else NEVER)
    if wanted == NEVER:
        return None
    stronger = full_name(wanted, environ)
    return None if stronger == name else stronger


def _own_rows(text: str) -> dict[str, str]:
    rows = {}
    for row in filter(None, (part.strip() for part in text.split(","))):
        alias, equals, name = row.partition("=")
        if not equals or not alias.strip() or ":" not in name:
            raise UsageError(
                f"{ALIASES_VARIABLE} has the row {row!r}. Write ALIAS=PROVIDER:NAME, rows parted by commas."
            )
        rows[alias.strip()] = name.strip()
    return rows
