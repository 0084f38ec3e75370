# src/python_coder/evidence/__init__.py — what was seen: ledger, findings, contract
