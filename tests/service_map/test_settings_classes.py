# tests/service_map/test_settings_classes.py — settings and the variables that they come from
import pytest
from written_files import written

from python_coder.service_map.settings_classes import Setting
from python_coder.service_map.whole import whole_map

_HEAD = "from pydantic import AliasChoices, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n"
CASES = {
    "plain": ("    url: str", ("URL",), "", True),
    "default": ("    port: int = 5432", ("PORT",), "5432", False),
    "prefix": ("    model_config = SettingsConfigDict(env_prefix='shop_')\n    url: str", ("SHOP_URL",), "", True),
    "old-prefix": ("    class Config:\n        env_prefix = 'SHOP_'\n    url: str", ("SHOP_URL",), "", True),
    "alias": ("    url: str = Field(..., validation_alias='DB_URL')", ("DB_URL",), "", True),
    "choices": ("    url: str = Field('x', alias=AliasChoices('A', 'B'))", ("A", "B"), "'x'", False),
    "factory": ("    url: list[str] = Field(default_factory=list)", ("URL",), "list", False),
    "secret": ("    api_key: str = 'sk-123'", ("API_KEY",), "…", False),
    "secret-in-an-address": ("    url: str = 'postgresql://u:p@h/d'", ("URL",), "…", False),
    "no-secret": ("    token: str | None = None", ("TOKEN",), "None", False),
}


@pytest.mark.parametrize(("body", "variables", "default", "is_required"), CASES.values(), ids=CASES)
def test_reads_one_setting(body: str, variables: tuple[str, ...], default: str, *, is_required: bool) -> None:
    service = whole_map(written({"config.py": f"{_HEAD}class Settings(BaseSettings):\n{body}\n"}))
    (setting,) = service.settings[0].settings
    assert (setting.variables, setting.default, setting.is_required) == (variables, default, is_required)


def test_inherits_settings_and_their_prefix() -> None:
    code = f"""{_HEAD}
class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="S_")
    first: int
class Settings(Base):
    first: int = 1
    second: int
"""
    _, settings = whole_map(written({"config.py": code})).settings
    assert settings.settings == (
        Setting("first", ("S_FIRST",), "int", "1", 8),
        Setting("second", ("S_SECOND",), "int", "", 9),
    )
