# src/python_coder/workspace/installing.py — putting a project's dependencies into an empty environment, never itself
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import CompletedCommand
from python_coder.workspace.manifest import Manifest, is_workspace_member
from python_coder.workspace.poetry import locked_versions
from python_coder.workspace.project import Project
from python_coder.workspace.requirement_files import (
    is_compiled,
    is_for_development,
    read_text,
    requirement_name,
    without_local_projects,
)
from python_coder.workspace.set_up import SetUp, last_lines, uv_program
from python_coder.workspace.tables import as_toml, strings, table
from python_coder.workspace.uv_lock import locally_locked

_NOT_BUILT = re.compile(
    r"Failed to (?:build|download and build|build editable) `(?P<name>[A-Za-z0-9][\w.-]*?)(?:==| @|`)"
)
_MOST_LEFT_OUT = 5
_NOT_FOR_A_COPY = frozenset(
    ("workspace", "package", "managed", "default-groups", "dependency-groups", "dev-dependencies", "conflicts")
) | {"build-backend", "environments", "required-environments", "sources", "cache-keys"}
"""Settings under `[tool.uv]` that speak of the project itself."""


@dataclass(kw_only=True)
class Installation:
    """One environment being filled, from a copy of the manifests: nothing of the user's is written."""

    project: Project
    tree: Path
    stage: Path
    """Holds the copy, laid out as the tree is."""
    venv: Path
    set_up: SetUp
    left_out: dict[str, str] = field(default_factory=dict)
    """Packages that could not be built on this machine, with the reason."""

    @property
    def python(self) -> Path:
        """Interpreter of the environment that is filled."""
        return self.venv / "bin/python"

    @property
    def here(self) -> Path:
        """The project's folder in the copy."""
        return self.stage / self.project.root

    async def install(self) -> None:
        """Install what the service, its tests, linters and type checkers need, the way the project says.

        Raises:
            EnvironmentLacksError: It cannot be installed; the message shows what the installer said.
        """
        self._copy()
        if self.project.manager == "uv" and self.project.lock:
            await self._without_unbuildable(self._sync)
        elif self.project.manager in {"poetry", "pdm"}:
            await self._without_unbuildable(await self._exported() or self._declared())
        elif self.project.manager == "requirements":
            await self._without_unbuildable(self._requirements())
        else:
            await self._without_unbuildable(self._declared())

    async def _without_unbuildable(self, attempt: Callable[[], Awaitable[CompletedCommand]]) -> None:
        """Try; what has no wheel and cannot be compiled here is left out and told, so that the rest can be judged."""
        for _ in range(_MOST_LEFT_OUT + 1):
            completed = await attempt()
            if completed.exit_code == 0:
                return
            failed = _NOT_BUILT.search(completed.output)
            name = canonicalize_name(failed["name"]) if failed else ""
            if not name or name in self.left_out:
                break
            self.left_out[name] = _build_error(completed)
        raise EnvironmentLacksError(
            f"The dependencies of {self.project.name or 'the project'} cannot be installed ({self.project.manager}):\n"
            f"{last_lines(completed)}\nMend what is named there, then try again."
        )

    async def _sync(self) -> CompletedCommand:
        lock = self.tree / (self.project.lock or "uv.lock")
        own = [*locally_locked(lock), *self.left_out]
        pyproject = self.project.manifest.pyproject
        extras = {canonicalize_name(name) for name in table(table(pyproject, "project"), "optional-dependencies")}
        groups = {canonicalize_name(name) for name in table(pyproject, "dependency-groups")}
        options = [word for name in own for word in ("--no-install-package", name)]
        for name in map(canonicalize_name, self.project.groups):
            options += ["--group", name] if name in groups else []
            options += ["--extra", name] if name in extras else []
        command = (
            "sync",
            *self.set_up.build_options,
            "--frozen",
            "--no-install-project",
            "--python",
            str(self.python),
            "--package",
            self.project.name,
        )
        return await self.set_up.run_offline_first(
            str(uv_program()), *command, *options, cwd=self.here, env={"UV_PROJECT_ENVIRONMENT": str(self.venv)}
        )

    def _pip(self, *options: str, is_pinned: bool) -> Callable[[], Awaitable[CompletedCommand]]:
        # With the cache alone the resolver may settle for old releases, so only pinned sets are tried offline first.
        run = self.set_up.run_offline_first if is_pinned else self._online_first

        async def attempt() -> CompletedCommand:
            excludes = self.here / "python-coder-excludes.txt"
            excludes.write_text("\n".join(self.left_out))
            here = ("--python", str(self.python), "--excludes", str(excludes))
            words = ("pip", "install", *here, *self.set_up.build_options, *options)
            return await run(str(uv_program()), *words, cwd=self.here)

        return attempt

    async def _online_first(self, *argv: str, cwd: Path) -> CompletedCommand:
        completed = await self.set_up.run(*argv, cwd=cwd)
        if completed.exit_code == 0 or _NOT_BUILT.search(completed.output):
            return completed
        offline = await self.set_up.run(*argv, cwd=cwd, env={"UV_OFFLINE": "1"})
        return offline if offline.exit_code == 0 else completed

    async def _exported(self) -> Callable[[], Awaitable[CompletedCommand]] | None:
        """What Poetry or PDM itself reads out of its lock; `None` when there is no lock or the tool cannot be had."""
        if self.project.lock is None:
            return None
        target = self.here / "python-coder-locked.txt"
        words = [str(uv_program()), "tool", "run", "--python", str(self.python)]
        if self.project.manager == "poetry":
            words += ["--from", "poetry", "--with", "poetry-plugin-export", "poetry", "export", "--without-hashes"]
            words += ["--format", "requirements.txt", "--output", str(target), *self._poetry_groups()]
        else:
            words += ["pdm", "export", "--format", "requirements", "--without-hashes", "--output", str(target)]
            words += [word for name in self.project.groups for word in ("--group", name)]
        env = {"VIRTUAL_ENV": str(self.venv), "PDM_PYTHON": str(self.python)}
        completed = await self.set_up.run_offline_first(*words, cwd=self.here, env=env)
        if completed.exit_code != 0 or not target.is_file():
            return None
        kept = [line for line in target.read_text().splitlines() if requirement_name(line) not in self._local_names()]
        target.write_text("\n".join(kept) + "\n")
        return self._pip("--requirements", str(target), is_pinned=True)

    def _poetry_groups(self) -> list[str]:
        tool = table(self.project.manifest.tool, "poetry")
        known = {*table(tool, "group"), *(["dev"] if "dev-dependencies" in tool else [])}
        extras = {
            *table(tool, "extras"),
            *table(table(self.project.manifest.pyproject, "project"), "optional-dependencies"),
        }
        groups = [name for name in self.project.groups if name in known]
        chosen = sorted(name for name in extras if is_for_development(name))
        options = ["--with", ",".join(groups)] if groups else []
        return options + [word for name in chosen for word in ("--extras", name)]

    def _declared(self) -> Callable[[], Awaitable[CompletedCommand]]:
        """Resolve what the manifest declares, held to the lock's versions where a foreign lock names them."""
        manifest = self.project.manifest
        document = {
            "project": {"name": manifest.name or "project", "version": "0", "dependencies": list(self._lines())},
            "tool": {"uv": _uv_settings(manifest)},
        }
        (self.here / "pyproject.toml").write_text(as_toml(document))
        options = ["--requirements", "pyproject.toml"]
        for path in manifest.asked_files:
            option = "--constraints" if is_compiled(path) else "--requirements"
            options += [option, str(self.stage / path.relative_to(self.tree))]
        if self.project.lock and self.project.manager in {"poetry", "pdm"}:
            pins = self.here / "python-coder-pins.txt"
            pins.write_text("\n".join(locked_versions(self.tree / self.project.lock)))
            options += ["--constraints", str(pins)]
        return self._pip(*options, is_pinned=False)

    def _requirements(self) -> Callable[[], Awaitable[CompletedCommand]]:
        files = self.project.manifest.asked_files
        options = [word for path in files for word in ("--requirements", str(self.stage / path.relative_to(self.tree)))]
        extra = self.here / "python-coder-declared.txt"
        extra.write_text("\n".join(self._lines()) + "\n")
        return self._pip(*options, "--requirements", str(extra), is_pinned=all(map(_is_pinned, files)))

    def _lines(self) -> tuple[str, ...]:
        """Requirement lines of the project and of the local ones that it needs, without the local ones themselves."""
        manifests = [self.project.manifest, *(other.manifest for other in self.project.locals)]
        lines = [
            *self.project.manifest.dependencies,
            *(line for group in self.project.manifest.groups.values() for line in group),
        ]
        for other in manifests[1:]:
            lines += other.dependencies
        return tuple(dict.fromkeys(line for line in lines if requirement_name(line) not in self._local_names()))

    def _local_names(self) -> frozenset[str]:
        return frozenset({canonicalize_name(self.project.name), *(other.name for other in self.project.locals)})

    def _copy(self) -> None:
        for relative in self.project.files:
            source, target = self.tree / relative, self.stage / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix in {".txt", ".in"}:
                target.write_text(without_local_projects(read_text(source), source.parent))
            else:
                shutil.copyfile(source, target)
        for member in self._members():
            target = self.stage / member.relative_to(self.tree)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(member, target)
        self.here.mkdir(parents=True, exist_ok=True)

    def _members(self) -> Iterable[Path]:
        """Manifests of a uv workspace's members, and wheels of the repository that the manifest names."""
        if self.project.lock and self.project.manager == "uv":
            workspace = (self.tree / self.project.lock).parent
            for path in workspace.glob("**/pyproject.toml"):
                if path.parent != workspace and is_workspace_member(workspace, path.parent):
                    yield path
        for source in table(table(self.project.manifest.tool, "uv"), "sources").values():
            path_text = source.get("path") if isinstance(source, dict) else None
            if isinstance(path_text, str):
                place = Path(os.path.normpath(self.project.manifest.folder / path_text))
                if place.is_file() and place.is_relative_to(self.tree):
                    yield place


def _uv_settings(manifest: Manifest) -> dict[str, object]:
    """`[tool.uv]` without what speaks of the project itself or of folders of the repository."""
    settings = table(manifest.tool, "uv")
    kept: dict[str, object] = {key: value for key, value in settings.items() if key not in _NOT_FOR_A_COPY}
    sources = {
        name: source
        for name, source in table(settings, "sources").items()
        if not (isinstance(source, dict) and (source.get("workspace") or _is_folder(manifest.folder, source)))
    }
    urls = table(manifest.tool, "poetry").get("source"), table(manifest.tool, "pdm").get("source")
    extra = [
        entry["url"]
        for found in urls
        if isinstance(found, list)
        for entry in found
        if isinstance(entry, dict) and "url" in entry
    ]
    if extra:
        kept["extra-index-url"] = [*strings(settings, "extra-index-url"), *extra]
    return kept | ({"sources": sources} if sources else {})


def _is_folder(folder: Path, source: dict[str, object]) -> bool:
    return isinstance(path := source.get("path"), str) and (folder / path).is_dir()


def _is_pinned(path: Path) -> bool:
    lines = [line for line in read_text(path).splitlines() if requirement_name(line)]
    return all("==" in line or " @ " in line for line in lines)


def _build_error(completed: CompletedCommand) -> str:
    """The line that says why a package could not be compiled."""
    lines = [line.strip() for line in completed.output.splitlines() if line.strip()]
    telling = [line for line in lines if "fatal error" in line or line.startswith("hint:")] or lines
    return telling[-1].removeprefix("hint: ")
