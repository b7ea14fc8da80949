# SPDX-License-Identifier: Apache-2.0
#
# What a person types. Every target installs nothing but by `deps`, writes under build/ alone, is
# quiet when all is well, and names the step that failed. `make help` lists the targets.

BUILD ?= build
JOBS ?= $(shell nproc)
CLANG ?= clang-14
VENV := $(BUILD)/venv
JUDGE := $(BUILD)/venv-judge
NIGHTLY := $(BUILD)/venv-nightly
TREE := $(BUILD)/cmake
PY := $(abspath $(VENV))/bin/python
STEP := KOV_LOGS=$(BUILD)/logs tools/step.sh
# $(call python_of,VENV): its interpreter, or nothing where the environment was not made.
python_of = $(shell test -x $(abspath $(1))/bin/python && echo $(abspath $(1))/bin/python)
RUN = env KOV_BUILD=$(abspath $(TREE)) KOV_JUDGE=$(call python_of,$(JUDGE)) \
	KOV_NIGHTLY=$(call python_of,$(NIGHTLY)) $(PY)
CONFIGURE = cmake -S . -G "$(shell command -v ninja >/dev/null && echo Ninja || echo 'Unix Makefiles')" \
	-DPython3_EXECUTABLE=$(PY)
COMPILE := cmake --build
# $(call have,FILE): a target whose script this tree does not have says so, instead of a traceback.
have = test -e $(1) || { echo "make $@: this tree has no $(1)" >&2; exit 1; }
REQUIREMENTS := requirements.txt requirements-openvino.txt requirements-dev.txt requirements-hub.txt
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := build
.PHONY: help deps judge nightly configure build test test-c test-python check docs format keras-suite accuracy \
	bench fuzz fuzz-calls demo models accept clean-room wheel install clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | \
		while IFS='|' read -r name text; do printf '%-14s %s\n' "$$name" "$$text"; done

deps: ## system packages (apt, if root or sudo) and the pinned Python environment build/venv
	@tools/deps.sh system
	@tools/deps.sh venv $(VENV) $(REQUIREMENTS)

judge: ## the Python environment with other backends and runtimes (JAX, TensorFlow, torch, ...)
	@tools/deps.sh venv $(JUDGE) requirements-judge.txt requirements-hub.txt

nightly: ## the Python environment with Keras's next version
	@tools/deps.sh venv $(NIGHTLY) requirements-nightly.txt

configure: deps
	@$(STEP) configure $(CONFIGURE) -B $(TREE)

build: configure ## library, Python extension and tests, in build/cmake
	@$(STEP) build $(COMPILE) $(TREE) -j $(JOBS)
	@tools/link_venv.sh $(TREE) $(VENV) $(NIGHTLY)

test: test-c test-python ## everything that CTest and pytest run

test-c: build
	@$(STEP) ctest ctest --test-dir $(TREE) --output-on-failure -j $(JOBS)

test-python: build
	@$(STEP) pytest $(RUN) -m pytest -p no:cacheprovider -n $(JOBS) --dist loadfile tests

check: build ## formatting, house rules, exported symbols, clang, ASan, UBSan and TSan
	@tools/deps.sh system-check
	@BUILD=$(BUILD) JOBS=$(JOBS) CLANG=$(CLANG) PY=$(PY) tools/check.sh

docs: deps ## docs/ops.md from the two tables
	@$(PY) tools/check_generated.py --write

format: deps ## lay out every C file with the pinned clang-format
	@tools/format.sh $(VENV)/bin/clang-format -i

keras-suite: build ## Keras's own tests; K=word selects by name, FILE=path by file
	@$(call have,tools/keras_suite.py)
	@$(RUN) tools/keras_suite.py $(if $(K),-k "$(K)") $(FILE)

accuracy: build ## every unary function over every float32 (resumable)
	@$(call have,tools/accuracy.py)
	@$(RUN) tools/accuracy.py --driver $(TREE)/tests/test_native_elementwise_accuracy $(ARGS)

bench: build ## speed as ratios to OpenVINO, ONNX Runtime and NumPy
	@$(call have,bench/run.py)
	@$(STEP) bench-build $(COMPILE) $(TREE) -j $(JOBS) --target kov_bench
	@$(RUN) bench/run.py $(ARGS)

fuzz: deps ## fuzz/*_fuzz.c under libFuzzer; SECONDS_EACH=600 by default
	@ls fuzz/*_fuzz.c >/dev/null 2>&1 || { echo "make fuzz: fuzz/ has no target yet" >&2; exit 1; }
	@tools/deps.sh system-check
	@BUILD=$(BUILD) JOBS=$(JOBS) CLANG=$(CLANG) PY=$(PY) tools/fuzz.sh $(or $(SECONDS_EACH),600)

fuzz-calls: judge ## CALLS=500000 calls of each SEED="1 2" drawn from the tables, judged by NumPy; resumable
	@tools/deps.sh system-check
	@BUILD=$(abspath $(BUILD)) JOBS=$(JOBS) CLANG=$(CLANG) PY=$(PY) \
		KOV_JUDGE=$(call python_of,$(JUDGE)) tools/fuzz_calls.sh $(or $(CALLS),500000) $(or $(SEED),1 2)

demo: build ## what kov does, on a terminal, as a PNG and an HTML page
	@$(call have,tools/demo.py)
	@$(RUN) tools/demo.py $(ARGS)

models: judge build ## the models that people use, against Keras on JAX (resumable); ARGS="VGG16 --untimed"
	@$(RUN) tools/zoo.py $(ARGS)

accept: judge nightly build ## every acceptance line with its figure: PASS or FAIL
	@$(call have,tools/accept.py)
	@$(RUN) tools/accept.py $(ARGS)

clean-room: ## `make demo test` in a new system that has only python3, make and gcc
	@tools/clean_room.sh

wheel: deps ## build/dist/kov-*.whl, libkov inside, tried in an empty environment
	@BUILD=$(BUILD) JOBS=$(JOBS) PY=$(PY) tools/wheel.sh

install: build ## installs to PREFIX (/usr/local)
	@$(STEP) install cmake --install $(TREE) --prefix $(or $(PREFIX),/usr/local)

clean: ## removes build/cmake and the check builds, keeps the Python environments
	@rm -rf $(TREE) $(BUILD)/check $(BUILD)/logs $(BUILD)/wheel $(BUILD)/dist
