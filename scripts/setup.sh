#!/usr/bin/env bash
# scripts/setup.sh — make .venv from the hash-pinned requirements; needs only Python >= 3.11
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'setup: %s\n' "$1" >&2; exit 3; }

find_python() {
    local name
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "no Python >= 3.11 was found. Install one, or name it: make setup PYTHON=/path/to/python3.11"
}

# uv of the machine if it starts, else one of our own, never into the user's Python.
find_uv() {
    if uv --version >/dev/null 2>&1; then command -v uv; return; fi
    if [ ! -x .tools/bin/uv ]; then
        echo "setup: installing uv into .tools" >&2
        "$1" -m venv .tools >&2 2>/dev/null && .tools/bin/python -m pip install --quiet --disable-pip-version-check \
            --require-hashes --requirement requirements/uv.txt >&2 ||
            { rm -rf .tools; "$1" -m pip install --quiet --disable-pip-version-check --target .tools \
                --require-hashes --requirement requirements/uv.txt >&2; } ||
            fail "uv could not be installed. Install it (https://docs.astral.sh/uv) or Python's venv module, then try again."
    fi
    echo "$PWD/.tools/bin/uv"
}

python=$(find_python)
uv=$(find_uv "$python")
[ -x .venv/bin/python ] || "$uv" venv --quiet --python "$python" .venv
export VIRTUAL_ENV="$PWD/.venv"
unset PYTHONDONTWRITEBYTECODE
"$uv" pip sync --quiet --require-hashes --compile-bytecode requirements/dev.txt
"$uv" pip install --quiet --no-deps --no-build-isolation --editable .
