# tests/postgres/test_address.py — addresses: read, shown without their password, and refused
import pytest

from python_coder.errors import UsageError
from python_coder.postgres.address import DatabaseAddress, parse_address, refuse_far

READ = {
    "plain": ("postgresql://app:word@localhost:5433/shop", ("localhost", 5433, "shop", "app", "word")),
    "driver": ("postgresql+asyncpg://app@127.0.0.1/shop", ("127.0.0.1", 5432, "shop", "app", "")),
    "short-scheme": ("postgres://app@h/shop", ("h", 5432, "shop", "app", "")),
    "percent": ("postgresql://a%40b:w%2Frd@h/my%20db", ("h", 5432, "my db", "a@b", "w/rd")),
    "socket-in-query": ("postgresql://u:p@/db?host=/run/pg&port=6000", ("/run/pg", 6000, "db", "u", "p")),
    "socket-in-host": ("postgresql://u@%2Frun%2Fpg/db", ("/run/pg", 5432, "db", "u", "")),
    "ipv6": ("postgresql://u@[::1]:5432/db", ("::1", 5432, "db", "u", "")),
    "without-database": ("postgresql://u@localhost", ("localhost", 5432, "u", "u", "")),
    "user-and-password-in-query": ("postgresql:///db?user=u&password=p", ("localhost", 5432, "db", "u", "p")),
}


@pytest.mark.parametrize(("text", "parts"), READ.values(), ids=READ)
def test_address_is_read(text: str, parts: tuple[object, ...]) -> None:
    address = parse_address(text)
    assert (address.host, address.port, address.database, address.user, address.password) == parts


@pytest.mark.parametrize(
    "text",
    [
        "mysql://u:hidden@h/db",
        "sqlite:///x.db",
        "postgresql://u:hidden@a,b/db",
        "postgresql://u:hidden@a/db?hostaddr=10.0.0.1",
        "postgresql:///db?service=hidden",
        "postgresql://u:hidden@h:port/db",
        "postgresql://u:hidden@h:99999/db",
        "postgresql://u:hidden@[h/db",
        "hidden",
        "",
    ],
)
def test_what_is_no_single_address_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be read") as refused:
        parse_address(text)
    assert "hidden" not in str(refused.value)


def test_password_shows_in_no_form() -> None:
    address = parse_address("postgresql://app:correct-horse@localhost/shop?sslmode=disable&options=-csomething")
    assert "correct-horse" not in f"{address!r} {address} {address.label}"
    assert address.tls == {"sslmode": "disable"}


NEAR = ("localhost", "127.0.0.1", "127.8.8.8", "::1", "/var/run/postgresql")
FAR = ("db", "10.0.0.5", "localhost.evil.example", "127.0.0.1.nip.example", "0.0.0.0", "example.com")


@pytest.mark.parametrize("host", NEAR)
def test_this_machine_is_near(host: str) -> None:
    refuse_far(DatabaseAddress(host=host, database="shop", user="u"))


@pytest.mark.parametrize("host", FAR)
def test_other_machines_are_refused_unless_they_are_named(host: str) -> None:
    address = DatabaseAddress(host=host, database="shop", user="u")
    with pytest.raises(UsageError, match=f"--allow-host {host}"):
        refuse_far(address)
    refuse_far(address, {host})


@pytest.mark.parametrize(
    "name", ["prod", "shop_prod", "production", "PRODUCTION2", "prd", "live", "eu-live-1", "primary"]
)
def test_names_of_production_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="looks like production"):
        refuse_far(DatabaseAddress(host="localhost", database=name, user="u"))


@pytest.mark.parametrize("name", ["products", "producer", "shop", "delivery", "oliver", "test_primaryschool"])
def test_other_names_are_not(name: str) -> None:
    refuse_far(DatabaseAddress(host="localhost", database=name, user="u"))
