# app/schemas/__init__.py — what goes over the wire
