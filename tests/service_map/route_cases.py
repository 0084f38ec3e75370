# tests/service_map/route_cases.py — small services, each with the routes that FastAPI makes of it
from dataclasses import dataclass
from textwrap import dedent

_HEAD = "from fastapi import APIRouter, Depends, FastAPI, Security, WebSocket\n"


@dataclass(frozen=True)
class RouteCase:
    """One construct."""

    files: dict[str, str]
    routes: set[str]
    """`METHOD path handler`."""


def _one(code: str, *routes: str, **others: str) -> RouteCase:
    """A service in `main.py`; others are modules by name, `__` for `/`."""
    files = {_path(name): dedent(text) for name, text in others.items()}
    packages = {path.rpartition("/")[0] for path in files if "/" in path}
    files |= {f"{package}/__init__.py": "" for package in packages if f"{package}/__init__.py" not in files}
    return RouteCase({"main.py": _HEAD + dedent(code), **files}, set(routes))


def _path(name: str) -> str:
    folder, is_package, _ = name.partition("____init__")
    return f"{folder.replace('__', '/')}{'/__init__' if is_package else ''}.py"


CASES = {
    "application": _one(
        """
        app = FastAPI()
        @app.get("/items")
        def read(): ...
        @app.post("/items", status_code=201)
        async def create(): ...
        """,
        "GET /items read",
        "POST /items create",
    ),
    "nested-prefixes": _one(
        """
        inner = APIRouter(prefix="/inner")
        @inner.get("/{id}")
        def read(id: int): ...
        outer = APIRouter(prefix="/outer")
        outer.include_router(inner, prefix="/mid")
        app = FastAPI()
        app.include_router(outer, prefix="/api")
        """,
        "GET /api/outer/mid/inner/{id} read",
    ),
    "included-twice": _one(
        """
        router = APIRouter()
        @router.get("/x")
        def x(): ...
        app = FastAPI()
        for prefix in ("/v1", "/v2"):
            app.include_router(router, prefix=prefix)
        """,
        "GET /v1/x x",
        "GET /v2/x x",
    ),
    "package-with-re-exports": _one(
        """
        from api import router as api_router
        app = FastAPI()
        app.include_router(api_router, prefix="/api")
        """,
        "GET /api/items/ read",
        "GET /api/users/me me",
        api____init__="from fastapi import APIRouter\nfrom . import items, users\n"
        "router = APIRouter()\nrouter.include_router(items.router)\nrouter.include_router(users.router)\n",
        api__items="from fastapi import APIRouter\nrouter = APIRouter(prefix='/items')\n"
        "@router.get('/')\ndef read(): ...\n",
        api__users="from fastapi import APIRouter as Router\nrouter = Router(prefix='/users')\n"
        "@router.get('/me')\ndef me(): ...\n",
    ),
    "star-import": _one(
        """
        from routes import *
        app = FastAPI()
        app.include_router(shop)
        """,
        "GET /shop shop_home",
        routes="from fastapi import APIRouter\nshop = APIRouter()\n@shop.get('/shop')\ndef shop_home(): ...\n",
    ),
    "factory": _one(
        """
        router = APIRouter()
        @router.get("/x")
        def x(): ...
        def register(application: FastAPI) -> None:
            application.include_router(router, prefix="/api")
        def create_app() -> FastAPI:
            app = FastAPI()
            register(app)
            @app.get("/health")
            def health(): ...
            return app
        """,
        "GET /api/x x",
        "GET /health create_app.health",
    ),
    "factory-called-at-the-bottom": _one(
        """
        def create_app(prefix: str = "/api"):
            app = FastAPI()
            from late import router
            app.include_router(router, prefix=prefix)
            return app
        app = create_app(prefix="/v3")
        """,
        "GET /v3/late late",
        late="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/late')\ndef late(): ...\n",
    ),
    "factory-made-routers": _one(
        """
        def crud(name, reader):
            router = APIRouter(prefix=f"/{name}")
            @router.get("/")
            def read(): ...
            router.add_api_route("/all", reader, methods=["GET", "POST"])
            return router
        def cats(): ...
        def dogs(): ...
        app = FastAPI()
        for name, reader in {"cats": cats, "dogs": dogs}.items():
            app.include_router(crud(name, reader))
        """,
        "GET /cats/ crud.read",
        "GET /dogs/ crud.read",
        "GET /cats/all cats",
        "POST /cats/all cats",
        "GET /dogs/all dogs",
        "POST /dogs/all dogs",
    ),
    "router-class": _one(
        """
        class Guarded(APIRouter):
            def __init__(self, name: str, **kwargs):
                super().__init__(prefix=f"/{name}", **kwargs)
                self.add_api_route("/list", self.list_all, methods=["GET"])
            def list_all(self): ...
        guarded = Guarded("things", tags=["a"])
        @guarded.delete("/{id}")
        def remove(id: int): ...
        app = FastAPI()
        app.include_router(guarded)
        """,
        "GET /things/list Guarded.list_all",
        "DELETE /things/{id} remove",
    ),
    "router-on-an-object": _one(
        """
        class Items:
            def __init__(self, prefix: str = "/items"):
                self.router = APIRouter(prefix=prefix)
                self.router.add_api_route("/", self.read)
                self.router.post("/")(self.create)
            def read(self): ...
            def create(self): ...
        app = FastAPI()
        app.include_router(Items().router)
        app.include_router(Items(prefix="/more").router)
        """,
        "GET /items/ Items.read",
        "POST /items/ Items.create",
        "GET /more/ Items.read",
        "POST /more/ Items.create",
    ),
    "application-class": _one(
        """
        router = APIRouter()
        @router.get("/x")
        def x(): ...
        class Service(FastAPI):
            def __init__(self):
                super().__init__(title="x")
                self.setup()
            def setup(self):
                self.include_router(router, prefix="/s")
        app = Service()
        """,
        "GET /s/x x",
    ),
    "mounted-application": _one(
        """
        inner = FastAPI()
        @inner.get("/x")
        def x(): ...
        app = FastAPI()
        app.mount("/sub/", inner)
        """,
        "GET /sub/x x",
    ),
    "api-route-and-websocket": _one(
        """
        app = FastAPI()
        @app.api_route("/both", methods=["GET", "put"])
        def both(): ...
        @app.api_route("/plain")
        def plain(): ...
        @app.websocket("/ws/{room}")
        async def socket(ws: WebSocket, room: str): ...
        async def second(ws: WebSocket): ...
        app.add_api_websocket_route("/ws2", second)
        """,
        "GET /both both",
        "PUT /both both",
        "GET /plain plain",
        "WEBSOCKET /ws/{room} socket",
        "WEBSOCKET /ws2 second",
    ),
    "stacked-decorators": _one(
        """
        import functools
        def logged(function):
            @functools.wraps(function)
            def inner(*args, **kwargs): return function(*args, **kwargs)
            return inner
        app = FastAPI()
        @app.get("/a")
        @app.get("/b")
        @logged
        def read(): ...
        """,
        "GET /a read",
        "GET /b read",
    ),
    "constants-and-enums": _one(
        """
        from enum import Enum
        from constants import ROOT, Paths
        class Name(str, Enum):
            ITEMS = "/items"
        VERSION = 2
        router = APIRouter(prefix=f"{ROOT}/v{VERSION}" + Paths.API)
        @router.get(Name.ITEMS.value)
        def read(): ...
        @router.get("/a" "/b")
        def joined(): ...
        app = FastAPI()
        app.include_router(router)
        """,
        "GET /base/v2/api/items read",
        "GET /base/v2/api/a/b joined",
        constants="ROOT = '/base'\nclass Paths:\n    API = '/api'\n",
    ),
    "settings-object": _one(
        """
        from config import get_settings
        settings = get_settings()
        app = FastAPI()
        router = APIRouter()
        @router.get("/x")
        def x(): ...
        app.include_router(router, prefix=settings.api_prefix)
        app.include_router(router, prefix=settings.nested.prefix)
        """,
        "GET /api/v9/x x",
        "GET /nested/x x",
        config="""
        from functools import lru_cache
        class Nested:
            prefix: str = "/nested"
        class Settings:
            version: int = 9
            nested: Nested = Nested()
            @property
            def api_prefix(self) -> str:
                return f"/api/v{self.version}"
        @lru_cache
        def get_settings() -> Settings:
            return Settings()
        """,
    ),
    "texts-put-together": _one(
        """
        OPTIONS = {"prefix": "/p", "tags": ["x"]}
        router = APIRouter(**OPTIONS)
        @router.get(path="/x")
        def x(): ...
        app = FastAPI()
        app.include_router(router=router, prefix="/{}".format("a"))
        app.include_router(router, prefix="/%s" % "b")
        app.include_router(router, prefix="/%s/%s" % ("c", "d"))
        app.include_router(router, prefix="/" + "/".join(["e", "f"]))
        """,
        "GET /a/p/x x",
        "GET /b/p/x x",
        "GET /c/d/p/x x",
        "GET /e/f/p/x x",
    ),
    "class-that-is-made-elsewhere": _one(
        """
        class Server:
            def build(self):
                app = FastAPI()
                self.add(app)
                return app
            def add(self, app: FastAPI):
                @app.get("/a")
                async def a(): ...
        """,
        "GET /a Server.add.a",
    ),
    "list-of-routers": _one(
        """
        import first, second
        ROUTERS = [first.router]
        ROUTERS.append(second.router)
        third = APIRouter(prefix="/third")
        ROUTERS += [third]
        @third.get("")
        def third_home(): ...
        app = FastAPI()
        for number, router in enumerate(ROUTERS):
            app.include_router(router)
        """,
        "GET /first one",
        "GET /second two",
        "GET /third third_home",
        first="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/first')\ndef one(): ...\n",
        second="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/second')\ndef two(): ...\n",
    ),
    "modules-by-name": _one(
        """
        import importlib
        app = FastAPI()
        for name in ("cats", "dogs"):
            module = importlib.import_module(f"animals.{name}")
            app.include_router(getattr(module, "router"), prefix=f"/{name}")
        """,
        "GET /cats/x x",
        "GET /dogs/x x",
        animals__cats="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/x')\ndef x(): ...\n",
        animals__dogs="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/x')\ndef x(): ...\n",
    ),
    "modules-of-a-package": _one(
        """
        import importlib
        import pkgutil
        import animals
        app = FastAPI()
        for _, name, _ in pkgutil.iter_modules(animals.__path__):
            app.include_router(importlib.import_module(f"animals.{name}").router, prefix=f"/{name}")
        for info in pkgutil.iter_modules(animals.__path__, animals.__name__ + "."):
            app.include_router(importlib.import_module(info.name).router)
        """,
        "GET /cats/x x",
        "GET /dogs/x x",
        "GET /x x",
        animals__cats="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/x')\ndef x(): ...\n",
        animals__dogs="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/x')\ndef x(): ...\n",
    ),
    "modules-by-their-list": _one(
        """
        import animals
        app = FastAPI()
        for name in animals.__all__:
            app.include_router(getattr(animals, name).router)
        read = app.get
        @read("/short")
        def short(): ...
        """,
        "GET /cats cats",
        "GET /short short",
        animals____init__="from . import cats\n__all__ = ['cats']\n",
        animals__cats="from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/cats')\ndef cats(): ...\n",
    ),
    "route-objects": _one(
        """
        from fastapi.routing import APIRoute
        from starlette.routing import Mount, Route
        def a(): ...
        def b(request): ...
        def c(): ...
        app = FastAPI(routes=[Route("/b", b), Mount("/m", routes=[Route("/b", b)])])
        app.router.routes.append(APIRoute("/a", a, methods=["POST"]))
        extra = APIRouter(prefix="/extra")
        extra.add_api_route("/c", endpoint=c)
        app.routes.extend(extra.routes)
        """,
        "POST /a a",
        "GET /b b",
        "GET /m/b b",
        "GET /extra/c c",
    ),
    "ring-of-imports": _one(
        """
        from web import app
        import pages
        """,
        "GET /page page",
        web="from fastapi import FastAPI\napp = FastAPI()\n",
        pages="from web import app\n@app.get('/page')\ndef page(): ...\n",
    ),
    "relative-packages": _one(
        """
        from shop.api.v1 import api_router
        app = FastAPI()
        app.include_router(api_router)
        """,
        "GET /v1/orders/ orders",
        shop____init__="",
        shop__api____init__="",
        shop__api__v1____init__="from .router import api_router as api_router\n",
        shop__api__v1__router="from fastapi import APIRouter\nfrom ...orders import views as v\n"
        "api_router = APIRouter(prefix='/v1')\napi_router.include_router(v.router, prefix='/orders')\n",
        shop__orders____init__="",
        shop__orders__views="import fastapi\nrouter = fastapi.APIRouter()\n@router.get('/')\ndef orders(): ...\n",
    ),
    "optional-import": _one(
        """
        try:
            from nowhere import router
        except ImportError:
            router = APIRouter(prefix="/spare")
        @router.get("/x")
        def x(): ...
        app = FastAPI()
        app.include_router(router)
        """,
        "GET /spare/x x",
    ),
    "new-syntax": _one(
        """
        type Key = int
        app = FastAPI()
        class Box[T]:
            value: T
        @app.get("/x")
        def x[T](key: Key) -> None:
            match key:
                case 1: return None
        """,
        "GET /x x",
    ),
    "decorator-on-the-application-router": _one(
        """
        app = FastAPI()
        @app.router.get("/x")
        def x(): ...
        """,
        "GET /x x",
    ),
    "conditional-expression": _one(
        """
        router = APIRouter()
        @router.get("/x")
        def x(): ...
        app = FastAPI()
        app.include_router(router, prefix="/a" if router else "/b")
        """,
        "GET /a/x x",
    ),
}
