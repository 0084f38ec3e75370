# src/python_coder/workspace/probes/collect_tests.py — run by a project's Python: collect its tests, and count them
"""Arguments: a file for the number of collected tests, then those of pytest. Runs on Python 3.8 and newer, alone.

The exit status alone does not tell: a conftest that ends the process gives 0 without having collected anything.
"""

import sys
from pathlib import Path


class Count:
    """Writes down how many tests were collected, also when some files could not be."""

    def pytest_collection_finish(self, session: object) -> None:
        """Called by pytest at the end of the collection."""
        Path(sys.argv[1]).write_text(str(len(getattr(session, "items", ()))))


if __name__ == "__main__":
    # Unlike `-m pytest`, the judged runs leave the working folder off the import path, and so does this.
    sys.path[:] = [path for path in sys.path if path and path != str(Path(__file__).parent)]
    import pytest

    sys.exit(pytest.main(sys.argv[2:], plugins=[Count()]))
