# tests/test_settings.py — what the service reads from its environment
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    # No `.env` lies here.
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("sqlite:///dev.db", "sqlite+aiosqlite:///dev.db", id="sqlite"),
        pytest.param("postgres://a@h/d", "postgresql+asyncpg://a:from-file@h/d", id="old-scheme"),
        pytest.param("postgresql://a@h/d", "postgresql+asyncpg://a:from-file@h/d", id="password-from-file"),
        pytest.param("postgresql://a:own@h/d", "postgresql+asyncpg://a:own@h/d", id="own-password-wins"),
        pytest.param("postgresql://a:own@h/d?sslmode=require", "postgresql+asyncpg://a:own@h/d?ssl=require", id="tls"),
        pytest.param("postgresql+asyncpg://a:own@h/d", "postgresql+asyncpg://a:own@h/d", id="driver-given"),
    ],
)
def test_database_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, expected: str) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    (tmp_path / "database_password").write_text("from-file\n")
    assert load_settings(tmp_path).sqlalchemy_url.render_as_string(hide_password=False) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("DATABASE_URL", "mysql://a:hunter2@h/d", id="other-database"),
        pytest.param("DATABASE_URL", "hunter2", id="no-address"),
        pytest.param("ENVIRONMENT", "prod", id="production-on-sqlite"),
        pytest.param("LOG_LEVEL", "LOUD", id="log-level"),
        pytest.param("MAX_BODY_BYTES", "0", id="body-limit"),
        pytest.param("READY_TIMEOUT_SECONDS", "0", id="timeout"),
    ],
)
def test_wrong_value_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_environment_wins_over_file_and_empty_means_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SERVICE_NAME=from-file\nLOG_LEVEL=ERROR\n")
    monkeypatch.setenv("SERVICE_NAME", "from-environment")
    monkeypatch.setenv("ENVIRONMENT", "")
    settings = load_settings()
    assert (settings.service_name, settings.log_level, settings.environment) == ("from-environment", "ERROR", "dev")


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:hunter2@h/d")
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    settings = load_settings()
    assert "hunter2" not in f"{settings!r} {settings.model_dump_json()} {settings.sqlalchemy_url}"
