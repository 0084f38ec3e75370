# benchmarks/run.py — measure program start, loop and demo, print the table
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import demo_phases
import loop_overhead
import program_start


def main() -> None:
    """Print one Markdown table; the machine is described above it."""
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    print(f"{system}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | measured |\n|---|---|")
    for part in (program_start, loop_overhead, demo_phases):
        for title, figure in part.measure():
            print(f"| {title} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
