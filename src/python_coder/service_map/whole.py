# src/python_coder/service_map/whole.py — reads a whole service into one map, without importing it
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from python_coder.errors import PythonCoderError
from python_coder.service_map.files import FileView, is_test_path
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.migrations import is_revision, read_revisions
from python_coder.service_map.reading.host import Note
from python_coder.service_map.reading.interpreter import Interpreter
from python_coder.service_map.reading.modules import Modules
from python_coder.service_map.reading.needs import NeedReader
from python_coder.service_map.reading.routing import RouteReader, distinct, label_of
from python_coder.service_map.reading.uses import UseReader
from python_coder.service_map.requests_sent import read_tests
from python_coder.service_map.settings_classes import read_settings
from python_coder.service_map.tables import read_schemas, read_tables

_MOST_MAPS = 4
_SKIPPED = frozenset({".git", ".venv", "venv", "env", "node_modules", "site-packages", "__pycache__", ".tox", "build"})
_maps: OrderedDict[int, tuple[dict[str, str | None], ServiceMap]] = OrderedDict()
_lock = Lock()


def whole_map(files: FileView) -> ServiceMap:
    """Read a service: routes, dependencies, models, settings, migrations, tests, and what could not be read.

    Nothing is imported or run. The same files give the same map at once; after an edit only what changed is parsed.
    """
    texts = {path: _text(files, path) for path in files.paths() if _is_code(path)}
    key = hash(frozenset(texts.items()))
    with _lock:
        known = _maps.get(key)
        if known is not None and known[0] == texts:
            _maps.move_to_end(key)
            return known[1]
    made = _read(texts)
    with _lock:
        _maps[key] = (texts, made)
        while len(_maps) > _MOST_MAPS:
            _maps.popitem(last=False)
    return made


def _is_code(path: str) -> bool:
    return path.endswith(".py") and not _SKIPPED.intersection(path.split("/"))


def _text(files: FileView, path: str) -> str | None:
    try:
        return files.read(path)
    except PythonCoderError:
        return None


def _read(files: dict[str, str | None]) -> ServiceMap:
    texts = {path: text for path, text in files.items() if text is not None}
    paths = sorted(texts)
    tests = [path for path in paths if is_test_path(path)]
    revisions = [path for path in paths if is_revision(texts[path]) and not is_test_path(path)]
    code = [path for path in paths if path not in set(tests) | set(revisions)]
    reader = Interpreter(Modules(texts))
    reader.run_all(code)
    needs = NeedReader(reader)
    routes = RouteReader(reader, needs, UseReader(reader))
    routers = [router for router in reader.routers if not is_test_path(router.source.path)]
    found = distinct(list(routes.read(routers)))
    classes = list(reader.classes(code))
    notes = [*reader.notes, *_broken(reader, code)]
    notes += [Note(path, 0, "is no text that may be read") for path, text in files.items() if text is None]
    return ServiceMap(
        applications=tuple(dict.fromkeys(label_of(router) for router in routers if router.is_application)),
        routes=found,
        mounts=tuple(dict.fromkeys(routes.mounts)),
        dependencies=dict(sorted(needs.found.items())),
        settings=tuple(read_settings(reader, classes)),
        tables=tuple(read_tables(reader, classes)),
        schemas=tuple(read_schemas(reader, classes)),
        revisions=tuple(read_revisions((path, texts[path]) for path in revisions)),
        tests=tuple(read_tests(reader, tests)),
        notes=tuple(sorted(set(notes))),
        python_files=len(paths),
        python_lines=sum(text.count("\n") for text in texts.values()),
    )


def _broken(reader: Interpreter, paths: Sequence[str]) -> list[Note]:
    """Files that do not parse as a whole."""
    sources = [reader.scopes[path].source for path in paths if path in reader.scopes]
    return [
        Note(source.path, 1, "does not parse as a whole; read around it") for source in sources if source.has_errors
    ]
