# make demo    the service, the sandbox and synthetic patients on this machine
# make test    the tests
# make check   everything that CI proves
# make mutate  turn every comparison, limit and connective of the rules; name what no case notices (WRITE=1: into rules/README.md)
# make bench   the measurements behind bench/README.md
# make format  lay out the code
# make fixtures  build fixtures/requests from the patients and the index
# make golden  renew fixtures/responses; read what changed before it is kept
# make lock    renew the pinned, hashed constraints (UPGRADE=1: move to the newest versions)
#
# Needs make and Python 3.11 or newer with venv, and a package index. PYTHON=/path/to/python chooses the interpreter.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CANDIDATES := python3.13 python3.12 python3.11 python3 python
FIT := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for each in $(CANDIDATES); do "$$each" -c '$(FIT)' 2>/dev/null && echo "$$each" && break; done)
endif
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check

.SECONDARY:
.PHONY: help venv demo test check format format-check lint types contracts rules mutate \
	test-all test-versions wheel bench fixtures golden lock clean

help:  ## this list
	@sed -n 's/^# make/make/p' Makefile

define no_python
No Python 3.11 or newer with venv was found (looked for: $(CANDIDATES)).
Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or say where it is: make PYTHON=/path/to/python
endef
export no_python

# $(call environment,FOLDER,CONSTRAINTS): an environment holding exactly what the constraints pin.
define environment
@"$(PYTHON)" -c '$(FIT)' 2>/dev/null || { echo "$$no_python" >&2; exit 2; }
@echo "setting up $(1) from $(2) with $$("$(PYTHON)" --version)"
@"$(PYTHON)" -m venv --clear $(1)
@$(1)/bin/python $(PIP) --require-hashes -r $(2)
endef

venv: .venv/.ready

.venv/.deps: constraints/dev.txt
	$(call environment,.venv,$<)
	@touch $@

.venv-%/.deps: constraints/%.txt
	$(call environment,.venv-$*,$<)
	@touch $@

# The project itself on top, editable; once more when pyproject.toml changes.
.venv/.ready .venv-bench/.ready: %/.ready: %/.deps pyproject.toml
	@$*/bin/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready
	@$(BIN)/bone-cds demo

test: .venv/.ready
	@$(BIN)/python -m pytest -m "not slow and not bench"

check: format-check lint types contracts rules mutate test-all test-versions wheel
	@echo "check: all passed"

format-check: .venv/.ready
	@$(BIN)/ruff format --check .

format: .venv/.ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: .venv/.ready
	@$(BIN)/ruff check .

types: .venv/.ready
	@$(BIN)/mypy

contracts: .venv/.ready
	@$(BIN)/lint-imports

rules: .venv/.ready
	@$(BIN)/bone-cds rules lint

mutate: .venv/.ready
	@$(BIN)/bone-cds rules mutate $(if $(WRITE),--write)

# Slow tests too, and with them the documents: tests/test_readme.py runs what README.md shows.
test-all: .venv/.ready
	@$(BIN)/python -m pytest -m "not bench"

# The tests again on each other supported Python that this machine has; says which it found and which not.
test-versions: .venv/.ready
	@tests/versions.sh $(BIN)/python

wheel: .venv/.ready
	@tests/wheel_smoke.sh $(BIN)/python

bench: .venv-bench/.ready .venv-healthchain/.deps
	@HEALTHCHAIN_PYTHON=.venv-healthchain/bin/python .venv-bench/bin/python -m bench

fixtures: .venv/.ready
	@$(BIN)/python tools/fixtures/build_requests.py

golden: .venv/.ready
	@$(BIN)/python -m tests.fixtures.answering
	@$(BIN)/python -m tests.synthea.answering

RESOLVE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

lock: .venv-lock/.deps
	@$(RESOLVE) pyproject.toml --extra dev --extra pdf -o constraints/dev.txt
	@$(RESOLVE) pyproject.toml -c constraints/dev.txt -o constraints/runtime.txt
	@$(RESOLVE) pyproject.toml --extra dev constraints/bench.in -c constraints/dev.txt -o constraints/bench.txt
	@for name in healthchain synthea lock; do $(RESOLVE) constraints/$$name.in -o constraints/$$name.txt; done
	@echo "constraints renewed; run make check"

clean:
	@rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
