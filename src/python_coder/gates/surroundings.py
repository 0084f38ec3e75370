# src/python_coder/gates/surroundings.py — source that looks around itself for signs of a test run
import re
from collections.abc import Callable

import libcst as cst

from python_coder.gates.names import Aliases, dotted_name, last_name, real_name, text_of, texts_in
from python_coder.gates.statements import walk

_STARTED = {"sys.orig_argv", "sys.flags", "sys.dont_write_bytecode", "sys._xoptions", "sys.warnoptions"}
_PROCESS = re.compile(r"^/proc/(self|thread-self|\d+)\b")
_TEST_FOLDER = re.compile(r"^(\.{0,2}/)?tests?/?$")
_LOOKING = {"Path", "exists", "isdir", "is_dir", "isfile", "is_file", "listdir", "scandir", "glob", "rglob", "joinpath"}
_PEER = re.compile(r"(^|_)(host(name)?|netloc|base_url|user_agent|client)$", re.IGNORECASE)
_TEST_PEERS = {"test", "tests", "testing", "http://test", "https://test", "http://test/", "https://test/"}
_WHERE = {"os.getcwd", "pathlib.Path.cwd", "Path.cwd", "tempfile.gettempdir"}
_TEST_VARIABLES = ("PYTEST_CURRENT_TEST", "COVERAGE_RUN", "PYTHONPATH", "TESTING", "CI")
_SPELLING = {"join", "decode", "fromhex", "chr", "b64decode", "unhexlify", "reversed", "translate"}

Seen = tuple[str, str, str]


def surroundings(node: cst.CSTNode, aliases: Aliases) -> Seen | None:
    """How the process was started, who asks, where the code lies: by each a test run could be told from service."""
    looks: tuple[Callable[[cst.CSTNode, Aliases], str], ...] = (
        *(_started, _process, _environment, _test_folder, _peer, _overrides, _place),
    )
    asked = next((found for look in looks if (found := look(node, aliases))), "")
    return (
        ("asks-if-tested", asked, f"the code looks at {asked}, by which it could know that it is tested")
        if asked
        else None
    )


def _started(node: cst.CSTNode, aliases: Aliases) -> str:
    if not isinstance(node, cst.Attribute):
        return ""
    if isinstance(node.value, cst.Subscript) and real_name(node.value.value, aliases) == "sys.argv":
        return "the words of `sys.argv`"
    name = real_name(node, aliases)
    return next((f"`{started}`" for started in _STARTED if name == started or name.endswith(f".{started}")), "")


def _process(node: cst.CSTNode, _: Aliases) -> str:
    text = text_of(node)
    return f"{text!r}" if text and _PROCESS.match(text) else ""


def _environment(node: cst.CSTNode, _: Aliases) -> str:
    """Searching all variables, or asking for one whose name is put together so that nobody can read it."""
    searched = node.iter if isinstance(node, cst.For) else node.for_in.iter if isinstance(node, cst.BaseComp) else None
    if searched is not None and _is_environment(searched):
        texts = [text.upper() for text in texts_in(node) if len(text) > 1]
        is_prefix = any(name.startswith(text) for text in texts for name in _TEST_VARIABLES)
        return "" if texts and not is_prefix else "all variables of the environment"
    key: cst.CSTNode | None = None
    if isinstance(node, cst.Call) and dotted_name(node.func).endswith(("environ.get", "getenv")) and node.args:
        key = node.args[0].value
    elif isinstance(node, cst.Subscript) and dotted_name(node.value).endswith("environ"):
        key = node.slice[0]
    parts = list(walk(key)) if key is not None else []
    is_spelt = any(isinstance(part, cst.Call) and last_name(part.func) in _SPELLING for part in parts)
    is_cut = any(isinstance(part, cst.Slice) for part in parts)
    return "a variable whose name is hidden" if is_spelt or is_cut else ""


def _is_environment(node: cst.CSTNode) -> bool:
    func = node.func if isinstance(node, cst.Call) else node
    return bool(re.search(r"(^|\.)environ(\.(keys|values|items|copy))?$", dotted_name(func)))


def _test_folder(node: cst.CSTNode, _: Aliases) -> str:
    texts: list[str | None] = []
    if isinstance(node, cst.Call) and last_name(node.func) in _LOOKING:
        texts = [text_of(arg.value) for arg in node.args]
    elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
        texts = [text_of(node.right)]
    return next((f"the folder {text!r}" for text in texts if text and _TEST_FOLDER.match(text)), "")


def _peer(node: cst.CSTNode, _: Aliases) -> str:
    """Comparing who asks, or under which host, with what test clients call themselves."""
    if text_of(node) is not None and "python-httpx" in (text_of(node) or ""):
        return "the name of the client"
    if not isinstance(node, cst.Comparison) or not _TEST_PEERS.intersection(texts_in(node)):
        return ""
    names = (part.value for part in walk(node) if isinstance(part, cst.Name))
    return next((f"`{name}`" for name in names if _PEER.search(name)), "")


def _overrides(node: cst.CSTNode, _: Aliases) -> str:
    is_override = isinstance(node, cst.Attribute) and node.attr.value == "dependency_overrides"
    return "`dependency_overrides`, which belong to tests" if is_override else ""


def _place(node: cst.CSTNode, aliases: Aliases) -> str:
    """Comparing a part of the path where the code lies or runs."""
    if not isinstance(node, cst.Comparison):
        return ""
    for part in walk(node):
        if isinstance(part, (cst.Name, cst.Call)):
            name = part.value if isinstance(part, cst.Name) else real_name(part.func, aliases)
            if name == "__file__" or name in _WHERE:
                return f"`{name}`"
    return ""
