# src/python_coder/gates/hung_stack.py — where a session hung, from the stacks that faulthandler wrote
import os
import re
from collections.abc import Sequence
from pathlib import Path

from python_coder.workspace.files import open_regular

_FRAME = re.compile(r'^  File "(?P<path>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')
_MOST_BYTES = 100_000
_MOST_OTHERS = 3

_Frame = tuple[str, int, str]


def where_it_hung(stacks: Path, tree: Path) -> str:
    """What the threads were doing, as the end of a sentence; empty when no stacks were written.

    The judged code could have written the file itself, or put a pipe or a link in its place, so it decides no verdict:
    at most that a session is run once more.

    Args:
        stacks: What `faulthandler.dump_traceback_later` wrote; the main thread is last, innermost frames come first.
        tree: The session's tree.
    """
    try:
        with open_regular(stacks) as file:
            start = max(0, os.fstat(file).st_size - _MOST_BYTES)
            text = os.pread(file, _MOST_BYTES, start).decode(errors="replace")
    except OSError:
        return ""
    threads = [thread for part in re.split(r"^(?:Current t|T)hread ", text, flags=re.M) if (thread := _frames(part))]
    if not threads:
        return ""
    *others, main = threads
    own = next((frame for frame in main if Path(frame[0]).is_relative_to(tree)), None)
    told = f"the main thread was in {_place(main[0], tree)}"
    if own and own != main[0]:
        told += f", called from {_place(own, tree)}"
    if others:
        places = dict.fromkeys(_place(thread[0], tree) for thread in others)
        told += f"; other threads in {', '.join(list(places)[:_MOST_OTHERS])}"
    return told


def _frames(part: str) -> Sequence[_Frame]:
    found = (_FRAME.match(line) for line in part.splitlines())
    return [(match["path"], int(match["line"]), match["name"]) for match in found if match]


def _place(frame: _Frame, tree: Path) -> str:
    path, line, name = frame
    shown = Path(path).relative_to(tree).as_posix() if Path(path).is_relative_to(tree) else Path(path).name
    return f"{name} ({shown}:{line})"
