# src/python_coder/gates/overlay/python_coder_overlay.py — a judged pytest session, inside the project's interpreter
"""Runs pytest in the project's interpreter and streams what happened, signed line by line.

The runtime starts this file as `python -s -B python_coder_overlay.py PLAN`, without `PYTHONPATH`. The plan holds a key
and the control tests; it is read and deleted before any project code runs, and pytest and coverage are imported before
the project's folders are put on the import path, so a `pytest.py` or `sitecustomize.py` of the change is never loaded
in their place.

What the runtime learns from the stream: every test's phases as pytest reported them *and* as the phase itself ended,
before any hook could rewrite the report; every hook that files of the tree add; every function of pytest or builtin
that was replaced while tests ran.

What stays possible: the judged code shares this process. Code that walks the interpreter's objects or memory
(`gc.get_objects`, frames, `ctypes`) can find the key and forge a stream. No in-process check can rule that out; it
takes code that the syntax gates name, and the base revision's own tests run beside it.

Must run on Python 3.8 and newer with pytest 7 to 9, with nothing else installed.
"""

from __future__ import annotations

import faulthandler
import hashlib
import hmac
import importlib.util
import json
import os
import sys
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest import runner as _pytest_runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Record = Callable[..., None]

_NEUTRAL_OPTIONS = {
    "maxfail": 0,
    "continue_on_collection_errors": True,
    "usepdb": False,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "numprocesses": 0,
    "tx": [],
    "dist": "no",
    "randomly_reorganize": False,
    "testmon": False,
    "update_snapshots": False,
    "snapshot_update": False,
}
"""Options that would cut a session short, spread it over processes or rewrite what it compares with."""


def sibling(name: str) -> Any:
    """A module of the overlay's own folder, which is never on the import path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_watch = sibling("python_coder_watch")


def make_recorder(path: str, key: bytes) -> Record:
    """A function that appends one signed line; each signature covers the one before it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    state: dict[str, Any] = {"previous": b"", "number": 0}
    process, getpid, write, dumps, new = os.getpid(), os.getpid, os.write, json.dumps, hmac.new

    def record(kind: str, **fields: Any) -> None:
        if getpid() != process:
            return
        body = dumps(dict(fields, kind=kind, number=state["number"])).encode()
        mac = new(key, state["previous"] + body, hashlib.sha256).hexdigest().encode()
        write(descriptor, mac + b" " + body + b"\n")
        state["previous"], state["number"] = mac, state["number"] + 1

    return record


def make_alarm(path: str, after_seconds: float) -> Callable[[], None]:
    """A function that has the stacks of all threads written once so many seconds from now are over."""
    stacks = open(path, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- the interpreter writes to it until the end
    until, now, dump_later = time.monotonic() + after_seconds, time.monotonic, faulthandler.dump_traceback_later

    def set_alarm() -> None:
        if now() < until:
            dump_later(until - now(), file=stacks)

    return set_alarm


class _ControlModule(pytest.Module):
    """A test module that exists in memory only, where the project's own tests lie."""

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        return module


def _control_function(name: str, *, is_failing: bool) -> Callable[[], None]:
    def control() -> None:
        if is_failing:
            raise AssertionError(name)

    control.__name__ = control.__qualname__ = name
    return control


class Hooks:
    """A plugin made of functions. What they know is kept in closures, not in attributes that other plugins read."""

    def __init__(self, *hooks: Callable[..., Any]) -> None:
        for hook in hooks:
            setattr(self, hook.__name__, hook)


class Progress:
    """Where the session is: the test that runs, and what was seen replaced so far."""

    def __init__(self, record: Record, set_alarm: Callable[[], None]) -> None:
        self.record = record
        self.set_alarm = set_alarm
        self.test = ""
        self.watch: Any = None
        self.told: set[str] = set()

    def tell_replaced(self) -> None:
        """Write what was replaced since the last look."""
        names = set(self.watch.replaced()) - self.told if self.watch else set()
        if names:
            self.told |= names
            self.record("replaced", names=sorted(names), after=self.test)


def watch_phases(progress: Progress, tree: str) -> None:
    """Learn how each phase of a test ended, before any hook can rewrite the report about it."""
    original = vars(_pytest_runner.CallInfo)["from_call"].__func__

    def from_call(cls: Any, func: Any, when: Any, *args: Any, **kwargs: Any) -> Any:
        info = original(cls, func, when, *args, **kwargs)
        if when != "collect" and progress.test:
            progress.record("raw", id=progress.test, when=when, **_raised(info.excinfo, tree))
        return info

    setattr(_pytest_runner.CallInfo, "from_call", classmethod(from_call))  # noqa: B010 -- typed as final


def start_hooks(progress: Progress) -> Hooks:
    """Hooks that keep the project's options from cutting the session short or spreading it over processes."""

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(early_config: Any) -> Iterator[None]:
        # pytest-cov starts only when it is given sources; the judged run measures by itself.
        if hasattr(early_config.known_args_namespace, "cov_source"):
            early_config.known_args_namespace.cov_source = []
        progress.watch = _watch.Watch()
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_main(config: Any) -> Iterator[None]:
        for option, value in _NEUTRAL_OPTIONS.items():
            if hasattr(config.option, option):
                setattr(config.option, option, value)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionstart(session: Any) -> Iterator[None]:
        yield
        # Release 0.13.1 breaks every collection under pytest 9; its fixtures stay, its own collector goes.
        manager = session.config.pluginmanager
        for plugin in list(manager.get_plugins()):
            if type(plugin).__name__ == "PytestAlembicPlugin":
                manager.unregister(plugin)

    return Hooks(pytest_load_initial_conftests, pytest_cmdline_main, pytest_sessionstart)


def collection_hooks(progress: Progress, plan: dict[str, Any], tree: str, lines: Any) -> Hooks:
    """Hooks that plant the control tests and tell what was collected, dropped and broken."""
    record = progress.record

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(session: Any, items: list[Any]) -> Iterator[None]:
        found = [item.nodeid for item in items]
        yield
        kept = {item.nodeid for item in items}
        record("deselected", ids=[nodeid for nodeid in found if nodeid not in kept])
        _insert_controls(session, items, plan)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(session: Any) -> Iterator[None]:
        progress.tell_replaced()
        files = {item.nodeid: _inside(str(item.path), tree) for item in session.items}
        record("collected", ids=[item.nodeid for item in session.items], files=files)
        lines.tests_begin()
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(report: Any) -> None:
        if report.outcome == "failed":
            record("collect-error", id=report.nodeid, message=_last_line(report.longreprtext))
        elif report.outcome == "skipped":
            record("collect-skip", id=report.nodeid)

    return Hooks(pytest_collection_modifyitems, pytest_runtestloop, pytest_collectreport)


def report_hooks(progress: Progress, tree: str) -> Hooks:
    """Hooks that tell how each test went, and at the end which hooks the tree brought along."""
    record = progress.record

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(nodeid: str) -> None:
        progress.test = nodeid
        # Pytest takes it back with each failure.
        progress.set_alarm()
        progress.tell_replaced()
        record("start", id=nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(report: Any) -> None:
        record(
            "report",
            id=report.nodeid,
            when=report.when,
            outcome=report.outcome,
            xfail=hasattr(report, "wasxfail"),
            subtest=hasattr(report, "context"),
            message=_crash(report),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(excinfo: Any) -> None:
        record("interrupted", message=f"{excinfo.typename}: {excinfo.value}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(excrepr: Any) -> None:
        record("internal-error", message=_last_line(str(excrepr)))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(session: Any) -> Iterator[None]:
        progress.test = ""
        progress.tell_replaced()
        record("hooks", names=_hooks(session.config.pluginmanager, tree))
        yield

    return Hooks(
        pytest_runtest_logstart,
        pytest_runtest_logreport,
        pytest_keyboard_interrupt,
        pytest_internalerror,
        pytest_sessionfinish,
    )


def _inside(path: str, tree: str) -> str:
    return os.path.relpath(os.path.realpath(path), tree).replace(os.sep, "/")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors[0] if errors else lines[-1] if lines else "")[:500]


def _crash(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return (crash.message if crash else _last_line(report.longreprtext) if report.failed else "")[:500]


def _raised(excinfo: Any, tree: str) -> dict[str, Any]:
    if excinfo is None:
        return {"raised": None}
    path, line = "", 0
    frame = excinfo.tb
    while frame is not None:
        where = os.path.realpath(frame.tb_frame.f_code.co_filename)
        if where.startswith(tree + os.sep):
            path, line = _inside(where, tree), frame.tb_lineno
        frame = frame.tb_next
    try:
        message = str(excinfo.value)[:500]
    except Exception:  # noqa: BLE001 -- an exception of the project that cannot be printed
        message = ""
    bases = [base.__name__ for base in excinfo.type.__mro__]
    return {"raised": bases, "message": message, "path": path, "line": line}


def _insert_controls(session: Any, items: list[Any], plan: dict[str, Any]) -> None:
    folder = items[0].path.parent if items else session.config.rootpath
    module = _ControlModule.from_parent(session, path=folder / plan["control_file"])
    made = []
    for control in plan["controls"]:
        function = _control_function(control["name"], is_failing=control["fails"])
        item = pytest.Function.from_parent(module, name=control["name"], callobj=function)
        # Fixtures of the project must not decide what a control says.
        item.fixturenames = []
        made.append((control["at"], item))
    real = list(items)
    # Between two files only: in the middle of one, fixtures of that module would be torn down and made twice.
    borders = [at for at in range(1, len(real)) if real[at].path != real[at - 1].path] or [0]
    placed: dict[int, list[Any]] = {}
    for share, item in made:
        at = 0 if share <= 0 else len(real) if share >= 1 else borders[int(share * len(borders))]
        placed.setdefault(at, []).append(item)
    items[:] = [item for at in range(len(real) + 1) for item in placed.get(at, []) + real[at : at + 1]]


def _hooks(manager: Any, tree: str) -> list[str]:
    """Hooks that come from the tree, or from code that lies in no file: `path::hook`."""
    names = set()
    for name, caller in vars(manager.hook).items():
        if not name.startswith("pytest_"):
            continue
        for implementation in caller.get_hookimpls():
            code = _watch.code_of(implementation.function)
            where = code.co_filename if code is not None else "<no code>"
            if where.startswith("<"):
                names.add(f"{where}::{name}")
            elif os.path.realpath(where).startswith(tree + os.sep):
                names.add(f"{_inside(where, tree)}::{name}")
    return sorted(names)


def main(plan_path: str) -> None:
    """Run one judged session and end the process with pytest's exit code."""
    plan_file = Path(plan_path)
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    plan_file.unlink()
    leave = os._exit
    tree = os.path.realpath(plan["tree"])
    record = make_recorder(plan["results"], bytes.fromhex(plan.pop("key")))
    record("begin", python=sys.version.split()[0], pytest=pytest.__version__)
    lines = sibling("python_coder_lines").Lines(tree, record)
    if plan["with_coverage"]:
        lines.start(plan["coverage"], with_greenlets=plan["with_greenlets"])
    progress = Progress(record, make_alarm(plan["stacks"], plan["stacks_after_seconds"]))
    progress.set_alarm()
    watch_phases(progress, tree)
    plugins = [start_hooks(progress), collection_hooks(progress, plan, tree, lines), report_hooks(progress, tree)]
    arguments = plan["arguments"]
    # Not before: neither this folder nor the tree may give pytest its modules.
    sys.path[:1] = plan["roots"]
    os.environ["PYTHONPATH"] = os.pathsep.join(plan["roots"])
    sys.argv = ["pytest", *arguments]
    try:
        code = int(pytest.main(arguments, plugins=plugins))
    except BaseException as error:  # noqa: BLE001 -- project code can raise anything, SystemExit too
        record("crash", type=type(error).__name__, message=str(error)[:500])
        leave(70)
    lines.tell()
    record("end", exit_code=code)
    sys.stdout.flush()
    sys.stderr.flush()
    leave(code)


if __name__ == "__main__":
    main(sys.argv[1])
