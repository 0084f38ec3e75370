# tests/evidence/test_redaction.py — what is masked, and what ordinary text must survive
import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import python_coder
from python_coder.evidence.redaction import REDACTED, Redactor, contains_mark, secret_values

M = REDACTED
SECRETS = {
    "dsn": ("postgresql+asyncpg://app:s3cret!@db:5432/app", f"postgresql+asyncpg://app:{M}@db:5432/app"),
    "dsn-without-user": ("redis://:hunter2@cache:6379/0", f"redis://:{M}@cache:6379/0"),
    "dsn-with-an-at": ("amqp://u:p@ss@host/v", f"amqp://u:{M}@host/v"),
    "password-that-is-a-number": ("mysql://root:123456@db/app", f"mysql://root:{M}@db/app"),
    "assignment": ('password = "hunter2"', f'password = "{M}"'),
    "single-quotes": ("API_KEY = 'abc'", f"API_KEY = '{M}'"),
    "keyword": ('login(user="bob", password="hunter2")', f'login(user="bob", password="{M}")'),
    "annotated-default": ('password: str = "hunter2"', f'password: str = "{M}"'),
    "secret-str": ('secret_key: SecretStr = SecretStr("hunter2")', f'secret_key: SecretStr = SecretStr("{M}")'),
    "field-default": ('token: str = Field(default="abc123")', f'token: str = Field(default="{M}")'),
    "bytes": ('secret = b"hunter2"', f'secret = b"{M}"'),
    "json": ('{"db_password": "hunter2", "port": 1}', f'{{"db_password": "{M}", "port": 1}}'),
    "json-in-json": (r'{"body": "{\"token\": \"abc\"}"}', rf'{{"body": "{{\"token\": \"{M}\"}}"}}'),
    "item-assignment": ('os.environ["DB_PASSWORD"] = "hunter2"', f'os.environ["DB_PASSWORD"] = "{M}"'),
    "fallback": ('os.getenv("DB_PASSWORD", "hunter2")', f'os.getenv("DB_PASSWORD", "{M}")'),
    "yaml": ("    password: hunter2", f"    password: {M}"),
    "env-file": ("DB_PASSWORD=swordfish", f"DB_PASSWORD={M}"),
    "exported": ("export API_TOKEN=abcdef", f"export API_TOKEN={M}"),
    "in-a-diff": ("+SECRET_KEY=abcdef", f"+SECRET_KEY={M}"),
    "log": ("connect host=db password=swordfish user=bob", f"connect host=db password={M} user=bob"),
    "query": ("GET /cb?token=abc123def&x=1", f"GET /cb?token={M}&x=1"),
    "flag": ("psql --password hunter2 -h db", f"psql --password {M} -h db"),
    "flag-with-equals": ("psql --password=swordfish", f"psql --password={M}"),
    "bearer": ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {M}"),
    "basic": ("authorization: Basic dXNlcjpwYXNz", f"authorization: Basic {M}"),
    "header-dict": ('{"Authorization": "Bearer xyz"}', f'{{"Authorization": "Bearer {M}"}}'),
    "cookie": ("Cookie: session=abc; theme=dark", f"Cookie: {M}"),
    "set-cookie": ("set-cookie: sid=1; HttpOnly", f"set-cookie: {M}"),
    "jwt": ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ok", f"got {M} ok"),
    "a-name-within-another": ('client_secretkey: "hunter2"', f'client_secretkey: "{M}"'),
    "beside-letters-that-grow": ('İİİ Api-Key: "hunter2"', f'İİİ Api-Key: "{M}"'),
    "two-in-a-row": ('Token="abc",SECRET="def"', f'Token="{M}",SECRET="{M}"'),
    "aws-id": ("id AKIAIOSFODNN7EXAMPLE.", f"id {M}."),
    "aws-key": ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", f"aws_secret_access_key = {M}"),
    "github": (f"ghp_{'a1' * 18}", M),
    "github-fine": (f"github_pat_{'a1' * 20}", M),
    "anthropic": ("key sk-ant-api03-AbCdEf0123456789", f"key {M}"),
    "slack": ("xoxb-123456789012-abcdef", M),
    "stripe": ("sk_live_abcdefghij1234", M),
    "google": (f"AIza{'x' * 35}", M),
    "pem": ("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb", f"a\n{M}\nb"),
    "pem-in-a-string": (r'"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"', rf'"{M}\n"'),
    "pem-cut-off": (f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n{'B' * 64}\n", f"{M}\n"),
}

HONEST = (
    "password: str",
    "    password: SecretStr",
    "token = get_token()",
    'secret_name="db"',
    "def login(username: str, password: str, token: str | None = None) -> Token: ...",
    "user = User(name=name, password=hashed)",
    "f(user, password=password)",
    "client = Client(token=settings.api_token, secret=settings.secret_key)",
    'password = os.environ["DB_PASSWORD"]',
    'password=form.data["password"],',
    'oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")',
    'headers = {"Authorization": f"Bearer {token}"}',
    "token: Annotated[str, Depends(oauth2_scheme)]",
    'if token == "abc":',
    "tokens = text.split()",
    "max_tokens=512, input_tokens: 1200",
    "PASSWORD_MIN_LENGTH = 8",
    'TOKEN_URL = "/auth/token"',
    "POSTGRES_PASSWORD: ${DB_PASSWORD}",
    "POSTGRES_PASSWORD_FILE: /run/secrets/db_password",
    "secrets:\n  db_password:\n    file: ./secrets/db_password.txt",
    'password=""',
    'dsn = f"postgresql://{user}:{password}@{host}/{name}"',
    "DATABASE_URL=postgresql://$USER:$PASSWORD@db/app",
    "see http://localhost:8000/@me and https://example.com:443/a@b",
    "git clone ssh://git@github.com:22/o/r.git",
    "pip install pkg==1.2.3 --token-free",
    '{"password": "Password must be at least 8 characters"}',
    "raise HTTPException(401, headers={'WWW-Authenticate': 'Bearer'})",
    "Use the Bearer scheme with the Basic profile.",
    'Column("password", String(255))',
    "cookie: str = Cookie()",
    "INFO: 127.0.0.1:41232 - POST /token HTTP/1.1 200 OK",
    "assert response.json()['token_type'] == 'bearer'",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "def test_secret(self, secret: bytes) -> None:",
    "    api_key: str | None = None",
    "The --username and --password options are read from the environment.",
    "password: { type: string, minLength: 8 }",
    "task-queue-with-many-words-in-it and sk-learn-like-names-here",
)


@pytest.mark.parametrize(("text", "masked"), SECRETS.values(), ids=SECRETS)
def test_masks_the_value_and_keeps_the_rest(text: str, masked: str) -> None:
    assert Redactor().redact(text) == masked
    assert Redactor().redact(masked) == masked
    assert contains_mark(masked)


@pytest.mark.parametrize("text", HONEST)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor(["correct-horse"]).redact(text) == text


def test_source_code_of_this_package_stays_valid_python() -> None:
    for path in Path(python_coder.__file__).parent.rglob("*.py"):
        if "skeleton" not in path.parts:
            ast.parse(Redactor().redact(path.read_text(encoding="utf-8")))


KNOWN = {
    "as-it-is": "log in with correct-horse/1",
    "in-a-url": "?p=correct-horse%2F1",
    "in-base64": "Y29ycmVjdC1ob3JzZS8x",
    "inside-a-word": "xcorrect-horse/1x",
    "in-json": '"a correct-horse/1 b"',
}


@pytest.mark.parametrize("text", KNOWN.values(), ids=KNOWN)
def test_masks_known_values_in_every_spelling(text: str) -> None:
    clean = Redactor(["correct-horse/1"]).redact(text)
    assert M in clean
    assert "horse" not in clean
    assert "Y29ycm" not in clean


def test_known_plain_word_is_masked_as_a_word_only() -> None:
    assert Redactor(["dragon"]).redact("a dragon, a dragonfly") == f"a {M}, a dragonfly"


def test_short_known_values_are_left_out() -> None:
    assert Redactor(["app", "", "     "]).redact("app/main.py") == "app/main.py"


def test_everyday_words_are_left_out() -> None:
    assert Redactor(["localhost", "DEVELOPMENT"]).redact("localhost in development") == "localhost in development"


def test_password_of_a_known_address_is_masked_alone_too() -> None:
    redactor = Redactor(["postgresql://app:correct%2Dhorse@db/app"])
    assert redactor.redact("password authentication failed: correct-horse") == f"password authentication failed: {M}"


def test_multi_line_value_is_masked() -> None:
    assert Redactor(["line one\nline two"]).redact("a line one\nline two b") == f"a {M} b"


def test_json_under_a_secret_name_is_masked_whole() -> None:
    value = {"user": {"password": "a b c", "name": "bob"}, "api_key": ["k1x", "k2x"], "tokens": 3, "token": None}
    assert Redactor().redact_json(value) == {
        "user": {"password": M, "name": "bob"},
        "api_key": [M, M],
        "tokens": 3,
        "token": None,
    }


def test_known_value_in_a_key_is_masked() -> None:
    assert Redactor(["correct-horse"]).redact_json({"correct-horse": 1}) == {M: 1}


PIECES = st.sampled_from(
    [
        *[text for text, _ in SECRETS.values()],
        *HONEST,
        *(M, "password=", 'token: "', "--token ", "bearer ", "Cookie: a=", "Authorization: ", "SECRET=", "abc123"),
        *('"', "'", "@", ":", "://", "=", " ", "\n", "\\", "[", "]", ",", "&"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=6), max_size=9).map("".join))
@settings(max_examples=500, deadline=None, database=None)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    redactor = Redactor(["hunter2", "swordfish"])
    once = redactor.redact(text)
    assert redactor.redact(once) == once


def test_only_our_own_mark_counts() -> None:
    assert contains_mark('x = "[redacted]"')
    assert not contains_mark('x = "[REDACTED]"')


def test_the_folder_that_a_shell_is_in_is_no_secret() -> None:
    shell = {"PWD": "/home/me/shop", "OLDPWD": "/home/me", "LANG": "C.UTF-8"}
    secret = {"DB_PWD": "one", "API_KEY": "two", "DATABASE_URL": "sqlite:///three"}
    assert list(secret_values(shell | secret)) == ["one", "two", "sqlite:///three"]
