# src/python_coder/postgres/address.py — where a database is, and whether tools may go there
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, unquote, urlsplit

from python_coder.errors import UsageError

_SCHEME = re.compile(r"^postgres(?:ql)?(?:\+\w+)?$", re.IGNORECASE)
_PRODUCTION = re.compile(r"prod(?!uc(?!tion))|(?<![a-z])(?:prd|live|primary)(?![a-z])", re.IGNORECASE)
_TLS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslnegotiation", "channel_binding"})
_DEFAULT_PORT = 5432
_MOST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class DatabaseAddress:
    """One PostgreSQL database. Its password shows in no `repr` and no text."""

    host: str
    """Host name or IP address, or the folder of a Unix socket."""
    port: int = _DEFAULT_PORT
    database: str
    user: str
    password: str = field(default="", repr=False)
    tls: Mapping[str, str] = field(default_factory=dict)
    """What libpq is told about encryption, such as `sslmode`."""

    @property
    def label(self) -> str:
        """The address for people and models: `shop on 127.0.0.1:5432`."""
        return f"{self.database} on {self.host}:{self.port}"

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine: a Unix socket, or a loopback address."""
        return is_near(self.host)

    @property
    def is_production(self) -> bool:
        """Whether the name of the host or the database says that real data is behind it."""
        return any(_PRODUCTION.search(name) for name in (self.host, self.database))

    def as_user(self, user: str, password: str) -> "DatabaseAddress":
        """The same database for another role."""
        return replace(self, user=user, password=password)


def is_near(host: str) -> bool:
    """Whether a host is this machine."""
    if host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_address(text: str) -> DatabaseAddress:
    """Read an address such as `postgresql+asyncpg://app:word@localhost:5432/shop`. A driver in it is passed over.

    Raises:
        UsageError: It is no address of one PostgreSQL database. The message holds nothing of what was given.
    """
    try:
        parts = urlsplit(text.strip())
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        port = parts.port or int(query.get("port", _DEFAULT_PORT))
    except ValueError:
        # The parser's own error quotes the address, password and all.
        raise UsageError(_BAD_ADDRESS) from None
    host = unquote(query.get("host") or parts.hostname or "localhost")
    if not _SCHEME.fullmatch(parts.scheme) or "," in host or "hostaddr" in query or "service" in query:
        raise UsageError(_BAD_ADDRESS)
    if not 0 < port <= _MOST_PORT or "\0" in unquote(text):
        raise UsageError(_BAD_ADDRESS)
    user = unquote(parts.username or query.get("user", "postgres"))
    return DatabaseAddress(
        host=host,
        port=port,
        database=unquote(parts.path.removeprefix("/")) or query.get("dbname") or user,
        user=user,
        password=unquote(parts.password or query.get("password", "")),
        tls={name: value for name, value in query.items() if name in _TLS},
    )


def refuse_far(address: DatabaseAddress, allowed_hosts: Collection[str] = ()) -> None:
    """Refuse a database that is not on this machine, or that looks like production.

    Args:
        address: Where the tools would go.
        allowed_hosts: Hosts that the user named when the server was started; never from a tool's argument.

    Raises:
        UsageError: The user has to allow it first.
    """
    if address.host in allowed_hosts or (address.is_near and not address.is_production):
        return
    why = "looks like production" if address.is_production else "is not on this machine"
    raise UsageError(
        f"The database {address.label} {why}, so no tool goes there. If you are sure, start the server with "
        f"`--allow-host {address.host}`; else name a development database with --dsn-env, or take --embedded."
    )


_BAD_ADDRESS = (
    "The database's address cannot be read. It must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
    "with one host and no `hostaddr` or `service`; special characters in the password are percent-encoded."
)
