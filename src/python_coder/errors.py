# src/python_coder/errors.py — every error the package raises on purpose
"""The tree of deliberate errors, and the exit code that each ends a command with.

PythonCoderError            1
├── UsageError              2  the caller asked for something that cannot be: bad flag, dirty tree, no git
│   ├── NotUnderstoodError  2  the offline planner does not know this task
│   └── RecipeRefusedError  2  a recipe cannot follow this repository; nothing was changed
├── EnvironmentLacksError   3  something is missing on this machine; the message names the mend
├── ProviderError           4  the model provider failed
├── CapReachedError         1  the user's cap in money, tokens or time would break; the run can be resumed
├── GoingInCirclesError     1  the model repeated itself after one warning; the run can be resumed
├── ToolRefusedError        1  a tool call is refused; the model reads the message and adapts
│   └── LanguageServerError 1  the type checker that answers questions about meaning is not there, or does not answer
└── EvidenceError           1  a ledger or contract is damaged or was edited
"""

from typing import ClassVar


class PythonCoderError(Exception):
    """Root of all deliberate errors. The message is safe to show to users and models.

    Subclasses set class attributes and add no `__init__`, so all of them survive pickling.
    A message says what happened, where, and what to do next.
    """

    code: ClassVar[str] = "internal"
    """Stable machine-readable name, used as `ended_because` in the contract."""
    exit_code: ClassVar[int] = 1
    """What the process ends with: 1 unproven, 2 usage, 3 environment, 4 provider."""


class UsageError(PythonCoderError):
    """The request cannot be carried out as given. Change the command or the repository."""

    code = "bad_usage"
    exit_code = 2


class NotUnderstoodError(UsageError):
    """The offline planner does not know this task. Reword it, or set a model."""

    code = "not_understood"


class RecipeRefusedError(UsageError):
    """A recipe cannot follow this repository, or the request clashes with it. Nothing was changed."""

    code = "recipe_refused"


class EnvironmentLacksError(PythonCoderError):
    """This machine lacks something. The message ends with the command that mends it."""

    code = "environment_lacks"
    exit_code = 3


class ProviderError(PythonCoderError):
    """The model provider failed for good. `python-coder resume RUN` goes on later."""

    code = "provider_failed"
    exit_code = 4


class CapReachedError(PythonCoderError):
    """The next request could break the user's cap in money, tokens or time. `resume` with a higher one goes on."""

    code = "cap_reached"


class GoingInCirclesError(PythonCoderError):
    """The model made the same calls with the same answers, after one warning. `resume` with another model may help."""

    code = "going_in_circles"


class ToolRefusedError(PythonCoderError):
    """A tool call is refused. The text tells the model what to do instead."""

    code = "tool_refused"


class LanguageServerError(ToolRefusedError):
    """The language server cannot start or does not answer. Tools that only look up or edit text go on working."""

    code = "language_server"


class EvidenceError(PythonCoderError):
    """A ledger or a contract is damaged or was edited by hand. It proves nothing."""

    code = "evidence_damaged"
