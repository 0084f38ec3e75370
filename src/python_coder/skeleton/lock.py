# src/python_coder/skeleton/lock.py — the lock file of a new service, made by uv
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import uv
from packaging.utils import canonicalize_name

from python_coder.errors import EnvironmentLacksError, UsageError

_TIMEOUT_SECONDS = 180.0
_STAND_IN = "service-that-is-being-locked"
# These would aim uv at another project, or forbid it to write a lock file.
_DROPPED = frozenset({"VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_FROZEN", "UV_LOCKED", "UV_PYTHON"})


def write_lock(folder: Path, name: str) -> None:
    """Write `uv.lock` beside the folder's `pyproject.toml`: from uv's cache if that suffices, else from the index.

    Raises:
        UsageError: The service has the name of a package that it depends on.
        EnvironmentLacksError: uv is missing or cannot resolve; nothing was written.
    """
    manifest = (folder / "pyproject.toml").read_text(encoding="utf-8")
    # Elsewhere, since uv would join a workspace that a parent folder declares and change its lock file.
    with tempfile.TemporaryDirectory(prefix="python-coder-lock-") as scratch:
        workplace = Path(scratch)
        # First under another name: uv takes a dependency of the same name for the service itself.
        _lock(workplace, manifest.replace(f'name = "{name}"', f'name = "{_STAND_IN}"', 1))
        locked = tomllib.loads((workplace / "uv.lock").read_text(encoding="utf-8"))["package"]
        if canonicalize_name(name) in {package["name"] for package in locked}:
            raise UsageError(
                f"The service itself depends on a package that is named {name}. "
                f"Choose another name, such as: python-coder new {name}-service"
            )
        _lock(workplace, manifest)
        (folder / "uv.lock").write_bytes((workplace / "uv.lock").read_bytes())


def _lock(folder: Path, manifest: str) -> None:
    (folder / "pyproject.toml").write_text(manifest, encoding="utf-8")
    argv = [_uv(), "lock", "--python", sys.executable, "--no-progress", "--color", "never"]
    env = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    env["UV_PYTHON_DOWNLOADS"] = "never"
    last = "uv could not be started"
    for network in (["--offline"], []):
        try:
            done = subprocess.run(
                [*argv, *network],
                cwd=folder,
                env=env,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            last = f"the package index did not answer within {_TIMEOUT_SECONDS:.0f} seconds"
            continue
        except OSError as error:
            last = f"uv could not be started: {error.strerror}"
            continue
        if done.returncode == 0:
            return
        last = _first_words(done.stderr)
    raise EnvironmentLacksError(f"uv could not write the lock file: {last}")


def _uv() -> str:
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentLacksError("uv is not installed. Install it: pip install uv") from error


def _first_words(stderr: str) -> str:
    errors = [line.removeprefix("error:").strip() for line in stderr.splitlines() if line.startswith("error:")]
    causes = [line.strip() for line in stderr.splitlines() if "aused by" in line or line.strip().startswith("cause:")]
    return "; ".join([*errors[:1], *causes[-1:]])[:400] or "it gave no reason"
