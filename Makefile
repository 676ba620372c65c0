# Thin targets over run.py, which also works without make (python run.py help).
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
            if $$p -c '' 2>/dev/null; then echo $$p; exit; fi; done; echo python3)

RUN_OPTIONS = $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) $(if $(TIER),--tier $(TIER))
PASS_ON = $(if $(ARGS),-- $(ARGS))

.DEFAULT_GOAL := help
.PHONY: help run test check bench build lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):  ## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{printf "make %-7s %s\n", $$1, $$2}'

run:  ## install, build the snapshot, serve on 127.0.0.1:8050 (HOST=, PORT=, TIER=)
	@$(PYTHON) run.py run $(RUN_OPTIONS)

test:  ## run all tests (ARGS="-k map" goes to pytest)
	@$(PYTHON) run.py test $(PASS_ON)

check:  ## run linters, type checker, import rules and contract tests
	@$(PYTHON) run.py check $(PASS_ON)

bench:  ## measure the performance targets, as JSON lines
	@$(PYTHON) run.py bench $(PASS_ON)

build:  ## build the snapshot of the default package (TIER=)
	@$(PYTHON) run.py build $(if $(TIER),--tier $(TIER)) $(PASS_ON)

lock:  ## write the lock files anew from pyproject.toml
	@$(PYTHON) run.py lock $(PASS_ON)

clean:  ## remove what was built and cached
	@$(PYTHON) run.py clean
