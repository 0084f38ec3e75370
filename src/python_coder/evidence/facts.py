# src/python_coder/evidence/facts.py — what a ledger says: gate results, commands and figures, read back from entries
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from pydantic import TypeAdapter

from python_coder.evidence.canonical import Json, as_json, text_at
from python_coder.evidence.claims import CLAIMS_GATE
from python_coder.evidence.entries import Entry, EntryKind
from python_coder.evidence.support import Support
from python_coder.evidence.verdict import CommandRecord, GateResult

_GATE_RESULT = TypeAdapter(GateResult)
_COMMAND = TypeAdapter(CommandRecord)


def last(entries: Sequence[Entry], kind: EntryKind) -> Mapping[str, Json]:
    """Data of the newest entry of a kind; empty when there is none."""
    return next((entry.data for entry in reversed(entries) if entry.kind is kind), {})


def gate_data(result: GateResult) -> dict[str, Json]:
    """A gate result as ledger data: `ledger.append(EntryKind.GATE, tree=tree, **gate_data(result))`."""
    fields = as_json(result)
    return fields if isinstance(fields, dict) else {}


def gates_on(entries: Iterable[Entry], tree: str) -> tuple[GateResult, ...]:
    """The newest result of each gate on exactly this tree, by gate name. Gates of any other tree are stale."""
    results = [
        _gate_result(entry) for entry in entries if entry.kind is EntryKind.GATE and entry.data.get("tree") == tree
    ]
    newest = {result.gate: result for result in results}
    return tuple(newest[name] for name in sorted(newest))


def commands_of(entries: Iterable[Entry]) -> tuple[CommandRecord, ...]:
    """Every process that the runtime saw end, in order; gates that ran side by side are put in order of their names."""
    records: list[CommandRecord] = []
    for is_gate, group in groupby(entries, key=lambda entry: entry.kind is EntryKind.GATE):
        together = list(group)
        if is_gate:
            together.sort(key=lambda entry: str(entry.data.get("gate")))
        records += [record for entry in together for record in _records(entry)]
    return tuple(records)


def baseline_counts(data: Mapping[str, Json]) -> dict[str, int]:
    """Tests by outcome, from a baseline entry that holds `counts`, or `tests` by id."""
    counts, tests = data.get("counts"), data.get("tests")
    if isinstance(counts, dict):
        return {name: int(count) for name, count in counts.items() if isinstance(count, int)}
    if isinstance(tests, dict):
        return dict(sorted(Counter(str(outcome) for outcome in tests.values()).items()))
    return {}


def support_of(entries: Sequence[Entry], tree: str, diff: str = "", files_changed: int = 0) -> Support:
    """Everything the ledger shows that a model had seen of one tree, for judging what it says about it.

    Args:
        entries: The ledger, up to the model's words.
        tree: Git tree id that the words are about. What was seen on another tree supports nothing.
        diff: The real unified diff of the change.
        files_changed: Number of files in it.
    """
    seen = tuple(_seen_by_the_model(_before_the_last_turn(entries)))
    return Support(
        tree=tree,
        gates=tuple(result for result in gates_on(seen, tree) if result.gate != CLAIMS_GATE),
        commands=tuple(record for record in commands_of(seen) if record.tree == tree),
        outputs=tuple(
            text_at(entry.data, "answer") + text_at(entry.data, "output")
            for entry in seen
            if entry.kind in {EntryKind.TOOL_CALL, EntryKind.COMMAND} and entry.data.get("tree") == tree
        ),
        baseline=baseline_counts(last(entries, EntryKind.BASELINE)),
        diff=diff,
        files_changed=files_changed,
    )


def _before_the_last_turn(entries: Sequence[Entry]) -> Sequence[Entry]:
    """What calls of the same answer led to had not been seen when that answer was given."""
    turns = [place for place, entry in enumerate(entries) if entry.kind is EntryKind.MODEL_TURN]
    return entries[: turns[-1]] if turns else entries


def _seen_by_the_model(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Leave out what only the runtime saw: gates that it ran on a report, but for those which it told as failed.

    Else a model could say the same unfounded sentence twice, and be right the second time by luck.
    """
    is_verifying = False
    for entry in entries:
        if entry.kind in {EntryKind.CLAIM, EntryKind.RESUMED, EntryKind.MODEL_TURN}:
            is_verifying = entry.kind is not EntryKind.MODEL_TURN
        if not (is_verifying and entry.kind is EntryKind.GATE and _gate_result(entry).is_acceptable):
            yield entry


def _gate_result(entry: Entry) -> GateResult:
    known = {name: value for name, value in entry.data.items() if name in GateResult.__dataclass_fields__}
    return _GATE_RESULT.validate_python(known)


def _records(entry: Entry) -> Iterator[CommandRecord]:
    nested = entry.data.get("commands")
    for raw in nested if isinstance(nested, list) else [dict(entry.data)]:
        if isinstance(raw, dict) and isinstance(raw.get("argv"), list) and "exit_code" in raw:
            known = {name: value for name, value in raw.items() if name in CommandRecord.__dataclass_fields__}
            yield _COMMAND.validate_python({"seconds": 0.0, "output_digest": "", **known})
