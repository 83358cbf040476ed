# What people do daily. `make advise` and `make test` work on a fresh clone with Python 3.11 or newer.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=
PEERS  ?=

.PHONY: help advise chat test lint types check bench model train schemas clean
help:  ## show these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.product: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Quorum needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.product
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

advise: $(VENV)/.product  ## a recommendation; your own words with ARGS='--text "..."'
	@$(BIN)/quorum advise $(ARGS)

chat: $(VENV)/.product  ## talk to the committee
	@$(BIN)/quorum chat $(ARGS)

test: $(VENV)/.dev  ## the whole suite
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev  ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## strict types
	$(BIN)/mypy

check: lint types test  ## everything that must hold before a commit

# The backtest's peers live in an environment of their own: python -m venv peers && peers/bin/pip install vectorbt bt
bench: $(VENV)/.dev  ## how fast; beside vectorbt and bt with PEERS=their/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	@for file in benchmarks/*.py; do \
		case $$file in */backtest.py) peers='$(PEERS:%=--peers %)';; *) peers=;; esac; \
		echo "== $$file $$peers"; $(BIN)/python $$file $$peers || exit 1; \
	done

model: $(VENV)/.product  ## serve a small local model; another with ARGS='--gguf FILE'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[local]'
	@$(BIN)/quorum model fetch
	@$(BIN)/quorum model serve $(ARGS)

train: $(VENV)/.product  ## remake models/allocator from data to card
	@$(BIN)/quorum train $(ARGS)

schemas: $(VENV)/.product  ## rewrite docs/*.schema.json from the records
	$(BIN)/python -m app.schema docs

clean:  ## remove the environment and every cache
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
