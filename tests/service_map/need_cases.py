# tests/service_map/need_cases.py — small services, each with the dependencies that FastAPI calls for its routes
from dataclasses import dataclass
from textwrap import dedent

_HEAD = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Security
app = FastAPI()
def get_db():
    yield 1
def get_user(db=Depends(get_db)): ...
"""


@dataclass(frozen=True)
class NeedCase:
    """One construct."""

    files: dict[str, str]
    needs: dict[str, set[str]]
    """Last names of all dependencies behind each path."""


def _one(code: str, needs: dict[str, set[str]], **others: str) -> NeedCase:
    files = {f"{name}.py": dedent(text) for name, text in others.items()}
    return NeedCase({"main.py": _HEAD + dedent(code), **files}, needs)


CASES = {
    "default-value": _one(
        """
        @app.get("/x")
        def x(db=Depends(get_db)): ...
        """,
        {"/x": {"get_db"}},
    ),
    "through-another": _one(
        """
        @app.get("/x")
        def x(user: str = Depends(get_user)): ...
        """,
        {"/x": {"get_user", "get_db"}},
    ),
    "alias-from-another-module": _one(
        """
        from aliases import CurrentUser
        import aliases as named
        @app.get("/x")
        def x(user: CurrentUser): ...
        @app.get("/y")
        def y(db: named.SessionDep): ...
        """,
        {"/x": {"current_user", "session"}, "/y": {"session"}},
        aliases="""
        from typing import Annotated
        from fastapi import Depends
        from sessions import session
        SessionDep = Annotated[int, Depends(session)]
        def current_user(db: SessionDep): ...
        CurrentUser = Annotated[str, Depends(current_user)]
        """,
        sessions="def session():\n    yield 1\n",
    ),
    "alias-in-quotes-and-of-an-alias": _one(
        """
        Db = Annotated[int, Depends(get_db)]
        Twice = Annotated[Db, "more"]
        @app.get("/x")
        def x(db: "Db"): ...
        @app.get("/y")
        def y(db: Twice): ...
        """,
        {"/x": {"get_db"}, "/y": {"get_db"}},
    ),
    "router-include-and-route-level": _one(
        """
        def a(): ...
        def b(): ...
        def c(): ...
        def d(): ...
        inner = APIRouter(dependencies=[Depends(a)])
        @inner.get("/x", dependencies=[Security(b, scopes=["s"])])
        def x(): ...
        outer = APIRouter()
        outer.include_router(inner, dependencies=[Depends(c)])
        app.include_router(outer, dependencies=[Depends(d)])
        @app.get("/free")
        def free(): ...
        """,
        {"/x": {"a", "b", "c", "d"}, "/free": set()},
    ),
    "application-level": _one(
        """
        GUARDS = [Depends(get_user)]
        app = FastAPI(dependencies=GUARDS)
        @app.get("/x")
        def x(): ...
        inner = FastAPI()
        @inner.get("/y")
        def y(): ...
        app.mount("/inner", inner)
        """,
        {"/x": {"get_user", "get_db"}, "/inner/y": set()},
    ),
    "class-with-parameters": _one(
        """
        class Page:
            def __init__(self, size: int = 3, db=Depends(get_db)): ...
        class Wide(Page): ...
        @app.get("/x")
        def x(page: Page = Depends()): ...
        @app.get("/y")
        def y(page: Annotated[Page, Depends()]): ...
        @app.get("/z")
        def z(page=Depends(Wide)): ...
        """,
        {"/x": {"Page", "get_db"}, "/y": {"Page", "get_db"}, "/z": {"Wide", "get_db"}},
    ),
    "object-that-is-called": _one(
        """
        class Role:
            def __init__(self, name: str): ...
            def __call__(self, user=Depends(get_user)): ...
        admin = Role("admin")
        @app.get("/x")
        def x(role=Depends(admin)): ...
        @app.get("/y", dependencies=[Depends(Role("y"))])
        def y(): ...
        """,
        {"/x": {"Role", "get_user", "get_db"}, "/y": {"Role", "get_user", "get_db"}},
    ),
    "made-by-a-call": _one(
        """
        def require(role: str):
            def check(user=Depends(get_user)): ...
            return check
        @app.get("/x", dependencies=[Depends(require("admin"))])
        def x(): ...
        """,
        {"/x": {"check", "get_user", "get_db"}},
    ),
    "methods": _one(
        """
        class Auth:
            def user(self, db=Depends(get_db)): ...
            @staticmethod
            def guest(db=Depends(get_db)): ...
        auth = Auth()
        @app.get("/x")
        def x(user=Depends(auth.user)): ...
        @app.get("/y")
        def y(user=Depends(Auth.guest)): ...
        """,
        {"/x": {"user", "get_db"}, "/y": {"guest", "get_db"}},
    ),
    "security-scheme": _one(
        """
        from fastapi.security import OAuth2PasswordBearer
        scheme = OAuth2PasswordBearer(tokenUrl="t")
        Token = Annotated[str, Depends(scheme)]
        def current(token: Token): ...
        @app.get("/x")
        def x(user=Security(current)): ...
        """,
        {"/x": {"current", "OAuth2PasswordBearer"}},
    ),
    "asked-for-twice": _one(
        """
        def first(other: int = 1): ...
        def second(a=Depends(first)): ...
        @app.get("/x")
        def x(a=Depends(second), b=Depends(second)): ...
        """,
        {"/x": {"first", "second"}},
    ),
    "generic-repository": _one(
        """
        from typing import Generic, TypeVar
        T = TypeVar("T")
        class Repository(Generic[T]):
            def __init__(self, db=Depends(get_db)): ...
        class Items(Repository[int]): ...
        @app.get("/x")
        def x(items: Annotated[Items, Depends(Items)]): ...
        """,
        {"/x": {"Items", "get_db"}},
    ),
    "dataclass-of-dependencies": _one(
        """
        from dataclasses import dataclass
        @dataclass
        class Context:
            user: Annotated[str, Depends(get_user)]
            size: int = 3
        @app.get("/x")
        def x(context: Annotated[Context, Depends()]): ...
        """,
        {"/x": {"Context", "get_user", "get_db"}},
    ),
}
