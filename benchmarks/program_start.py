# benchmarks/program_start.py — how long the program takes to say what it can do
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15


def measure() -> list[tuple[str, str]]:
    """Median wall milliseconds of `--help`, beside a bare interpreter in the same minute."""
    program = str(Path(sys.executable).parent / "python-coder")
    return [_row("python-coder --help", [program, "--help"]), _row("python -c pass", [sys.executable, "-c", "pass"])]


def _row(title: str, command: list[str]) -> tuple[str, str]:
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append((time.perf_counter() - began) * 1000)
    return title, f"{statistics.median(seconds[1:]):.0f} ms (min {min(seconds):.0f}, max {max(seconds):.0f})"
