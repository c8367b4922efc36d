# make demo    the service, the sandbox and synthetic patients on this machine
# make test    the tests
# make check   everything that CI proves
# make mutate  turn every comparison, number and connective of the rules; name what no case notices (WRITE=1: into rules/README.md)
# make validators  the FHIR validator that runs on Node.js (npm), for the tests that use it
# make audit   known vulnerabilities in what is shipped (STRICT=1: fails when nobody could be asked)
# make sbom    what is shipped, as a CycloneDX list in build/sbom.json
# make spark   the population audit on Apache Spark gives the same bytes
# make bench   the measurements behind bench/README.md (bench-synthetic, bench-population, bench-cql: those of populations)
# make load    ten minutes of mixed traffic, an overload, and the end with requests in flight (SECONDS, RATE)
# make fuzz    an hour, or SECONDS, of made-up bytes against the decoder
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
# One process more than there are cores: many tests wait for servers of their own.
TEST_PROCESSES ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
PIP := -m pip install --quiet --disable-pip-version-check

.SECONDARY:
.PHONY: help venv demo test check format format-check lint types contracts rules mutate \
	validators test-all test-versions wheel bench bench-cql bench-faults bench-population bench-synthetic spark load fuzz fixtures golden lock clean audit sbom

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
.venv/.ready .venv-bench/.ready .venv-spark/.ready: %/.ready: %/.deps pyproject.toml
	@$*/bin/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready
	@$(BIN)/bone-cds demo

test: .venv/.ready
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -m "not slow and not bench"

check: format-check lint types contracts rules mutate test-all test-versions wheel audit sbom
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

validators: tools/validators/node_modules/.package-lock.json

tools/validators/node_modules/.package-lock.json: tools/validators/package-lock.json
	@cd tools/validators && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Slow tests too, and with them the documents: tests/test_readme.py runs what README.md shows.
test-all: .venv/.ready
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -m "not bench"

# The tests again on each other supported Python that this machine has; says which it found and which not.
test-versions: .venv/.ready
	@tests/versions.sh $(BIN)/python

wheel: .venv/.ready
	@tests/wheel_smoke.sh $(BIN)/python

# pip-audit leaves with 0 when no database answered; this does not take that for a clean bill. STRICT=1: fails then.
audit: .venv/.ready
	@$(BIN)/python tools/supply/audit.py $(if $(STRICT),--strict) constraints/image.txt

SBOM := build/sbom.json
sbom: .venv/.ready
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/cyclonedx-py requirements constraints/image.txt --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file $(SBOM) 2> >(grep -v -e UserWarning -e 'warn(' >&2)
	@echo "sbom: $(SBOM)"

# The population audit on Apache Spark, two threads of this machine; needs Java 17 or newer.
spark: .venv-spark/.ready
	@.venv-spark/bin/python -m pytest -p no:cacheprovider tests/population/check_spark.py

bench: .venv-bench/.ready .venv-healthchain/.deps
	@HEALTHCHAIN_PYTHON=.venv-healthchain/bin/python .venv-bench/bin/python -m bench

# What each fault of an EHR's server does to the answer, and how long it takes.
bench-faults: .venv-bench/.ready
	@.venv-bench/bin/python -m bench.faults

# The population audit beside a one-process orjson pipeline; PATIENTS="5000 50000", ROUNDS=3.
bench-population: .venv-bench/.ready
	@.venv-bench/bin/python -m bench.population --patients $(or $(PATIENTS),5000 50000) --rounds $(or $(ROUNDS),3)

# What the rules cost a patient beside cql-execution, on one core; PATIENTS=2000.
bench-cql: .venv-bench/.ready bench/cql/node_modules/.package-lock.json
	@.venv-bench/bin/python -m bench.population_cql --patients $(or $(PATIENTS),5000)

bench/cql/node_modules/.package-lock.json: bench/cql/package-lock.json
	@cd bench/cql && npm ci --no-audit --no-fund --loglevel=error

bench-synthetic: .venv/.ready
	@$(BIN)/python -m bench.synthetic

load: .venv/.ready
	@$(BIN)/python -m bench.load $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE))

fuzz: .venv-fuzz/.deps
	@.venv-fuzz/bin/python -m tools.fuzz.decoder -max_total_time=$(or $(SECONDS),3600) -max_len=65536 -rss_limit_mb=2048

fixtures: .venv/.ready
	@$(BIN)/python tools/fixtures/build_requests.py

golden: .venv/.ready
	@$(BIN)/python -m tests.fixtures.answering
	@$(BIN)/python -m tests.synthea.answering

RESOLVE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

lock: .venv-lock/.deps
	@$(RESOLVE) pyproject.toml --extra dev --extra otel --extra pdf -o constraints/dev.txt
	@$(RESOLVE) pyproject.toml -c constraints/dev.txt -o constraints/runtime.txt
	@$(RESOLVE) pyproject.toml --extra dev constraints/bench.in -c constraints/dev.txt -o constraints/bench.txt
	@$(RESOLVE) pyproject.toml --extra otel -c constraints/dev.txt -o constraints/image.txt
	@$(RESOLVE) pyproject.toml constraints/fuzz.in -c constraints/dev.txt -o constraints/fuzz.txt
	@$(RESOLVE) pyproject.toml constraints/spark.in -c constraints/dev.txt -o constraints/spark.txt
	@for name in build healthchain synthea lock; do $(RESOLVE) constraints/$$name.in -o constraints/$$name.txt; done
	@echo "constraints renewed; run make check"

clean:
	@rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
