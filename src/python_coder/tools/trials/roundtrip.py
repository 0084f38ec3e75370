# src/python_coder/tools/trials/roundtrip.py — tool migration_roundtrip: up, rows in, up, down and up again
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.gates.context import GateContext
from python_coder.gates.migration_history import alembic_ini, read_history
from python_coder.gates.migration_rows import common_rows, dropped, lost_rows
from python_coder.tools.answers import counted, shorten
from python_coder.tools.trials.database import Trial, open_trial
from python_coder.tools.trials.place import TrialPlace

_MOST_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class RoundtripTools:
    """Tries the change's migrations, with rows that were there before."""

    place: TrialPlace

    async def migration_roundtrip(self, rows: list[str] | None = None, checks: list[str] | None = None) -> str:
        """Try your migrations on a throwaway database: old head, rows in, up, check, down, up again.

        Args:
            rows: INSERT statements for the old schema; without any, rows are made up for each table that changes.
            checks: SELECT statements, run after each way up, and after the way down if they still fit.

        Returns:
            One line a step, with the rows that each check saw; it ends at the first step that fails.
        """
        async with self.place.context() as context:
            return await self._tried(context, rows or (), checks or ())

    async def _tried(self, context: GateContext, rows: Sequence[str], checks: Sequence[str]) -> str:
        ini = alembic_ini(context)
        if not ini:
            raise ToolRefusedError("The project has no alembic.ini, so there is nothing to go up and down.")
        base = read_history(context, context.change.base_tree, ini)
        judged = read_history(context, context.judged_tree, ini)
        if not set(judged.revisions) - set(base.revisions):
            raise ToolRefusedError("The change has no new revision. Write it first, then try it.")
        if len(base.heads) > 1:
            raise ToolRefusedError(f"The base has several heads ({', '.join(base.heads)}); merge them first.")
        target = base.heads[0] if base.heads else "base"
        async with open_trial(context) as trial:
            trip = _Trip(trial=trial, target=target, rows=rows, checks=checks)
            try:
                await trip.go()
            except _StepFailedError as failed:
                trip.lines.append(f"FAILED: {failed}")
            finally:
                self.place.note(*trial.runs)
        lines = [f"{number}. {line}" for number, line in enumerate(trip.lines, start=1)]
        return shorten("\n".join([f"On {trial.what}, tree {trial.tree[:12]}, from {target}:", *lines]))


class _StepFailedError(Exception):
    """A step failed, which ends the trip."""


@dataclass(kw_only=True)
class _Trip:
    """One trip, told line by line."""

    trial: Trial
    target: str
    """Where the base stands."""
    rows: Sequence[str]
    checks: Sequence[str]
    lines: list[str] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    """Rows that were made up, as the last look saw them, by table."""
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)
    """What each check answered first, and in which step."""

    async def go(self) -> None:
        """All steps; the first one that fails ends it."""
        up, down = ("upgrade", "heads"), ("downgrade", self.target)
        if self.rows:
            await self._take(*([("upgrade", self.target)] if self.target != "base" else []))
            _must_be_well(await self.trial.seed(self.rows))
            self.lines.append(f"{counted(len(self.rows), 'statement')} of yours: done")
        else:
            # What the head looks like tells which tables change, and so need rows.
            await self._take(up)
            shape = await self.trial.session.rows("shape")
            await self._take(down)
            self.lines.append(await self._made_up(shape.get("tables", {})))
        await self._take(up, ("check", ""))
        await self._look(is_down=False)
        await self._take(down)
        await self._look(is_down=True)
        await self._take(up)
        await self._look(is_down=False)

    async def _take(self, *steps: tuple[str, str]) -> None:
        problems = await self.trial.steps(*steps) if steps else []
        for (action, target), problem in zip(steps, problems, strict=False):
            _must_be_well(problem)
            self.lines.append("models and migrations match" if action == "check" else f"{action} to {target}: done")

    async def _look(self, *, is_down: bool) -> None:
        """Run the checks, and compare the rows that were made up with what is left of them."""
        if self.made:
            after = (await self.trial.session.rows("read", tables=list(self.made))).get("rows", {})
            lost = [finding.message for finding in lost_rows(self.made, after, "", "it")]
            lost += [words for _, _, words in dropped(self.made, after)] if not is_down else []
            self.lines.append("; ".join(lost) if lost else "all rows are still there")
            self.made = common_rows(self.made, after)
        if self.checks:
            self.lines.append(await self._checked(is_down=is_down))

    async def _checked(self, *, is_down: bool) -> str:
        """What each check answers now; an answer that was told already is only referred to."""
        step, told = len(self.lines) + 1, []
        for check in dict.fromkeys(self.checks):
            answer = _rows(await self.trial.sql([check]))
            before, earlier = self.seen.setdefault(check, (answer, step))
            is_told = earlier < step and answer == before
            told.append(f"     {check}\n{f'       as in step {earlier}' if is_told else answer}")
        where = " on the old schema, where they may not fit" if is_down else ""
        return f"checks{where}:\n" + "\n".join(told)

    async def _made_up(self, tables: Mapping[str, Any]) -> str:
        answer = await self.trial.session.rows("fill", now=tables)
        _must_be_well(answer.get("error", ""))
        self.made = answer["rows"]
        made = {name: len(table["rows"]) for name, table in self.made.items()}
        told = ", ".join(f"{count} in {name}" for name, count in made.items())
        lacking = "".join(f"; none in {name}: {why}" for name, why in answer["problems"].items())
        return f"rows made up: {told or 'none, since no table that was there changes'}{lacking}"


def _must_be_well(problem: str) -> None:
    if problem:
        raise _StepFailedError(problem)


def _rows(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return f"       failed: {answer['error']}"
    result = answer["results"][0]
    if "rows" not in result:
        return f"       {result['count']} rows"
    lines = [" | ".join(result["columns"]), *(" | ".join(str(value) for value in row) for row in result["rows"])]
    more = f"\n       … {len(lines) - _MOST_ROWS} more" if len(lines) > _MOST_ROWS else ""
    return "\n".join(f"       {line}" for line in lines[:_MOST_ROWS]) + more
