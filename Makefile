# The comment on each target describes it. `make run`, `make demo` and `make test` do not require another step first.

# Values from the caller reach commands through the environment, never as text that make or a shell would interpret:
# they may contain quotes, backticks and $(...).
GIVEN := ARCHITECTURE ARM64_PYTHON BENCH CHAOS CLIENTS DAILY DAYS ENVIRONMENT EVENT FUNCTION IMAGE JSON KEY LISTENERS LOAD MODEL MODEL_FILE OWNER \
  PARAMETERS PORT PYTHON SCOPES YES
$(foreach name,$(GIVEN),$(if $(filter command environment,$(origin $(name))),$(eval override $(name) := $$(value $(name)))$(eval export $(name))))

# Options of the commands below, which the shell expands.
PORT_OPTION := --port "$${PORT:-4566}"
PYTHON_COMMAND := "$${PYTHON:-python3}"
ENVIRONMENT_OPTION := --environment "$${ENVIRONMENT:-default}"
# Commands for keys, logs and erasures use the local stack unless ENVIRONMENT is set.
WHERE := $(PORT_OPTION) $${ENVIRONMENT:+--environment "$$ENVIRONMENT"}
# Turns off globbing before values that are split into words.
WORDS := set -f;

# An arm64 Python, emulated if necessary, that runs the tests of arm64 packages on any machine.
ARM64 := "$${ARM64_PYTHON-$(abspath $(wildcard ../shared/tools/arm64-python))}"
BIN := .venv/bin
CENTERFACE := layers/vision/face_models/centerface.onnx
# Uses an installed uv, otherwise the one that .venv/installed installs in .venv.
INSTALL = uv pip install --quiet --python $(BIN)/python --no-deps
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0

# Tests start hundreds of processes, which start faster with compiled modules.
unexport PYTHONDONTWRITEBYTECODE

# All targets except files.
TARGETS := $(shell sed -n 's/^\([a-z][a-z0-9-]*\):.*/\1/p' $(MAKEFILE_LIST))
.PHONY: $(TARGETS)

# On AWS the caller chooses the Region; local targets need one, but any will do.
ON_AWS := deploy delete verify erase key keys revoke logs
$(filter-out $(ON_AWS),$(TARGETS)): export AWS_DEFAULT_REGION ?= us-east-1

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

setup: .venv/installed $(CENTERFACE) ## Install the packages into .venv and download the models: make setup [PYTHON=python3.13]

# Verified when it is installed; the module defines its checksum.
$(CENTERFACE): layers/vision/face_models/__init__.py | .venv/installed
	@$(BIN)/python -m infra model centerface
	@touch -c $@

.venv/installed: requirements.txt pyproject.toml infra/uv.txt
	@command -v $(PYTHON_COMMAND) >/dev/null || { echo "Python 3.11 or newer was not found. Install it, or pass its path: make setup PYTHON=/path/to/python3.13" >&2; exit 1; }
	@$(PYTHON_COMMAND) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is required. Pass one: make setup PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON_COMMAND) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing 120 packages into .venv (only once; 500 MB, less than a minute on most connections)"
	@$(PYTHON_COMMAND) -m venv .venv
	@uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement infra/uv.txt
	@$(INSTALL) --require-hashes --requirement requirements.txt
	@$(INSTALL) --no-build-isolation --editable .
	@$(BIN)/python -m infra model yunet --optional
	@touch $@

develop: .venv/developed setup

.venv/developed: requirements-dev.txt .venv/installed
	@echo "Installing the packages for checks and tests into .venv (only once; 250 MB)"
	@$(INSTALL) --require-hashes --requirement requirements-dev.txt
	@touch $@

run: setup ## Start the local stack and keep it running until Ctrl-C: make run [PORT=4802] [PARAMETERS="Quality=fast"]
	@$(WORDS) $(BIN)/python -m infra run $(PORT_OPTION) $$PARAMETERS

demo: setup ## Send a photo and print its faces: make demo [IMAGE=photo.jpg] [JSON=1] [PORT=4802]
	@$(BIN)/python -m infra demo $(PORT_OPTION) $${IMAGE:+--image "$$IMAGE"} $${JSON:+--json}

status: setup ## Show the addresses of the local stack: make status [PORT=4802] [JSON=1]
	@$(BIN)/python -m infra status $(PORT_OPTION) $${JSON:+--json}

# Does not depend on `setup`, because the shell would run its messages.
env: ## Print the addresses as shell variables API, WS and BUCKET: eval "$(make -s env)" [PORT=4802] [ENVIRONMENT=prod]
	@$(BIN)/python -m infra env $(WHERE)

unit: develop ## Run the tests that do not need the local stack or a browser
	$(BIN)/pytest tests/unit -n 2 --dist worksteal

coverage: develop ## Report unit test coverage; fail below 96 %
	$(BIN)/pytest tests/unit -n 2 --cov --cov-report=term

test: develop ## Run every test
	@$(BIN)/python -m infra localstack --optional
	ARM64_PYTHON=$(ARM64) $(BIN)/pytest -n 2 --dist loadgroup

test-localstack: develop ## Run the storage tests on LocalStack, without a container; needs Python 3.12 or 3.13
	@$(BIN)/python -m infra localstack
	$(BIN)/pytest tests/localstack

test-arm64: develop ## Test the arm64 packages with an arm64 Python: make test-arm64 [ARM64_PYTHON=/path/to/python3.13]
	@test -n $(ARM64) || { echo "An arm64 Python 3.13 is required (native or emulated). Pass its path: make test-arm64 ARM64_PYTHON=/path/to/python3.13" >&2; exit 1; }
	PACKAGING_PYTHON=$(ARM64) PACKAGING_ARCHITECTURE=arm64 FACECAST_COMPILER=$(ARM64) ARM64_PYTHON=$(ARM64) \
	  $(BIN)/pytest tests/packaging -o timeout=1800

check: develop lint scripts documents prose types templates audit ## Run all checks except the tests

lint:
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo --no-cache

types:
	$(BIN)/mypy

templates: build/templates.checked

# Checked only if something that the result depends on has changed since the last successful check began.
build/templates.checked: template.yaml infra/aws/operations.yaml infra/template.py infra/checks/checkov.yaml \
  $(wildcard docs/examples/*.yaml) .venv/developed build/checks/installed
	@mkdir -p build && touch $@.next
	$(BIN)/python -m infra template > build/template.json
	$(BIN)/cfn-lint template.yaml build/template.json docs/examples/*.yaml
	build/checks/bin/checkov --config-file infra/checks/checkov.yaml
	@mv $@.next $@

scripts: infra/checks/node_modules/.package-lock.json
	infra/checks/node_modules/.bin/eslint --config infra/checks/eslint.config.js \
	  --cache --cache-strategy content --cache-location build/eslint.cache functions tests

documents: infra/checks/node_modules/.package-lock.json
	@$(BIN)/python -m infra asyncapi
	@$(BIN)/python -m infra client-names --check

prose: infra/checks/node_modules/.package-lock.json
	@$(BIN)/python -m infra prose

audit: build/checks/installed
	@$(BIN)/python -m infra audit

# checkov and pip-audit have their own environment, because their pinned versions conflict with the local stack's.
build/checks/installed: infra/checks/requirements.lock .venv/installed
	@echo "Installing checkov and pip-audit into build/checks (only once; 100 packages, 200 MB)"
	@uv venv --quiet --clear --python $(BIN)/python build/checks
	@uv pip install --quiet --python build/checks/bin/python --no-deps --require-hashes --requirement $<
	@touch $@

infra/checks/node_modules/.package-lock.json: infra/checks/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing; ESLint, textlint and AsyncAPI's schema need it. On Debian and Ubuntu: apt-get install npm. To run only the checks without npm: make lint types templates audit" >&2; exit 1; }
	@npm ci --prefix infra/checks --no-audit --no-fund --loglevel=error
	@touch $@

format: develop ## Format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: develop ## Measure accuracy and time: make bench [BENCH="--images FOLDER ..."]
	@$(WORDS) $(BIN)/python -m benchmarks.detectors $$BENCH
	$(BIN)/python -m benchmarks.pipeline

load: develop ## Send a hundred events to a thousand listeners and measure delays: make load [LOAD="--kill 300"]
	@$(WORDS) $(BIN)/python -m benchmarks.load.listeners $$LOAD

chaos: develop ## Inject faults during bursts of up to 500 photos: make chaos [CHAOS="--chaos-seed 7 --hypothesis-seed 7"]
	@$(WORDS) $(BIN)/pytest tests/e2e/chaos tests/unit/api/test_job_life.py --chaos --chaos-photos 500 --job-lives 100 -o timeout=3600 $$CHAOS

deploy-local: setup ## Deploy the packaged service to a local stack that runs in containers (infra/compose.yaml)
	@$(BIN)/python -m infra deploy-local $(PORT_OPTION)

package: setup ## Build the packages and print their sizes: make package [ARCHITECTURE=x86_64]
	@$(BIN)/python -m infra package --architecture "$${ARCHITECTURE:-arm64}"

deploy: setup ## Build and deploy to AWS: make deploy [ENVIRONMENT=prod] [PARAMETERS="AlarmEmail=me@example.org"] [YES=1]
	@$(WORDS) $(BIN)/python -m infra deploy $(ENVIRONMENT_OPTION) $${YES:+--yes} $${ARCHITECTURE:+"Architecture=$$ARCHITECTURE"} $$PARAMETERS

verify: setup ## Test a deployed service from end to end: make verify [ENVIRONMENT=prod]
	@$(BIN)/python -m infra verify $(WHERE) $${CLIENTS:+--clients "$$CLIENTS"} $${LISTENERS:+--listeners "$$LISTENERS"}

delete: setup ## Delete the service from AWS with every job and image: make delete [ENVIRONMENT=prod]
	@$(BIN)/python -m infra delete $(ENVIRONMENT_OPTION)

erase: setup ## Erase every job, image, event and key of an owner: make erase OWNER=alice [ENVIRONMENT=prod]
	@$(BIN)/python -m infra erase $(WHERE) "$$OWNER"

invoke: setup ## Run a function's code in this terminal, against the local stack: make invoke FUNCTION=Detector EVENT=events/detector/direct.json
	@$(BIN)/python -m infra invoke $(PORT_OPTION) "$${FUNCTION:-Detector}" "$${EVENT:-events/detector/direct.json}"

key: setup ## Issue a key: make key OWNER=alice [SCOPES=send,read] [DAILY=1000] [DAYS=90] [ENVIRONMENT=default]
	@$(BIN)/python -m infra key $(WHERE) "$$OWNER" $${SCOPES:+--scopes "$$SCOPES"} $${DAILY:+--daily "$$DAILY"} $${DAYS:+--days "$$DAYS"}

keys: setup ## List the keys, without their secrets: make keys [ENVIRONMENT=default]
	@$(BIN)/python -m infra keys $(WHERE)

revoke: setup ## Revoke a key and close its connections: make revoke KEY=<id> [ENVIRONMENT=default]
	@$(BIN)/python -m infra revoke $(WHERE) "$$KEY"

logs: setup ## Follow a function's log until Ctrl-C: make logs FUNCTION=Detector [ENVIRONMENT=default] [JSON=1]
	@$(BIN)/python -m infra logs $(WHERE) $${JSON:+--json} "$${FUNCTION:-Detector}"

lifecycle: develop ## Test deploying, updating and deleting on a separate local stack
	$(BIN)/pytest tests/e2e/test_lifecycle.py

test-containers: develop ## Invoke the functions with every sample event (`sam local invoke`); needs a container engine
	$(BIN)/pytest tests/packaging/test_containers.py

coldstart: develop ## Measure the cold start of each function on this machine
	@$(BIN)/python -m infra package --folder build/here --architecture $(subst aarch64,arm64,$(shell uname -m)) \
	  --python $$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	@$(BIN)/python -m benchmarks.coldstart --folder build/here

cost: setup ## Print the cost of processing a million images on AWS
	@$(BIN)/python -m benchmarks.cost

model: setup ## Download a detection model: make model MODEL=yunet [MODEL_FILE=path]
	@$(BIN)/python -m infra model "$${MODEL:-centerface}" $${MODEL_FILE:+--file "$$MODEL_FILE"}

screenshots: develop ## Update the README's screenshots in docs/images; needs Chromium
	$(BIN)/pytest tests/browser/test_screenshots.py --write-images

wheel: setup ## Build the client's wheel and source distribution, including the detector, in dist/
	@cd client && ../$(BIN)/python -m hatchling build -d ../dist

schemas: develop ## Generate the schemas of the API, the stream and the events, the table of renders, and the client's models
	@mkdir -p build
	$(BIN)/python -m face_api.schema > build/schema.json && mv build/schema.json docs/openapi.json
	$(BIN)/python -m face_websocket.asyncapi > build/schema.json && mv build/schema.json functions/api/face_api/pages/asyncapi.json
	$(BIN)/python -m face_notifier.schema > build/schema.json && mv build/schema.json docs/eventbridge.schema.json
	$(BIN)/python -m infra render-table
	$(BIN)/python -m infra client-names

lock: develop ## Update the lock files from the *.in files
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  infra/checks/requirements.in -o infra/checks/requirements.lock
	echo uv | uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header - -o infra/uv.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --constraint requirements.txt \
	  $(addprefix --no-emit-package ,$(shell sed -n 's/==.*//p' requirements.txt)) requirements-dev.in -o requirements-dev.txt
	uv pip compile --python-version 3.12 --python-platform x86_64-manylinux_2_28 --generate-hashes --no-annotate --no-header \
	  infra/local/localstack.in -o infra/local/localstack.lock
	@$(MAKE) --no-print-directory lock-common lock-vision lock-web

# The packages of a layer, for Lambda's Python, without those that the common layer contains.
lock-%:
	uv pip compile --no-python-downloads --python-version 3.13 --python-platform x86_64-manylinux_2_28 --constraint requirements.txt --no-annotate --no-header --generate-hashes \
	  $(if $(filter-out lock-common,$@),$(foreach name,$(shell sed -n 's/==.*//p' layers/common/requirements.lock),--no-emit-package $(name))) \
	  layers/$*/requirements.txt -o layers/$*/requirements.lock
