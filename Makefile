# Two commands for a newcomer: `make demo` and `make test`. Each creates .venv first, once.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV := .venv
BIN := $(VENV)/bin
# The longest first, so that no process ends long after the others; tests/order.py spreads what waits among it.
SUITE := tests/e2e tests/strangers tests/contract tests/properties tests/fuzz tests/unit tests/golden tests/tidy
INSTALLED := $(VENV)/.installed
DEMO_INSTALLED := $(VENV)/.installed-demo
COMPILED := $(VENV)/.compiled
# A bound on the whole suite, which takes about seven minutes. The bounds of single tests are in pyproject.toml.
TIMEOUT := $(shell command -v timeout >/dev/null && echo timeout --foreground --kill-after=60)
# Optional, needs npm: a faster emulator of Amazon SQS.
FAUXQS := loadtests/backing/cloud/fauxqs

# Every process of a run compiles all modules again where this is set: 0.85 s of CPU in place of 0.53.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test prove proofs fuzz check bench hot baseline schema lock

help:
	@echo "make demo    run the flash sale against the reference service and write a report"
	@echo "make test    the whole test suite"
	@echo "make prove   every planted flaw and the sound service, within an hour; writes docs/power.md"
	@echo "make proofs  the long statistical proofs over many seeds, and strangers in every scenario"
	@echo "make fuzz    hostile requests to receiver and simulated APIs, hostile files to the judge"
	@echo "make check   format, lint, types, import contracts, tidiness"
	@echo "make bench   benchmarks"
	@echo "make hot     the hot paths against their stored baseline, as CI compares them"
	@echo "make baseline  measure the hot paths and store them as the baseline"
	@echo "make setup   only create .venv, with everything that tests and development need"
	@echo "make schema  write the JSON Schemas of scenario files and subject files"
	@echo "make lock    pin the newest versions that pyproject.toml allows"

setup: $(INSTALLED)

# Creates the environment and installs the lock $(1) and this folder into it; $(2): more flags of pip. What is there already
# in the same version stays.
define install
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "A virtual environment could not be made. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV), once; every package is checked against its hash in $(1)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: $(2) -r $(1) || { \
		echo "The locked packages could not be installed. Either no package index was reached, or a file did not match its hash in" >&2; \
		echo "$(1) (pip says which above), or there is no built package for this machine. Nothing unverified was installed." >&2; \
		exit 1; }
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

# Packages of which next to nothing is imported. The rest is compiled by as many processes as there are cores; pip has one.
SELDOM := /(faker/providers|moto|mypy|networkx|pip|plotly|setuptools|sqlalchemy)/
# The stamp is written last, so that an interrupted installation starts again.
$(INSTALLED): requirements.lock pyproject.toml
	$(call install,requirements.lock,--no-compile)
	@$(BIN)/python -W ignore -m compileall -q -j 0 -x '$(SELDOM)' $(VENV)/lib || true # what cannot be compiled cannot be imported
	@if command -v npm >/dev/null; then npm ci --silent --ignore-scripts --fetch-retries=0 --fetch-timeout=20000 --prefix $(FAUXQS) \
		|| echo "The SQS emulator fauxqs could not be installed; the slower moto is used instead" >&2; fi
	@touch $@

# The demo needs the core and the reference service. Where everything is installed, it uses that.
$(DEMO_INSTALLED): requirements-demo.lock pyproject.toml
	$(call install,requirements-demo.lock)
	@touch $@

demo: $(if $(wildcard $(INSTALLED)),$(INSTALLED),$(DEMO_INSTALLED))
	$(BIN)/stockstorm run flash_sale --seed 7

# Optional: Shopify's own client libraries, which contract tests run against the played APIs, in environments of their own.
LIBRARIES := tests/contract/shopify_libraries
LIBRARIES_INSTALLED := $(VENV)/shopify/.installed
$(LIBRARIES_INSTALLED): $(LIBRARIES)/requirements.txt $(LIBRARIES)/package-lock.json $(LIBRARIES)/frameworks/package-lock.json
	@{ $(PYTHON) -m venv $(VENV)/shopify && $(VENV)/shopify/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r $(LIBRARIES)/requirements.txt \
		|| { rm -rf $(VENV)/shopify/bin; echo "Shopify's Python library could not be installed; its tests and the examples in Python are skipped" >&2; }; } & \
	if command -v npm >/dev/null; then for folder in $(LIBRARIES) $(LIBRARIES)/frameworks; do \
		npm ci --silent --ignore-scripts --fetch-retries=0 --fetch-timeout=20000 --prefix $$folder \
		|| echo "Shopify's Node libraries of $$folder could not be installed; their tests are skipped" >&2; done; fi; wait
	@touch $@

# Once after an installation: one process compiles the tests, and what they import. Else each of four would do it at the same time.
$(COMPILED): $(INSTALLED)
	@$(if $(TIMEOUT),$(TIMEOUT) 600) $(BIN)/python -m pytest --collect-only -qq $(SUITE) >/dev/null || true # the tests tell what is wrong
	@touch $@

.PHONY: all-installed
all-installed: $(COMPILED) $(LIBRARIES_INSTALLED)
	@:

# Four tests at once, and then, one after the other, those whose verdict on speed needs the whole machine.
test:
	@$(MAKE) --no-print-directory -j 2 all-installed
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(if $(TIMEOUT),$(TIMEOUT) 3600) $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not timed and not prove" $(SUITE)
	$(if $(TIMEOUT),$(TIMEOUT) 1800) $(BIN)/python -m pytest -m "timed and not prove" tests/e2e
endif

# Neither is part of `make test`: before a release, and once a week (.github/workflows/prove.yml).
# Four runs at a time, each of 20 to 50 s, which use 1.9 cores. Each run with evidence is judged twice, the second time without it. These and the
# sound service come first; the rest of the hour is for runs of services without evidence, others first for each commit. It ends with 1 if a flaw was missed or the sound service accused,
# and with 2 if the time did not suffice for a run with evidence. `make prove ARGS="--jobs 8"` on a larger machine.
prove: setup
	$(BIN)/stockstorm prove --without-evidence --sound-seeds 3 --jobs 4 --minutes 57 --page docs/power.md $(ARGS)

# make proofs ARGS="-n 2 tests/strangers"
proofs: setup
	$(BIN)/python -m pytest -o faulthandler_timeout=7200 -m prove $(ARGS)

# make fuzz ARGS="--requests 1000000 --seed 3". `make test` has a short form of it.
fuzz: setup
	$(BIN)/python -m tests.fuzz $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/tidy

schema: setup
	$(BIN)/python -m stockstorm.reports.checkers
	$(BIN)/python -m stockstorm.loadtests.subjects.own

bench: setup
	$(BIN)/python -m tests.benchmarks.compare $(ARGS)
	$(BIN)/python -m pytest -q tests/benchmarks

TABLE := --benchmark-columns=min,median,rounds --benchmark-sort=fullname
# Part of CI, and of `make bench`. By ratio to a calibration loop of the same run, so that it holds on any machine.
hot: setup
	$(BIN)/python -m pytest -q $(TABLE) tests/benchmarks/test_hot_paths.py

# What `make hot` compares with. A path that became slower on purpose shows in the diff.
baseline: setup
	STOCKSTORM_SLOWER_MAX=inf $(BIN)/python -m pytest -q $(TABLE) tests/benchmarks/test_hot_paths.py \
		-k "a_hot_path_is_not_slower" --benchmark-json tests/benchmarks/baseline.json

COMPILE := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: setup
	$(COMPILE) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	rm -f requirements-demo.lock
	$(COMPILE) --no-annotate --extra reference --build-deps-for editable --constraint requirements.lock \
		--output-file requirements-demo.lock pyproject.toml
