# Everything here works in a fresh clone with Python 3.11 or later and make; `make help` lists the targets.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP_FLAGS := --quiet --disable-pip-version-check
# The last release whose code runs on protobuf 6.31.1, the oldest that TensorFlow allows. It needs protobuf < 7 itself,
# hence an environment of its own.
GRPCIO_TOOLS := grpcio-tools==1.76.0
# Where `make protos` writes; the test that compares generated code sets another folder.
PROTOS_OUT := .
DESCRIPTORS := out/descriptors

.DELETE_ON_ERROR:
.PHONY: help demo test test-slow check bench bench-serving results scaling gpu-check protos descriptors docs notebooks site clean

help:
	@echo "make demo       install, simulate an app store's log, train, evaluate, export and score mmoe and esmm"
	@echo "make test       install, run the quick tests (seconds each)"
	@echo "make test-slow  install, run the long tests"
	@echo "make check      formatting, lint and types"
	@echo "make bench      ours beside DeepCTR and torch-rechub: benchmarks/results.json and docs/performance.md (40 min)"
	@echo "make bench-serving  what a request costs, beside DeepCTR's SavedModel: docs/serving.md (10 min)"
	@echo "make results    FM, DeepFM, MMOE, ESMM offline and in simulated A/B tests: docs/results.md (2 hours; out/results)"
	@echo "make scaling    one config under every strategy: the table in docs/scaling.md"
	@echo "make gpu-check  whether a GPU trains as the CPU does, and how fast; says so where there is none"
	@echo "make protos     generate apps_rec/protos from protos/"
	@echo "make docs       what is generated: docs/reference/ of protos/, docs/easyrec-fields.md of the verdicts, docs/images/"
	@echo "make notebooks  what docs/notebooks/ shows, anew: minutes"
	@echo "make site       the site of docs/ in out/site, to be read without a server; fails by a dead link"
	@echo "make clean      remove environments and outputs, but not data/"

# editable_mode=compat puts this folder on the path: by its default, a Python started in the folder around this one would
# take this one, apps_rec, for the package.
.venv/.installed: setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "apps_rec needs Python 3.11 or later: make PYTHON=...")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "Installing apps_rec, TensorFlow and what they need into .venv: a minute or two, without further lines."
	.venv/bin/python -m pip install $(PIP_FLAGS) -e '.[dev]' --config-settings editable_mode=compat
	@touch $@

.venv-protos/.installed: Makefile
	test -x .venv-protos/bin/python || $(PYTHON) -m venv .venv-protos
	@echo "Installing the protobuf compiler into .venv-protos: some seconds."
	.venv-protos/bin/python -m pip install $(PIP_FLAGS) $(GRPCIO_TOOLS)
	@touch $@

# The simulator writes aside and renames, so the file is there only when it is whole.
data/appstore/eval.parquet: | .venv/.installed
	.venv/bin/apps-rec simulate store -o $(@D)

out/demo/ten_rows.parquet: data/appstore/eval.parquet
	@mkdir -p $(@D)
	.venv/bin/python -c 'import pyarrow.parquet as pq; pq.write_table(pq.read_table("$<").slice(0, 10), "$@")'

demo: demo-mmoe demo-esmm

demo-%: .venv/.installed out/demo/ten_rows.parquet
	rm -rf out/demo/$*
	.venv/bin/apps-rec train samples/appstore/$*.config --set model_dir=out/demo/$*
	.venv/bin/apps-rec evaluate samples/appstore/$*.config --set model_dir=out/demo/$*
	.venv/bin/apps-rec export samples/appstore/$*.config --set model_dir=out/demo/$* -o out/demo/$*/export
	.venv/bin/apps-rec predict out/demo/$*/export/[0-9]* out/demo/ten_rows.parquet -o out/demo/$*/scores.csv
	@echo; echo "Ten rows scored by $*:"; cat out/demo/$*/scores.csv

# The tests of a file share what they train, so one process takes all of them; tests/conftest.py says which files come first.
IN_PARALLEL := -n auto --dist loadfile --no-loadscope-reorder

# One test generates the protobuf modules anew and compares.
test: .venv/.installed .venv-protos/.installed
	.venv/bin/python -m pytest $(IN_PARALLEL)

test-slow: .venv/.installed .venv-protos/.installed
	.venv/bin/python -m pytest -m slow $(IN_PARALLEL)

check: .venv/.installed
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

.venv-bench/.installed: benchmarks/peers/requirements.txt
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@echo "Installing DeepCTR, torch-rechub and what they need into .venv-bench: some minutes, without further lines."
	.venv-bench/bin/python -m pip install $(PIP_FLAGS) -r $<
	@touch $@

# Measures: leave the machine alone while it runs.
bench: .venv/.installed .venv-bench/.installed
	.venv/bin/python -m benchmarks .venv-bench/bin/python $(BENCH_FLAGS)

bench-serving: .venv/.installed .venv-bench/.installed
	.venv/bin/python -m benchmarks.serving .venv-bench/bin/python $(BENCH_FLAGS)

# What is done is kept in out/results; remove it to do all of it anew. docs/results.md says where the data comes from.
results: .venv/.installed data/appstore/eval.parquet data/census/val.parquet data/kuairand/test.parquet
	.venv/bin/python -m benchmarks.evidence

data/census/val.parquet: | .venv/.installed
	@test -n "$(CENSUS)" || { echo "data/census is not there: make results CENSUS=FOLDER KUAIRAND=FOLDER (docs/results.md)"; exit 1; }
	.venv/bin/python samples/census/prepare.py $(CENSUS) -o data/census

data/kuairand/test.parquet: | .venv/.installed
	@test -n "$(KUAIRAND)" || { echo "data/kuairand is not there: make results CENSUS=FOLDER KUAIRAND=FOLDER (docs/results.md)"; exit 1; }
	.venv/bin/python samples/kuairand/prepare.py $(KUAIRAND) -o data/kuairand

# One config under every strategy, on two cores: the table in docs/scaling.md.
scaling: .venv/.installed
	.venv/bin/python -m benchmarks.scaling

gpu-check: .venv/.installed
	.venv/bin/python -m benchmarks.gpu_check $(GPU_FLAGS)

protos: .venv-protos/.installed
	.venv-protos/bin/python -m grpc_tools.protoc -Iapps_rec/protos=protos --python_out=$(PROTOS_OUT) --pyi_out=$(PROTOS_OUT) protos/*.proto

# The messages with their comments, of which the config reference is made.
descriptors: .venv-protos/.installed
	@mkdir -p $(dir $(DESCRIPTORS))
	.venv-protos/bin/python -m grpc_tools.protoc -Iapps_rec/protos=protos --include_source_info --descriptor_set_out=$(DESCRIPTORS) protos/*.proto

docs: .venv/.installed descriptors
	.venv/bin/python -m apps_rec.config.easyrec.document > docs/easyrec-fields.md
	.venv/bin/python -m website.reference $(DESCRIPTORS) docs/reference
	.venv/bin/python -m website.drawings docs/images

# Text and plots of the notebooks, anew.
notebooks: .venv/.installed
	.venv/bin/python -m website.notebooks docs/notebooks/*.ipynb

# A dead link, or one to a heading that is not there, is an error.
site: .venv/.installed
	.venv/bin/zensical build --strict --clean
	@echo "The site is in out/site; open out/site/index.html."

clean:
	rm -rf .venv .venv-protos .venv-bench out build dist *.egg-info clients/python/build clients/python/*.egg-info .pytest_cache .ruff_cache .mypy_cache
