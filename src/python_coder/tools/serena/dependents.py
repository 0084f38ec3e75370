# src/python_coder/tools/serena/dependents.py — routes that depend on a symbol through FastAPI
import asyncio
import re
from collections.abc import Sequence
from itertools import groupby

from python_coder.service_map.facts import MappedRoute
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.queries import users_of_dependency, way_to
from python_coder.service_map.whole import whole_map
from python_coder.symbols.symbol import Symbol
from python_coder.tools.answers import Group
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.uses import Use

_ALIAS = re.compile(r"\b(?:Depends|Security)\(")


async def routes_depending(context: SerenaContext, symbol: Symbol, uses: Sequence[Use]) -> Sequence[Group]:
    """Routes for which FastAPI calls a symbol, directly or through others, by file.

    The service is only read when FastAPI is told to call the symbol, since few symbols are dependencies.

    Args:
        context: The session.
        symbol: A function, a class or an `Annotated` alias.
        uses: Where it is used.
    """
    if not any(use.is_injected for use in uses) and not _ALIAS.search(symbol.signature):
        return []
    service = await asyncio.to_thread(whole_map, context.files)
    name = f"{symbol.path}:{symbol.name_path.replace('/', '.')}"
    routes = users_of_dependency(service, name) or users_of_dependency(service, symbol.name)
    placed = sorted(((route.file, _through(service, route, name), route) for route in routes), key=lambda row: row[:2])
    return [
        Group(f"{file}: routes that depend on it{through}", [_line(route) for _, _, route in inside])
        for (file, through), inside in groupby(placed, lambda row: row[:2])
    ]


def _through(service: ServiceMap, route: MappedRoute, name: str) -> str:
    way = way_to(service, route, name)[:-1]
    return f" through {' > '.join(way)}" if way else ""


def _line(route: MappedRoute) -> str:
    return f"{'|'.join(route.methods)} {route.path} {route.handler} {route.line}"
