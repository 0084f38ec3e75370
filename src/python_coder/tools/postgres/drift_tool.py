# src/python_coder/tools/postgres/drift_tool.py — a database beside the project's newest migration and its models
import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import EnvironmentLacksError, ToolRefusedError
from python_coder.gates.project_alembic import ProjectAlembic
from python_coder.postgres.drift import Difference, differences
from python_coder.postgres.schema import DatabaseSchema
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.migrations import Revision
from python_coder.service_map.whole import whole_map
from python_coder.tools.answers import counted, shorten
from python_coder.tools.files import ProjectFiles
from python_coder.tools.postgres.project_schemas import MadeSchema, project_schemas
from python_coder.tools.postgres.static_drift import LIMITS, static_differences
from python_coder.tools.serena.workplace import Workplace

_TEXTS = (".py", ".ini", ".toml", ".example")


@dataclass(frozen=True, kw_only=True)
class ProjectDrift:
    """Compares a database with one project. `compare` fits `SchemaTools.drift`."""

    workplace: Callable[[], Workplace]
    """Where the project lies, its environment, and the sandbox that its code runs in."""
    cache: Path | None
    """python-coder's cache folder, for the embedded server."""

    async def compare(self, live: DatabaseSchema, versions: Sequence[str]) -> str:
        """Say where the database stands, and how it differs from the migrations' outcome and from the models.

        The project's code makes both on scratch databases; where it cannot, the models are only read.

        Args:
            live: The whole database.
            versions: Revisions that it stands at, by its own word.

        Raises:
            ToolRefusedError: The project has neither models nor migrations.
        """
        place = self.workplace()
        files = ProjectFiles(place.root)
        project = await asyncio.to_thread(whole_map, files)
        if not project.revisions and not project.tables:
            raise ToolRefusedError(f"No models and no migrations were found in {place.root.name}. Name another folder.")
        lines = list(standing(live, project, versions))
        try:
            made = await project_schemas(project_alembic(place, files), self.cache)
        except EnvironmentLacksError as error:
            return shorten("\n".join([*lines, *_by_reading(live, project, str(error))]))
        lines += _told("the newest migration, run on a scratch database", live, made.head, is_whole=True)
        lines += _told("the models, made on a scratch database", live, made.models, is_whole=False)
        if made.models.problem:
            lines += _by_reading(live, project, "")
        return shorten("\n".join(lines))


def standing(live: DatabaseSchema, project: ServiceMap, versions: Sequence[str]) -> Iterator[str]:
    """Which revision the database stands at, the head, and what is pending, read from the migrations' source."""
    known = {revision.revision: revision for revision in project.revisions}
    heads = [revision.revision for revision in project.heads]
    yield f"{live.database} stands at {', '.join(versions) or 'no revision'}; head: {', '.join(heads) or 'none'}"
    if len(heads) > 1:
        yield "There are several heads; merge them."
    if unknown := [version for version in versions if version not in known]:
        yield f"No file defines {', '.join(unknown)}: the database ran migrations of another branch."
    pending = _before(heads, known) - _before(versions, known)
    if pending:
        waiting = [known[name] for name in known if name in pending]
        yield f"{counted(len(waiting), 'revision')} pending:"
        yield from (f"  {revision.revision} {revision.path}" for revision in waiting)


def _before(names: Sequence[str], known: dict[str, Revision]) -> set[str]:
    """Some revisions and all that they build on."""
    found: set[str] = set()
    open_names = [name for name in names if name in known]
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += [down for down in known[name].down if down in known]
    return found


def project_alembic(place: Workplace, files: ProjectFiles) -> ProjectAlembic:
    """The project's own Alembic, ready to run in the sandbox.

    Raises:
        EnvironmentLacksError: It has no `alembic.ini`, or no environment of its own.
    """
    paths = files.paths()
    ini = min((path for path in paths if Path(path).name == "alembic.ini"), key=len, default="")
    if not ini:
        raise EnvironmentLacksError("The project has no alembic.ini, so its own code cannot make the tables.")
    if place.environment is None:
        raise EnvironmentLacksError("The project has no environment of its own. Make one, such as with: uv sync")
    texts = [files.read(path) or "" for path in paths if path.endswith(_TEXTS)]
    return ProjectAlembic(
        root=place.root,
        ini=ini,
        environment=place.environment,
        env=place.env,
        texts=texts,
        runner=place.runner,
        scratch=place.scratch,
        hidden=tuple(place.hidden),
    )


def _told(what: str, live: DatabaseSchema, made: MadeSchema, *, is_whole: bool) -> Iterator[str]:
    if made.schema is None:
        yield f"beside {what}: not compared, {made.problem}"
        return
    yield from _listed(f"beside {what}", differences(live, made.schema, is_whole=is_whole))


def _by_reading(live: DatabaseSchema, project: ServiceMap, why: str) -> Iterator[str]:
    if why:
        yield f"The project's code was not run: {why}"
    yield from _listed(f"beside the models as the source has them ({LIMITS})", static_differences(live, project.tables))


def _listed(what: str, found: Sequence[Difference]) -> Iterator[str]:
    yield f"{what}: {counted(len(found), 'difference') if found else 'no difference'}"
    yield from (f"  {difference}" for difference in sorted(found, key=lambda one: (one.is_minor, one)))
