# src/python_coder/skeleton/names.py — which names a service may have
import keyword
import re

from python_coder.errors import UsageError

# PEP 508, with a bound that still leaves room for the names of containers.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)


def check_name(name: str) -> str:
    """Give back a name that Python packaging accepts for a project.

    Raises:
        UsageError: It is empty, too long, a keyword of Python, or has other characters than letters, digits and `._-`.

    Source: PEP 508, "Names".
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a service. Use up to 63 letters, digits, dots, dashes and underscores, "
            "with a letter or digit at both ends, such as: python-coder new order-service"
        )
    # Packaging ignores case, so `Class` and `none` are no better.
    if name.lower() in {word.lower() for word in keyword.kwlist}:
        raise UsageError(
            f"{name!r} is a keyword of Python, so nothing could import it. Try: python-coder new {name}-service"
        )
    return name
