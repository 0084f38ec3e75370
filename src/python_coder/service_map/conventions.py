# src/python_coder/service_map/conventions.py — how this service is written, so that a change looks like the rest
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from python_coder.errors import RecipeRefusedError
from python_coder.service_map.alembic import MigrationStyle, read_migrations
from python_coder.service_map.files import FileView
from python_coder.service_map.project import Project
from python_coder.service_map.resources import Resource, ResourceReader
from python_coder.service_map.testing import TestStyle, read_test_style

_BANNER = re.compile(r"# (\S+) — .+")
_LEAST_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """What was read from the source. The sibling is the resource that a new one is written like."""

    project: Project
    reader: ResourceReader
    sibling: Resource
    tests: TestStyle
    migrations: MigrationStyle | None
    line_length: int
    quote: str
    has_banners: bool
    is_banner_from_git_root: bool
    naming: Mapping[str, str]
    """Naming convention of the metadata: `uq`, `ix`, `fk`, `pk` to templates; empty when there is none."""
    handles_conflicts: bool
    """Whether the application turns an `IntegrityError` into an answer by itself."""
    python: tuple[int, int]
    """Oldest Python that the project supports."""

    @property
    def project_root(self) -> str:
        """Folder of the project, relative to the git root; empty when it is the root."""
        return self.project.root

    @property
    def first_party(self) -> frozenset[str]:
        """Top-level packages and modules of the project itself."""
        return self.project.packages

    def banner(self, path: str, purpose: str) -> list[str]:
        """The first line of a new Python file, or nothing in a project without banners."""
        shown = path if self.is_banner_from_git_root else path.removeprefix(f"{self.project.root}/")
        return [f"# {shown} — {purpose}"] if self.has_banners else []


def read_conventions(files: FileView, resource: str | None = None) -> Conventions:
    """Read how the service is written.

    Args:
        files: The repository.
        resource: Class name of the resource to read; the most complete one when left out.

    Raises:
        RecipeRefusedError: Something that a recipe must follow was not found. Names what and where it looked.
    """
    project = Project(files)
    reader = ResourceReader(project)
    sibling = _sibling(reader, resource)
    formatting, quote = _formatting(project)
    has_banners, from_git_root = _banners(project)
    return Conventions(
        project=project,
        reader=reader,
        sibling=sibling,
        tests=read_test_style(project, reader.routes, sibling),
        migrations=read_migrations(project),
        line_length=formatting,
        quote=quote,
        has_banners=has_banners,
        is_banner_from_git_root=from_git_root,
        naming=_naming(project),
        handles_conflicts=any(
            re.search(r"exception_handler\(\s*(\w+\.)*IntegrityError", source.text) for source in project.code
        ),
        python=_python(project),
    )


def _sibling(reader: ResourceReader, name: str | None) -> Resource:
    resources = reader.resources
    if name is not None:
        found = next((each for each in resources if each.model.name == name), None)
        if found is None:
            known = ", ".join(each.model.name for each in resources) or "none"
            raise RecipeRefusedError(
                f"There is no resource `{name}` with endpoints that could be read. Known: {known}."
            )
        return found
    if not resources:
        looked = len(reader.project.code)
        raise RecipeRefusedError(
            "No resource to follow was found: looked for a table model, with a schema named after it in the body of a "
            f"POST endpoint, in {looked} Python files below `{reader.project.root or '.'}`; "
            f"saw {len(reader.models)} table models and {len(reader.routes.endpoints)} endpoints."
        )
    complete = [each for each in resources if not each.missing]
    if not complete:
        best = resources[0]
        raise RecipeRefusedError(
            f"No resource has all five endpoints to follow (list, create, get, update, delete). "
            f"`{best.model.name}` in {best.endpoints['create'].source.path} lacks: {', '.join(best.missing)}."
        )
    return complete[0]


def _formatting(project: Project) -> tuple[int, str]:
    tool = project.settings.get("tool", {})
    ruff, black = tool.get("ruff", {}), tool.get("black", {})
    for name in ("ruff.toml", ".ruff.toml"):
        text = project.files.read(project.path(name))
        if text:
            ruff = _toml(text)
    width = ruff.get("line-length", black.get("line-length", 88))
    is_single = ruff.get("format", {}).get("quote-style") == "single"
    return (width if isinstance(width, int) else 88), "'" if is_single else '"'


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _banners(project: Project) -> tuple[bool, bool]:
    firsts = [(source.path, source.text.partition("\n")[0]) for source in project.code if source.text.strip()]
    found = [(path, banner[1]) for path, line in firsts if (banner := _BANNER.fullmatch(line))]
    from_root = sum(path == said for path, said in found)
    return len(found) >= len(firsts) * _LEAST_SHARE, from_root * 2 > len(found)


def _naming(project: Project) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for source in project.code:
        if "naming_convention" in source.text:
            pairs = re.findall(r"""["'](ix|uq|ck|fk|pk)["']\s*:\s*["']([^"']+)["']""", source.text)
            found.update(dict(pairs))
    return found


def _python(project: Project) -> tuple[int, int]:
    text = str(project.settings.get("project", {}).get("requires-python", ""))
    found = re.search(r">=\s*(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (3, 11)
