# tests/service_map/written_files.py — the files of a small service, as a test writes them
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class WrittenFiles:
    """Text files by path. A `FileView`."""

    texts: Mapping[str, str]

    def paths(self) -> Sequence[str]:
        return sorted(self.texts)

    def read(self, path: str) -> str | None:
        return self.texts.get(path)


def written(texts: Mapping[str, str]) -> WrittenFiles:
    """Files whose texts may be indented like the test around them."""
    return WrittenFiles({path: dedent(text) for path, text in texts.items()})
