# app/main.py — the application: puts the parts together
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from app.db import Database
from app.errors import register_error_handlers
from app.logging import configure_logging
from app.middleware import BodyLimitMiddleware, RequestContextMiddleware, SecurityHeadersMiddleware
from app.routers import api_router
from app.routers.health import router as health_router
from app.settings import Settings, load_settings
from app.telemetry import Telemetry, add_trace_id, make_telemetry

log = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what the service needs, and close it again, whatever happens in between."""
    settings: Settings = app.state.settings
    telemetry: Telemetry | None = app.state.telemetry
    configure_logging(settings.log_level, *([add_trace_id] if telemetry else []))
    database = Database.open(settings)
    if telemetry:
        telemetry.watch_database(database)
    app.state.database = database
    log.info("service_started", environment=settings.environment, database=database.engine.dialect.name)
    try:
        yield
    finally:
        await database.close()
        if telemetry:
            telemetry.close()
        log.info("service_stopped")


def create_app(settings: Settings | None = None, telemetry: Telemetry | None = None) -> FastAPI:
    """Build the application. Opens nothing; that is the lifespan's part.

    Args:
        settings: Read from the environment when left out.
        telemetry: Made from the settings when left out.

    Example:
        >>> create_app(Settings(service_name="shop")).title
        'shop'
    """
    settings = settings or load_settings()
    telemetry = telemetry or make_telemetry(settings)
    is_documented = settings.environment != "prod"
    app = FastAPI(
        title=settings.service_name,
        lifespan=lifespan,
        openapi_url="/openapi.json" if is_documented else None,
        redoc_url=None,
        # A redirect would repeat the Host header, which the client chooses.
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.telemetry = telemetry
    register_error_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.max_body_bytes)
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(RequestContextMiddleware)
    app.include_router(health_router)
    app.include_router(api_router)
    if telemetry:
        telemetry.watch_app(app)
    return app


app = create_app()
