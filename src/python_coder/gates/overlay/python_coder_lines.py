# src/python_coder/gates/overlay/python_coder_lines.py — which lines of the tree a judged session ran
"""Measures with the project's own coverage, else with python-coder's.

It does so whatever the project's configuration says about sources, branches and processes. Must run on Python 3.8 and
newer with coverage 6 and newer, or without any that fits the interpreter: then it says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any


class Lines:
    """One measurement of the files below a tree. Does nothing until it is started."""

    def __init__(self, tree: str, record: Any) -> None:
        self._tree = tree
        self._record = record
        self._measure: Any = None
        self._omit: list[str] = []
        self._imported: dict[str, set[int]] = {}

    def start(self, spare: str, *, with_greenlets: bool = True) -> None:
        """Begin to measure; tells the runtime why when that cannot be done.

        Args:
            spare: Folder of a coverage package, used when the project has none of its own.
            with_greenlets: Whether to follow greenlets, where there are any.
        """
        try:
            self._start(_coverage(spare), with_greenlets=with_greenlets)
        except Exception as error:  # noqa: BLE001 -- coverage may be absent, broken or configured wrongly
            self._measure = None
            self._record("coverage-problem", message=f"{type(error).__name__}: {error}"[:300])

    def _start(self, coverage: Any, *, with_greenlets: bool) -> None:
        own = coverage.Coverage(data_file=None, config_file=True)
        self._omit = list(own.get_option("run:omit") or [])
        concurrency = {"thread", *(own.get_option("run:concurrency") or [])} - {"multiprocessing", "greenlet"}
        if with_greenlets and importlib.util.find_spec("greenlet"):
            # Without it the lines after an await in SQLAlchemy are lost.
            concurrency.add("greenlet")
        self._measure = coverage.Coverage(
            data_file=None,
            config_file=True,
            branch=False,
            include=[f"{self._tree}/*"],
            omit=[],
            source=[],
            source_pkgs=[],
            concurrency=sorted(concurrency),
            messages=False,
        )
        self._measure.set_option("run:parallel", value=False)
        self._measure.set_option("run:plugins", [])
        self._measure.start()

    def tests_begin(self) -> None:
        """Remember what ran so far: those lines run on import, without any test."""
        if self._measure is not None:
            data = self._measure.get_data()
            self._imported = {path: set(data.lines(path) or []) for path in data.measured_files()}

    def tell(self) -> None:
        """Stop, and write one record for each file of the tree that was run."""
        if self._measure is None:
            return
        self._measure.stop()
        for path in sorted(self._measure.get_data().measured_files()):
            name = os.path.relpath(os.path.realpath(path), self._tree).replace(os.sep, "/")
            try:
                _, statements, excluded, missing, _ = self._measure.analysis2(path)
            except Exception as error:  # noqa: BLE001 -- a file that is gone or is no Python has no lines to tell
                self._record("coverage-lost", path=name, message=str(error)[:300])
                continue
            self._record(
                "coverage",
                path=name,
                executed=sorted(set(statements) - set(missing)),
                missing=missing,
                excluded=excluded,
                imported=sorted(self._imported.get(path, ())),
            )
        self._record("coverage-end", omit=self._omit)


def _coverage(spare: str) -> Any:
    if importlib.util.find_spec("coverage") is None:
        # For this one import only: nothing else that lies beside the package may get into the project's reach.
        sys.path.append(str(Path(spare).parent))
        try:
            return importlib.import_module("coverage")
        finally:
            sys.path.pop()
    return importlib.import_module("coverage")
