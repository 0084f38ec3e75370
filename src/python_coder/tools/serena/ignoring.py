# src/python_coder/tools/serena/ignoring.py — which of a project's files git ignores
from collections.abc import Sequence
from functools import cache, lru_cache
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
    contents = {
        path.rpartition("/")[0]: read_rule_file(str(root / path))
        for path in paths
        if path == GITIGNORE or path.endswith(f"/{GITIGNORE}")
    }
    return _kept(outer.prefix, tuple(map(read_rule_file, outer.files)), outer, tuple(contents.items()), tuple(paths))


@lru_cache(maxsize=4)
def _kept(
    prefix: str,
    outer_contents: tuple[bytes, ...],
    outer: OuterRules,
    contents: tuple[tuple[str, bytes], ...],
    paths: tuple[str, ...],
) -> Sequence[str]:
    """The same, as a pure function of all rules; `outer_contents` is there to tell one state of them from another."""
    own = dict(contents)

    def in_repository(path: str) -> str:
        return f"{prefix}/{path}".strip("/")

    @cache
    def rules_in(folder: str) -> IgnoreRules | None:
        """Rules for what lies in a folder; `None` if the folder itself is ignored."""
        rules: IgnoreRules | None = outer.read()
        if folder:
            rules = rules_in(folder.rpartition("/")[0])
            if rules is None or rules.ignores(in_repository(folder), is_folder=True):
                return None
        if rules is not None and folder in own:
            rules = rules.within(in_repository(folder), own[folder])
        return rules

    def is_kept(path: str) -> bool:
        rules = rules_in(path.rpartition("/")[0])
        return rules is not None and not rules.ignores(in_repository(path), is_folder=False)

    return [path for path in paths if is_kept(path)]
