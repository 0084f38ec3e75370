# tests/gates/test_error_signs.py — what the output of a failed import or collection tells
import pytest

from python_coder.gates.error_signs import advice, last_error, read_signs

SETTINGS = """pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
DATABASE_URL
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.11/v/missing
smtp.host
  Field required [type=missing, input_value={}, input_type=dict]
"""
OLD_SETTINGS = """pydantic.error_wrappers.ValidationError: 1 validation error for Settings
secret_key
  field required (type=value_error.missing)
"""
VARIABLES = {
    "pydantic-settings": (SETTINGS, ("DATABASE_URL", "SMTP__HOST")),
    "pydantic-1": (OLD_SETTINGS, ("SECRET_KEY",)),
    "os-environ": ("KeyError: 'SECRET_KEY'", ("SECRET_KEY",)),
    "ordinary-key": ("KeyError: 'name'", ()),
    "starlette": ("KeyError: \"Config 'TOKEN' is missing, and has no default.\"", ("TOKEN",)),
    "decouple": ("decouple.UndefinedValueError: TOKEN not found. Declare it as envvar", ("TOKEN",)),
    "environs": ('environs.EnvError: Environment variable "TOKEN" not set', ("TOKEN",)),
    "own-words": ("RuntimeError: Missing required environment variable: TOKEN", ("TOKEN",)),
}


@pytest.mark.parametrize(("output", "names"), VARIABLES.values(), ids=VARIABLES)
def test_missing_variables(output: str, names: tuple[str, ...]) -> None:
    signs = read_signs(output)
    assert signs.missing_variables == names
    assert len(advice(signs, "It")) == len(names)


SERVERS = {
    "psycopg": 'OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: refused',
    "asyncpg": "OSError: Multiple exceptions: [Errno 111] Connect call failed ('127.0.0.1', 5432)",
    "plain": "ConnectionRefusedError: [Errno 111] Connection refused",
    "name": "socket.gaierror: [Errno -2] Name or service not known",
    "resolver": "socket.gaierror: [Errno -3] Temporary failure in name resolution",
    "host": 'could not translate host name "db" to address',
    "redis": "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
    "mysql": "Can't connect to MySQL server on 'localhost'",
}


@pytest.mark.parametrize("output", SERVERS.values(), ids=SERVERS)
def test_servers_that_do_not_answer(output: str) -> None:
    assert "start it" in advice(read_signs(output), "It")[0]


def test_modules_of_packages_that_were_left_out_are_told_once() -> None:
    signs = read_signs("ModuleNotFoundError: No module named 'ldap'\nModuleNotFoundError: No module named 'jwt.api'\n")
    assert signs.missing_modules == ("ldap", "jwt.api")
    assert [sentence.split()[4] for sentence in advice(signs, "It", ["python-ldap"])] == ["jwt.api,"]


def test_frames_of_installed_code_innermost_first() -> None:
    output = (
        'INTERNALERROR>   File "/e/site-packages/_pytest/main.py", line 3, in x\n'
        'INTERNALERROR>   File "/e/site-packages/bad/plugin.py", line 3, in x\n'
        "/e/site-packages/pytest_asyncio/plugin.py:306: PytestDeprecationWarning: unset\n"
        "/e/site-packages/one.py:3: in x\n"
    )
    assert read_signs(output).installed_frames == ("one", "bad", "_pytest")


ENDS = {
    "traceback": ('Traceback:\n  File "x"\nValueError: no\n', "ValueError: no"),
    "dotted": ("x\npkg.errors.SettingsError: bad\nmore\n", "pkg.errors.SettingsError: bad"),
    "pytest": (
        "E   ImportError: cannot import name 'x'\n=== short ===\nERROR tests/a.py\n",
        "ImportError: cannot import name 'x'",
    ),
    "words": ("something\nfailed here\n", "failed here"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("output", "line"), ENDS.values(), ids=ENDS)
def test_last_error(output: str, line: str) -> None:
    assert last_error(output) == line
