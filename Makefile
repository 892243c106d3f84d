# make help lists what there is. SCRATCH is the build folder.
SCRATCH ?= .build
SWIFT_FLAGS = --jobs 2 --scratch-path $(SCRATCH)
BIN = $(SCRATCH)/debug
SWIFT_FILES = git ls-files -co --exclude-standard '*.swift' | grep -v /Generated/

.PHONY: help run stop clean test bench fuzz conformance check generate format packages browser build examples

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

run: packages build .venv/ready ## build, start Postgres and remitd with two demo companies, until Ctrl-C
	@deploy/run $(BIN)

test: browser .venv/ready ## everything, from nothing: Swift tests, then stories with stock clients
	@deploy/test $(SCRATCH)

bench: packages .venv/ready ## what calls cost, against plain gRPC and the same SQL in the same run
	swift build $(SWIFT_FLAGS) -c release
	@deploy/bench $(SCRATCH)/release

conformance: packages ## runs the cases of CEL in SUITE, a folder of .jsonl files, and counts them
	@swift build $(SWIFT_FLAGS) --product cel-conformance >&2
	@$(BIN)/cel-conformance $(SUITE)

fuzz: examples .venv/ready ## calls every method with what no client should send, for MINUTES (60)
	REMIT_BIN=$(abspath $(BIN)) .venv/bin/python Tests/Fuzz/fuzz.py --minutes $(or $(MINUTES),60)

check: packages .venv/ready ## format, dead links, proto files in C, generated code current, the console's types and logic
	@$(SWIFT_FILES) | xargs swift format lint --strict
	@deploy/check-links
	@deploy/check-c
	@web/check
	@swift build $(SWIFT_FLAGS) --product protoc-gen-swift
	@PROTOC_GEN_SWIFT=$(BIN)/protoc-gen-swift proto/generate --check

generate: packages ## write what is generated from proto and SQL files
	swift build $(SWIFT_FLAGS) --product protoc-gen-swift
	PROTOC_GEN_SWIFT=$(BIN)/protoc-gen-swift proto/generate

format: ## bring the Swift files into the common form
	$(SWIFT_FILES) | xargs swift format format -i

build: packages
	swift build $(SWIFT_FLAGS)

examples: build ## build the example plugins, which are packages of their own, beside remitd
	@$(MAKE) -s -C Plugins/Examples/C OUT=$(abspath $(BIN))
	@# The plan of an earlier build does not have files that are new in the package it stands on.
	@rm -f $(SCRATCH)/examples/*.yaml
	swift build --jobs 2 --package-path Plugins/Examples/Swift --scratch-path $(SCRATCH)/examples --product Notes
	@cp $(SCRATCH)/examples/debug/libNotes.so $(BIN)/

stop: ## stop what make run started, from another terminal
	@deploy/stop

clean: stop ## delete the data of make run, and what was built
	deploy/dev-postgres remove .run
	rm -rf .run .build .venv

packages:
	@deploy/install-packages

browser: # and its fonts, for the stories of the console
	@deploy/install-packages chromium fonts-noto-cjk

.venv/ready: Tests/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install -q -r Tests/requirements.txt
	touch $@
