# tests/skeleton/test_names.py — which names a service may have
import pytest

from python_coder.errors import UsageError
from python_coder.skeleton.names import check_name


@pytest.mark.parametrize("name", ["shop", "Shop", "order-service", "a", "a.b_c-9", "9lives", "x" * 63, "app", "match"])
def test_accepts(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "-shop",
        "shop-",
        ".shop",
        "_shop",
        "a b",
        "a/b",
        "..",
        "shop\n",
        "søster",
        "a\0b",
        "x" * 64,
        "a;b",
        "{{x}}",
    ],
)
def test_refuses_what_packaging_refuses(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a service"):
        check_name(name)


@pytest.mark.parametrize("name", ["class", "Class", "None", "none", "True", "async"])
def test_refuses_keywords(name: str) -> None:
    with pytest.raises(UsageError, match="is a keyword of Python"):
        check_name(name)
