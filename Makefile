# AuditRPC: every command a developer needs. `make` alone lists them.

SWIFT_FLAGS := --explicit-target-dependency-import-check error
LISTEN ?= 127.0.0.1:50051
DATA ?= ./data
VENV := .build/venv-tests
PYTEST := $(VENV)/bin/python -m pytest -c Tests/pytest.ini
# Targets of `make fuzz`; all of them without a name.
FUZZ_TARGETS ?=
SOAK_SECONDS ?= 600
DEMO_ARGS ?=
# What pytest gets besides: make test-interop PYTEST_ARGS='-k deadline -x'
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo build test test-unit test-interop test-end-to-end test-browser test-race soak fuzz bench proto \
	page lint format clean venv debug grpc-swift

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, and serve on 127.0.0.1:50051 (LISTEN=, DATA=)
	@exec .build/release/auditrpc serve --listen $(LISTEN) --data $(DATA)

demo: build ## A server with real and made-up events, a few each second, and its page (DEMO_ARGS='--rate 10')
	@python3 Demo/demo.py $(DEMO_ARGS)

build: ## Build the release binary: .build/release/auditrpc
	@dev/install-dependencies build
	swift build -c release --product auditrpc --static-swift-stdlib $(SWIFT_FLAGS)

test: ## Everything: checks, unit tests, other clients, the guarantees on a real process, the page
	@dev/install-dependencies test
	@$(MAKE) --no-print-directory lint test-unit debug grpc-swift venv
	$(PYTEST) Tests/Interop Tests/EndToEnd Tests/Browser $(PYTEST_ARGS)

# One after another: tests with sockets have real deadlines, which busy neighbours would starve.
test-unit: ## The Swift tests
	@dev/install-dependencies build
	swift test $(SWIFT_FLAGS) --disable-xctest --no-parallel

test-interop: debug grpc-swift venv ## Real servers and clients of other stacks and languages
	$(PYTEST) Tests/Interop $(PYTEST_ARGS)

test-end-to-end: debug venv ## The guarantees, faults and the command line on real processes
	$(PYTEST) Tests/EndToEnd $(PYTEST_ARGS)

test-browser: debug ## The page in a real Chromium; what it looked like is in .build/screenshots
	@dev/make-venv $(VENV)
	$(PYTEST) Tests/Browser $(PYTEST_ARGS)

test-race: ## Unit tests of the threaded modules under the thread sanitizer
	@dev/install-dependencies build
	TSAN_OPTIONS=suppressions=$(CURDIR)/dev/thread-sanitizer-suppressions \
		swift test $(SWIFT_FLAGS) --disable-xctest --no-parallel --sanitize=thread --scratch-path .build-race \
		--filter 'SubscribeTests|AuditServiceTests'

soak: ## Random operations and crashes on a simulated disk against a model (SOAK_SECONDS=600, new seeds each run)
	@dev/install-dependencies build
	AUDITRPC_SOAK_SECONDS=$(SOAK_SECONDS) swift test $(SWIFT_FLAGS) --disable-xctest --filter ModelTests.soak

fuzz: ## Every byte that comes from outside, under libFuzzer (FUZZ_SECONDS=60 a target, FUZZ_TARGETS=)
	@dev/install-dependencies build
	dev/fuzz $(FUZZ_TARGETS)

bench: build ## Ratios against other servers and SQLite, and memory (BENCH_ARGS='--quick --only search')
	@dev/install-dependencies bench
	@dev/make-bench-servers
	@dev/make-venv $(VENV)
	$(VENV)/bin/python Benchmarks/bench.py $(BENCH_ARGS)

proto: ## Make Sources/CAuditProto anew from proto/
	@dev/install-dependencies test
	dev/make-proto

page: ## List the files of the page anew, after one came or went
	dev/make-page-assets

lint: ## Format, sizes, layers, and whether the generated code is that of proto/
	@dev/install-dependencies test
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks Fuzz
	@dev/check-sizes
	@dev/check-layers
	@dev/check-generated

format: ## Format the Swift code in place
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks Fuzz

clean: ## Remove what was built; the data folder stays
	rm -rf .build .build-race .build-fuzz .build-grpc-swift .build-grpc-swift-bench .build-bench

# The debug binaries that the process tests start.
debug:
	@dev/install-dependencies test
	swift build --product auditrpc $(SWIFT_FLAGS)
	swift build --product interop-server $(SWIFT_FLAGS)
	swift build --product interop-client $(SWIFT_FLAGS)

# The interop client on grpc-swift-2, which is a package of its own.
grpc-swift:
	swift build --package-path Tests/Interop/GRPCSwiftClient --scratch-path .build-grpc-swift

# Python, grpcio, the stubs that it makes of proto/, and gRPC's own interop client for it.
venv:
	@dev/make-venv $(VENV)
	@dev/fetch-grpc-source $(VENV) .build/grpc-source
