# Needs Python 3.11 or newer, pip and make. Everything else is installed into .venv from requirements/*.txt.
PYTHON ?= python3
JOBS   ?= 2
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input
SOURCE := foodtrace cli tests benchmarks tools

# Most tests that start a process start Python: it compiles every module once and for all, whatever the environment says.
TESTS  := env -u PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- Installing: two stamps in one environment, so that the demo waits for no development tool -----------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "foodtrace needs Python 3.11 or newer: make PYTHON=python3.12 ..")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(PIP) --require-hashes -r requirements/bench.txt
	@touch $@

.PHONY: install
install: $(VENV)/.dev ## Install everything for development into .venv

# --- The two commands ----------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.runtime ## Carry a city through a month, recall two lots, verify (leaves demo.db)
	$(BIN)/foodtrace --db demo.db demo

.PHONY: test
test: $(VENV)/.dev ## Run all tests, on SQLite and on a real PostgreSQL; two runs do the same
	$(TESTS) PYTHONHASHSEED=0 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev ## Run the property tests on examples drawn anew, 20 times as many: make fuzz ARGS="--fuzz 500 tests/recall"
	$(TESTS) $(BIN)/python -m pytest -n $(JOBS) -m hypothesis --fuzz 20 $(ARGS)

# --- Checks --------------------------------------------------------------------------------------------------------

.PHONY: lint
lint: $(VENV)/.dev ## ruff: rules and format
	$(BIN)/ruff check $(SOURCE)
	$(BIN)/ruff format --check $(SOURCE)

.PHONY: types
types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.dev ## import-linter: the directions of DESIGN section 4
	$(BIN)/lint-imports

.PHONY: drift
drift: $(VENV)/.dev ## Fail when schemas/ or the index of decisions (docs/adr) lag behind
	$(BIN)/python tools/drift.py

.PHONY: wheel-smoke
wheel-smoke: $(VENV)/.dev ## Build wheel and sdist, install the wheel in an empty environment, run the quick start
	PYTHON="$(PYTHON)" BUILD="$(BIN)/python" sh tools/wheel_smoke.sh

.PHONY: coverage
coverage: $(VENV)/.dev ## Branch coverage of the tests
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing

.PHONY: bench
bench: $(VENV)/.bench ## Run every benchmark of docs/performance.md and print the page anew
	$(BIN)/python -m benchmarks.performance --all

.PHONY: ci
ci: ## What CI runs
	bash .ci/run

# --- Upkeep --------------------------------------------------------------------------------------------------------

.PHONY: fmt
fmt: $(VENV)/.dev ## Mend what ruff can mend
	$(BIN)/ruff check --fix $(SOURCE)
	$(BIN)/ruff format $(SOURCE)

.PHONY: lock
lock: ## Write requirements/*.txt anew from pyproject.toml (UPGRADE=1: newest versions)
	PYTHON="$(PYTHON)" UPGRADE="$(UPGRADE)" sh tools/lock.sh

.PHONY: clean
clean: ## Remove what can be made again
	rm -rf $(VENV) .cache dist build demo demo.db* .coverage* .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
