# `make help` lists what can be made. Everything goes into .venv and into the folder that DEMARCHE_HOME names.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(wildcard models/*)

.DEFAULT_GOAL := help
.PHONY: help setup demo stop test lint unit live quality scores clean
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install everything into .venv, once

# The stamp is written last: an interrupted installation is taken up again, a finished one needs no network.
$(READY): requirements.lock pyproject.toml $(MODELS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 is needed, and '$(PYTHON)' is not it." >&2; \
	  echo "Install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once; about 1 GB of packages are unpacked) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --editable . $(patsubst %,--editable ./%,$(MODELS))
	@touch $@
	@echo "Installed. Try: make demo, or $(BIN)/demarche --help"

demo: setup ## Start servers and workers, publish sample articles, show what was found
	@$(BIN)/demarche demo

stop: setup ## Stop what `make demo` started; the data stay
	@$(BIN)/demarche down

test: lint ## Run all checks and tests, on real servers that the tests start themselves
	@$(BIN)/pytest

lint: setup
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy

unit: setup ## Run the tests that need no servers
	@$(BIN)/pytest -m "not live and not quality"

live: setup ## Run the tests on real servers
	@$(BIN)/pytest -m live

quality: setup ## Measure on the data beside the project
	@$(BIN)/pytest -m quality

scores: setup ## Print every score of both language models on ../shared/data/nlp (some minutes)
	@for model in accurate fast; do $(BIN)/python -m pipeline.language.evaluate --data ../shared/data/nlp --model $$model || exit 1; done

clean: ## Remove .venv and caches (stop the demo first); downloads and data stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
