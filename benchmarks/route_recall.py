# benchmarks/route_recall.py — how many of a live service's routes the service map finds by reading
"""How many of a live service's routes the service map finds.

Usage: python route_recall.py FOLDER,PYTHON,MODULE:ATTRIBUTE[,IMPORT_ROOT] …

FOLDER is a checkout, PYTHON the interpreter of its environment, IMPORT_ROOT the folder below it on whose modules the
application is made. Variables that the service needs come from the caller's environment. For each service the live
application is walked in its own interpreter and compared with what was read without importing it.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.files import FolderView
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.whole import whole_map

WALKER = Path(__file__).with_name("walk_routes.py")
_OF_THE_FRAMEWORK = ("fastapi.", "starlette.")


@dataclass(frozen=True)
class Recall:
    """What came out for one service."""

    service: str
    live: int
    found: int
    false: tuple[str, ...]
    """Routes that were read but that the live application lacks, without those of branches."""
    conditional: int
    """Routes of branches that this run of the application did not take."""
    missed: tuple[str, ...]
    wrong_handlers: tuple[str, ...]
    dependencies: tuple[int, int]
    """Dependencies found, and live ones, over all routes found."""
    seconds: float

    def row(self) -> str:
        """One row of a Markdown table."""
        handlers = self.found - len(self.wrong_handlers)
        found, live = self.dependencies
        cells = (
            self.service,
            self.live,
            f"{self.found} ({self.found / self.live:.1%})" if self.live else "0",
            len(self.false),
            self.conditional,
            f"{handlers} of {self.found}",
            f"{found} of {live}",
            f"{self.seconds:.2f} s",
        )
        return "| " + " | ".join(map(str, cells)) + " |"


def live_routes(root: Path, python: str, target: str) -> list[dict[str, object]]:
    """The routes of the live application, without those that FastAPI adds by itself."""
    done = subprocess.run(
        [python, str(WALKER), target], cwd=root, capture_output=True, text=True, check=True, timeout=120
    )
    routes = json.loads(done.stdout.splitlines()[-1])
    return [route for route in routes if not str(route["module"]).startswith(_OF_THE_FRAMEWORK)]


def compare(service: str, live: list[dict[str, object]], read: ServiceMap, seconds: float) -> Recall:
    """Match routes by method and path, then handlers and dependencies by name."""
    mine: dict[tuple[str, str], list[MappedRoute]] = {}
    for route in read.routes:
        for method in route.methods:
            mine.setdefault((method, route.path), []).append(route)
    theirs: dict[tuple[str, str], list[dict[str, object]]] = {}
    for entry in live:
        for method in entry["methods"]:
            if method != "HEAD" or len(entry["methods"]) == 1:
                theirs.setdefault((method, entry["path"]), []).append(entry)
    extra = [key for key in mine if key not in theirs]
    conditional = [key for key in extra if all(route.conditions for route in mine[key])]
    wrong, known, all_live = [], 0, 0
    for key in theirs.keys() & mine.keys():
        names = {route.handler.rpartition(".")[2] for route in mine[key]}
        wrong += [f"{key}: {names}" for entry in theirs[key] if entry["handler"].rpartition(".")[2] not in names]
        wanted = {name.rpartition(".")[2] for entry in theirs[key] for name in entry["dependencies"]}
        read_names = {_last(read, part) for route in mine[key] for part in read.route_keys[route]}
        known, all_live = known + len(wanted & read_names), all_live + len(wanted)
    return Recall(
        service=service,
        live=len(theirs),
        found=len(theirs.keys() & mine.keys()),
        false=tuple(" ".join(key) for key in extra if key not in conditional),
        conditional=len(conditional),
        missed=tuple(" ".join(key) for key in theirs if key not in mine),
        wrong_handlers=tuple(wrong),
        dependencies=(known, all_live),
        seconds=seconds,
    )


def _last(read: ServiceMap, key: str) -> str:
    return read.dependencies[key].name.rpartition(".")[2] if key in read.dependencies else key


def measure(spec: str) -> Recall:
    """Compare one service."""
    folder, python, target, *rest = spec.split(",")
    root = Path(folder)
    live = live_routes(root / rest[0] if rest else root, python, target)
    began = time.process_time()
    read = whole_map(FolderView(root))
    seconds = time.process_time() - began
    command = ["git", "-C", folder, "rev-parse", "--short=7", "HEAD"]
    git = subprocess.run(command, capture_output=True, text=True, check=False)
    return compare(f"{root.name} {git.stdout.strip()}", live, read, seconds)


def main(specs: list[str]) -> None:
    """Print the table, then what was missed or wrong, and which applications did not start."""
    print(
        "| service and commit | live routes | found | false | of other branches | handlers | dependencies | read, CPU |"
    )
    print("|---|---|---|---|---|---|---|---|")
    remarks = []
    for spec in specs:
        try:
            result = measure(spec)
        except subprocess.CalledProcessError as error:
            remarks.append(f"{spec}: did not start: {error.stderr.strip().splitlines()[-1]}")
            continue
        print(result.row())
        for title, lines in (("missed", result.missed), ("false", result.false), ("handler", result.wrong_handlers)):
            remarks += [f"{result.service}: {title}: {line}" for line in lines]
    print("\n".join(remarks))


if __name__ == "__main__":
    main(sys.argv[1:])
