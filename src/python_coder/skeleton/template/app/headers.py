# app/headers.py — headers that every answer carries, also one that reports a crash
REQUEST_ID_HEADER = "x-request-id"
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Keep browsers from caching, telling others, guessing and framing."""
NOTHING_LOADS = "default-src 'none'; frame-ancestors 'none'"
"""Content security policy of everything but pages."""
