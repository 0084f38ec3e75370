# src/python_coder/tools/trials/affected.py — which test files a change can reach, read from imports and requests
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import is_test_file, test_paths_of
from python_coder.gates.tool_run import Bench, ToolRun, own_tool, run_tool
from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.files import FolderView
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import calling_tests, models_of
from python_coder.service_map.whole import whole_map
from python_coder.workspace.commands import Command

_SHARED = ("conftest.py", "pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini")
_SECONDS = 60.0

Imports = Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Affected:
    """The test files worth running after a change."""

    files: tuple[str, ...] = ()
    """Relative to the git root, sorted; empty stands for the whole suite."""
    why_all: str = ""
    """Why nothing less than the whole suite will do; empty when `files` will."""


async def affected_tests(context: GateContext) -> tuple[Affected, ToolRun | None]:
    """Find the test files that import a changed file, or that send a request to a route whose code reaches one.

    What a fixture does is not followed: a conftest that makes the application imports all of it, and would select
    every test. So this is a quick look, never a verdict.
    """
    folders = test_paths_of(context.known_good)
    changed = {path for file in context.change.files for path in (file.path, file.old_path) if path}
    shared = sorted(path for path in changed if path.rpartition("/")[2] in _SHARED)
    if shared:
        return Affected(why_all=f"{shared[0]} changed, which every test may rest on"), None
    gone = [file.old_path for file in context.change.files if file.status in {"deleted", "renamed"} and file.is_python]
    if gone:
        return Affected(why_all=f"{gone[0]} is gone, and nothing tells who named it"), None
    run = await run_tool(Bench.of(context), _graph_command(context))
    imports = _graph(run.completed.stdout)
    if not imports:
        return Affected(why_all="the imports of the project could not be read"), run
    service = whole_map(FolderView(context.judged_folder))
    tests = {path for path in imports if is_test_file(path, folders) and _holds_tests(path)}
    found = {path for path in tests if path in changed or _reaches(imports, [path]) & changed}
    found |= {name.partition("::")[0] for name in _requesting(service, imports, changed)}
    if not found & tests:
        return Affected(why_all="no test file names what changed"), run
    return Affected(files=tuple(sorted(found & tests))), run


def _graph_command(context: GateContext) -> Command:
    return Command(
        argv=(own_tool("ruff"), "analyze", "graph", "--isolated", "--quiet", *_sources(context), "."),
        cwd=context.judged_folder,
        timeout_seconds=_SECONDS,
    )


def _sources(context: GateContext) -> Sequence[str]:
    """Where imports begin, as ruff is told."""
    root = context.known_good.project_root
    roots = [f"{root}/{path}".removeprefix("./") for path in context.known_good.import_roots]
    return ("--config", f"src={json.dumps([path.removesuffix('/.') or '.' for path in roots])}")


def _graph(text: str) -> Imports:
    try:
        raw = json.loads(text)
    except ValueError:
        return {}
    return {str(path): frozenset(map(str, named)) for path, named in raw.items()} if isinstance(raw, dict) else {}


def _reaches(imports: Imports, starts: Iterable[str]) -> frozenset[str]:
    """All files that these import, directly or through others; a conftest is not gone through."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path not in found and path.rpartition("/")[2] != "conftest.py":
            found.add(path)
            waiting += imports.get(path, ())
    return frozenset(found)


def _requesting(service: ServiceMap, imports: Imports, changed: set[str]) -> Iterable[str]:
    """Tests, as `file::function`, whose requests reach a route that rests on a changed file."""
    for route in service.routes:
        if _reaches(imports, _files_of(service, route)) & changed:
            yield from calling_tests(service, route)


def _files_of(service: ServiceMap, route: MappedRoute) -> Iterable[str]:
    """Files with the handler, its dependencies and its models."""
    yield route.file
    yield from (service.dependencies[key].path for key in service.route_keys[route] if key in service.dependencies)
    models = models_of(route)
    yield from (table.path for table in service.tables if table.name in models)
    yield from (schema.path for schema in service.schemas if schema.name in models)


def _holds_tests(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")
