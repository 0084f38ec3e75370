# tests/service_map/test_import_graph.py — packages and who imports whom, from text alone
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from python_coder.service_map.import_graph import ImportGraph


@dataclass(frozen=True)
class Files:
    texts: Mapping[str, str]

    def paths(self) -> Sequence[str]:
        return sorted(self.texts)

    def read(self, path: str) -> str | None:
        return self.texts.get(path)


SERVICE = {
    "app/__init__.py": "",
    "app/main.py": "from app.api import items\nfrom app.core.config import settings\n",
    "app/api/__init__.py": "",
    "app/api/items.py": "import logging\nfrom ..services.items import (\n    create,  # writes\n    find,\n)\n",
    "app/core/config.py": "import os\n",
    "app/services/items.py": "import app.models.item as item, json\nfrom app import models\n",
    "app/models/__init__.py": "",
    "app/models/item.py": "from sqlalchemy import Column\n",
    "app/lonely/thing.py": "x = 1\n",
    "tests/test_items.py": "from app.services import items\n",
}
GRAPH = ImportGraph.read(Files(SERVICE))


def test_edges_between_packages() -> None:
    assert {package: set(others) for package, others in GRAPH.edges.items()} == {
        "app": {"app/api", "app/core"},
        "app/api": {"app/services"},
        "app/services": {"app/models"},
    }


def test_links_between_files() -> None:
    assert {path: set(others) for path, others in GRAPH.links.items()} == {
        "app/main.py": {"app/api/items.py", "app/core/config.py"},
        "app/api/items.py": {"app/services/items.py"},
        "app/services/items.py": {"app/models/item.py", "app/models/__init__.py"},
    }


def test_packages_without_an_edge_and_tests_do_not_count() -> None:
    assert sorted(GRAPH.packages) == ["app", "app/api", "app/core", "app/models", "app/services"]


PATHS = {
    "two-files-of-one": (["app/api/items.py", "app/api/new.py"], ("app/api",)),
    "tests-aside": (["app/api/items.py", "tests/test_items.py"], ("app/api",)),
    "ordered": (["app/models/item.py", "app/core/config.py"], ("app/core", "app/models")),
    "nothing-known": (["docs/a.md"], ()),
}


@pytest.mark.parametrize(("paths", "packages"), PATHS.values(), ids=PATHS)
def test_the_packages_of_files(paths: list[str], packages: tuple[str, ...]) -> None:
    assert GRAPH.packages_of(paths) == packages


def test_who_imports_a_package() -> None:
    assert GRAPH.importers_of("app/services") == ("app/api",)
    assert GRAPH.importers_of("app/main") == ()


def test_a_service_below_a_folder_and_one_without_packages() -> None:
    below = {f"backend/{path}": text for path, text in SERVICE.items()}
    assert "backend/app/services" in ImportGraph.read(Files(below)).edges["backend/app/api"]
    assert ImportGraph.read(Files({"main.py": "import os\n"})).packages == frozenset()
