# src/python_coder/evidence/claims.py — strikes what a model says about checks when no evidence supports it
from collections.abc import Sequence
from dataclasses import dataclass

from python_coder.evidence.claim_blocks import (
    PROSE_LANGUAGES,
    block_lines,
    invented_diff,
    invented_output,
    looks_like_diff,
    looks_like_output,
)
from python_coder.evidence.claim_figures import wrong_figure
from python_coder.evidence.claim_intents import looks_ahead
from python_coder.evidence.claim_text import Piece, bare, normalised, pieces, without
from python_coder.evidence.claim_topics import gates_for, topics_of
from python_coder.evidence.claim_words import (
    has_selection,
    is_about_all,
    is_about_running,
    is_attested,
    is_claim,
    is_only_count,
)
from python_coder.evidence.support import Support
from python_coder.evidence.verdict import CommandRecord, Finding, GateResult, Verdict, judge

CLAIMS_GATE = "claims"


@dataclass(frozen=True, kw_only=True)
class StruckClaim:
    """A sentence that was taken out, and why."""

    sentence: str
    why: str
    rule: str = "unsupported-claim"
    """`unsupported-claim`, or `invented-output` for a made-up diff or log."""


@dataclass(frozen=True, kw_only=True)
class StruckText:
    """A text without its unsupported sentences."""

    kept: str
    struck: tuple[StruckClaim, ...] = ()


def strike(text: str, support: Support, *, is_plan: bool = False) -> StruckText:
    """Take out each sentence about tests, checks or counts that the evidence does not support.

    Plans, questions and denials stay. A sentence that reads like a claim and cannot be matched is struck, and so is a
    block that passes for a diff or for output without being the real one.

    Args:
        text: The model's.
        support: What it had been shown before.
        is_plan: Whether it was said before any work, so that a sentence may say how things will be.
    """
    struck: list[Piece] = []
    claims: list[StruckClaim] = []
    for piece in pieces(text):
        is_block = piece.kind == "block"
        claim = _judge_block(piece, support) if is_block else _judge_sentence(piece.text, support)
        if claim and (is_block or not is_plan or not looks_ahead(normalised(piece.text))):
            struck.append(piece)
            claims.append(claim)
    return StruckText(kept=without(text, struck) if struck else text.strip(), struck=tuple(claims))


def judge_claims(texts: Sequence[str], support: Support) -> GateResult:
    """The gate `claims`: fails with one finding for each sentence that is struck from the model's texts."""
    struck = [claim for text in texts for claim in strike(text, support).struck]
    findings = tuple(
        Finding(rule=claim.rule, message=f"{claim.sentence!r} was struck: {claim.why}. Leave it out.")
        for claim in struck
    )
    return judge(CLAIMS_GATE, findings, "Every sentence about checks has evidence on the delivered tree.")


def _judge_sentence(text: str, support: Support) -> StruckClaim | None:
    sentence = normalised(text)
    if not is_claim(sentence):
        return None
    why = _unsupported(sentence, support)
    return StruckClaim(sentence=bare(text), why=why) if why else None


def _unsupported(sentence: str, support: Support) -> str:
    topics = topics_of(sentence)
    if not topics:
        if is_attested(sentence):
            return "nothing that the runtime ran shows it"
        topics = ("gates",)
    wrong = wrong_figure(sentence, topics, support)
    if wrong or is_only_count(sentence):
        return wrong
    problems = (_unshown(topic, sentence, support) for topic in topics if topic != "files")
    return next((problem for problem in problems if problem), "")


def _unshown(topic: str, sentence: str, support: Support) -> str:
    """Why the evidence does not show a claim on one topic; empty when it does."""
    judging = gates_for(topic, support.gates)
    commands = [record for record in support.commands if topic in topics_of(" ".join(record.argv).lower())]
    if is_about_running(sentence):
        ran = commands or any(gate.verdict in {Verdict.PASSED, Verdict.FAILED} for gate in judging)
        return "" if ran else f"nothing that was run on the delivered tree is about {topic}"
    for gate in judging:
        if not gate.is_acceptable:
            return f"the gate {gate.gate} says {gate.verdict.value.replace('_', ' ')}: {gate.reason}"
    if any(gate.verdict is Verdict.PASSED for gate in judging):
        return ""
    return _unshown_by(commands, topic, sentence)


def _unshown_by(commands: Sequence[CommandRecord], topic: str, sentence: str) -> str:
    if not commands:
        return f"nothing that was seen of the delivered tree shows anything about {topic}"
    newest = commands[-1]
    if newest.exit_code != 0:
        return f"the last such command ended with exit status {newest.exit_code}"
    return (
        "a command that was told to run only a part shows nothing of the rest"
        if (is_about_all(sentence) and has_selection(newest.argv))
        else ""
    )


def _judge_block(piece: Piece, support: Support) -> StruckClaim | None:
    body = block_lines(piece.text, is_fenced=piece.language != "diff" or piece.text.lstrip(" >")[:1] in "`~")
    why = ""
    if piece.language in {"diff", "patch"} or looks_like_diff(body):
        why = invented_diff(body, support.diff)
    elif looks_like_output(body):
        why = invented_output(body, support.outputs)
    if why:
        return StruckClaim(sentence=piece.text.strip(), why=why, rule="invented-output")
    said = (
        body if piece.language in PROSE_LANGUAGES else [line for line in body if line.lstrip().startswith(("#", "//"))]
    )
    return next((claim for line in said if (claim := _judge_sentence(line, support))), None)
