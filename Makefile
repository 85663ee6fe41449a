# make demo        set everything up, run the example customer, say where the reports are
# make test        set everything up (system packages too), run every test on real servers, then ruff and mypy
# make test-fast   only the tests that need no server: no root, no system packages
# make generated   write the pages and the schema that are made from code and data
# make lint | bench | clean
#
# PYTHON=python3.12 chooses an interpreter; ARGS="-k dns -x" is passed on to pytest; bench ARGS="dns pfx" runs these two.

BIN := .venv/bin
SETUP := tests/support/setup
PYTEST := $(BIN)/python -m pytest -n 2
ARGS ?=

.PHONY: demo test test-fast generated lint bench clean

demo:
	@$(SETUP)/setup.sh demo
	@$(SETUP)/demo.sh demo-report

test:
	@$(SETUP)/setup.sh test
	$(SETUP)/netns.sh $(PYTEST) $(ARGS)
	@$(MAKE) --no-print-directory lint

test-fast:
	@$(SETUP)/setup.sh fast
	$(SETUP)/clean-env.sh $(PYTEST) -m "not server" $(ARGS)

generated:
	@$(SETUP)/setup.sh fast
	$(BIN)/python docs/generate.py

lint:
	@$(SETUP)/setup.sh fast
	$(BIN)/ruff check .
	$(BIN)/mypy

bench:
	@$(SETUP)/setup.sh bench
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .lab demo-report build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
