# Makefile — every way to work on python-coder; CI runs the same targets
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
RUN := .venv/bin/python-coder

.PHONY: help setup fmt check test demo bench docs

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: .venv/.synced ## Make the environment from the hash-pinned requirements (installs uv if it is missing)

.venv/.synced: requirements/dev.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

fmt: setup ## Format and mend what ruff can mend
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

check: setup ## Lint, format, types, import contract, security, and python-coder's own gates on itself
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/bandit --quiet --recursive --configfile pyproject.toml src
	$(RUN) check --all $(addprefix --gate ,ruff-check ruff-format bandit file-banner docstrings)

test: setup ## Run the whole test suite on two processes more than there are cores, the quick tests first
	.venv/bin/pytest -n auto --dist loadfile --no-loadscope-reorder --durations 15

demo: setup ## Write a service, have it changed, see the proof
	@scripts/demo.sh

bench: setup ## Measure program start, loop and demo, and print the table
	$(PYTHON) benchmarks/run.py

docs: setup ## Write the generated pages: command help and the contract's schema
	$(PYTHON) scripts/write_docs.py
