# `make` lists what there is. Settings are PRESENCE_* variables: PRESENCE_PORT=9000 make serve
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve compile test lint format bench soak lock clean

BIN := .venv/bin
# A stamp's name holds a checksum of what it was made from, so an unchanged tree starts at once.
key := $(shell cat requirements.lock requirements-dev.lock pyproject.toml scripts/setup.sh | cksum | cut -d' ' -f1)
RUNTIME := .venv/.runtime-$(key)
DEV := .venv/.dev-$(key)
node_key := $(shell cksum tests/node/package-lock.json 2>/dev/null | cut -d' ' -f1)
packages_key := $(shell find engine actors adapters sim scripts/compile.py -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 cat | cksum | cut -d' ' -f1)
COMPILED := .venv/compiled-$(packages_key)
NODE := tests/node/node_modules/.installed-$(node_key)

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

serve: $(RUNTIME) ## run the server (the first time, install what it needs)
	@PYTHONPATH="$$(ls -d "$(CURDIR)/$(COMPILED)" 2>/dev/null)" exec $(BIN)/presence serve

compile: $(COMPILED) ## compile the hot path to C (a minute, needs a C compiler), for serve and bench to use

test: lint $(NODE) ## every check, then every test
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --dist worksteal -m "not alone"
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(BIN)/python -m pytest -m alone

lint: $(DEV) ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(DEV) ## put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(DEV) ## measure against what one would otherwise use
	@$(MAKE) --no-print-directory compile || echo "Measuring it as plain Python." >&2
	@PYTHONSAFEPATH=1 PYTHONPATH="$(CURDIR)/$(COMPILED):$(CURDIR)" $(BIN)/python -m bench

soak: $(DEV) ## the long campaigns: kernel chaos, a million of hearing, 200 kills under money, every scenario under many seeds
	@CHAOS_SEEDS=20000 $(BIN)/python -m pytest -q tests/engine/test_chaos.py
	@$(BIN)/python -m tests.actors.space.hearing.campaign --operations 1000000
	@$(BIN)/python -m tests.server.money_kills --kills 200
	@for story in scenarios/*.toml; do $(BIN)/presence sim run $$story --seeds 1..1000 || exit 1; done

lock: ## resolve the dependencies anew into the lock files
	@sh scripts/lock.sh

clean: ## remove what was installed and cached; the data directory stays
	rm -rf .venv tests/node/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(RUNTIME):
	@sh scripts/setup.sh runtime
	@touch $@

$(DEV):
	@sh scripts/setup.sh dev
	@touch $(RUNTIME) $@

$(COMPILED): | $(DEV)
	@rm -rf .venv/compiled-*
	@$(BIN)/python -m scripts.compile $@

$(NODE): $(DEV)
	@cd tests/node && PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --no-audit --no-fund --loglevel=error
	@touch $@
