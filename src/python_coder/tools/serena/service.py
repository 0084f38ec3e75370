# src/python_coder/tools/serena/service.py — what this FastAPI service is made of
import asyncio
from dataclasses import dataclass
from typing import Protocol

from python_coder.service_map.files import FileView
from python_coder.service_map.render import DEFAULT_MAX_CHARS, render_map, render_routes
from python_coder.service_map.whole import whole_map


class HasFiles(Protocol):
    """Whatever knows the files of the project that is active when a tool is called."""

    @property
    def files(self) -> FileView:
        """The project's files as they are now."""
        ...


@dataclass(frozen=True)
class ServiceTools:
    """Questions about routes, dependencies and models, answered without importing the project.

    Each public method is one tool; lines are 1-based everywhere.
    """

    context: HasFiles

    async def get_service_map(self, focus: str = "", max_answer_chars: int = -1, skip: int = 0) -> str:
        """Show what this FastAPI service is made of: routes with handlers and dependencies, models, settings, tests.

        Nothing is imported. What could not be read is listed, never dropped.

        Args:
            focus: Nothing for an overview; a section (`routes`, `dependencies`, `tables`, `schemas`, `settings`,
                `migrations`, `tests`, `notes`); or a file, folder, path such as `/items`, handler, dependency (who uses
                `get_db`), model, table or setting, for all that is known of it.
            max_answer_chars: Most characters of the answer; -1 for the default.
            skip: Lines that earlier pages of the same focus had.
        """
        service = await asyncio.to_thread(whole_map, self.context.files)
        return render_map(service, focus, _limit(max_answer_chars), skip)

    async def find_routes(
        self,
        path: str = "",
        handler: str = "",
        dependency: str = "",
        model: str = "",
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """Find the HTTP routes that match all that is given, with full paths, handlers and dependencies.

        Args:
            path: Part of a path, a request's path such as `/items/5`, either also after a method: `GET /items`.
            handler: Function name, `Class.method`, or `file.py:name`.
            dependency: Name of a dependency or of an `Annotated` alias. Routes that need it through others, or through
                their router or application, are found too, each with the way.
            model: Request or response model, or a table's class that the handler touches.
            max_answer_chars: Most characters of the answer; -1 for the default.
            skip: Lines that earlier pages had.
        """
        service = await asyncio.to_thread(whole_map, self.context.files)
        wanted = {"path": path, "handler": handler, "dependency": dependency, "model": model}
        return render_routes(service, wanted, _limit(max_answer_chars), skip)


def _limit(max_answer_chars: int) -> int:
    return max_answer_chars if max_answer_chars > 0 else DEFAULT_MAX_CHARS
