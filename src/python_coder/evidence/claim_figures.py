# src/python_coder/evidence/claim_figures.py — figures in a sentence, held against the figures that were seen
import re
from collections.abc import Iterable

from python_coder.evidence.claim_topics import gates_for
from python_coder.evidence.support import Support
from python_coder.evidence.verdict import GateResult, Verdict

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|percent\b)")
_AT_LEAST = re.compile(r"(?:at least|≥|>=?|above|over|more than|exceed\w*|beyond|better than|north of)\W*(?:\w+ )?$")
_PAIR = r"(\d[\d,]*)(?: ?(?:/|of|out of) ?(\d[\d,]*))?"
_NOT_A_COUNT = r"(?![\w.%]| ?(?:%|s\b|sec|ms|failed|failures?|errors?|warnings?|skipped))"
_TESTS = re.compile(
    rf"(?<![\d.]){_PAIR}(?! ?%|\.\d) (?:\w+ ){{0,3}}?(?:tests?|test cases|cases|examples|dots|assertions?|passed"
    rf"|passing|green|:ok:)(?!\w)|^\W*{_PAIR}\W*$|\bscore\W{{1,3}}{_PAIR}"
    rf"|\b(?:tests?|pytest|suite|pass|passed|passing)\b ?[:=(-]{{0,2}} ?{_PAIR}{_NOT_A_COUNT}"
    rf"|\ball {_PAIR}(?![\w.%])"
)
_TROUBLES = re.compile(
    r"(?<![\d.])(\d[\d,]*) (?:\w+ ){0,2}?(failed|failing|failures?|errors?|warnings?|skipped|violations?)\b"
)
_GATES = re.compile(rf"(?<![\d.]){_PAIR} (?:\w+ ){{0,2}}?(?:gates?|checks)\b|\bgates?\W{{1,3}}{_PAIR}{_NOT_A_COUNT}")
_EDITED = "(?:changed|touched|modified|edited)"
_FILES = re.compile(rf"\b(\d+) (?:\w+ ){{0,2}}files? (?:\w+ )?{_EDITED}|{_EDITED} (\d+) (?:\w+ )?files?")
_COUNTS_NO_TESTS = re.compile(
    r"\b[1-5]\d\d (?=(?:(?:had|has|have) )?(?:no|answers?|answered|paths?|branch|branches|responses?|conflicts?)\b)"
    r"|\b[1-9] tables? of (?:test )?cases\b"
)
"""A status that an endpoint answers, such as `the 404 had no test`, or how many tables the cases stand in."""
_STATUS = re.compile(
    r"\b(?:becomes?|answer(?:s|ed)?|return(?:s|ed)?|rais(?:es|ed)|gives?|gets?|status|http|as|into|an?) [2-5]\d\d\b"
    r"(?! (?:failed|failing|failures?|errors?|warnings?|skipped|violations?)\b)"
)
"""A status before a clause about errors, such as `becomes 404, other integrity errors go on`."""
_ADDED = re.compile(r"\b(?:add(?:s|ed|ing)?|new|wr(?:o|i)te[sn]?|written|introduc\w+|creat\w+|contribut\w+)\b")
_BEFORE = re.compile(
    r"\b(?:baseline|before (?:the|this|my) change|pre-?existing|already fail\w*|on the base|previously)\b"
)
_OUTCOME = re.compile(r"\b(\d+) (?:passed|failed|skipped|errors?|deselected|xfailed|xpassed|warnings?)\b")
_TOTAL = re.compile(r"^TOTAL\b.*$", re.MULTILINE)
_NEW_TEST = re.compile(r"^\+\s*(?:async )?def test_", re.MULTILINE)


def wrong_figure(text: str, topics: Iterable[str], support: Support) -> str:
    """Say which figure of a normalised sentence differs from what was seen; empty when none does."""
    about, gates = set(topics), support.gates
    problems = [_wrong_files(text, support.files_changed), _wrong_gates(text, gates)]
    if "coverage" in about:
        problems.append(_wrong_percentage(text, gates_for("coverage", gates), support.outputs))
    if "tests" in about or _TESTS.search(text):
        problems.append(_wrong_test_count(text, support))
    if _TROUBLES.search(text):
        judged = tuple(gate for topic in about - {"gates"} for gate in gates_for(topic, gates)) or gates
        problems.append(_wrong_troubles(text, judged, support))
    return next((problem for problem in problems if problem), "")


def _wrong_percentage(text: str, gates: tuple[GateResult, ...], outputs: Iterable[str]) -> str:
    seen = {
        float(value) * 100
        for gate in gates
        for value in gate.facts.values()
        if isinstance(value, float) and 0 <= value <= 1
    }
    told = (
        *(gate.reason for gate in gates),
        *(_TOTAL.findall(output)[-1] for output in outputs if _TOTAL.search(output)),
    )
    seen |= {float(number) for text_seen in told for number in _PERCENT.findall(text_seen)}
    for match in _PERCENT.finditer(text):
        said, decimals = float(match.group(1)), len(match.group(1).partition(".")[2])
        if _AT_LEAST.search(text[: match.start()]) and any(value >= said for value in seen):
            continue
        if not any(abs(value - said) <= 0.5 * 10**-decimals + 1e-9 for value in seen):
            return f"it says {match.group(1)} %, the evidence says {_listed(seen, ' %')}"
    return ""


def _wrong_test_count(text: str, support: Support) -> str:
    gates = gates_for("tests", support.gates)
    facts = [(name, value) for gate in gates for name, value in gate.facts.items()]
    seen = {value for _, value in facts if isinstance(value, int)} | _outcomes(support.outputs)
    seen |= {int(number) for gate in gates for number in re.findall(r"(?<![\d.])\d+(?![\d.%])", gate.reason)}
    if _BEFORE.search(text):
        seen = {*support.baseline.values(), sum(support.baseline.values())}
    elif _ADDED.search(text):
        seen = {value for name, value in facts if isinstance(value, int) and re.search("new|added", name)}
        seen.add(len(_NEW_TEST.findall(support.diff)))
    for said in _numbers(_TESTS, _COUNTS_NO_TESTS.sub("", text)):
        if said not in seen:
            return f"it says {said}, the evidence says {_listed(seen)}"
    return ""


def _wrong_troubles(text: str, gates: tuple[GateResult, ...], support: Support) -> str:
    seen = {value for gate in gates for value in gate.facts.values() if isinstance(value, int)}
    seen |= {len(gate.findings) for gate in gates} | _outcomes(support.outputs)
    if _BEFORE.search(text):
        baseline = support.baseline
        seen = {*baseline.values(), baseline.get("failed", 0) + baseline.get("error", 0)}
    for match in _TROUBLES.finditer(_STATUS.sub("", text)):
        said = int(match.group(1).replace(",", ""))
        if said and said not in seen:
            return f"it says {said} {match.group(2)}, the evidence says {_listed(seen)}"
    return ""


def _outcomes(outputs: Iterable[str]) -> set[int]:
    """Counts that tools printed, such as `57 passed, 1 skipped` or `Found 2 errors`."""
    return {int(number) for output in outputs for number in _OUTCOME.findall(output)}


def _wrong_gates(text: str, gates: tuple[GateResult, ...]) -> str:
    passed = sum(gate.verdict is Verdict.PASSED for gate in gates)
    # The gate that judges these very words is not among the evidence, and may be counted or not.
    seen = {passed, passed + 1, len(gates), len(gates) + 1, sum(gate.is_acceptable for gate in gates)}
    wrong = [said for said in _numbers(_GATES, text) if said not in seen]
    return f"it says {wrong[0]} gates, the evidence says {passed} passed of {len(gates)}" if wrong else ""


def _wrong_files(text: str, files_changed: int) -> str:
    wrong = [said for said in _numbers(_FILES, text) if said != files_changed]
    return f"it says {wrong[0]} files, the change has {files_changed}" if wrong else ""


def _numbers(pattern: re.Pattern[str], text: str) -> list[int]:
    return [int(group.replace(",", "")) for match in pattern.finditer(text) for group in match.groups() if group]


def _listed(values: Iterable[float], unit: str = "") -> str:
    return ", ".join(f"{value:g}{unit}" for value in sorted(values)) or "none"
