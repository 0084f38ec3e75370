# tests/service_map/test_whole.py — routes of small services, read without importing them
import pytest
from route_cases import CASES, RouteCase
from written_files import written

from python_coder.service_map.map import ServiceMap
from python_coder.service_map.whole import whole_map


def _routes(service: ServiceMap) -> set[str]:
    return {f"{method} {route.path} {route.handler}" for route in service.routes for method in route.methods}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_finds_the_routes_with_their_full_paths(case: RouteCase) -> None:
    service = whole_map(written(case.files))
    assert _routes(service) == case.routes
    assert all(route.is_exact and route.application for route in service.routes)
    assert service.notes == ()
