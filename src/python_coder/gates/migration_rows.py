# src/python_coder/gates/migration_rows.py — which rows, values, columns and tables a migration's step took away
from collections.abc import Iterator, Mapping
from typing import Any

from python_coder.evidence.verdict import Finding


def lost_rows(before: Mapping[str, Any], after: Mapping[str, Any], where: str, step: str) -> list[Finding]:
    """Rows that a step lost, and values that it emptied. Tables and columns that it drops are told apart from these.

    Args:
        before: Answer of the rows probe: rows and keys by table.
        after: The same, after the step.
        where: Path of the revision, for findings.
        step: `upgrade` or `downgrade`.
    """
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


def common_rows(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The rows from before, with only the tables and columns that are still there: a dropped one comes back empty."""
    return {
        name: {**table, "rows": [{c: v for c, v in row.items() if c in columns} for row in table["rows"]]}
        for name, table in before.items()
        if name in after
        for columns in [{column for row in after[name]["rows"] for column in row}]
    }


def dropped(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rule of squawk, the table and the words for each table and column that had rows before and is gone after."""
    for name, table in before.items():
        if table["rows"] and name not in after:
            yield "ban-drop-table", name, f"table {name} is gone after the upgrade"
        elif table["rows"] and after[name]["rows"]:
            for column in sorted(set(table["rows"][0]) - set(after[name]["rows"][0])):
                yield "ban-drop-column", name, f"column {name}.{column} is gone after the upgrade"
