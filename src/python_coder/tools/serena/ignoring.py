# src/python_coder/tools/serena/ignoring.py — which of a project's files git ignores
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from python_coder.symbols.ignored import GITIGNORE, IgnoreRules, read_rule_file
from python_coder.symbols.outer_rules import OuterRules


def not_ignored(root: Path, paths: Sequence[str]) -> Sequence[str]:
    """Those of some files below a folder that no `.gitignore` rule leaves out, in their order.

    Args:
        root: Folder of the project; rules of the repository around it count, too.
        paths: Relative to the folder. A `.gitignore` file counts if it is one of them.
    """
    outer = OuterRules.around(root)
    files = {path for path in paths if path.rpartition("/")[2] == GITIGNORE}

    def in_repository(path: str) -> str:
        return f"{outer.prefix}/{path}".strip("/")

    @cache
    def rules_in(folder: str) -> IgnoreRules | None:
        """Rules for what lies in a folder; `None` if the folder itself is ignored."""
        rules: IgnoreRules | None = outer.read()
        if folder:
            rules = rules_in(folder.rpartition("/")[0])
            if rules is None or rules.ignores(in_repository(folder), is_folder=True):
                return None
        file = f"{folder}/{GITIGNORE}" if folder else GITIGNORE
        if rules is not None and file in files:
            rules = rules.within(in_repository(folder), read_rule_file(str(root / file)))
        return rules

    def is_kept(path: str) -> bool:
        rules = rules_in(path.rpartition("/")[0])
        return rules is not None and not rules.ignores(in_repository(path), is_folder=False)

    return [path for path in paths if is_kept(path)]
