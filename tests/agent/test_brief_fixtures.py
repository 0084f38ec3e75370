# tests/agent/test_brief_fixtures.py — which dependencies tests replace, and whether they make an application themselves
import pytest

from agent.shop_repository import ShopFiles
from python_coder.agent.briefing.fixtures import out_of_reach, read_setup, setup_lines

HEAD = "from shop.db import (\n    get_db,\n)\nfrom shop import deps\nfrom shop.deps import get_user\n"
OVERRIDES = {
    "one": ("app.dependency_overrides[get_db] = fake\n", "get_db"),
    "of-a-module": ("from shop.deps import clock\napp.dependency_overrides[deps.clock] = fake\n", "clock"),
    "all-at-once": ("app.dependency_overrides = {get_db: fake, get_user: lambda: 1}\n", "get_db, get_user"),
    "updated": ("app.dependency_overrides.update({get_user: fake})\n", "get_user"),
}


def lines(text: str) -> str:
    return "\n".join(setup_lines(read_setup(ShopFiles({"tests/conftest.py": HEAD + text}))))


@pytest.mark.parametrize(("text", "names"), OVERRIDES.values(), ids=OVERRIDES)
def test_reads_what_tests_replace(text: str, names: str) -> None:
    assert f"tests replace the dependencies {names}" in lines(text)


def test_a_parameter_is_no_dependency() -> None:
    assert "replace" not in lines("def override(key, fake):\n    app.dependency_overrides[key] = fake\n")


@pytest.mark.parametrize("maker", ["create_app", "FastAPI", "get_application", "build_test_app"])
def test_tells_how_tests_make_an_application(maker: str) -> None:
    assert f"tests make their own application with {maker}" in lines(f"app = {maker}(routes=[])\n")


def test_fixtures_stand_in_a_line_a_file_without_those_whose_source_is_told() -> None:
    text = (
        "@pytest.fixture(scope='session', autouse=True)\ndef tables(): ...\n@pytest.fixture\ndef client(tables): ...\n"
    )
    setup = read_setup(ShopFiles({"tests/conftest.py": text}))
    assert list(setup_lines(setup)) == ["tests/conftest.py: tables [session, for every test], client(tables)"]
    assert list(setup_lines(setup, but=["tests/conftest.py"])) == []


WIPES = "def db():\n    yield session\n    session.execute(delete(Item))\n"
DELETED = {
    "between-tests": ("@pytest.fixture\n", "rows are deleted in between"),
    "at-the-end": ('@pytest.fixture(scope="session", autouse=True)\n', "rows are deleted when the session ends, not"),
}


@pytest.mark.parametrize(("decorator", "said"), DELETED.values(), ids=DELETED)
def test_says_when_rows_go(decorator: str, said: str) -> None:
    assert f"isolation: {said}" in lines(decorator + WIPES)


APPLICATIONS = {
    "routes-handed-over": ("app = FastAPI(title=name('x'), routes=get_routes())\n", ["app/main.py"]),
    "routes-included": ("app = FastAPI(title='x')\napp.include_router(routes)\n", []),
}


@pytest.mark.parametrize(("text", "paths"), APPLICATIONS.values(), ids=APPLICATIONS)
def test_says_which_routes_overrides_do_not_reach(text: str, paths: list[str]) -> None:
    told = list(out_of_reach(ShopFiles({"app/main.py": text}), ["app (app/main.py:1)"]))
    assert [line.partition(" ")[0] for line in told] == paths
