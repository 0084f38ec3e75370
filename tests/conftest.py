# tests/conftest.py — fixtures that every test folder shares
