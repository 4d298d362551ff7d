# Two commands do everything on a fresh Debian with python3 and make: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: run test bench check format phones catalogues manual sounds clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV) || { $(SUDO) apt-get update && $(SUDO) apt-get install -y python3-venv \
		&& $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

run: $(STAMP)  ## the whole story in a minute: a mixer, a conference, phones that talk
	$(BIN)/python -m examples.story

test: $(STAMP) phones  ## all tests, calls with independent phones included
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not alone"
	$(BIN)/python -m pytest -m alone

bench: $(STAMP)  ## what a leg costs, large starts, storms of dial-ins, memory, the desk; ten minutes (tests/bench/README.md)
	-$(BIN)/python -m tests.bench.scale $(if $(QUICK),--quick)
	-$(BIN)/python -m tests.bench.start_storm
	-$(BIN)/python -m tests.bench.gaps
	-$(BIN)/python -m tests.bench.dial_in_storm $(if $(QUICK),--seconds 10)
	-$(BIN)/python -m tests.bench.memory
	-$(BIN)/python -m tests.bench.desk $(if $(QUICK),--rounds 3)

check: $(STAMP)  ## format, lint, types, direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

phones:  ## the independent phones of the tests, from Debian's packages
	sh tests/phones/install.sh

catalogues: $(STAMP)  ## what the program says, for its translators; then translate and run it again
	$(BIN)/python -m confctl.locale.update

manual: $(STAMP)  ## the manual pages, from what --help says
	$(BIN)/python -m confctl.manual man

sounds:  ## makes media/sounds/ anew (needs the tools that the script names)
	$(BIN)/python -m media.sounds.make

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
