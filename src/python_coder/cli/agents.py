# src/python_coder/cli/agents.py — the agent definition that a command line means
from collections.abc import Mapping
from pathlib import Path

from python_coder.agent.definition_lookup import FAMILIES, ChosenAgent, choose_agent
from python_coder.settings import Settings


def read_agent(asked: str, repo: Path, settings: Settings) -> ChosenAgent:
    """The definitions for `--agent`, read from the user's checkout and configuration.

    Args:
        asked: What `--agent` says; may be empty.
        repo: Any folder inside the repository.
        settings: Says where the user's definitions lie.

    Raises:
        UsageError: There is no such definition, or one cannot be read.
    """
    return choose_agent(asked, repository=top_of(repo), config_folder=settings.config_folder)


def top_of(repo: Path) -> Path:
    """The top folder of the checkout around a folder; the folder itself where there is none."""
    folder = repo.absolute()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def model_asked(given: str, agent: ChosenAgent, environ: Mapping[str, str]) -> str:
    """The model to think with: `--model`, else the definition's; empty to leave it to the environment.

    `PYTHON_CODER_MODEL` wins over a definition. A family's alias in one counts only where a key for it is set, so that
    nothing stops working without.
    """
    is_usable = agent.model not in FAMILIES or bool(environ.get("ANTHROPIC_API_KEY"))
    return given or (agent.model if is_usable and not environ.get("PYTHON_CODER_MODEL") else "")
