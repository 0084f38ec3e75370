# src/python_coder/telemetry.py — logs and spans of a run; off unless configured
