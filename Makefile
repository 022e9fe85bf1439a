# Two commands are enough on a fresh machine with Python 3.11 or newer, make and git:
#   make demo    take the example portfolio through the roadmap
#   make test    run the tests (with Node 18 or newer: OpenFeature's JavaScript clients ask in them)
# Both set up what they need, once, in .venv. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
CODE := primum flows tasks
OWN := $(CODE) tools tests
CLIENTS := tests/javascript/node_modules/.package-lock.json
# In the order of the folders: the browser and the processes come first, and no long file is left for the end.
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.DELETE_ON_ERROR:
.PHONY: help setup demo up test clients faults check format format-check lint types contracts house docs docs-check \
	docker-check schema bench chromium constraints clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## make .venv with everything pinned in constraints.txt

# pip compiles what it installs; compileall does the same for our own code, so that the first command is not slow.
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Primum needs Python 3.11 or newer; '$(PYTHON)' is older or cannot be run. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "'$(PYTHON)' has no venv module; on Debian or Ubuntu install python3-venv, then try again." >&2; exit 1; }
	@echo "Setting up $(VENV), once; this takes some minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -m compileall -q $(CODE)
	@touch $@

demo: $(READY) ## take the example portfolio through the roadmap
	@$(BIN)/primum demo

up: $(READY) ## start server, runner, MLflow store on this machine
	@$(BIN)/primum up

test: $(READY) chromium $(CLIENTS) ## run the tests
	$(PYTEST)

# The browser that looks at the console's pages: the system's, else Debian's package, else playwright's own.
chromium: $(READY) ## make sure there is a Chromium for the tests of the pages
	@command -v chromium >/dev/null || $(BIN)/python -m tools.chromium

# OpenFeature's JavaScript clients, which the tests let ask; from any registry, since the lock file holds hashes alone.
clients: $(CLIENTS) ## install the JavaScript clients that the tests ask with (Node 18 or newer)

$(CLIENTS): tests/javascript/package.json tests/javascript/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 18))' || { \
		echo "The tests ask with OpenFeature's JavaScript clients and need Node 18 or newer with npm; on Debian or Ubuntu: apt-get install nodejs npm" >&2; exit 1; }
	@cd tests/javascript && npm ci --silent --ignore-scripts
	@touch $@

faults: $(READY) ## run the long trials: kill -9 around every statement
	$(BIN)/python -m pytest -m faults

bench: $(READY) ## measure; never a test
	$(BIN)/python -m benchmarks

check: format-check lint types contracts house docs-check docker-check test ## everything CI asks, in order

format-check: $(READY)
	$(BIN)/ruff format --check --quiet .

lint: $(READY)
	$(BIN)/ruff check --quiet .

types: $(READY)
	$(BIN)/mypy $(CODE) tools $(wildcard benchmarks)

contracts: $(READY)
	$(BIN)/lint-imports --no-logo

house: $(READY)
	$(BIN)/python -m tools.house

docs-check: $(READY)
	$(BIN)/python -m tools.reference --check

docker-check: $(READY)
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker/compose.yaml

format: $(READY) ## lay out the code and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY) ## write docs/reference and schemas from the code
	$(BIN)/python -m tools.reference

schema: docs ## the JSON Schemas are part of the generated reference

# Versions and hashes only: no index address is recorded.
constraints: ## pin again after a change of the dependencies (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--all-extras --group dev pyproject.toml -o constraints.txt

clean: ## remove what was set up and built
	rm -rf $(VENV) tests/javascript/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(OWN) -name __pycache__ -type d -prune -exec rm -rf {} +
