# src/python_coder/tools/docker/rendering.py — stacks, containers and diagnoses as short text
from collections.abc import Iterator, Sequence

from python_coder.compose.diagnosis import Diagnosis
from python_coder.compose.stack import OneOff, StackReport
from python_coder.compose.states import ContainerState

_MOST_CHANGES = 12
_LOG_CHARS = 300


def report_text(report: StackReport) -> str:
    """How a stack came up: the verdict, each service, what the guard changed; on failure why."""
    verdict = "healthy" if report.is_healthy else "not healthy"
    lines = [f"{verdict}: {report.project}, after {report.seconds:.1f} s"]
    lines += [f"  {state.service}: {state.told()}" for state in report.services]
    if report.changes:
        more = len(report.changes) - _MOST_CHANGES
        lines.append("Changed, so that nothing else is touched:")
        lines += [f"  {change}" for change in report.changes[:_MOST_CHANGES]]
        lines += [f"  … {more} more; compose-config shows all"] if more > 0 else []
    if not report.is_healthy:
        lines += diagnosis_lines(report.diagnosis)
    return "\n".join(lines)


def diagnosis_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Each service that is not healthy, with its cause, what shows it, and what to do."""
    for one in diagnosis.services:
        yield f"{one.service or 'the stack'}: {one.cause.value}"
        state = f" State: {one.state}, exit code {one.exit_code}." if one.state else ""
        yield f"  {one.why}{state}".replace("\n", "\n  ")
        if one.health_output:
            yield f"  last probe: {one.health_output}".replace("\n", "\n    ")
        if one.log_lines:
            yield "  last log lines:"
            yield from (f"    {line[:_LOG_CHARS]}" for line in one.log_lines)
        yield f"  What to do: {one.mend}"


def containers_text(states: Sequence[ContainerState]) -> str:
    """Containers by stack, one line each."""
    lines, last = list[str](), ""
    for state in sorted(states, key=lambda s: (s.project, s.service, s.name)):
        if state.project != last:
            lines.append(state.project)
        last = state.project
        lines.append(f"  {state.service or '-'}: {state.told()} ({state.image}) {state.name}")
    return "\n".join(lines)


def one_off_text(one_off: OneOff, timeout_seconds: float) -> str:
    """How a command ended, then what it wrote."""
    lines = [f"exit code {one_off.exit_code}, after {one_off.seconds:.1f} s; the container is removed"]
    if one_off.is_timed_out:
        lines.append(f"timed out after {timeout_seconds:.0f} s and was ended")
    if one_off.is_out_of_memory:
        lines.append("out of memory: the kernel ended it at its limit; raise memory_mb")
    return "\n".join([*lines, one_off.output.rstrip()])


def tail_of(text: str, most_chars: int) -> str:
    """The end of a long text in whole lines: programs tell last what went wrong."""
    if len(text) <= most_chars:
        return text
    kept = text[-most_chars:].partition("\n")[2]
    left_out = text.count("\n") - kept.count("\n")
    return f"… {left_out} earlier lines left out; use grep, since or a smaller tail\n{kept}"
