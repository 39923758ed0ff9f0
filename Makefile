# `make demo` and `make test` are all that a new machine needs: Python 3.11 or newer, nothing else.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test servers parity lint bench validate clean

demo: .venv/.run
	$(BIN)/esqual index demo/corpus.ndjson --index demo --mapping mappings/ja-dependency.json --recreate
	@echo
	$(BIN)/esqual search --index demo --query queries/templates/match.json --size 5 "胃が痛い"
	@echo
	$(BIN)/esqual search --index demo --query queries/templates/dependency-strict.json \
	    --mapping mappings/ja-dependency.json --size 5 "胃が痛い"
	@echo
	$(BIN)/esqual search --index demo --query queries/templates/dependency-strict.json \
	    --mapping mappings/ja-dependency.json --size 5 "頭が痛くない"
	@echo
	$(BIN)/esqual compare-queries --index demo --topics queries/topics/demo.tsv \
	    --baseline queries/templates/match.json --candidate queries/templates/bigram-boost.json --movers 2
	@echo
	$(BIN)/esqual compare-queries --index demo --topics queries/topics/demo.tsv \
	    --baseline queries/templates/match.json --candidate queries/templates/dependency.json \
	    --mapping mappings/ja-dependency.json \
	    --qrels queries/qrels/demo.txt --measure "nDCG(dcg='exp-log2')@10" --measure RR@10 --movers 3

test: .venv/.test
	$(BIN)/python -m pytest

# real servers that stay until `make servers-stop`; name others: make servers SERVERS="opensearch elasticsearch-9"
SERVERS := opensearch
.PHONY: servers-stop
servers: .venv/.test
	$(BIN)/python -m tests.servers start $(SERVERS)
servers-stop: .venv/.test
	$(BIN)/python -m tests.servers stop

# the contract on every engine, and what only clusters show; CONTRIBUTING.md says what it downloads
parity: .venv/.test
	$(BIN)/python -m pytest tests/contract tests/cluster --engines=all --durations=10
	$(BIN)/python -m tests.parity

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.bench
	$(BIN)/python -m benchmarks

# a quarter of an hour: simulates gate, intervals and hole queue, writes docs/validation.md, docs/holes.md
validate: .venv/.test
	$(BIN)/python -m benchmarks.validate
	$(BIN)/python -m benchmarks.holes --output docs/holes.md

clean:
	rm -rf .venv .esqual build *.egg-info .pytest_cache .mypy_cache .ruff_cache

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "esqual needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.bench: .venv/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,bench]'
	@touch $@

.venv/.test: .venv/.python setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch .venv/.run $@
