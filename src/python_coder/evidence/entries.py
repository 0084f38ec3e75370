# src/python_coder/evidence/entries.py — one line of the ledger: its kinds, its seal, and how a chain is read back
"""What each kind of entry tells. `append` takes any data; these keys are the ones that the contract is built from.

run_started        run_id, task, repository, base_commit, base_tree, project_root, model, sandbox, budget_limit,
                   env_names, agent [{name, origin, path, sha256}], approve, rules (the user's, for tool calls),
                   policy {may_change_tests, may_migrate_unsafely, coverage_threshold},
                   python_coder
workspace_ready    base_commit, base_tree (of the dirty snapshot, if one was made), is_dirty
environment_ready  python, digest, tools {name: version}
known_good         python_version, pytest_version, problems, … (never `env`)
baseline           tree, counts {outcome: n}, tests_problem, types_problem, commands
boot, handoff      tool, outcome
brief              chars, sources (whose words were told), notes (what the runtime reports of them, one sentence each)
plan               kind, scope, steps
scope_widened      files [{path, sort}] that the runtime added to the plan's scope, reason (the model's), tree
approval           tool, arguments, decision (allowed or denied), by (rule, user or nobody), why
model_turn         phase, round, text, calls, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
                   cost_usd (null when the price is not known)
fault              phase, round, attempt, error, retried; what the provider counted as for a model turn, if it told
escalation         from_model, to_model, cause, reason, evidence, failed_before
escalation_effect  effect, failed_after
thinking           mode, packages
tool_call          tool, arguments, outcome, is_free; calls that were run count against the budget; has_new_findings
                   when its answer told some, edits [{tool, path}] when it stands for several
command            a `CommandRecord`'s fields, and `by`
edit_started       tool, tree_before, paths
checkpoint         tree, commit
gate               a `GateResult`'s fields, and `tree`
reflection         round, is_proven, digest, lesson, failed
delivered          how, branch or patch, commit, tree
claim              summary, rationale, followups: the model's report, word for word
ended              status, ended_because, reason, tree, not_judged, files [{path, note, diff}]
resumed            phase
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from python_coder.errors import EvidenceError
from python_coder.evidence.canonical import Json, canonical_json, digest_of

GENESIS = "0" * 64
"""What the first entry names as its predecessor."""


class EntryKind(StrEnum):
    """What a ledger entry is about."""

    RUN_STARTED = "run_started"
    WORKSPACE_READY = "workspace_ready"
    ENVIRONMENT_READY = "environment_ready"
    KNOWN_GOOD = "known_good"
    BASELINE = "baseline"
    BOOT = "boot"
    BRIEF = "brief"
    PLAN = "plan"
    SCOPE_WIDENED = "scope_widened"
    APPROVAL = "approval"
    MODEL_TURN = "model_turn"
    FAULT = "fault"
    ESCALATION = "escalation"
    ESCALATION_EFFECT = "escalation_effect"
    THINKING = "thinking"
    TOOL_CALL = "tool_call"
    RUNTIME_CALL = "runtime_call"
    COMMAND = "command"
    EDIT_STARTED = "edit_started"
    CHECKPOINT = "checkpoint"
    GATE = "gate"
    CLAIM = "claim"
    REFLECTION = "reflection"
    HANDOFF = "handoff"
    DELIVERED = "delivered"
    ENDED = "ended"
    RESUMED = "resumed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened, sealed to everything before it."""

    seq: int
    """1-based place in the ledger."""
    at: str
    """When it was written: UTC, ISO 8601."""
    kind: EntryKind
    data: Mapping[str, Json] = field(default_factory=dict)
    prev: str
    """Hash of the entry before; `GENESIS` for the first."""
    hash: str
    """SHA-256 of the canonical JSON of all the other fields."""

    @classmethod
    def seal(cls, *, seq: int, at: str, kind: EntryKind, data: Mapping[str, Json], prev: str) -> Self:
        """Make an entry whose hash is right."""
        body: dict[str, Json] = {"seq": seq, "at": at, "kind": kind.value, "data": dict(data), "prev": prev}
        return cls(seq=seq, at=at, kind=kind, data=data, prev=prev, hash=digest_of(body))

    @property
    def line(self) -> bytes:
        """The entry as it stands in the file, with its line end."""
        body: dict[str, Json] = {"seq": self.seq, "at": self.at, "kind": self.kind.value, "data": dict(self.data)}
        return canonical_json({**body, "prev": self.prev, "hash": self.hash}) + b"\n"


def parse_ledger(content: bytes, *, name: str) -> tuple[tuple[Entry, ...], int]:
    """Read all whole lines and check that each is the one that was written after the one before.

    Args:
        content: The file.
        name: What to call the file in a message.

    Returns:
        The entries, and how many bytes they take; bytes beyond that are a line that was torn while it was written.

    Raises:
        EvidenceError: A line other than a torn last one is damaged; the message names it, counted from 1.
    """
    sound_size = content.rfind(b"\n") + 1
    entries: list[Entry] = []
    for number, line in enumerate(content[:sound_size].split(b"\n")[:-1], start=1):
        entries.append(_read_line(line + b"\n", number, entries[-1].hash if entries else GENESIS, name))
    return tuple(entries), sound_size


def _read_line(line: bytes, number: int, prev: str, name: str) -> Entry:
    try:
        raw = json.loads(line)
        sealed = Entry.seal(
            seq=raw["seq"], at=raw["at"], kind=EntryKind(raw["kind"]), data=raw["data"], prev=raw["prev"]
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise EvidenceError(
            f"Line {number} of {name} is damaged: it is no ledger entry. The run it tells of cannot be trusted."
        ) from error
    # The bytes are compared, not only the hash: another spelling of the same JSON is an edit too.
    if sealed.line != line or sealed.seq != number or sealed.prev != prev:
        raise EvidenceError(
            f"Line {number} of {name} was changed after it was written, or a line before it is missing. "
            "The run it tells of cannot be trusted."
        )
    return sealed
