# src/python_coder/gates/migration.py — gate: migrations follow the models, go up and down, and keep the rows
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import is_migration_file
from python_coder.gates.migration_database import (
    ScratchDatabase,
    Server,
    async_driver,
    door_to,
    find_server,
    sqlite_database,
    sync_driver,
)
from python_coder.gates.migration_history import History, alembic_ini, changed_models, judge_history, read_history
from python_coder.gates.migration_session import MigrationSession, StepResult, wants_postgres_only
from python_coder.gates.tool_run import ToolRun, not_applicable, not_run

_MEND = "give a PostgreSQL server on this machine: `--env-file` with the project's variables for it"
_DATABASE = "python_coder_scratch"


@dataclass(frozen=True)
class MigrationGate:
    """Demands one head, migrations that match the models, ways up and down that run, and rows that survive.

    All on a scratch database: SQLite, or a new database on a PostgreSQL server that the project's variables name.
    """

    name: str = "migration"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the migrations of one change."""
        ini, models = alembic_ini(context), changed_models(context)
        if not ini:
            reason = "the models changed, but the project has no Alembic" if models else "the project has no Alembic"
            return not_applicable(self.name, reason)
        base = read_history(context, context.change.base_tree, ini)
        judged = read_history(context, context.judged_tree, ini)
        paths = {revision.path for history in (base, judged) for revision in history.revisions.values()}
        changed = {path for file in context.change.files for path in (file.path, file.old_path)}
        if not models and not changed & {*paths, ini} and not any(is_migration_file(path) for path in changed):
            return not_applicable(self.name, "no model module and no migration changed")
        findings = judge_history(base, judged)
        if findings:
            return judge(self.name, findings, "")
        return await self._on_databases(context, ini, base, judged)

    async def _on_databases(self, context: GateContext, ini: str, base: History, judged: History) -> GateResult:
        server = find_server({**context.known_good.env, **context.env})
        folder = context.scratch / "migration"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        runs: list[ToolRun] = []
        problems = []
        for at in ([server] if server else []) + [None]:
            async with AsyncExitStack() as stack:
                database, spare = (sqlite_database(folder / name) for name in ("judged.sqlite", "base.sqlite"))
                session = MigrationSession(context=context, database=database, spare=spare, ini=ini, folder=folder)
                problem = await _enter_server(stack, session, at) if at else ""
                seen = _Seen(problem=problem) if problem else await _try_out(session, base, judged)
            runs += session.runs
            if not seen.problem:
                new = len(set(judged.revisions) - set(base.revisions))
                passed = f"{new} new revisions go up and down on {session.database.kind}, and the models match"
                result = judge(self.name, tuple(seen.findings), passed)
                facts: dict[str, str | int | float] = {"database": session.database.kind, "new_revisions": new}
                return replace(result, commands=tuple(run.command for run in runs), facts={**facts, **seen.facts})
            problems.append(f"{session.database.kind if not problem else 'PostgreSQL'}: {seen.problem}")
        return not_run(self.name, f"the migrations could not be tried on {'; '.join(problems)}", _MEND, *runs)


@dataclass
class _Seen:
    """What came out on one database."""

    findings: list[Finding] = field(default_factory=list)
    problem: str = ""
    """Why this database says nothing of the change."""
    facts: dict[str, str | int | float] = field(default_factory=dict)


async def _enter_server(stack: AsyncExitStack, session: MigrationSession, server: Server) -> str:
    """Put a new database on a server in place of the session's SQLite file; gone again when the stack ends."""
    if not server.is_near:
        return f"the server {server.host} is not on this machine, so no database is made there"
    environment = session.context.known_good.environment
    plain, asynchronous = sync_driver(environment), async_driver(environment)
    if not plain and not asynchronous:
        return "the project's environment has no driver for it"
    port, socket = await stack.enter_async_context(door_to(server))

    def database(name: str) -> ScratchDatabase:
        return ScratchDatabase(
            kind="PostgreSQL",
            url=server.address(plain, port, name),
            async_url=server.address(asynchronous, port, name),
            relays={port: socket},
        )

    admin = replace(session, database=database(server.database))
    names = [f"{_DATABASE}_{port}_{number}" for number in (1, 2)]
    for name in names:
        try:
            answer = await admin.rows("create", name=name)
        except EnvironmentLacksError as error:
            return str(error)
        if "error" in answer:
            return f"no database can be made on the server ({answer['error']})"
        stack.push_async_callback(admin.rows, "drop", name=name)
    session.database, session.spare = (database(name) for name in names)
    return ""


async def _try_out(session: MigrationSession, base: History, judged: History) -> _Seen:
    """Go up from nothing, compare with the models, and for new revisions go down and up again with rows."""
    seen = _Seen()
    tree = session.context.judged_folder
    first = await session.alembic(tree, ("upgrade", "heads"), ("check", ""))
    if not first[0].is_ok:
        seen.problem = await _fault_of_the_base(session, first[0], base)
        if not seen.problem:
            seen.findings.append(_failed(first[0], "upgrade-fails", "upgrade on an empty database", base, judged))
        return seen
    now = await session.rows("shape")
    if "error" in now or tuple(now["versions"]) != judged.heads:
        where = now.get("error") or f"the database stands at {', '.join(now['versions']) or 'nothing'}"
        seen.problem = f"the project's Alembic did not bring the scratch database to the head ({where})"
        return seen
    seen.findings += await _models_differ(session, first[1:], base)
    if set(judged.revisions) - set(base.revisions):
        await _down_and_up(session, base, judged, now, seen)
    return seen


async def _fault_of_the_base(session: MigrationSession, failed: StepResult, base: History) -> str:
    """Why a failed upgrade is not the change's fault; empty when it is."""
    if failed.is_unable:
        return failed.message
    context = session.context
    if session.database.kind == "SQLite" and wants_postgres_only(context):
        return f"the project is made for PostgreSQL ({failed.said})"
    if not base.revisions:
        return ""
    before = await session.on_spare().alembic(context.base_folder, ("upgrade", "heads"))
    if before[0].is_ok or before[0].said != failed.said:
        return ""
    return f"the base revision's own migrations fail on it ({before[0].said})"


async def _models_differ(session: MigrationSession, checks: tuple[StepResult, ...], base: History) -> list[Finding]:
    """What the models ask for and no migration makes, less what the base lacked already."""
    check = checks[0] if checks else StepResult(is_ok=False, message="the check did not run", is_unable=True)
    if check.is_ok:
        return []
    if check.error != "AutogenerateDiffsDetected":
        message = f"`alembic check` could not compare the models: {check.said}"
        return [Finding(rule="models-not-compared", message=message, severity=Severity.NOTE)]
    context, lacking = session.context, check.diffs or (check.said,)
    if base.revisions:
        before = await session.on_spare().alembic(context.base_folder, ("upgrade", "heads"), ("check", ""))
        known = set(before[1].diffs) if len(before) > 1 else set()
        lacking = tuple(diff for diff in lacking if diff not in known)
    return [
        Finding(rule="models-differ", message=f"the models ask for `{diff}`, which no migration does; add a revision")
        for diff in lacking
    ]


async def _down_and_up(
    session: MigrationSession, base: History, judged: History, now: Mapping[str, Any], seen: _Seen
) -> None:
    """Down to where the base stood, rows in, up, down; each time the rows must still be there."""
    tree = session.context.judged_folder
    if len(base.heads) > 1:
        message = f"the base has several heads ({', '.join(base.heads)}), so the way down was not tried"
        seen.findings.append(Finding(rule="downgrade-not-tried", message=message, severity=Severity.NOTE))
        return
    target = base.heads[0] if base.heads else "base"
    down = await session.alembic(tree, ("downgrade", target))
    if not down[0].is_ok:
        seen.findings.append(_failed(down[0], "downgrade-fails", "downgrade", base, judged))
        return
    filled = await session.rows("fill", now=now["tables"])
    if "error" in filled or tuple(filled["versions"]) != base.heads:
        where = filled.get("error") or f"the database stands at {', '.join(filled['versions']) or 'nothing'}"
        message = f"the downgrade did not lead back to {target} ({where})"
        seen.findings.append(Finding(path=_new_path(base, judged), rule="downgrade-fails", message=message))
        return
    for name, problem in filled["problems"].items():
        message = f"rows could not be put into table {name}, so nothing shows that they survive: {problem}"
        seen.findings.append(Finding(rule="rows-not-made", message=message, severity=Severity.NOTE))
    rows, tables = filled["rows"], list(filled["rows"])
    seen.facts["rows"] = sum(len(table["rows"]) for table in rows.values())
    again = await session.alembic(tree, ("upgrade", "heads"))
    if not again[0].is_ok:
        how = "upgrade of a database that holds rows" if seen.facts["rows"] else "upgrade after a downgrade"
        seen.findings.append(_failed(again[0], "upgrade-again-fails", how, base, judged))
        return
    kept = await session.rows("read", tables=tables)
    where = _new_path(base, judged)
    seen.findings += _lost(rows, kept.get("rows", {}), where, "upgrade")
    if seen.facts["rows"]:
        back = await session.alembic(tree, ("downgrade", target))
        if not back[0].is_ok:
            seen.findings.append(
                _failed(back[0], "downgrade-fails", "downgrade of a database that holds rows", base, judged)
            )
            return
        last = await session.rows("read", tables=tables)
        seen.findings += _lost(_common(rows, kept.get("rows", {})), last.get("rows", {}), where, "downgrade")


def _lost(before: Mapping[str, Any], after: Mapping[str, Any], where: str, step: str) -> list[Finding]:
    """Rows that a step lost, and values that it emptied. A table or column that it drops is no loss of rows."""
    found = []
    for name, table in before.items():
        if name not in after:
            continue
        rows, kept = table["rows"], after[name]["rows"]
        if len(kept) < len(rows):
            message = f"{step} lost {len(rows) - len(kept)} of {len(rows)} rows of table {name}"
            found.append(Finding(path=where, rule="rows-lost", message=message))
            continue
        keys = [key for key in table["keys"] if key in after[name]["keys"]]
        by_key = {tuple(row[key] for key in keys): row for row in kept}
        for row in rows if keys else []:
            now = by_key.get(tuple(row[key] for key in keys), row)
            for column, value in row.items():
                if column in now and now[column] == "None" != value:
                    message = f"{step} emptied column {column} of a row of table {name}"
                    found.append(Finding(path=where, rule="value-lost", message=message))
    return found


def _common(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The rows from before, with only the tables and columns that are still there: a dropped one comes back empty."""
    return {
        name: {**table, "rows": [{c: v for c, v in row.items() if c in columns} for row in table["rows"]]}
        for name, table in before.items()
        if name in after
        for columns in [{column for row in after[name]["rows"] for column in row}]
    }


def _failed(step: StepResult, rule: str, what: str, base: History, judged: History) -> Finding:
    """A failed step, at the revision and line where it failed."""
    revisions = {revision.path: revision for revision in judged.revisions.values()}
    at = next(((path, line) for path, line in reversed(step.frames) if path in revisions), None)
    path, line = at or (step.path or _new_path(base, judged), step.line)
    revision = f" (revision {revisions[path].id})" if path in revisions else ""
    return Finding(path=path, line=line, rule=rule, message=f"{what} fails{revision}: {step.said}")


def _new_path(base: History, judged: History) -> str:
    return next((r.path for id_, r in judged.revisions.items() if id_ not in base.revisions), "")
