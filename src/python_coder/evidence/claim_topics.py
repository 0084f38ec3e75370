# src/python_coder/evidence/claim_topics.py — what a claim may be about, and which gates can show it
import re

from python_coder.evidence.verdict import GateResult

_TESTS = re.compile(r"^(?:base-|new-)?tests$")
_NO_GATE = re.compile(r"(?!)")

_TOPICS: dict[str, tuple[str, re.Pattern[str]]] = {
    "tests": (
        (
            r"(?:unit|doc)?tests?|test-?suites?|suites?|pytest|testing|e2e|assertions?|(?:all|the|every) specs?"
            r"|\d+ (?:cases|examples|dots|pass(?:ed|ing)?)"
            r"|pass(?:ed|ing)\W{0,3}\d+"
        ),
        _TESTS,
    ),
    "types": (
        (
            r"mypy|pyright|type[- ]?(?:check|safe)\w*|types (?:are|check|pass|all)|typing|static analysis|strict mode"
            r"|diagnostics"
        ),
        re.compile("mypy|type"),
    ),
    "lint": (r"lint\w*|ruff(?! format)|flake8|pylint|pep ?8|style checks?", re.compile("lint|ruff-check|^ruff$")),
    "format": (r"ruff format|formatt(?:ing|er|ed)|format check|black", re.compile("format")),
    "coverage": (r"coverage|fully covered|covered|lines? cover\w*|mutation score", re.compile("cover")),
    "security": (
        r"bandit|security (?:scan|check|lint|audit|gate)\w*|pip-?audit|vulnerabilit\w+|owasp",
        re.compile("bandit|security|audit"),
    ),
    "migration": (r"migrations?|alembic|(?:up|down)grades?", re.compile("migrat|alembic")),
    "docs": (r"docstrings?|banners?", re.compile("docstring|banner")),
    "regressions": (r"regress\w*", _TESTS),
    "integrity": (r"integrity|tamper\w*|suppress\w*", re.compile("tamper|judge|suppress")),
    "benchmarks": (
        r"benchmark\w*|latency|throughput|p9[59]|load[- ]test\w*|faster|quicker|speed-?up|performance|rps|\d+ ?ms",
        re.compile("bench|perf"),
    ),
    "CI": (
        (
            r"ci|ci/cd|pipelines?|github actions|gitlab|jenkins|workflow run|(?:the|docker) builds?"
            r"|build (?:is|passes|passing|ok)"
        ),
        _NO_GATE,
    ),
    "a check by hand": (
        r"manual\w*|by hand|curl|postman|httpie|in (?:a |the |my )?(?:browser|production|staging)",
        _NO_GATE,
    ),
    "a running service": (
        (
            r"up and running|boots?|docker(?:[- ]compose)?|uvicorn|(?:docker )?image"
            r"|(?:server|app|application|service|container|stack) (?:is )?(?:starts?|healthy|up)"
        ),
        _NO_GATE,
    ),
    "files": (
        r"files? (?:\w+ )?(?:changed|touched|modified|edited)|(?:changed|touched|modified|edited) \d+ (?:\w+ )?files?",
        _NO_GATE,
    ),
    "gates": (
        (
            r"gates?|(?<!health )checks?|checkers?|verification|quality|everything|all (?:green|good|clean|pass\w*)"
            r"|tooling|all tools"
        ),
        re.compile(""),
    ),
}
_WORDS = {name: re.compile(rf"\b(?:{words})\b") for name, (words, _) in _TOPICS.items()}
_ALL_GATES = re.compile(r"\b(?:gates?|all (?:the |quality )?checks|everything|all (?:green|clean))\b")


def topics_of(sentence: str) -> tuple[str, ...]:
    """What a normalised sentence is about."""
    named = [name for name, words in _WORDS.items() if words.search(sentence)]
    if len(named) > 1 and "gates" in named and not _ALL_GATES.search(sentence):
        named.remove("gates")  # "type checks" are about types, not about every gate
    return tuple(named)


def gates_for(topic: str, gates: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    """The gates whose verdict can show a claim on this topic; none for what no gate ever sees, such as CI."""
    return tuple(gate for gate in gates if _TOPICS[topic][1].search(gate.gate))
