#!/usr/bin/env bash
# scripts/demo.sh — a new service, one task, the proof; everything lands in a temporary folder
set -euo pipefail
cd "$(dirname "$0")/.."
coder="$PWD/.venv/bin/python-coder"
export PATH="$PWD/.venv/bin:$PATH"
unset PYTHONDONTWRITEBYTECODE
task="Add resource Product with name: str, price: Decimal, sku: str unique, in_stock: bool = true"
folder=$(mktemp -d "${TMPDIR:-/tmp}/python-coder-demo.XXXXXX")

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }

sandbox=()
if ! .venv/bin/python -c 'from python_coder.workspace.sandbox import make_runner; make_runner("auto")' 2>/dev/null; then
    echo "No sandbox works on this machine (bubblewrap or Landlock); the demo's own service runs without one."
    sandbox=(--no-sandbox)
fi

began=$(date +%s.%N)
say python-coder new "$folder/shop" --defaults
"$coder" new "$folder/shop" --defaults
made=$(date +%s.%N)
say python-coder run "\"$task\"" --repo "$folder/shop" "${sandbox[@]}"
"$coder" run "$task" --repo "$folder/shop" "${sandbox[@]}"
ended=$(date +%s.%N)

say git -C "$folder/shop" log --oneline --all
git -C "$folder/shop" --no-pager log --oneline --all
awk -v a="$began" -v b="$made" -v c="$ended" \
    'BEGIN { printf "\nnew %.1f s, run %.1f s, together %.1f s. The service: ", b - a, c - b, c - a }'
echo "$folder/shop"
