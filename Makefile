# make run | test | lint | bench: the first time each installs what it needs into .venv, later it needs no internet.
# make install: a copy of its own under PREFIX, for services.

VENV := .venv
BIN := $(VENV)/bin
DNS := 127.0.0.1:5354
WEB := 127.0.0.1:8053
STATE := var
PREFIX := /opt/filterdns
ARGS :=

# The first Python that is new enough.
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
INSTALL := -m pip install --quiet --disable-pip-version-check

define IS_PYTHON_HERE
@test -n "$(PYTHON)" || { \
	echo "make: FilterDNS needs Python 3.11 or newer, here is $$(python3 --version 2>/dev/null || echo none)" >&2; exit 2; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "make: Python's venv is missing: sudo apt install python3-venv" >&2; exit 2; }
endef

export HAS_HEADERS = import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))

.PHONY: run test lint bench install clean
.DELETE_ON_ERROR:

run: $(VENV)/installed-run
	@exec $(BIN)/filterdns serve --dns $(DNS) --web $(WEB) --state $(STATE)

# Tests keep and sync many small files, which costs half of the time on a disk, and nothing in memory if there is enough.
test: export PYTEST_DEBUG_TEMPROOT ?= $(shell \
	[ "$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 1000000 ] 2>/dev/null && echo /dev/shm)
test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/installed-run
	@$(MAKE) --no-print-directory install PREFIX=$(VENV)/copy
	$(BIN)/python -m bench --installed $(VENV)/copy $(ARGS)

# The path of a query is compiled where that can be done; the same source runs as it stands elsewhere.
install:
	$(IS_PYTHON_HERE)
	@$(PYTHON) -m venv $(PREFIX)
	@if ! command -v $${CC:-cc} >/dev/null; then lack="there is no C compiler"; \
	elif ! $(PREFIX)/bin/python -c "$$HAS_HEADERS"; then lack="Python.h is missing"; \
	elif HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 $(PREFIX)/bin/python $(INSTALL) .; then lack=""; \
	else lack="the compiler failed"; fi; \
	test -z "$$lack" || $(PREFIX)/bin/python $(INSTALL) . || exit 1; \
	echo "make: FilterDNS is in $(PREFIX), $${lack:+not }compiled$${lack:+: $$lack}"

clean:
	rm -rf $(VENV)

# One stamp for each set of packages, made again when pyproject.toml changes; a larger set stands for the smaller ones.
$(VENV)/installed-run: SETS := run
$(VENV)/installed-test: SETS := run test
$(VENV)/installed-dev: SETS := run test dev
$(VENV)/installed-%: pyproject.toml | $(BIN)/python
	@echo "make: installing Python packages into $(VENV)"
	@$(BIN)/python $(INSTALL) --editable '.$(if $(filter-out run,$*),[$*])' || { \
		echo "make: the packages could not be installed; the first time this needs the internet" >&2; exit 1; }
	@touch $(SETS:%=$(VENV)/installed-%)

$(BIN)/python:
	$(IS_PYTHON_HERE)
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
