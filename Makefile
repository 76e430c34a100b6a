# Two commands on a fresh machine: `make demo` and `make test`. Python >= 3.11 and make are enough.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test bench check clean ready requirements

# The one that was chosen before, else the newest; or name one: `make PYTHON=/path/to/python3 …`.
ifndef PYTHON
PYTHON := $(shell for python in .venv/bin/python python3.13 python3.12 python3.11 python3.14 python3; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo "$$python" && exit; done)
endif
RUN := .venv/bin/python
WORKERS ?= 3

# What a production machine would have in its environment; nothing of it is used but by the check.
PRODUCTION := SECRET_KEY=$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	DATABASE_URL=postgresql://callcenter@db.example.com/callcenter \
	TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001 \
	TWILIO_AUTH_TOKEN=00000000000000000000000000000001 \
	PUBLIC_URL=https://calls.example.com FALLBACK_URL=https://fallback.example.com \
	ALLOWED_HOSTS=calls.example.com CSRF_TRUSTED_ORIGINS=https://calls.example.com \
	BEHIND_TLS_PROXY=1 PROXIES_IN_FRONT=1 SECURE_HSTS_SECONDS=31536000 SECURE_HSTS_INCLUDE_SUBDOMAINS=1

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ready ## a whole call centre on this machine, with callers (ARGS=--quiet: without)
	@exec $(RUN) -m callcenter.demo $(ARGS)

test: ready ## every test: units, whole calls, browser (ARGS='tests/calls -k hold' for a few)
	@$(RUN) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

bench: ready ## measure it; a table and a JSON file in benchmarks/results
	@$(RUN) -m benchmarks $(ARGS)

check: ready ## the whole gate: style, types, imports, settings, migrations, tests
	@echo '── style';      $(RUN) -m ruff check . && $(RUN) -m ruff format --check .
	@echo '── types';      $(RUN) -m mypy
	@echo '── imports';    $(RUN) .venv/bin/lint-imports
	@echo '── settings';   $(PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING
	@echo '── migrations'; PYTHONWARNINGS=ignore::RuntimeWarning $(RUN) manage.py makemigrations --check --dry-run
	@echo '── tests';      $(RUN) -m pytest -n $(WORKERS) --dist worksteal

requirements: ready ## pin what requirements/*.in ask for (UPGRADE=--upgrade for newer ones)
	@cd requirements && for wanted in base sandbox production dev; do \
		../.venv/bin/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url \
		$(UPGRADE) $$wanted.in -o $$wanted.txt || exit; done

clean: ## stop the embedded PostgreSQL and remove everything that was installed or written here
	@if [ -x $(RUN) ]; then for name in pg pg-test; do \
		$(RUN) -m callcenter.postgres remove --name $$name || exit; done; fi
	rm -rf .local .venv node_modules static/vendor staticfiles
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready:
	@if [ -z '$(PYTHON)' ]; then \
		echo 'Python 3.11 or newer with its venv module is needed, and none was found.'; \
		echo 'Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python'; \
		echo 'or name one: make PYTHON=/path/to/python3 …'; exit 1; fi
	@$(PYTHON) -m callcenter.bootstrap
