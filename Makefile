# Two commands matter: `make run` and `make test`. `make help` lists all.
# Needed for `make run`: Python 3.11 and make. Everything else comes from the lock file into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3.11
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := build/uv/bin/uv
# The Python that is there, never one that uv would download.
UV_SYNC := UV_PYTHON_DOWNLOADS=never $(UV) sync --locked --quiet --inexact --python $(PYTHON) --extra stack

FIRST_DAY := 2020-09-25
STACK_LAST_DAY := 2020-09-27
NEXT_DAY := 2020-09-28
LAST_DAY := 2020-11-13

# A worker for each processor; a file is the work of one of them. tests/conftest.py says how many and in which order.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=10

.PHONY: help run up down test test-fast test-thorough check-python check-texts lint tools bench evaluate learn clean
help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | expand -t 15

run: build/.run-ready ## The sample from its sources to a published release: three days through Airflow, the rest without
	@$(BIN)/clawback stack run --from $(FIRST_DAY) --to $(STACK_LAST_DAY) \
		|| { failed=$$?; $(BIN)/clawback stack down; exit $$failed; }
	@$(BIN)/clawback stack down
	@$(BIN)/clawback run --from $(NEXT_DAY) --to $(LAST_DAY)

up: build/.run-ready ## Start Airflow and PostgreSQL on loopback and leave them serving
	@$(BIN)/clawback stack up

down: build/.run-ready ## Stop what `make up` started, and what a killed stack left behind
	@$(BIN)/clawback stack down

test: build/.test-ready ## All checks and tests, the ten slowest printed
	@$(MAKE) --no-print-directory -j2 tools check-python check-texts
	@$(PYTEST)

test-fast: build/.test-ready check-python ## Style, types, and the tests that start no server
	@$(PYTEST) -m "not slow and not thorough"

test-thorough: build/.test-ready ## Random cases by the ten thousand: ten minutes and more
	@$(PYTEST) --dist load -m thorough

check-python: build/.test-ready
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

lint: check-python check-texts ## Style, types, spelling, of Python, SQL and YAML

check-texts: build/.test-ready
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt/models dbt/tests dbt/macros
	@$(BIN)/yamllint -d '{extends: relaxed, rules: {line-length: disable}}' infra dbt expectations dags
	@$(BIN)/codespell -L pasword,frist,nd dags dbt docs expectations infra tests README.md CONTRIBUTING.md CHANGELOG.md Makefile

tools: build/.test-ready ## Install what tests can use beside the lock file, as far as this machine allows
	@sh .ci/tools

bench: build/.test-ready ## Measure; one line a figure, all of them in build/bench.json
	@$(BIN)/python -m tests.bench

evaluate: build/.test-ready ## Score the reading of claims against hand-made answers, into build/evaluation.json
	@$(BIN)/python -m tests.evaluate

learn: build/.test-ready ## Learn the points of cues anew from the annotated documents
	@$(UV) run --locked --group learn python -m tests.evaluate.learn

clean: ## Remove what was built or run here: var (lake, stack), build, caches; not .venv
	@if [ -x $(BIN)/clawback ]; then $(BIN)/clawback stack down; fi
	@rm -rf var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(UV):
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: put python3.11 on the PATH or give PYTHON=..."; exit 1; }
	@echo "installing uv $(UV_VERSION)"
	@mkdir -p build
	@$(PYTHON) -m venv build/uv || { rm -rf build/uv; echo "$(PYTHON) cannot make an environment (on Debian: apt-get install python3.11-venv)"; exit 1; }
	@build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { rm -rf build/uv; exit 1; }

build/.run-ready: uv.lock pyproject.toml | $(UV)
	@echo "installing the locked packages into .venv"
	@$(UV_SYNC) --no-default-groups
	@touch $@

build/.test-ready: uv.lock pyproject.toml | $(UV)
	@echo "installing the locked packages and the tools of the tests into .venv"
	@$(UV_SYNC)
	@touch $@ build/.run-ready
