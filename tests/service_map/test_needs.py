# tests/service_map/test_needs.py — what FastAPI calls before a handler, read from the source
import pytest
from need_cases import CASES, NeedCase
from written_files import written

from python_coder.service_map.queries import users_of_dependency, way_to
from python_coder.service_map.whole import whole_map


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_finds_all_dependencies_behind_a_route(case: NeedCase) -> None:
    service = whole_map(written(case.files))
    found = {
        route.path: {service.dependencies[key].name.rpartition(".")[2] for key in service.route_keys[route]}
        for route in service.routes
    }
    assert found == case.needs


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_answers_who_uses_a_dependency_with_the_same_routes(case: NeedCase) -> None:
    service = whole_map(written(case.files))
    for name in set().union(*case.needs.values()):
        users = {route.path for route in users_of_dependency(service, name)}
        assert users == {path for path, needs in case.needs.items() if name in needs}
        assert all(way_to(service, route, name) for route in users_of_dependency(service, name))


def test_tells_dependencies_that_yield() -> None:
    service = whole_map(written(CASES["through-another"].files))
    assert {known.name: known.is_yield for known in service.dependencies.values()} == {
        "get_db": True,
        "get_user": False,
    }


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("SessionDep", ["/x", "/y"]),
        ("CurrentUser", ["/x"]),
        ("session", ["/x", "/y"]),
        ("sessions.py:session", ["/x", "/y"]),
        ("nobody", []),
        ("", []),
    ],
)
def test_takes_a_name_an_alias_or_a_place(name: str, paths: list[str]) -> None:
    service = whole_map(written(CASES["alias-from-another-module"].files))
    assert [route.path for route in users_of_dependency(service, name)] == paths


def test_shows_the_way_through_aliases() -> None:
    service = whole_map(written(CASES["alias-from-another-module"].files))
    way = way_to(service, service.routes[0], "session")
    assert way == ("CurrentUser", "current_user", "SessionDep", "session")


def test_names_the_level_at_which_a_route_asks() -> None:
    service = whole_map(written(CASES["router-include-and-route-level"].files))
    origins = {need.key.rpartition(":")[2]: need.origin for route in service.routes for need in route.needs}
    assert origins == {"a": "router", "b": "route", "c": "include", "d": "include"}


def test_a_view_in_a_class_asks_for_what_its_class_asks_for() -> None:
    code = """
        from fastapi import APIRouter, Depends, FastAPI
        from fastapi_utils.cbv import cbv
        def get_db(): ...
        def get_user(): ...
        class Base:
            db = None
            session: int = Depends(get_db)
        router = APIRouter()
        @cbv(router)
        class Items(Base):
            def __init__(self, user=Depends(get_user)): ...
            @router.get("/items")
            def read(self): ...
        app = FastAPI()
        app.include_router(router)
    """
    service = whole_map(written({"main.py": code}))
    (route,) = service.routes
    assert route.handler == "Items.read"
    assert {service.dependencies[key].name for key in service.route_keys[route]} == {"Items", "get_db", "get_user"}
