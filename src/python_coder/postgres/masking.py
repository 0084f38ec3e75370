# src/python_coder/postgres/masking.py — which columns and values of an answer are hidden
import json
import re
from dataclasses import dataclass
from typing import Final

from python_coder.evidence.redaction import Redactor

MASK: Final = "[masked]"
"""Stands where a value stood that looks like a secret or tells who somebody is."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SENSITIVE = re.compile(
    r"(?:^|[^a-z])(?:"
    r"pass(?:word|wd|phrase|code|wort)?s?|pwds?|hashed_?pw|pw_?hash|secrets?|salts?|otps?|totp|mfa|pins?"
    r"|tokens?|jwts?|bearer|cookies?|csrf|nonces?|credentials?|authorization"
    r"|(?:api|access|private|secret|signing|encryption|auth|client|session|recovery|backup)_?(?:keys?|codes?|secrets?)"
    r"|e_?mails?|(?:e_?)?mail_?addr(?:ess)?(?:es)?"
    r"|(?:credit_?|debit_?|bank_?)?cards?_?(?:num(?:ber)?s?|nos?|pan)?|pan|cc_?num(?:ber)?|cvv2?|cvc2?|ibans?|ssn"
    r"|rolpassword|passwd|umoptions|srvoptions|fdwoptions|subconninfo"
    r"|most_common_vals|most_common_elems|histogram_bounds|range_bounds_histogram|stavalues\d?"
    r")(?:\d*$|[^a-z])"
)
_INSIDE = re.compile(r"password|passwd|passphrase|secret|api_?key|private_?key|access_?token|refresh_?token|e_?mail")
"""Told apart without edges, too: `userpassword`, `useremail`."""
_EMAIL = re.compile(r"[\w.%+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[^\W\d_]{2,}")
_HASH = re.compile(
    r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{20,}|\$argon2(?:id|i|d)\$\S+|\$(?:1|5|6|7|y|gy)\$[^\s\"]{8,}"
    r"|pbkdf2[_:\-]?(?:sha\d+|hmac)\S*\$\S+|\$pbkdf2\S+|\$scrypt\$\S+|scrypt:\d+:\S+|bcrypt(?:_sha256)?\$\S+"
    r"|SCRAM-SHA-256\$\S+|\{(?:SSHA|SHA|MD5|CRYPT)\d*\}\S+|(?<![A-Za-z0-9])md5[0-9a-f]{32}(?![0-9a-f])"
)
_CARD = re.compile(r"(?<![\d.])(?:3[47]|4\d|5[1-5]|2[2-7]|6\d|3[0689])\d{2}(?:[ \-]?\d){9,15}(?![\d.])")
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_LUHN_TEN = 10


@dataclass(frozen=True, kw_only=True)
class MaskingPolicy:
    """What the user wants hidden."""

    is_on: bool = True
    hidden: frozenset[str] = frozenset()
    """More columns to hide, by name, in lower case."""
    shown: frozenset[str] = frozenset()
    """Columns that are shown all the same, by name, in lower case."""

    def hides(self, name: str) -> bool:
        """Whether a column or key of this name is hidden."""
        lowered = name.lower()
        if not self.is_on or lowered in self.shown:
            return False
        return lowered in self.hidden or is_sensitive_name(name)


def is_sensitive_name(name: str) -> bool:
    """Whether a name says that secrets, e-mail or card numbers are behind it: `hashed_password`, `userEmail`, `cvv`."""
    plain = _CAMEL.sub("_", name).lower()
    return bool(_SENSITIVE.search(plain) or _INSIDE.search(plain))


def mask_text(text: str) -> str:
    """A text without secrets, password hashes, e-mail addresses and card numbers in it."""
    if "@" in text:
        text = _EMAIL.sub(MASK, text)
    text = _HASH.sub(MASK, text)
    text = _CARD.sub(lambda match: MASK if _is_card(match.group()) else match.group(), text)
    return _REDACTOR.redact(text)


def mask_json(raw: str, policy: MaskingPolicy) -> str:
    """A JSON value without them; a key's name counts, too. What needs no mask stays as it was, to the last digit.

    Args:
        raw: Valid JSON.
        policy: What keys to hide.
    """
    try:
        value = json.loads(raw, parse_float=_Figure, parse_int=_Figure)
        masked = _masked(value, policy)
    except (ValueError, RecursionError):
        return json.dumps(MASK)
    return raw if masked == value else _dumped(masked)


class _Figure(str):
    """A number as it is written, so that no digit is lost."""

    __slots__ = ()


def _masked(value: object, policy: MaskingPolicy) -> object:
    match value:
        case _Figure():
            return MASK if _CARD.fullmatch(value) and _is_card(value) else value
        case str():
            return mask_text(value)
        case list():
            return [_masked(item, policy) for item in value]
        case dict():
            return {
                mask_text(key): MASK if item is not None and policy.hides(key) else _masked(item, policy)
                for key, item in value.items()
            }
    return value


def _dumped(value: object) -> str:
    match value:
        case _Figure():
            return str(value)
        case list():
            return f"[{','.join(map(_dumped, value))}]"
        case dict():
            return (
                "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_dumped(i)}" for key, i in value.items()) + "}"
            )
    return json.dumps(value, ensure_ascii=False)


def _is_card(text: str) -> bool:
    """Whether a number has the check digit of a payment card.

    Source: ISO/IEC 7812-1, annex B, "Luhn formula".
    """
    digits = [int(char) for char in text if char.isdigit()]
    if not _SHORTEST_CARD <= len(digits) <= _LONGEST_CARD:
        return False
    doubled = [sum(divmod(2 * digit, _LUHN_TEN)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % _LUHN_TEN == 0


_REDACTOR: Final = Redactor()
