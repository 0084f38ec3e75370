# src/python_coder/tools/serena/dependents.py — routes that depend on a symbol through FastAPI
import asyncio
import re
from collections.abc import Sequence
from itertools import groupby

from python_coder.service_map.facts import MappedRoute
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
    ordered = sorted(routes, key=lambda route: (route.file, route.line))
    return [
        Group(f"{file}: routes that depend on it", [_line(route, way_to(service, route, name)) for route in inside])
        for file, inside in groupby(ordered, lambda route: route.file)
    ]


def _line(route: MappedRoute, way: Sequence[str]) -> str:
    through = f" through {' > '.join(way[:-1])}" if way[:-1] else ""
    return f"{'|'.join(route.methods)} {route.path} {route.handler} {route.line}{through}"
