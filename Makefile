# Lexun 平安乐巡. `make` alone lists what can be done. Only Python (3.9 or newer, and a 3.13 that uv can find), git
# and make are needed to begin; everything else is installed into this folder.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 /usr/bin/python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && echo $$python && break; done)
ifeq ($(PYTHON),)
$(error No Python 3.9 or newer found: install python3 and try again)
endif

INSTALL := $(PYTHON) scripts/install.py
IN := .venv/bin
TESTS := $(IN)/python scripts/run_tests.py

##@ Use it
.PHONY: demo demo-reset serve
demo: ## Install what is needed, make the demo district once, serve it at http://127.0.0.1:8000 (PORT changes it)
	@$(INSTALL) run
	@exec $(IN)/lexun demo

demo-reset: ## Delete the demo district's data; the next `make demo` begins anew
	@$(PYTHON) scripts/demo_reset.py

serve: ## Serve with the settings of the environment (docs/operate.md)
	@$(INSTALL) run
	@exec $(IN)/lexun serve

##@ Work on it
.PHONY: install build format lint types snapshots
install: ## Install everything, development and test tools included
	@$(INSTALL) dev

build: ## Build the PWA into pwa/dist
	@$(INSTALL) run

format: install ## Format the Python code and mend what the linter can
	@$(IN)/ruff check --fix -q . && $(IN)/ruff format -q .

lint: install ## Ruff's lint and format checks, and the import rules
	@$(TESTS) lint imports

types: install ## Pyright for Python, svelte-check for the PWA
	@$(TESTS) types pwa-types

snapshots: install ## Rewrite the committed schema snapshots, openapi.json and the TypeScript types
	@$(IN)/python scripts/snapshots.py --write

##@ Test it
.PHONY: test test-unit test-sqlite test-postgres test-pwa test-e2e test-docker test-push test-slow bench
test: ## Everything that must hold before a change lands (ALSO=push: the Firefox test too)
	@$(INSTALL) $(if $(filter push,$(ALSO)),push,dev)
	@$(TESTS) default $(ALSO)

test-unit: install ## Tests with no database
	@$(TESTS) unit

test-sqlite: install ## Integration and concurrency tests on SQLite
	@$(TESTS) sqlite

test-postgres: install ## Integration and concurrency tests on a real PostgreSQL
	@$(TESTS) postgres

test-pwa: install ## The PWA's unit tests and types
	@$(TESTS) pwa-types pwa-unit

test-e2e: install ## Browser tests: a real Chromium against a real server
	@$(TESTS) e2e

test-docker: install ## The compose file, the Dockerfile, and every command in them outside a container
	@$(TESTS) docker

test-push: ## A real Firefox receives a Web Push message (needs firefox-esr)
	@$(INSTALL) push
	@$(TESTS) push

test-slow: install ## Tests that take minutes
	@$(TESTS) slow

bench: ## The benchmarks
	@$(INSTALL) bench
	@$(TESTS) bench && $(TESTS) bench-postgres

##@ Tidy up
.PHONY: clean help
clean: ## Remove build output and caches; data in var/ and installed tools stay
	@rm -rf pwa/dist pwa/dev-dist test-results .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find backend routing points tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
