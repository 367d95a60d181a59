# Everything that a person or a machine does with this tree. The first target that needs it sets up .venv.

SHELL := /bin/sh
PY := .venv/bin/python
SEEDS ?= 1000
HOURS ?= 1
NAME ?=
DATA ?= var/tocsin
PYTEST := $(PY) -m pytest -q

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help check format test sim demo run screenshots bench lock migration docs clean

help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# .venv/ready names the folder that the environment was made for: in a copy elsewhere it is made anew.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(CURDIR))
.PHONY: .venv/ready
endif
.venv/ready: requirements/dev.txt pyproject.toml
	@PYTHON='$(PYTHON)' scripts/set-up.sh

check: .venv/ready ## Format, lint, types, imports, house rules; seconds.
	$(PY) -m ruff format --check --quiet .
	$(PY) -m ruff check --quiet .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo
	$(PYTEST) tests/test_house.py

format: .venv/ready ## Format the code, and mend what the linter can mend.
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

test: .venv/ready ## All tests, on SQLite and PostgreSQL, end to end; a quarter of an hour on two cores.
	@scripts/test-needs.sh
	$(PYTEST) -n 2 --dist worksteal --ignore=tests/acceptance
	$(PYTEST) -n 2 --dist worksteal tests/acceptance

sim: .venv/ready ## The simulation: SEEDS=1000 worlds of HOURS=1 each, or one world alone: SEED=7.
	SEEDS=$(SEEDS) HOURS=$(HOURS) $(PYTEST) -n 2 --dist worksteal tests/simulation

demo: .venv/ready ## The main job as a show: a made-up team, an alert storm, who is paged and why.
	$(PY) demo

run: .venv/ready ## The server, on data in DATA=var/tocsin that lasts; the first time it prints the keys.
	@mkdir -p $(DATA)
	$(ON_DATA) migrate
	$(ON_DATA) init --if-needed
	$(ON_DATA) serve
ON_DATA = TOCSIN_DATA_DIR=$(DATA) $(PY) -m tocsin

screenshots: .venv/ready ## Take a picture of every page, for people to look at, into var/screenshots.
	scripts/test-needs.sh
	cd tests && ../$(PY) -m acceptance.screenshots

bench: .venv/ready ## Measure, as ratios to floors measured beside it.
	$(PY) bench

lock: .venv/ready ## Lock what pyproject.toml asks for; UPGRADE=1 takes the newest versions that fit.
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) pyproject.toml --output-file requirements/run.txt >/dev/null
	$(LOCK) pyproject.toml --group dev --output-file requirements/dev.txt >/dev/null
	$(LOCK) requirements/alerta.in --output-file requirements/alerta.txt >/dev/null
LOCK = .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade)

migration: .venv/ready ## Begin a migration: NAME=what_changes.
	$(PY) scripts/migration.py $(NAME)

docs: .venv/ready ## Write the pages of docs/ that follow from the code.
	$(PY) scripts/reference.py

clean: ## Remove what can be made again, .venv included; data in var/ stays.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
