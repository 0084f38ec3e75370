# src/python_coder/gates/session_stream.py — control tests, and the signed stream that a judged session writes
import hashlib
import hmac
import json
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Control:
    """A test of our own in the judged session. The project does not know which of them must fail."""

    name: str
    fails: bool
    at: float
    """Where it runs, as a share of the session: 0 before the first test, 1 after the last."""


def make_controls() -> tuple[Control, ...]:
    """Six controls, at the start, inside and at the end; at each place one passes and one fails, in random order."""
    controls = []
    for at in (0.0, random.SystemRandom().uniform(0.2, 0.8), 1.0):
        pattern = [True, False]
        random.SystemRandom().shuffle(pattern)
        controls += [Control(name=f"test_{secrets.token_hex(4)}", fails=fails, at=at) for fails in pattern]
    return tuple(controls)


def read_stream(content: bytes, key: bytes) -> tuple[Sequence[Record], bool]:
    """The records whose signatures hold, in order.

    Returns:
        The records up to the first damage, and whether there was no damage. A torn last line is damage.
    """
    records: list[Record] = []
    previous = b""
    for line in content.split(b"\n")[:-1]:
        mac, _, body = line.partition(b" ")
        if not hmac.compare_digest(mac, hmac.new(key, previous + body, hashlib.sha256).hexdigest().encode()):
            return records, False
        records.append(json.loads(body))
        previous = mac
    return records, not content or content.endswith(b"\n")


def broken_control(controls: Sequence[Control], outcomes: Mapping[str, str], ids: Iterable[str]) -> str:
    """What the control tests give away, in words; empty when all of them said what they must.

    Args:
        controls: What was planted.
        outcomes: Outcome by test id, as reported.
        ids: All test ids that the session collected.
    """
    by_name = {nodeid.rpartition("::")[2]: nodeid for nodeid in ids}
    for control in controls:
        nodeid = by_name.get(control.name)
        if nodeid is None:
            return "a control test was removed from the session"
        outcome = outcomes.get(nodeid)
        if outcome is None:
            return "a control test never ran"
        if outcome != ("failed" if control.fails else "passed"):
            return f"a control test that must {'fail' if control.fails else 'pass'} was reported as {outcome}"
    return ""
