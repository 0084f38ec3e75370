# src/python_coder/tools/serena/command_line.py — a command line that a model gives, read without any shell
import re
import shlex

from python_coder.errors import ToolRefusedError

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PIECE = re.compile(
    r"""(?P<quoted>'[^']*'|\\.)|(?P<double>"(?:[^"\\]|\\.)*")|(?P<mark>[|&;<>()]+|\$\(|`)|(?P<plain>[^'"\\|&;<>()$`]+|\$)""",
    re.DOTALL,
)
_SUBSTITUTION = re.compile(r"(?<!\\)(?:\$\(|`)")
_MAX_CHARS = 20_000

# `uv run` would synchronise the environment first; here it is used as it is, so these change nothing.
_UV_SWITCHES = frozenset(
    f"--{name}"
    for name in (
        "frozen",
        "locked",
        "no-sync",
        "offline",
        "quiet",
        "dev",
        "no-dev",
        "all-extras",
        "all-groups",
        "exact",
    )
) | {"-q"}
_UV_PAIRS = frozenset(("--group", "--extra", "--no-group", "--only-group"))
_PYTHON = ("python", "python3")


def words_of(command: str) -> list[str]:
    """The words of one command, as a shell would split them.

    Raises:
        ToolRefusedError: It holds what only a shell understands, or is no command at all.
    """
    if "\0" in command or "\n" in command or "\r" in command or len(command) > _MAX_CHARS:
        raise ToolRefusedError(
            "One command, on one line: a line break would begin another command. Call once for each."
        )
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ToolRefusedError(
            f"{command!r:.200} is no command line: {error}. Close the quotation, or escape it."
        ) from error
    if not words:
        raise ToolRefusedError("The command is empty. Give one, such as pytest tests -x.")
    if mark := _shell_mark(command):
        raise ToolRefusedError(
            f"There is no shell here, so {mark} means nothing: give one command, without pipes, redirection, chains or "
            "substitutions. Quote such characters if they belong to an argument."
        )
    if _ASSIGNMENT.match(words[0]):
        raise ToolRefusedError(f"Variables cannot be set before a command: leave out {words[0].split('=')[0]}=…")
    return words


def without_uv(words: list[str]) -> tuple[list[str], bool]:
    """The command that `uv run` would run, and whether it was given that way.

    Raises:
        ToolRefusedError: It is another command of uv, or an option of `uv run` that would change the environment.
    """
    if words[0] != "uv":
        return words, False
    if words[1:2] != ["run"]:
        raise ToolRefusedError(
            f"Of uv only 'uv run' is open here, not {' '.join(words[:2])!r}: what installs needs the network and "
            "changes the environment. Ask the user to do it."
        )
    rest = words[2:]
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in {"-m", "--module"}:
            return ["python", "-m", *rest], True
        if option == "--":
            break
        if option in _UV_PAIRS and rest:
            rest.pop(0)
        elif option not in _UV_SWITCHES and option.split("=")[0] not in _UV_PAIRS:
            raise ToolRefusedError(
                f"'uv run {option}' is not open here: commands run in the project's environment as it is. "
                "Leave the option out."
            )
    if not rest:
        raise ToolRefusedError("'uv run' needs a program, such as uv run pytest.")
    return rest, True


def module_of(words: list[str]) -> list[str] | None:
    """For `python -m MODULE …` the module and its arguments, else `None`."""
    return words[2:] if words[0] in _PYTHON and words[1:2] == ["-m"] and words[2:] else None


def _shell_mark(command: str) -> str:
    """The first operator or substitution that a shell would act on; empty when there is none."""
    for piece in _PIECE.finditer(command):
        if piece["mark"]:
            return piece["mark"]
        if piece["double"] and (found := _SUBSTITUTION.search(piece["double"])):
            return found.group()
    return ""
