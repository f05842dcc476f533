# Everything goes through here, on a laptop as in CI. Each target does all the set-up that it needs.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BACKEND ?= auto# auto, xla:cpu, xla:cuda or go; go needs no Python and no C compiler
PROFILE ?= quick# quick or full
SEED ?= 1
OUT ?= build/results
FUZZTIME ?= 3s# for each fuzz target
PACKAGES ?= ./...
# What to test under the race detector: what starts goroutines or holds locks. `make nightly` tests all packages.
RACE ?= ./cmd/... ./internal/... ./lib/backend/... ./lib/exec ./lib/figure ./lib/metrics ./lib/notebook
JAX_CUDA ?= 0.10.0# whose plugin `make cuda` installs

ifeq ($(BACKEND),go)
XLA := no
STAMP := build/.setup-go
SIMD := $(filter amd64,$(shell go env GOARCH 2>/dev/null))
else
XLA := yes
STAMP := .venv/.setup
endif

# Vector instructions: the Go backend is more than twice as fast with them.
export GOEXPERIMENT := $(if $(SIMD),simd,$(GOEXPERIMENT))
# Go records the commit in a build, and fails where git does not answer (a checkout of another user, say).
BUILD := go build -buildvcs=$(shell git status --porcelain >/dev/null 2>&1 && echo true || echo false)
# Numbers and messages must not depend on the reader's country.
export LC_ALL := C
# Set-up leaves "1" in its stamp where there is an XLA plugin: from then on, tests may not do without.
TESTENV = SCORELAB_BACKEND=$(BACKEND) SCORELAB_REQUIRE_XLA=$$(<$(STAMP))

LAB := $(if $(filter yes,$(XLA)),.venv/.lab)# what tests start kernels with
LABFLAGS ?=# of jupyter lab, more of them
NOTEBOOKS ?= $(wildcard notebooks/[0-9]*.ipynb)# which notebooks to execute

WORK ?=# of make bench: a regular expression for names of works; none: all of them, and the page

.PHONY: help setup build experiments accept report bench test fmt vet lint unit race fuzz static nightly cuda gpu-pack rename \
	doctor clean lab notebook kernel kernel-remove notebooks notebooks-check some-notebooks html browser

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s%s\n", $$1, $$2 }' Makefile
	@echo "variables: BACKEND=$(BACKEND) PROFILE=$(PROFILE) SEED=$(SEED) OUT=$(OUT) FUZZTIME=$(FUZZTIME) PACKAGES=$(PACKAGES)"

setup: $(STAMP) ## check the tools, fill .venv, fetch the Go modules; only once
	@:

$(STAMP): requirements.txt scripts/setup.sh go.mod go.sum
	@XLA=$(XLA) STAMP=$@ scripts/setup.sh

build: setup ## build build/scorelab
	@$(BUILD) -o build/scorelab ./cmd/scorelab

experiments: build ## run the experiments that have changed into OUT, and hold all of them against results/
	@build/scorelab run $(if $(CI),--fresh) --profile $(PROFILE) --seed $(SEED) --backend $(BACKEND) --out $(OUT)
	@build/scorelab check --baseline results $(OUT)

accept: build ## make the checked results in OUT the new baseline in results/
	@build/scorelab accept $(OUT)

report: build ## write the ledger of claims of OUT
	@build/scorelab report $(OUT)

bench: .venv-bench/.setup ## compare the speed with JAX, PyTorch, POT, scipy and numpy; WORK=train for a part, without the page
	@$(BUILD) -o build/bench ./cmd/bench
	@build/bench $(if $(WORK),-work '$(WORK)')

.venv-bench/.setup: requirements-bench.txt scripts/bench.sh | setup
	@STAMP=$@ scripts/bench.sh

test: fmt vet lint unit race fuzz static experiments some-notebooks ## all tests, the experiments with their gate, three notebooks
	@echo "test: all passed"

fmt: setup
	@files=$$(gofmt -l .); [[ -z $$files ]] || { echo "fmt: run gofmt -w on" $$files >&2; exit 1; }

vet: setup
	@go vet $(PACKAGES)

lint: setup
	@go tool staticcheck $(PACKAGES)

unit: setup $(LAB) ## unit and conformance tests
	@$(TESTENV) go test -timeout 30m $(PACKAGES)

# The Go backend's loops compute addresses one past the end, which -race would take for faults.
CHECKPTR := -gcflags=github.com/gomlx/compute/...=-d=checkptr=0

race: setup ## the short tests under the race detector
	@if [[ $$(go env CGO_ENABLED) == 1 ]]; then $(TESTENV) go test -race $(CHECKPTR) -short -timeout 30m $(RACE); \
	else echo "race: left out, the race detector needs a C compiler"; fi

fuzz: setup ## each fuzz target for FUZZTIME
	@$(TESTENV) FUZZTIME=$(FUZZTIME) scripts/fuzz.sh $(PACKAGES)

static: setup ## a static binary without cgo and XLA: build/scorelab-static
	@GOEXPERIMENT=$(if $(filter amd64,$(shell go env GOARCH 2>/dev/null)),simd) CGO_ENABLED=0 \
		$(BUILD) -o build/scorelab-static ./cmd/scorelab
	@build/scorelab-static list >/dev/null

nightly: ## the full profile, longer fuzzing, the gate on the Go backend, all notebooks, and a browser
	@$(MAKE) test PROFILE=full FUZZTIME=60s RACE=./...
	@$(MAKE) experiments BACKEND=go OUT=build/results-go
	@$(MAKE) notebooks-check html browser

# Lab runs scripts of a notebook, its sliders, once the notebook is trusted. Whoever runs this target runs our code anyway; other
# Jupyters of theirs are not told.
NOTARY := --NotebookNotary.secret_file=.venv/share/jupyter/notebook_secret --NotebookNotary.db_file=.venv/share/jupyter/nbsignatures.db

# Lab saves a notebook in the form in which it is committed: opening one changes nothing, running one changes outputs.
FORM := --FileContentsManager.pre_save_hook=form.before_save

lab: .venv/.lab ## open the notebooks in JupyterLab; LABFLAGS=--no-browser where there is none
	@.venv/bin/jupyter trust $(NOTARY) notebooks/*.ipynb >/dev/null
	@PYTHONPATH=scripts/notebooks .venv/bin/jupyter lab $(NOTARY) $(FORM) --ServerApp.root_dir=. \
		--LabApp.default_url=/lab/tree/notebooks/01_score.ipynb $(if $(filter 0,$(shell id -u)),--allow-root) $(LABFLAGS)

notebook: ## start a notebook of your own from notebooks/template.ipynb: NAME=mine
	@[[ "$(NAME)" =~ ^[A-Za-z][A-Za-z0-9_-]*$$ ]] || \
		{ echo "notebook: say NAME=mine: a letter, then letters, digits, - and _" >&2; exit 1; }
	@! [[ -e notebooks/$(NAME).ipynb ]] || { echo "notebook: notebooks/$(NAME).ipynb is there already" >&2; exit 1; }
	@cp notebooks/template.ipynb notebooks/$(NAME).ipynb
	@echo "notebook: notebooks/$(NAME).ipynb; make lab opens JupyterLab, its file browser shows it"

kernel: .venv/.lab build ## register the kernel Go (scorelab) with your own Jupyter
	@build/scorelab kernel install

kernel-remove: build ## take it away again
	@build/scorelab kernel remove

notebooks: .venv/.lab ## execute all notebooks and write them back with their outputs; NOTEBOOKS=notebooks/01_score.ipynb for one
	@.venv/bin/python scripts/notebooks/execute.py $(NOTEBOOKS)

notebooks-check: .venv/.lab ## the same, but write nothing: the outputs must be those that are committed
	@.venv/bin/python scripts/notebooks/execute.py --check $(NOTEBOOKS)

some-notebooks: $(LAB)
	@if [[ $(XLA) == yes ]]; then .venv/bin/python scripts/notebooks/execute.py --dry-run $(patsubst %,notebooks/%.ipynb,01_score 05_denoising_score_matching 09_guidance); \
	else echo "notebooks: left out, JupyterLab needs Python"; fi

html: .venv/.lab scripts/notebooks/node_modules ## export the notebooks as a static site, build/html, that works offline
	@.venv/bin/python scripts/notebooks/export.py build/html $(NOTEBOOKS)

browser: .venv/.lab scripts/notebooks/node_modules ## open notebooks in JupyterLab in Chromium, run them, move sliders, watch a training
	@node scripts/notebooks/browser.mjs build/browser $(wildcard notebooks/01_* notebooks/02_* notebooks/05_*)

scripts/notebooks/node_modules: scripts/notebooks/package.json scripts/notebooks/package-lock.json
	@command -v npm >/dev/null || { echo "npm: not found; Debian or Ubuntu: sudo apt-get install -y nodejs npm" >&2; exit 1; }
	@cd scripts/notebooks && npm ci --silent --no-audit --no-fund && touch node_modules

LABINPUTS := scripts/notebooks/overrides.json scripts/notebooks/gopls.sh $(wildcard scripts/notebooks/gonb/*)

.venv/.lab: requirements-lab.txt scripts/lab.sh $(LABINPUTS) go.mod go.sum $(wildcard internal/kernelspec/*.go) | setup
	@STAMP=$@ scripts/lab.sh

cuda: setup ## download the plugin for NVIDIA cards (linux/amd64, some gigabytes), for BACKEND=xla:cuda
	@go run ./scripts/cuda $(JAX_CUDA) .venv/lib/go-xla

gpu-pack: setup ## pack what tries the suite on a machine with an NVIDIA card and without Go: build/gpu.tar.gz
	@BUILD='$(BUILD)' scripts/gpu/pack.sh

rename: ## make the module yours: MODULE=github.com/you/scorelab
	@scripts/rename.sh "$(MODULE)"

# What the doctor finds missing is no error of make: its last line says what to do.
doctor: ## say what is installed and what is missing; changes nothing
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	if ! command -v go >/dev/null; then \
	echo "missing  go -> install Go 1.26 or later (https://go.dev/dl/), then run \`make setup\`"; \
	elif $(BUILD) -o "$$dir/scorelab" ./cmd/scorelab; then "$$dir/scorelab" doctor --backend $(BACKEND) || true; \
	else echo "missing  the command does not build -> run \`make setup\`"; fi

clean: ## remove build/; .venv stays
	@rm -rf build
