# tests/agent/test_brief_choice.py — what of the code is shown for which task, and what is not
import pytest

from agent.shop_repository import ShopFiles, shop_files
from python_coder.agent.briefing.chain import ChainWriter
from python_coder.agent.briefing.fixtures import read_setup
from python_coder.agent.briefing.named import Named, named_in
from python_coder.agent.briefing.revision_form import revision_form
from python_coder.agent.briefing.sources import Sources
from python_coder.service_map.files import FileView
from python_coder.service_map.whole import whole_map

BODY = "".join(f"    done = {number}  # long enough\n" for number in range(12))
SPARE = f"def spare():\n{BODY * 8}"
API = (
    "from fastapi import APIRouter, Depends\nfrom links.rows import Links\nfrom links.guard import allowed, session\n"
    "router = APIRouter(prefix='/links')\n"
    + "".join(
        f"@router.{method}('{path}')\n"
        f"def {name}(db=Depends(session), may=Depends({guard})):\n"
        f"    links = Links(db)\n    return links.{name}()\n{BODY}"
        for name, method, path, guard in (
            ("list_links", "get", "/", "session"),
            ("create_link", "post", "/", "session"),
            ("read_link", "get", "/{link_id}", "session"),
            ("delete_link", "delete", "/{link_id}", "allowed"),
        )
    )
)
FILES = ShopFiles(
    {
        "links/main.py": "from fastapi import FastAPI\nfrom links import api\napp = FastAPI()\n"
        "app.include_router(api.router)\n",
        "links/api.py": API,
        "links/rows.py": f"class Links:\n    def delete_link(self):\n        return 'gone'\n{SPARE}",
        "links/guard.py": f"import re\ndef session():\n    yield 'row'\n{BODY}{SPARE}def allowed():\n{BODY}",
        "migrations/versions/0a_first.py": '"""First"""\nfrom alembic import op\n\n# ids\nrevision: str = "0a"\n'
        'down_revision = None\n\n\ndef upgrade() -> None:\n    op.execute("select 1")\n\n\ndef downgrade() -> None:\n'
        "    pass\n",
        "tests/conftest.py": "import pytest\nSPARE = 1\n@pytest.fixture\ndef client(db):\n    return db\n"
        f"@pytest.fixture\ndef db():\n    yield 'rolled back'\n@pytest.fixture\ndef other():\n{BODY * 5}",
        "tests/making.py": f"def make_link(client):\n    return client.post('/links/')\n{SPARE}",
        "tests/test_links.py": "from tests.making import make_link\n"
        "def test_delete_link(client):\n    key = make_link(client)\n"
        "    assert client.delete(f'/links/{key}').status_code == 200\n"
        f"def test_read_link(client):\n    client.get('/links/1')\n{BODY * 8}def test_last(client):\n    ...\n",
    }
)


def shown(task: str, files: FileView = FILES, most: int = 20_000) -> tuple[Named, str]:
    service = whole_map(files)
    named = named_in(task, service, files.paths())
    return named, ChainWriter(service, Sources(files), read_setup(files)).write(named, most).text


SHOWS = {
    "handler": "def delete_link(db=",
    "imports-once": "from links.rows import Links",
    "class-that-it-makes": "        return 'gone'",
    "dependency-of-its-own": "def allowed():",
    "test": "def test_delete_link(client):",
    "imports-of-the-test": "from tests.making import make_link",
    "end-of-the-test-file": ": test_read_link, test_last",
    "fixture": "def client(db):",
    "fixture-behind-it": "    yield 'rolled back'",
    "function-that-the-test-calls": "def make_link(client):",
    "tested-by": "DELETE /links/{link_id} needs session, allowed; tested by tests/test_links.py::test_delete_link",
}


@pytest.mark.parametrize("words", SHOWS.values(), ids=SHOWS)
def test_shows_what_an_edit_of_a_route_needs(words: str) -> None:
    _, text = shown("Deleting a link that is gone answers 410")
    assert text.count(words) == 1


@pytest.mark.parametrize("words", ["def create_link(", "def read_link(", "def other():", "def spare():"])
def test_leaves_the_rest_to_a_line(words: str) -> None:
    _, text = shown("Deleting a link that is gone answers 410")
    assert words not in text


def test_what_every_route_rests_on_comes_last() -> None:
    files = ShopFiles({**FILES.texts, "links/more.py": API.replace("/links", "/more")})
    _, text = shown("Deleting a link that is gone answers 410", files, most=1_900)
    assert "def allowed():" in text
    assert "def test_delete_link(" in text
    assert "def session():" not in text


def test_what_there_is_no_room_for_is_named() -> None:
    _, text = shown("Deleting a link that is gone answers 410", most=500)
    assert "(no room for: links/api.py::delete_link, " in text
    assert "conftest.py::client" not in text


KINDS = {
    "Deleting a link that is gone answers 410": "behaviour",
    "Links have a `clicks` column, 0 for existing rows": "data",
    "Refactor: `Links` repeats itself": "refactor",
    "Add tests for DELETE /links/{link_id}": "tests",
}


@pytest.mark.parametrize(("task", "kind"), KINDS.items(), ids=KINDS.values())
def test_kinds_of_tasks(task: str, kind: str) -> None:
    assert shown(task)[0].kind == kind


FIRST = {
    "a-named-file": ("Refactor links/guard.py", "## links/guard.py, whole"),
    "a-named-class": ("`Links` must count its rows", "class Links:"),
    "a-named-function": ("`allowed` must be asynchronous", "def allowed():"),
    "a-path": ("GET /links/{link_id} answers 404", "def read_link(db="),
    "a-path-without-its-prefix": ("GET /{link_id} answers 404", "def read_link(db="),
    "the-nearest-of-a-path-that-is-new": ("Add POST /links/{link_id}/copies", "def delete_link("),
    "tests-that-are-asked-for": ("Add tests for DELETE /links/{link_id}", "## tests/conftest.py, whole"),
}


@pytest.mark.parametrize(("task", "words"), FIRST.values(), ids=FIRST)
def test_shows_what_is_named(task: str, words: str) -> None:
    assert words in shown(task)[1]


def test_of_files_with_one_name_those_in_the_named_folder() -> None:
    files = shop_files(**{"shop/bills/service.py": "BILLS = 1\n"})
    assert shown("Move the look-up in service.py (shop/orders) away", files)[0].files == ["shop/orders/service.py"]


def test_the_form_of_a_migration_without_its_operations() -> None:
    assert revision_form(whole_map(FILES), FILES) == (
        'newest: migrations/versions/0a_first.py\n"""First"""\nfrom alembic import op\nrevision: str = "0a"\n'
        'down_revision = None\ndef upgrade() -> None:\n    op.execute("select 1")\n    …\ndef downgrade() -> None:'
    )


def test_two_named_files_are_shown_in_turns_with_the_tests_of_both() -> None:
    api, tests = (FILES.texts[path] for path in ("links/api.py", "tests/test_links.py"))
    both = {
        **FILES.texts,
        "links/tags.py": api.replace("/links", "/tags").replace("link", "tag"),
        "links/main.py": FILES.texts["links/main.py"].replace("import api", "import api, tags")
        + "app.include_router(tags.router)\n",
        "tests/test_tags.py": tests.replace("make_link", "make_tag")
        .replace("/links/", "/tags/")
        .replace("_link", "_tag"),
    }
    task = "Refactor: read and delete in links/api.py and links/tags.py repeat the lookup. Move it to one place."
    named, told = shown(task, ShopFiles(both))
    assert {route.file for route in named.routes[:2]} == {"links/api.py", "links/tags.py"}
    assert {method for route in named.routes for method in route.methods} <= {"GET", "DELETE"}
    assert "def test_delete_tag" in told or "def test_read_tag" in told
    assert "def test_delete_link" in told or "def test_read_link" in told
