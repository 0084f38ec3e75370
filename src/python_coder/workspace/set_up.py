# src/python_coder/workspace/set_up.py — the runtime's own set-up commands: what they may see, offline before online
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import uv

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import CommandRecord
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand, record

_PASSED_ON = re.compile(
    r"^(?:UV_(?:INDEX|DEFAULT_INDEX|EXTRA_INDEX|FIND_LINKS|NO_INDEX|KEYRING|CACHE_DIR|CONFIG_FILE|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|HTTP_|REQUEST_|SSL_|CONCURRENT_|EXCLUDE_NEWER|OFFLINE|TORCH_BACKEND|PYTHON_INSTALL_DIR).*"
    r"|PIP_.*|(?:HTTP|HTTPS|ALL|NO|FTP)_PROXY|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC"
    r"|HOME|USER|LOGNAME|LANG|LC_ALL|LC_CTYPE|XDG_(?:CONFIG|CACHE|DATA)_HOME"
    r"|(?:C|CPP|CXX|LD)FLAGS|C_INCLUDE_PATH|LIBRARY_PATH|PKG_CONFIG_PATH)$",
    re.IGNORECASE,
)
"""Index settings, proxies, certificates, where caches are, and where a C compiler looks. Nothing else of the user's."""
_LAST_LINES = 12


def set_up_env(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment block of a set-up command: the user's index settings and nothing private.

    Shims are dropped from `PATH`: they die in a folder whose `.python-version` is not installed.
    """
    env = {name: value for name, value in environ.items() if _PASSED_ON.match(name)}
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    env["PATH"] = os.pathsep.join(folder for folder in folders if Path(folder).name != "shims")
    return env | {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "NO_COLOR": "1",
        "POETRY_VIRTUALENVS_CREATE": "false",
        "POETRY_NO_INTERACTION": "1",
        "PDM_CHECK_UPDATE": "false",
    }


def uv_program() -> Path:
    """The `uv` that is installed beside us; never a shim on the path.

    Raises:
        EnvironmentLacksError: Our own installation is incomplete.
    """
    try:
        return Path(uv.find_uv_bin())
    except FileNotFoundError as error:
        raise EnvironmentLacksError("uv is missing from python-coder's installation. Run `pip install uv`.") from error


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """Runs set-up commands and keeps what was seen of them."""

    runner: CommandRunner
    env: Mapping[str, str]
    names: Mapping[Path, str]
    """Folders by the name that the evidence gives them."""
    writable: tuple[Path, ...]
    timeout_seconds: float = 1800.0
    builds: bool = True
    """Whether packages without a wheel may run their build scripts."""
    how: list[CommandRecord] = field(default_factory=list)

    @property
    def build_options(self) -> tuple[str, ...]:
        """What uv is told about building; `uv pip` does not hear the environment variable for it."""
        return () if self.builds else ("--no-build",)

    async def run(self, *argv: str, cwd: Path, env: Mapping[str, str] | None = None) -> CompletedCommand:
        """Run one command, whatever its exit code."""
        completed = await self.runner.run(
            Command(
                argv=argv,
                cwd=cwd,
                env={**self.env, **(env or {})},
                writable=self.writable,
                timeout_seconds=self.timeout_seconds,
                has_network=True,
            )
        )
        self.how.append(record(completed, tree="", names=self.names))
        return completed

    async def run_offline_first(self, *argv: str, cwd: Path, env: Mapping[str, str] | None = None) -> CompletedCommand:
        """Run with the cache alone, which is quick; when that fails, again with the network."""
        completed = await self.run(*argv, cwd=cwd, env={**(env or {}), "UV_OFFLINE": "1"})
        if completed.exit_code == 0 or self.env.get("UV_OFFLINE"):
            return completed
        return await self.run(*argv, cwd=cwd, env=env)


def last_lines(completed: CompletedCommand) -> str:
    """What a failed command said, short enough for an error."""
    lines = [line for line in (completed.stderr.strip() or completed.stdout.strip()).splitlines() if line.strip()]
    shown = lines if len(lines) <= _LAST_LINES else [*lines[: _LAST_LINES // 2], "…", *lines[-_LAST_LINES // 2 :]]
    return "\n".join(shown) or f"it ended with exit status {completed.exit_code} and said nothing"
