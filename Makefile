# Everything a developer or a newcomer types. The environment is made once and kept.
VENV    := .venv
PY      := $(VENV)/bin/python
PIP     := $(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt
STORE   := store/quickstart
RUN     := runs/quickstart$(if $(LLM),-llm)
ASK     := $(if $(LLM),--llm $(LLM) $(if $(MODEL),--model $(MODEL)))

.PHONY: help quickstart test test-all lint types architecture bench notebooks docs check clean constraints

help:                   ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

# --- environments: a stamp a set of extras, remade when the pins change

$(VENV)/bin/python:
	python3 -m venv $(VENV)

$(VENV)/.quickstart: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing (once; some minutes)"
	@$(PIP) -e '.[quickstart]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing the tests' packages (once; some minutes)"
	@$(PIP) -e '.[test]'
	@touch $@ $(VENV)/.quickstart

$(VENV)/.lint: pyproject.toml constraints.txt $(VENV)/.test
	@$(PIP) -e '.[test,lint]'
	@touch $@

# --- what a newcomer types

quickstart: $(VENV)/.quickstart  ## index, select, mine and export the sample (LLM=http://... MODEL=name to use a model)
	@$(VENV)/bin/miner index indexes/quickstart.toml --store $(STORE)
	@$(VENV)/bin/miner run pipelines/quickstart.toml --store $(STORE) --run $(RUN) $(ASK)

test: $(VENV)/.test     ## the tests, a few minutes
	@$(PY) -m pytest -q -n 2 --dist worksteal tests

# --- what a developer types

test-all: $(VENV)/.test ## the tests with the slow ones
	@$(PY) -m pytest -q -n 2 --dist worksteal -m "" tests

lint: $(VENV)/.lint     ## style and spelling
	@$(VENV)/bin/ruff check miner tests
	@$(VENV)/bin/ruff format --check miner tests --exclude tests/data
	@$(VENV)/bin/codespell miner tests docs pipelines indexes README.md CONTRIBUTING.md CHANGELOG.md

types: $(VENV)/.lint    ## mypy, strict
	@$(VENV)/bin/mypy miner

architecture: $(VENV)/.lint  ## layers and dependencies
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/deptry miner

notebooks: $(VENV)/.test  ## execute the tutorials
	@$(PY) -m pytest -q -p no:randomly --force-enable-socket --nbmake --nbmake-timeout=300 notebooks

bench: $(VENV)/.test    ## every figure, as a table (long; alone on the machine)
	@$(PY) tests/benchmarks/run.py $(ONLY)

check: lint types architecture test notebooks  ## all that CI runs, but the wheel

constraints: $(VENV)/.lint  ## freeze what is installed
	@(echo "# The versions that are tested. Regenerate: make constraints"; \
	  echo "# torch: where a CPU wheel is on offer, 2.13.0 is satisfied by it."; \
	  $(PY) -m pip freeze --exclude-editable | sed 's/+cpu//') > constraints.txt

clean:                  ## remove what the quick start made
	rm -rf store/quickstart runs/quickstart runs/quickstart-llm
