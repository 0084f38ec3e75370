# tests/workspace/test_set_up.py — what set-up commands may see of the user
from pathlib import Path

import pytest

from python_coder.workspace.commands import CompletedCommand
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.set_up import SetUp, last_lines, set_up_env, uv_program

PASSED_ON = """
    UV_INDEX_URL UV_INDEX_MINE_PASSWORD UV_DEFAULT_INDEX UV_CACHE_DIR UV_OFFLINE PIP_INDEX_URL
    https_proxy NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE HOME XDG_CONFIG_HOME
"""
KEPT_BACK = """
    ANTHROPIC_API_KEY AWS_SECRET_ACCESS_KEY GITHUB_TOKEN DATABASE_URL SSH_AUTH_SOCK LD_PRELOAD PYTHONPATH
    UV_PUBLISH_TOKEN UV_PROJECT_ENVIRONMENT UV_PYTHON UV_LINK_MODE VIRTUAL_ENV
"""


def test_index_settings_pass_and_private_ones_do_not() -> None:
    env = set_up_env(dict.fromkeys((PASSED_ON + KEPT_BACK).split(), "x"))
    assert set(PASSED_ON.split()) <= set(env)
    assert not set(KEPT_BACK.split()) & set(env)


def test_shims_are_not_on_the_path() -> None:
    assert set_up_env({"PATH": "/u/.pyenv/shims:/usr/bin"})["PATH"] == "/usr/bin"


def test_uv_is_ours() -> None:
    assert uv_program().is_file()
    assert "shims" not in uv_program().parts


SCRIPT = 'printf "%s\\n" "${UV_OFFLINE-online}" >> log; [ "$1" = good ] || [ -z "$UV_OFFLINE" ]'
TRIES = {"cache-suffices": ("good", ["1"]), "network-needed": ("bad", ["1", "online"])}


@pytest.mark.parametrize(("word", "tries"), TRIES.values(), ids=TRIES)
async def test_offline_comes_first(word: str, tries: list[str], tmp_path: Path) -> None:
    set_up = SetUp(runner=make_runner("none"), env={"PATH": "/usr/bin:/bin"}, names={}, writable=(tmp_path,))
    done = await set_up.run_offline_first("sh", "-c", SCRIPT, "sh", word, cwd=tmp_path)
    assert done.exit_code == 0
    assert (tmp_path / "log").read_text().split() == tries
    assert [entry.exit_code for entry in set_up.how][-1] == 0


def test_long_output_is_cut_in_the_middle() -> None:
    text = "\n".join(map(str, range(100)))
    done = CompletedCommand(argv=(), exit_code=1, stdout="", stderr=text, seconds=0, output_digest="")
    assert last_lines(done).split("\n") == ["0", "1", "2", "3", "4", "5", "…", "94", "95", "96", "97", "98", "99"]
