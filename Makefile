# Two commands do everything: `make book` and `make test`. `make` alone lists the others.

# The Python that makes the virtual environment: the first one that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$python"; break; }; done)

# More arguments for the one `pip install` that may use the network, such as an index that holds
# builds of torch for the CPU alone: make book PIP_ARGS="--extra-index-url ADDRESS"
PIP_ARGS ?=

PORT ?= 8000

venv_python := .venv/bin/python
installed := .venv/.installed

# By module, never by a script on PATH: a script names the folder that it was installed for, so that a
# copied clone would build and test the original. jupyter-book is no module that Python can run.
jupyter_book := $(venv_python) -c 'from jupyter_book.cli.main import main; main()'

.PHONY: help install book test test-elsewhere lint format notebooks pages times
.PHONY: record bench serve links lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(installed) ## put the pinned versions and the package into .venv

# `pip` leaves alone what is there already, so that without a network this rule still succeeds.
$(installed): requirements.lock pyproject.toml
	@$(venv_python) -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory $(venv_python)
	$(venv_python) -m pip install --quiet $(PIP_ARGS) --requirement requirements.lock
	$(venv_python) -m pip install --quiet --no-index --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: $(venv_python)
$(venv_python):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found." \
	"Install one, or name yours: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	"Python 3.11 or newer is needed, and $(PYTHON) is not that." \
	"Name another one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo \
	"$(PYTHON) cannot make virtual environments: its modules venv and ensurepip are missing." \
	"On Debian and Ubuntu install the package python3-venv." >&2; exit 1; }
	"$(PYTHON)" -m venv --clear .venv

book: install ## build the HTML book from the stored outputs
	$(jupyter_book) build . -W --keep-going --all --quiet
	@echo "The book is built. Open it: file://$(CURDIR)/_build/html/index.html"

test: install ## test the package and the pages, then run and compare every notebook
	$(venv_python) -m pytest
	$(venv_python) -m pytest --nbval book/

test-elsewhere: install ## the same notebooks from the wheel, as on another machine (CHAPTERS=07)
	$(venv_python) -m book.tools elsewhere $(CHAPTERS)

lint: install ## check style and format
	$(venv_python) -m ruff check .
	$(venv_python) -m ruff format --check .

format: install ## put the code into the one format and repair what can be repaired
	$(venv_python) -m ruff check --fix .
	$(venv_python) -m ruff format .

notebooks: install ## take book/source into the notebooks and execute what changed (CHAPTERS=07)
	$(venv_python) -m book.tools execute $(CHAPTERS)

pages: install ## write the pages that are made from the package's records
	$(venv_python) -m book.tools pages

times: install ## report how long each notebook takes (CHAPTERS=07)
	$(venv_python) -m book.tools times $(CHAPTERS)

record: install ## take the results under runs/ into the package's ledger
	$(venv_python) -m textbook_nlp record runs

bench: install ## measure the package against its peers
	@for file in benchmarks/*.py; do echo "$$file"; \
	PYTHONPATH="$(CURDIR)" OMP_NUM_THREADS=1 $(venv_python) "$$file" || exit 1; done

serve: book ## show the built book in the browser, with its search (PORT=8000)
	$(venv_python) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

links: install ## follow every link of the book (needs a network)
	$(jupyter_book) build . --all --builder linkcheck

lock: ## pin the newest versions that pyproject.toml allows (needs a network)
	@$(MAKE) --no-print-directory $(venv_python)
	$(venv_python) -m pip install --quiet $(PIP_ARGS) --editable '.[book,test]'
	$(venv_python) -m pip freeze --all --exclude-editable --exclude pip \
	| tr A-Z_ a-z- | sed 's/+.*//' | grep -Ev '^(nvidia|cuda|triton)' | LC_ALL=C sort > requirements.lock

clean: ## remove what was built, but not .venv
	rm -rf _build build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
