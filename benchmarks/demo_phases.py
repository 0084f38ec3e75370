# benchmarks/demo_phases.py — the demo's time, split by phase, read from the run's own ledger
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

TASK = "Add resource Product with name: str, price: Decimal, sku: str unique, in_stock: bool = true"
PHASES = (
    ("workspace", "run_started"),
    ("environment, known good", "known_good"),
    ("baseline", "baseline"),
    ("plan", "plan"),
    ("act", "claim"),
    ("gates", "reflection"),
    ("deliver, contract", "ended"),
)


def measure() -> list[tuple[str, str]]:
    """Wall seconds of `new`, of each phase of `run`, and of both together."""
    program = str(Path(sys.executable).parent / "python-coder")
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHON_CODER_STATE": f"{folder}/state"}
        began = time.time()
        subprocess.run([program, "new", f"{folder}/shop", "--defaults"], check=True, env=env, capture_output=True)
        made = time.time()
        run = [program, "run", TASK, "--repo", f"{folder}/shop", "--json"]
        done = subprocess.run(run, check=False, env=env, capture_output=True, text=True)
        ended = time.time()
        status = json.loads(done.stdout)["status"]
        entries = [json.loads(line) for line in next(Path(folder).glob("state/runs/*/ledger.jsonl")).open()]
        gates = {entry["data"]["gate"]: entry["data"]["seconds"] for entry in entries if entry["kind"] == "gate"}
    rows = [("new", f"{made - began:.1f} s")]
    last = made
    for title, kind in PHASES:
        at = [datetime.fromisoformat(entry["at"]).timestamp() for entry in entries if entry["kind"] == kind]
        if at:
            rows.append((f"run: {title}", f"{at[-1] - last:.1f} s"))
            last = at[-1]
    slow = sorted(gates.items(), key=lambda item: -item[1])[:4]
    rows += [(f"  gate {name} (they overlap)", f"{seconds:.1f} s") for name, seconds in slow]
    return [*rows, (f"new and run together ({status})", f"{ended - began:.1f} s")]
