# tests/gates/test_spare_coverage.py — lines are measured also where a project has no coverage of its own
import subprocess
import sys
from pathlib import Path

import coverage

from python_coder.gates import overlay

LINES = Path(overlay.__path__[0]) / "python_coder_lines.py"
CODE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("lines", sys.argv[1])
lines = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lines)
before, said = list(sys.path), []
measure = lines.Lines(sys.argv[3], lambda kind, **rest: said.append((kind, rest)))
measure.start(sys.argv[2])
assert sys.path == before
assert importlib.util.find_spec("pytest") is None
import small
measure.tell()
print([(kind, rest.get("path"), rest.get("executed")) for kind, rest in said])
"""


def measured(spare: Path, tree: Path) -> str:
    tree.mkdir()
    (tree / "small.py").write_text("x = 1\nif x > 1:\n    x = 2\n")
    # `-S`: an interpreter with nothing installed.
    argv = (sys.executable, "-S", "-c", CODE, str(LINES), str(spare), str(tree))
    env = {"PYTHONPATH": str(tree)}
    return subprocess.run(argv, check=True, capture_output=True, text=True, env=env).stdout


def test_spare_package_measures_and_brings_nothing_else_along(tmp_path: Path) -> None:
    told = measured(Path(coverage.__file__).parent, tmp_path / "tree")
    assert "('coverage', 'small.py', [1, 2])" in told


def test_without_any_package_the_reason_is_told(tmp_path: Path) -> None:
    assert "coverage-problem" in measured(tmp_path / "nothing", tmp_path / "tree")
