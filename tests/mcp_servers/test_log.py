# tests/mcp_servers/test_log.py — what a server logs, and what it never does
import logging

import pytest

from python_coder.mcp_servers.log import log_to_stderr


def test_log_goes_to_standard_error_without_secrets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "correct-horse-battery")
    handlers = logging.root.handlers[:]
    try:
        log_to_stderr()
        try:
            int("token=hunter2hunter2 and correct-horse-battery")
        except ValueError:
            logging.getLogger("python_coder.x").exception("It failed")
        logging.getLogger("mcp").info("not told")
    finally:
        logging.root.handlers[:] = handlers
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" in err
    assert "token=[redacted] and [redacted]" in err
    assert "not told" not in err
