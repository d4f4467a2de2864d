# What runs the project. Each target bootstraps what it needs: Python 3.11 or newer, Node 20 or newer and make suffice.

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

DEMO_ENV := .venv/.stamp-embedded
DEV_ENV := .venv/.stamp
NPM_ENV := client/node_modules/.stamp
DIST := client/dist/.stamp
CLIENT_SOURCES := $(shell find client \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset dev check test e2e bench faults faults-full types migrate lock setup

help:
	@echo "make demo         the whole product on embedded PostgreSQL and Redis; Ctrl-C ends it"
	@echo "make demo-reset   delete the demo's data"
	@echo "make dev          the same with reload: API and worker on change, client on Vite's server"
	@echo "make check        lint, format, types, import floors, client checks, architecture tests"
	@echo "make test         every test: Python, browser, client"
	@echo "make e2e          the browser tests alone (needs Debian's package chromium)"
	@echo "make bench        speed of door, message path and API (docs/performance.md)"
	@echo "make faults       crash tests in small; faults-full: as the guarantee is stated, and the mutants"
	@echo "make types        client types from the API's OpenAPI document"
	@echo "make migrate      migrations, as MIGRATION_DATABASE_URL says"
	@echo "make lock         compile requirements/*.txt from requirements/*.in"

# exec, so that Ctrl-C and SIGTERM reach the supervisor and nothing stands between it and make.
demo:
	@$(MAKE) --no-print-directory -j2 $(DEMO_ENV) $(DIST)
	@exec $(PY) -m evoai.cli demo

demo-reset: $(DEMO_ENV)
	@exec $(PY) -m evoai.cli demo --reset

dev:
	@$(MAKE) --no-print-directory -j2 $(DEV_ENV) $(NPM_ENV)
	@exec $(PY) -m evoai.cli demo --dev

setup:
	@$(MAKE) --no-print-directory -j2 $(DEV_ENV) $(DIST)

check: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	@$(PY) -m evoai.cli openapi | cmp -s - client/openapi.json || { echo "the client's types are stale: run make types"; exit 1; }
	@cd client && npx --no openapi-typescript openapi.json -o node_modules/.schema.gen.ts >/dev/null && cmp -s node_modules/.schema.gen.ts src/api/schema.gen.ts || { echo "the client's types are stale: run make types"; exit 1; }
	cd client && npm run --silent lint
	cd client && npm run --silent typecheck
	cd client && npm run --silent size
	$(PY) -m pytest tests/architecture

# Two files at a time: most of a test is waiting.
test: setup
	$(PY) -m pytest -m "not faults" -n 2 --dist loadfile --no-loadscope-reorder
	cd client && npm run --silent test

e2e: setup
	$(PY) -m pytest tests/e2e

bench: setup
	$(PY) -m tests.bench

faults: setup
	$(PY) -m pytest tests/faults -m "faults and not full"

faults-full: setup
	FAULTS_FULL=true $(PY) -m pytest tests/faults -m faults
	$(PY) -m tests.faults.mutants

types: $(DEV_ENV) $(NPM_ENV)
	$(PY) -m evoai.cli openapi > client/openapi.json.new
	mv client/openapi.json.new client/openapi.json
	cd client && npm run --silent api:types

migrate: $(DEMO_ENV)
	$(PY) -m evoai.cli db migrate

# The compiled files name no registry; a test holds that they agree on versions.
LOCK := $(PY) -m uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11
lock: $(DEV_ENV)
	@$(PY) -m uv --version >/dev/null 2>&1 || { echo "make lock needs uv: $(PY) -m pip install uv"; exit 1; }
	$(LOCK) requirements/base.in -o requirements/base.txt
	$(LOCK) requirements/embedded.in -o requirements/embedded.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt

$(DEMO_ENV): requirements/embedded.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: set PYTHON to a newer one"; exit 1; }
	@test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { echo "python cannot make a virtual environment: on Debian install the package python3-venv"; exit 1; }
	@echo "installing Python packages"
	$(PIP) --require-hashes -r requirements/embedded.txt
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(DEV_ENV): requirements/dev.txt pyproject.toml $(DEMO_ENV)
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(NPM_ENV): client/package-lock.json client/.npmrc
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed"; exit 1; }
	@echo "installing npm packages"
	cd client && npm ci --no-progress --loglevel=error
	@touch $@

$(DIST): $(NPM_ENV) $(CLIENT_SOURCES)
	cd client && npm run --silent build
	@touch $@
