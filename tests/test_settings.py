# tests/test_settings.py — settings are read from the environment
from pathlib import Path

import pytest

from python_coder.errors import UsageError
from python_coder.settings import LARGE_SEARCH_FILES, Settings


def test_reads_the_environment() -> None:
    plain = Settings.from_environment({"HOME": "/home/me"})
    assert plain.cache_folder == Path("/home/me/.cache/python-coder")
    assert plain.large_search_files == LARGE_SEARCH_FILES
    assert Settings.from_environment({"PYTHON_CODER_LARGE_SEARCH_FILES": "7"}).large_search_files == 7


@pytest.mark.parametrize("value", ["many", "-1", "1.5"])
def test_refuses_what_is_no_number_of_files(value: str) -> None:
    with pytest.raises(UsageError, match="number of files"):
        Settings.from_environment({"PYTHON_CODER_LARGE_SEARCH_FILES": value})
