# src/python_coder/gates/migration_unsafe.py — statements of a migration that lose data, or lock tables for long
"""squawk judges the SQL that the new revisions really sent to PostgreSQL, so offline mode is not needed for it.

| what | verdict |
|---|---|
| anything on a table that the change itself makes | nothing is there to lose or to lock |
| dropped tables and columns, renames, tables written anew, required columns without a default | blocks |
| indexes and constraints on columns that hold data | blocks: they lock the table while every row is read |
| indexes and constraints on columns that the change itself adds | a note: their only values are empty, or one default |
| whatever the user's policy names | a note |
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from python_coder.evidence.verdict import Finding, Severity
from python_coder.gates.context import UserPolicy
from python_coder.gates.migration_statements import NewThings, Touch
from python_coder.gates.tool_run import Bench, ToolRun, own_tool, run_tool
from python_coder.workspace.commands import Command

_ALLOW = "if this is what you want, only the user can allow it: --allow-unsafe-migration '{rule}:{table}'"
_LATER = "add the new one beside it, copy the values, and let a later release drop the old one"
_UNSAFE = {
    "ban-drop-table": f"its rows are lost; {_ALLOW}",
    "ban-drop-column": f"its values are lost; {_ALLOW}",
    "ban-drop-schema": f"its rows are lost; {_ALLOW}",
    "ban-drop-database": f"its rows are lost; {_ALLOW}",
    "ban-truncate-cascade": f"its rows are lost; {_ALLOW}",
    "renaming-table": f"code that is running still asks for the old name: {_LATER}",
    "renaming-column": f"code that is running still asks for the old name: {_LATER}",
    "ban-set-schema": f"code that is running still asks for the old place; {_ALLOW}",
    "changing-column-type": f"every row is written anew while nobody can read or write the table: {_LATER}",
    "adding-field-with-default": "every row is written anew while nobody can read or write the table: "
    "add the column without this default, then fill it",
    "adding-required-field": "rows that exist have no value for it: "
    "give it a server_default, or add it nullable, fill it, and demand it then",
    "disallowed-unique-constraint": "the table is locked while its index is built: build a unique index concurrently "
    "in an `autocommit_block()`, then execute `ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX …`",
    "require-concurrent-index-creation": "nobody can write to the table while it is built: create it with "
    "`postgresql_concurrently=True` in `with op.get_context().autocommit_block():`",
    "adding-serial-primary-key-field": "nobody can read or write the table while its index is built: "
    "build a unique index concurrently first, then use it for the key",
    "constraint-missing-not-valid": "nobody can write to the table while every row is checked: add it with "
    "`postgresql_not_valid=True`, and execute `ALTER TABLE … VALIDATE CONSTRAINT …` in an `autocommit_block()`",
    "adding-foreign-key-constraint": "nobody can write to both tables while every row is checked: add it with "
    "`postgresql_not_valid=True`, and execute `ALTER TABLE … VALIDATE CONSTRAINT …` in an `autocommit_block()`",
}
"""What is wrong with it and what to do, by squawk's rule; of several for one statement, the first counts.

Source: squawkhq.com, "Rules"; research/gates.md 3.3.
"""
_SCANS = frozenset(
    {
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
        "adding-serial-primary-key-field",
        "constraint-missing-not-valid",
        "adding-foreign-key-constraint",
    }
)
_REWRITES = frozenset({"changing-column-type", "adding-field-with-default"})
_ABOUT_NEW_COLUMNS = frozenset({"adding-required-field", "adding-field-with-default"})
_LONGEST_SHOWN = 160


@dataclass(frozen=True, kw_only=True)
class UnsafeJudge:
    """Judges what the new revisions did."""

    bench: Bench
    folder: Path
    """Scratch folder for the SQL."""
    policy: UserPolicy

    async def judge(self, touched: Sequence[Touch], *, untouched: frozenset[str]) -> tuple[list[Finding], ToolRun]:
        """Findings for each unsafe statement, at the line of the revision that asked for it.

        Args:
            touched: The statements of the new revisions, in order.
            untouched: Tables that PostgreSQL was seen not to write anew, such as when a text column only grew longer.

        Raises:
            EnvironmentLacksError: squawk is not there, or does not start.
        """
        lines, owners = _script(touched)
        (self.folder / "squawk.toml").write_text("", encoding="utf-8")
        (self.folder / "change.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = Command(
            # Its own configuration file, since it looks for one in the folders above.
            argv=(own_tool("squawk"), "--config", "squawk.toml", "--reporter", "json", "change.sql"),
            cwd=self.folder,
            writable=(self.folder,),
        )
        run = await run_tool(self.bench, command)
        said: list[dict[str, Any]] = json.loads(run.completed.stdout or "[]")
        rules: dict[int, set[str]] = {}
        for each in said:
            # Source: squawk 2.70, JSON reporter: lines count from 0.
            owner = owners.get(each["line"])
            if owner is not None and each["rule_name"] in _UNSAFE:
                rules.setdefault(owner, set()).add(each["rule_name"])
        return list(self._findings(touched, rules, untouched)), run

    def _findings(
        self, touched: Sequence[Touch], rules: dict[int, set[str]], untouched: frozenset[str]
    ) -> Iterable[Finding]:
        new = NewThings()
        for number, touch in enumerate(touched):
            rule = next((rule for rule in _UNSAFE if rule in rules.get(number, ())), "")
            if rule and not new.has_tables(touch) and not (rule in _REWRITES and touch.tables <= untouched):
                is_new = new.has_columns(touch)
                if not is_new or rule in _SCANS | _ABOUT_NEW_COLUMNS:
                    yield self._finding(rule, touch, is_note=is_new and rule in _SCANS)
            new.learn(touch)

    def _finding(self, rule: str, touch: Touch, *, is_note: bool) -> Finding:
        table = ",".join(sorted(touch.tables))
        shown = touch.sql if len(touch.sql) <= _LONGEST_SHOWN else f"{touch.sql[:_LONGEST_SHOWN]}…"
        finding = unsafe(rule, table, f"`{shown}`", self.policy, path=touch.path, line=touch.line)
        if not is_note:
            return finding
        message = f"{finding.message} (the column is new, so this is quick unless the table is large)"
        return Finding(path=touch.path, line=touch.line, rule=rule, message=message, severity=Severity.NOTE)


def unsafe(rule: str, table: str, what: str, policy: UserPolicy, *, path: str = "", line: int = 0) -> Finding:
    """The finding for one unsafe thing; a note when the user allows it."""
    is_allowed = any(fnmatchcase(f"{rule}:{table}", pattern) for pattern in policy.may_migrate_unsafely)
    mend = _UNSAFE[rule].format(rule=rule, table=table)
    return Finding(
        path=path,
        line=line,
        rule=rule,
        message=f"{what} was allowed by the user" if is_allowed else f"{what}: {mend}",
        severity=Severity.NOTE if is_allowed else Severity.BLOCKING,
    )


def _script(touched: Sequence[Touch]) -> tuple[list[str], dict[int, int]]:
    """The statements as a script with their transactions, and which of them stands on which 0-based line."""
    lines: list[str] = []
    owners: dict[int, int] = {}
    is_open = False
    for number, touch in enumerate(touched):
        if touch.is_alone is is_open:
            lines.append("COMMIT;" if is_open else "BEGIN;")
            is_open = not is_open
        for part in f"{touch.sql};".splitlines():
            owners[len(lines)] = number
            lines.append(part)
    return [*lines, *(["COMMIT;"] if is_open else [])], owners
