# src/python_coder/evidence/secret_shapes.py — what secrets look like in code, configuration, logs and headers
import re
from dataclasses import dataclass

_WORDS = (
    r"(?:password|passwd|passphrase|passwort|pwd|secret|secret[_-]?key|signing[_-]?key|encryption[_-]?key|token"
    r"|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credentials?|auth[_-]?key)"
)
_NAMED = re.compile(rf"[\w.\- ]*?{_WORDS}|authorization|(?:set-)?cookie", re.IGNORECASE)
_HOLDS_NAME = re.compile(_WORDS, re.IGNORECASE)
_LOWERED_NAME = re.compile(_WORDS)
_PLACEHOLDER = re.compile(r"\s*(?:$|[{<$]|%[({s]|\*{2,}$|\.{3}$|x{4,}$|!(?:secret|vault|env)\b)", re.IGNORECASE)
_PROSE = re.compile(r"[A-Z][a-z]+(?: \S+){2,}")
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_TYPE = re.compile(
    r"(?:str|u?int|float|bytes|utf|sha|hs|rs|es|md|base|uuid|argon|bcrypt|oauth|http)[-_]?\d*", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret: `db_password`, `API_KEY`, but not `token_url`."""
    return bool(_NAMED.fullmatch(name))


def is_telling_value(value: str) -> bool:
    """Whether a text under a secret's name gives something away: no placeholder, no message, not the mere name."""
    return not (_PLACEHOLDER.match(value) or _PROSE.match(value) or re.fullmatch(_WORDS, value, re.IGNORECASE))


def _is_telling_word(value: str) -> bool:
    """Stricter, for a value without quotes, which in code is mostly a variable, a type or a number."""
    return (
        is_telling_value(value)
        and not _HOLDS_NAME.search(value)
        and not _ATTRIBUTE.fullmatch(value)
        and not _TYPE.fullmatch(value)
    )


@dataclass(frozen=True)
class Shape:
    """One way a secret is written. The group `secret` is masked; without such a group the whole match is."""

    needles: tuple[str, ...]
    """The pattern matches only where one of these stands, in any case; a quick first look."""
    pattern: re.Pattern[str]
    is_bare: bool = False
    """Whether the value stands without quotes, so that it may be code."""
    begins_with_name: bool = False
    """Whether each match begins with one of the names of secrets."""

    def mask(self, text: str, mark: str) -> str:
        """Replace each secret of this shape by the mark."""
        lowered = text.lower()
        # A few letters of other scripts grow when they are lowered; places would then not be the same.
        if not self.begins_with_name or len(lowered) != len(text):
            return self.pattern.sub(lambda match: self._masked(match, mark), text)
        told, done = [], 0
        # To look for the names in lower case is ten times as quick as to ignore the case at every letter.
        name = _LOWERED_NAME.search(lowered)
        while name:
            match = self.pattern.match(text, name.start())
            if match:
                told += [text[done : match.start()], self._masked(match, mark)]
                done = match.end()
            name = _LOWERED_NAME.search(lowered, done if match else name.start() + 1)
        return "".join((*told, text[done:]))

    def _masked(self, match: re.Match[str], mark: str) -> str:
        whole = match.group()
        if "secret" not in self.pattern.groupindex:
            return mark
        secret = match.group("secret")
        is_telling = _is_telling_word(secret) if self.is_bare else is_telling_value(secret)
        if secret == mark or not is_telling:
            return whole
        start, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return whole[:start] + mark + whole[end:]


def _shape(
    needles: str, *pattern: str, is_bare: bool = False, flags: re.RegexFlag = re.IGNORECASE | re.MULTILINE
) -> Shape:
    return Shape(tuple(needles.split()), re.compile("".join(pattern), flags), is_bare, pattern[0] == _WORDS)


_EXACT = re.NOFLAG
_NAMES = "pass pwd secret token key credential"
_TOKENS = {
    "akia asia aroa aida": r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "ghp_ gho_ ghu_ ghs_ ghr_": r"gh[pousr]_[A-Za-z0-9]{20,}",
    "github_pat_": r"github_pat_\w{20,}",
    "glpat-": r"glpat-[\w-]{16,}",
    "xox": r"xox[abeoprs]-[\w-]{10,}",
    "_live_ _test_": r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",
    "whsec_": r"whsec_[A-Za-z0-9]{16,}",
    "sk-": r"sk-(?=[\w-]*\d)[\w-]{16,}",
    "aiza": r"AIza[\w-]{30,}",
    "ya29.": r"ya29\.[\w-]{20,}",
    "npm_ hf_ dop_v1_ shpat_ lin_api_ dckr_pat_": r"(?:npm|hf|dop_v1|shpat|lin_api|dckr_pat)_[\w-]{20,}",
    "pypi-ag": r"pypi-Ag[\w-]{20,}",
    "sg.": r"SG\.[\w-]{16,}\.[\w-]{16,}",
    ":aa": r"\d{8,10}:AA[\w-]{30,}",
    "eyj": r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
}
_BOUND = r"""(?P<quote>\\*["'])(?P<secret>(?:(?!(?P=quote)).)+)(?P=quote)"""
_ANNOTATION = r"(?:\s*:\s*[\w.\[\], |]+?)?"
_WRAPPER = r"(?:(?:[\w.]*Secret(?:Str|Bytes)|Field|field)\(\s*(?:default\s*=\s*)?)?"
_BARE_STOP = r"""\s"'`,;&(){}\[\]<>"""
_KEY_HEAD = r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
_KEY_TAIL = r"-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"

SHAPES = (
    _shape("-----begin", _KEY_HEAD, ".{1,20000}?", _KEY_TAIL, flags=re.DOTALL),
    _shape("-----begin", _KEY_HEAD, r"(?:(?:\\n|[\s+>|])+[A-Za-z0-9+/=]{16,})+", flags=_EXACT),
    *(_shape(needles, r"(?<![A-Za-z0-9_-])", token, flags=_EXACT) for needles, token in _TOKENS.items()),
    _shape(
        "://",
        r"""\b[a-z][a-z0-9+.\-]*://[^\s:/@'"<>]*:""",
        r"(?!\d+(?:[/?#]|\b(?!@|[^\s/@]*@)))",  # a port, not a password
        r"""(?P<secret>[^\s'"`<>]+)@(?=[\w\[{$.])""",
    ),
    _shape(
        "authorization",
        r"""authorization\\*["']?\s*[:=,]\s*[bf]?\\*["']?""",
        r"""(?:bearer|basic|token|digest|negotiate|apikey)\s+(?P<secret>[^\s"'\\,;]+)""",
    ),
    _shape(
        "authorization",
        r"""authorization\\*["']?\s*[:=]\s*\\*["']?(?P<secret>(?=[^\s"']*\d)[\w.~+/=\-]{12,})""",
    ),
    _shape("bearer basic", r"\b(?:bearer|basic)\s+(?P<secret>(?=[\w.~+/=\-]*\d)[\w.~+/=\-]{12,})"),
    _shape("cookie", r"""\bcookie\\*["']?\s*:\s*\\*["']?(?P<secret>[\w.\-]+=[^\n"'\\]+)"""),
    _shape(
        _NAMES, _WORDS, r"""\\*["']?\]?""", _ANNOTATION, r"\s*[:=]\s*", _WRAPPER, "[rbuf]{0,2}", _BOUND
    ),  # password = "…", "password": "…", password: str = "…", SecretStr("…")
    _shape("environ getenv", r"""(?:getenv|environ\.get)\(\s*["'][\w.\-]*""", _WORDS, r"""["']\s*,\s*""", _BOUND),
    _shape(
        _NAMES,
        r"^[ \t+\-]*(?:export |ENV |- )?[A-Z0-9_]*",
        _WORDS.upper().replace("[_-]", "_"),
        r"""=(?P<secret>[^\s"'`()]{3,})""",
        flags=re.MULTILINE,
    ),  # DB_PASSWORD=… in an environment file
    _shape(
        "--",
        r"--[\w\-]*",
        _WORDS,
        r"""(?:=|[ ](?=\S*[^a-z\s]))(?P<secret>(?!-)[^\s"'`]*[a-z0-9][^\s"'`]*)""",
        is_bare=True,
        flags=_EXACT,
    ),
    _shape(
        _NAMES,
        _WORDS,
        r"""["']?\s*[:=]\s*(?P<secret>""",
        rf"(?=[^{_BARE_STOP}]*\d)(?=[^{_BARE_STOP}]*[A-Za-z!@#$%^*])",
        rf"[^{_BARE_STOP}=]{{6,}})(?![\w(\[.])",
        is_bare=True,
    ),  # password: hunter2, token=abc123 in a log, a query or YAML
    _shape(
        "pass pwd",
        r"(?:password|passwd|passphrase|pwd)=",
        rf"(?P<secret>[A-Za-z][^{_BARE_STOP}=]{{5,}})(?=[\s&;]|$)",
        is_bare=True,
    ),
)
"""Every shape, tried in this order."""
