# The two commands: make run, make test. Everything lands in .venv and biosight-data.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: up check-deploy run test test-long lint lint-js api-types format bench bench-model docs train-env server-env ray-env pipeline-env clean sbom

run: $(VENV)/.app
	@$(BIN)/biosight serve

test: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup -m "not long"

# The second line is what ci.yml's job runs on a real MongoDB, as far as mongomock goes. The third
# draws all pages of this revision and of the one before: shots/index.html shows what changed.
test-long: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup
	BIOSIGHT_TEST_STORE=mongomock $(BIN)/pytest -n 2 --dist loadgroup -m "not walk and not transactions" \
	  tests/storage tests/web tests/gallery tests/publishing tests/field
	$(BIN)/python -m docs.shots --to shots --before HEAD~1

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory lint-js

# tsc --checkJs and Biome, as pinned in package-lock.json; nothing of them is served.
lint-js: $(VENV)/.dev
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory api-types && npm run --silent lint; \
	elif [ "$$BIOSIGHT_TEST_REQUIRE" = all ]; then echo "Node.js is missing: apt-get install nodejs npm"; exit 1; \
	else echo "SKIPPED: the JavaScript is not checked, for want of Node.js (apt-get install nodejs npm)"; fi

# The types of the API's answers, for tsc and editors: types/schemas.d.ts gives their names.
api-types: $(VENV)/.dev node_modules/.done
	@$(BIN)/python -m docs.openapi > node_modules/.openapi.json
	@npm run --silent api-types

node_modules/.done: package-lock.json
	npm ci --no-audit --no-fund --silent
	@touch $@

format: $(VENV)/.dev
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.done && npm run --silent format; fi

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# The figures of docs/guide/models.md: make bench-model DATA=../shared/data EXTRA=a-model LAST=1
DATA ?= ../shared/data
bench-model: $(VENV)/.dev
	$(BIN)/python -m bench.model --data $(DATA) $(if $(EXTRA),--extra $(EXTRA)) $(if $(LAST),--last-word) --write

docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate

# PyTorch, for biosight train, evaluate and model export.
train-env: $(VENV)/.dev
	$(PIP) -r requirements/torch.txt
	$(PIP) --require-hashes -r requirements/train.txt

# MongoDB and buckets.
server-env: $(VENV)/.app
	$(PIP) --require-hashes -r requirements/server.txt

# Ray, for biosight classify --engine ray.
ray-env: $(VENV)/.dev
	$(PIP) --require-hashes -r requirements/ray.txt

# DVC, for dvc repro in pipeline/; in an environment of its own, because its pins and ours differ.
pipeline-env: .venv-dvc/.done

.venv-dvc/.done: requirements/dvc.txt
	@$(PYTHON) -m venv .venv-dvc
	@.venv-dvc/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/dvc.txt
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "BioSight needs Python 3.11 or newer: make PYTHON=python3.12 run"; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (Debian: apt install python3-venv)"; rm -rf $(VENV); exit 1; }

$(VENV)/.app: requirements/app.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing BioSight (once, about a minute) ..."
	@$(PIP) --require-hashes -r requirements/app.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.app
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# Everything on one machine, with Docker: see docs/guide/operations.md.
up:
	bash deploy/prepare.sh
	docker compose up --build --detach --wait

# The deployment files against their own rules, by tools in an environment of their own.
check-deploy: .venv-deploy/.done
	bash deploy/check.sh

.venv-deploy/.done: requirements/deploy.txt
	@$(PYTHON) -m venv .venv-deploy
	@.venv-deploy/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/deploy.txt
	@touch $@

# What the image is made of, with versions and hashes, as CycloneDX.
sbom: .venv-deploy/.done
	.venv-deploy/bin/cyclonedx-py requirements requirements/server.txt --pyproject pyproject.toml \
	  --output-reproducible --output-file biosight.cdx.json

clean:
	rm -rf $(VENV) .venv-dvc .venv-deploy node_modules
