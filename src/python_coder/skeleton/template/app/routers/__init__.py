# app/routers/__init__.py — all endpoints of version 1
from fastapi import APIRouter

from app.routers import items

api_router = APIRouter(prefix="/v1")
api_router.include_router(items.router)
