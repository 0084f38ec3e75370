# tests/postgres/test_masking.py — names and values that are masked, and those that are not
import pytest

from python_coder.postgres.masking import MASK, MaskingPolicy, is_sensitive_name, mask_json, mask_text

SENSITIVE = (
    *("password", "hashed_password", "password_hash", "passwordHash", "user_passwd", "pwd", "secret", "client_secret"),
    *("token", "access_token", "refreshToken", "api_key", "apiKey", "email", "e_mail", "user_email", "emailAddress"),
    *("card_number", "cardNo", "pan", "cvv", "cvc2", "iban", "ssn", "otp_secret", "salt", "session_key", "jwt"),
    *("userpassword", "USEREMAIL", "contact-email", "emails", "rolpassword", "private_key"),
)
PLAIN = (
    *("id", "name", "created_at", "author", "title", "companion", "spinner", "tokenizer", "mailbox_size", "key"),
    *("passenger", "cardinality", "assault", "compass", "order_key", "expand"),
)


@pytest.mark.parametrize("name", SENSITIVE)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_sensitive_name(name)


@pytest.mark.parametrize("name", PLAIN)
def test_other_names_are_not(name: str) -> None:
    assert not is_sensitive_name(name)


HIDDEN = {
    "email": "write to bob.b+x@mail.example.co.uk now",
    "email-in-letters": "bjørn@exämple.com",
    "bcrypt": "$2b$12$KIXQ0F1Jq0yH5hG2c9z1eO",
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "django": "pbkdf2_sha256$260000$abcdef$0123456789=",
    "scram": "SCRAM-SHA-256$4096:abc$def:ghi",
    "postgres-md5": "md5" + "0123456789abcdef" * 2,
    "visa": "4111 1111 1111 1111",
    "amex": "378282246310005",
    "mastercard": "5555-5555-5555-4444",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_values_that_tell_are_masked(text: str) -> None:
    masked = mask_text(text)
    assert MASK in masked
    assert masked == mask_text(masked)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "1706788800000000",
        "0.4111111111111111",
        "user @ home",
        "a@b",
        "550e8400-e29b-41d4-a716-446655440000",
        "2024-01-01T00:00:00",
        "$5.00",
        "md5 of it",
    ],
)
def test_values_that_only_look_alike_stay(text: str) -> None:
    assert mask_text(text) == text


JSON = {
    "figures-stay": ("[1.10, 12345678901234567890, 1e400]", "[1.10, 12345678901234567890, 1e400]"),
    "key": ('{"email": "x", "n": 1.10}', '{"email":"[masked]","n":1.10}'),
    "nested": ('[{"a": {"password": [1, 2]}}]', '[{"a":{"password":"[masked]"}}]'),
    "null-stays": ('{"email": null}', '{"email": null}'),
    "escaped": (r'"bob\u0040example.com"', '"[masked]"'),
    "card-as-number": ("4111111111111111", '"[masked]"'),
    "too-deep": ("[" * 100_000 + "]" * 100_000, '"[masked]"'),
}


@pytest.mark.parametrize(("raw", "masked"), JSON.values(), ids=JSON)
def test_json_is_masked_by_key_and_value(raw: str, masked: str) -> None:
    assert mask_json(raw, MaskingPolicy()) == masked


def test_wishes_of_the_user_win() -> None:
    policy = MaskingPolicy(hidden=frozenset({"name"}), shown=frozenset({"email"}))
    assert (policy.hides("Name"), policy.hides("email"), policy.hides("token")) == (True, False, True)
    assert not MaskingPolicy(is_on=False).hides("password")
