SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# A step of the set-up leaves a mark named by the hash of its inputs, inside the environment that it made: the same
# inputs never run it twice, changed ones do, and without the environment nothing counts as done.
MARKS := .venv/.setup
mark = $(MARKS)/$(1)-$(shell cat deploy/setup/$(1).sh deploy/setup/settings.sh $(2) | sha256sum | cut -c1-16)
done = @mkdir -p $(@D) && rm -f $(@D)/$(firstword $(subst -, ,$(@F)))-* && touch $@

UV := .setup/uv-$(shell cat deploy/setup/uv.sh deploy/setup/bootstrap.txt | sha256sum | cut -c1-16)
ENVIRONMENT := $(call mark,environment,requirements.lock)
TORCH := $(call mark,torch,)
HOROVOD := $(call mark,horovod,)
JARS := $(call mark,jars,conf/spark/packages.txt deploy/setup/ivysettings.xml)
KAFKA := $(call mark,kafka,deploy/setup/kafka.txt deploy/setup/ivysettings.xml)
SPARK := $(call mark,spark,)
CLASSES := $(call mark,classes,deploy/setup/classes.py requirements.lock conf/spark/packages.txt)
PACKAGE := $(call mark,package,setup.py)

.PHONY: help setup steps demo test test-unit test-integration test-slow test-e2e explore faults year lint format doctor package bench lock clean

help: ## List the targets
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Set up everything that this machine lacks; done steps are not repeated
	@mkdir -p .setup && flock .setup/lock $(MAKE) --no-print-directory --jobs 2 steps

demo: setup ## Run the pipeline and live sensors on real data; write .tidemill/reports/demo.html
	@tidemill demo

test: setup ## Run every test, in two processes; one that hangs fails after an hour and tells where each thread was
	@pytest --timeout 3600 -n 2 --dist loadfile --no-loadscope-reorder --durations 60 --durations-min 5 tests

test-unit: setup ## Run the unit tests
	@pytest tests/unit

test-integration: setup ## Run the tests against real services
	@pytest tests/integration

test-slow: setup ## Run the tests that take minutes, which the others leave out
	@pytest -m slow tests

test-e2e: setup ## Run the tests through spark-submit
	@pytest tests/e2e

explore: setup ## Try the property tests with other inputs than theirs, which are the same each time (ROUNDS=10)
	@for round in $$(seq $${ROUNDS:-10}); do pytest -q --hypothesis-profile explore $$(grep -rl "^@given" tests) || exit 1; done

faults: setup ## Kill runs at 30, streams at 50 and trainings at 10 random moments and hold them against undisturbed ones (2 hours); KILLS=n for all
	@TIDEMILL_SEED=$${SEED:-1} TIDEMILL_KILLS=$${KILLS:-30} pytest tests/e2e/test_kills.py
	@TIDEMILL_SEED=$${SEED:-1} TIDEMILL_KILLS=$${KILLS:-50} pytest tests/e2e/test_stream_kills.py
	@TIDEMILL_SEED=$${SEED:-1} TIDEMILL_KILLS=$${KILLS:-10} pytest tests/e2e/test_training_kills.py
	@pytest -m slow tests/integration/streams/test_cut_off.py tests/integration/mqtt/test_faults.py tests/e2e/test_stream_clock.py

year: setup ## Replay a whole year of weather out of order and hold its windows against the batch (WEEKS=52)
	@TIDEMILL_WEEKS=$${WEEKS:-52} pytest -m slow tests/integration/streams/test_weather_windows.py

lint: setup ## Check style, types and the layers of the design
	@ruff check --no-cache . && ruff format --check . && mypy lib jobs && lint-imports

format: setup ## Format the code and mend what can be mended
	@ruff check --fix-only --quiet . && ruff format .

doctor: setup ## Check that this machine is ready, and say what to do where it is not
	@tidemill doctor

package: setup ## Write dist/tidemill-VERSION.zip for spark-submit --py-files
	@deploy/setup/zip.sh

bench: setup ## Run one of benchmarks/: make bench NAME=x
	@test -n "$(NAME)" || { echo "make bench: name a benchmark, as in make bench NAME=x. There are: $$(cd benchmarks 2>/dev/null && ls *.py 2>/dev/null | sed 's/\.py$$//' | xargs)" >&2; exit 2; }
	@test -f "benchmarks/$(NAME).py" || { echo "make bench: there is no benchmarks/$(NAME).py. There are: $$(cd benchmarks 2>/dev/null && ls *.py 2>/dev/null | sed 's/\.py$$//' | xargs)" >&2; exit 2; }
	@python "benchmarks/$(NAME).py"

lock: $(UV) ## Write requirements.lock anew from setup.py
	@deploy/setup/lock.sh

clean: ## Remove what the set-up, the tests and the builds made here; the lake in .tidemill stays
	rm -rf .venv .setup build dist lib/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

steps: $(PACKAGE) $(JARS) $(KAFKA) $(SPARK) $(CLASSES) $(HOROVOD)
	@:

.setup/prerequisites: deploy/setup/prerequisites.sh
	@deploy/setup/prerequisites.sh
	@mkdir -p $(@D) && touch $@

$(UV): | .setup/prerequisites
	@deploy/setup/uv.sh
	$(done)

$(ENVIRONMENT): | $(UV)
	@deploy/setup/environment.sh
	$(done)

$(TORCH): $(ENVIRONMENT)
	@deploy/setup/torch.sh
	$(done)

$(HOROVOD): $(TORCH)
	@deploy/setup/horovod.sh
	$(done)

$(JARS): $(ENVIRONMENT)
	@deploy/setup/jars.sh
	$(done)

# After the jars, as both write Ivy's cache.
$(KAFKA): $(JARS)
	@deploy/setup/kafka.sh >/dev/null
	$(done)

$(SPARK): $(ENVIRONMENT)
	@deploy/setup/spark.sh
	$(done)

$(CLASSES): $(JARS) $(SPARK)
	@deploy/setup/classes.sh
	$(done)

$(PACKAGE): $(ENVIRONMENT)
	@deploy/setup/package.sh
	$(done)
