# src/python_coder/tools/path_rules.py — which paths a tool may touch, told from their text alone
import functools
import re
import unicodedata
from fnmatch import translate
from pathlib import PurePosixPath

_LONGEST_NAME_BYTES = 255
_LONGEST_PATH_BYTES = 4_000
_MOST_FOLDERS = 100
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of controls, joiners and marks of direction, halves of characters, line ends."""
_GIT_NAMES = frozenset({".git", "git~1"})
"""Git's folder, or the file that stands for it in a worktree, and the short name that NTFS gives it."""
_ENV_EXAMPLES = ("example", "sample", "template")
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube", ".secrets"})
_SECRET_NAMES = (
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", "_netrc", ".pgpass", ".npmrc", ".pypirc", ".my.cnf"),
    *(".git-credentials", ".htpasswd", ".vault_pass*", ".vault-token", ".dockercfg", ".s3cfg", ".boto"),
    *("credentials.json", "service-account*.json", "service_account*.json", "client_secret*.json"),
    *("secrets.toml", "secrets.json", "secrets.yml", "secrets.yaml", ".secrets.toml", "*.tfvars", "*.tfstate"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.keystore", "*.jks", "*.ppk", "*.kdbx", "*.gpg"),
)
_SECRET = re.compile("|".join(map(translate, _SECRET_NAMES)))


@functools.lru_cache(maxsize=100_000)
def refusal(path: str) -> str | None:
    """Why a tool may not touch `path`, or `None` when it may. Judges the text of the path only.

    Names are compared as every file system that Linux mounts might take them: without regard to case, with
    look-alike characters made plain, without the dots, blanks and stream names that NTFS drops.
    """
    pure = PurePosixPath(path)
    if why := _shape(path, pure):
        return why
    plain = [_plain(part) for part in pure.parts]
    if pure.is_absolute() or ".." in plain or plain[0].startswith("~"):
        return "lies outside the project"
    if not _GIT_NAMES.isdisjoint(plain):
        return "belongs to git"
    if any(_is_env(name) for name in plain):
        return "holds secrets; use .env.example for the names"
    if not _SECRET_FOLDERS.isdisjoint(plain) or _is_secret(plain[-1]):
        return "looks like a secret"
    return None


def _shape(path: str, pure: PurePosixPath) -> str | None:
    if not pure.parts or "\\" in path:
        return "is not a plain relative path"
    if not path.isprintable() and any(unicodedata.category(char) in _UNSEEN for char in path):
        return "holds characters that cannot be seen"
    if len(path.encode()) > _LONGEST_PATH_BYTES or len(pure.parts) > _MOST_FOLDERS:
        return "is too long"
    if any(len(part.encode()) > _LONGEST_NAME_BYTES for part in pure.parts):
        return f"has a name of more than {_LONGEST_NAME_BYTES} bytes"
    return None


def _plain(name: str) -> str:
    """A name as the most forgiving file system takes it."""
    plain = name.lower() if name.isascii() else _look_alike(name)
    plain = plain.partition(":")[0]
    return plain if set(plain) <= {"."} else plain.rstrip(". ")


def _look_alike(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_env(name: str) -> bool:
    if name.startswith(".env"):
        return not name.endswith(tuple(f".{word}" for word in _ENV_EXAMPLES))
    return name.endswith(".env") and name.removesuffix(".env") not in _ENV_EXAMPLES


def _is_secret(name: str) -> bool:
    return _SECRET.match(name) is not None
