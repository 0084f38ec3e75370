# tests/gates/test_vacuous.py — tests that cannot fail, and tests that only look so
import pytest

from python_coder.gates.statements import parse
from python_coder.gates.test_functions import TestFunction, definitions_of_tests
from python_coder.gates.vacuous import Weakness, weaknesses

HEAD = """\
import contextlib
import json
import math
from unittest.mock import AsyncMock, Mock, patch

import pytest
from fastapi.testclient import TestClient

from app.calc import Service, add
from app.main import app

client = TestClient(app)
EXPECTED = {"a": 1}


def build():
    return 5


def check_total(value):
    assert value == 5


@pytest.fixture
def five():
    return 5


"""


def found(body: str) -> tuple[Weakness, ...]:
    source = parse((HEAD + body).encode())
    assert source is not None
    tests = [TestFunction("tests/test_x.py", d, source) for d in definitions_of_tests(source)]
    return weaknesses(tests[-1])


VACUOUS = {
    "no-assertion": "def test_x():\n    add(1, 2)\n",
    "no-body": "def test_x(): ...\n",
    "assert-true": "def test_x():\n    add(1, 2)\n    assert True\n",
    "assert-one": "def test_x():\n    assert 1\n",
    "assert-string": "def test_x():\n    assert 'added'\n",
    "assert-constants": "def test_x():\n    assert 1 + 1 == 2\n",
    "assert-not-false": "def test_x():\n    assert not False\n",
    "tuple": "def test_x():\n    assert (add(1, 2) == 4, 'wrong')\n",
    "itself": "def test_x():\n    r = add(1, 2)\n    assert r == r\n",
    "call-itself": "def test_x():\n    assert add(1, 2) == add(1, 2)\n",
    "or-true": "def test_x():\n    assert add(1, 2) == 4 or True\n",
    "length": "def test_x():\n    assert len(client.get('/').json()) >= 0\n",
    "local-literal": "def test_x():\n    add(1, 2)\n    result = 3\n    assert result == 3\n",
    "local-chain": "def test_x():\n    a = 1\n    b = a + 1\n    assert math.sqrt(b * 2) == 2\n",
    "module-constant": "def test_x():\n    assert EXPECTED == {'a': 1}\n",
    "pure-helper": "def test_x():\n    assert build() == 5\n",
    "pure-fixture": "def test_x(five):\n    assert five == 5\n",
    "parametrized-only": (
        "@pytest.mark.parametrize('a, b', [(1, 1)])\ndef test_x(a, b):\n    add(a, b)\n    assert a == b\n"
    ),
    "mock": "def test_x():\n    m = Mock()\n    m.save(1)\n    m.save.assert_called_once()\n    assert m is not None\n",
    "mock-returns": "def test_x():\n    m = Mock(return_value=3)\n    assert m() == 3\n",
    "swallowed": "def test_x():\n    try:\n        assert add(1, 2) == 4\n    except AssertionError:\n        pass\n",
    "swallowed-bare": "def test_x():\n    try:\n        assert add(1, 2) == 4\n    except:\n        print('no')\n",
    "swallowed-tuple": (
        "def test_x():\n    try:\n        assert add(1) == 4\n    except (ValueError, Exception):\n        pass\n"
    ),
    "suppressed": "def test_x():\n    with contextlib.suppress(AssertionError):\n        assert add(1, 2) == 4\n",
    "after-return": "def test_x():\n    return\n    assert add(1, 2) == 4\n",
    "after-skip": "def test_x():\n    pytest.skip('later')\n    assert add(1, 2) == 4\n",
    "if-false": "def test_x():\n    if False:\n        assert add(1, 2) == 4\n",
    "while-zero": "def test_x():\n    while 0:\n        assert add(1, 2) == 4\n",
    "loop-over-nothing": "def test_x():\n    for a in []:\n        assert add(a, 2) == 4\n",
    "raises-around-nothing": "def test_x():\n    with pytest.raises(ValueError):\n        raise ValueError\n",
    "raises-exception": "def test_x():\n    with pytest.raises(Exception):\n        add(1)\n",
    "assert-in-broad-raises": "def test_x():\n    with pytest.raises(Exception):\n        assert add(1, 2) == 4\n",
    "unittest-true": "class TestX:\n    def test_x(self):\n        add(1, 2)\n        self.assertTrue(True)\n",
    "unittest-same": "class TestX:\n    def test_x(self):\n        self.assertEqual(add(1, 2), add(1, 2))\n",
    "json-only": "def test_x():\n    assert json.loads('1') == 1\n",
}


@pytest.mark.parametrize("body", VACUOUS.values(), ids=VACUOUS)
def test_vacuous(body: str) -> None:
    assert found(body)


HONEST = {
    "plain": "def test_x():\n    assert add(1, 2) == 3\n",
    "client": "def test_x():\n    assert client.get('/').status_code == 200\n",
    "fixture": "def test_x(items):\n    assert items.count() == 3\n",
    "async": "async def test_x(api):\n    r = await api.get('/')\n    assert r.status_code == 404\n",
    "via-local": "def test_x():\n    r = add(1, 2)\n    expected = 3\n    assert expected == r\n",
    "via-loop": "def test_x():\n    for r in Service().all():\n        assert r > 1\n",
    "helper": "def test_x():\n    check_total(add(2, 3))\n",
    "raises": "def test_x():\n    with pytest.raises(ValueError):\n        add('a', 1)\n",
    "raises-broad-with-match": "def test_x():\n    with pytest.raises(Exception, match='no'):\n        add('a', 1)\n",
    "raises-then-look": (
        "def test_x():\n    with pytest.raises(ValueError) as e:\n        add('a', 1)\n    assert 'a' in str(e)\n"
    ),
    "parametrized": "@pytest.mark.parametrize(('a', 'b'), [(1, 2)])\ndef test_x(a, b):\n    assert add(a, b) == 3\n",
    "parametrized-callables": "@pytest.mark.parametrize('f', [add])\ndef test_x(f):\n    assert f(1, 2) == 3\n",
    "mock-handed-over": "def test_x():\n    m = Mock()\n    Service(m).run()\n    m.save.assert_called_once()\n",
    "mock-attribute": "def test_x():\n    m = AsyncMock()\n    Service(m).run()\n    assert m.save.call_count == 1\n",
    "patched": "def test_x():\n    with patch('app.calc.mail') as m:\n        add(1, 2)\n    m.assert_called_once()\n",
    "override": "def test_x():\n    m = Mock()\n    app.dependency_overrides[add] = lambda: m\n    client.get('/')\n"
    "    m.save.assert_called_once()\n",
    "list-filled": "def test_x():\n    seen = []\n    Service().run(seen.append)\n    assert seen == [1]\n",
    "reraised": (
        "def test_x():\n    try:\n        assert add(1, 2) == 3\n"
        "    except AssertionError:\n        print()\n        raise\n"
    ),
    "try-finally": "def test_x():\n    try:\n        assert add(1, 2) == 3\n    finally:\n        print()\n",
    "expected-error-by-hand": (
        "def test_x():\n    try:\n        add('a')\n    except ValueError as e:\n        assert 'a' in str(e)\n"
    ),
    "raise-for-status": "def test_x():\n    client.get('/').raise_for_status()\n",
    "unittest": "class TestX:\n    def test_x(self):\n        self.assertEqual(add(1, 2), 3)\n",
    "weak-but-real": "def test_x():\n    assert add(1, 2) is not None\n",
    "local-import": "def test_x():\n    from app.more import f\n\n    assert f() == 1\n",
    "nested-function": "def test_x():\n    def run():\n        assert add(1, 2) == 3\n\n    run()\n",
    "match": "def test_x():\n    match add(1, 2):\n        case 3:\n            assert Service().ok\n",
    "else-branch": "def test_x():\n    if add(1, 2):\n        pass\n    else:\n        pytest.fail('none')\n",
    "extra-trivial": "def test_x():\n    assert True\n    assert add(1, 2) == 3\n",
    "not-equal-itself": "def test_x():\n    assert Service().token() != Service().token()\n",
    "capsys": "def test_x(capsys):\n    add(1, 2)\n    assert capsys.readouterr().out == ''\n",
}


@pytest.mark.parametrize("body", HONEST.values(), ids=HONEST)
def test_honest(body: str) -> None:
    assert found(body) == ()


def test_names_the_line_and_the_reason() -> None:
    line = HEAD.count("\n") + 3
    assert found("def test_x():\n    add(1, 2)\n    assert True\n") == (
        Weakness(line, "it asserts on values of the test itself, not of the service"),
    )
