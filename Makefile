# One command for each thing a contributor does; `make` alone lists them.

CARGO ?= cargo

# Tools of `make check`, built once from source into target/tools. A new version here gets a new folder there.
CARGO_DENY_VERSION := 0.20.2
CARGO_MACHETE_VERSION := 0.9.2
TOOLS := target/tools
SUDO = $(if $(filter 0,$(shell id -u)),,sudo)
CARGO_DENY := $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny
CARGO_MACHETE := $(TOOLS)/cargo-machete-$(CARGO_MACHETE_VERSION)/bin/cargo-machete

.DEFAULT_GOAL := help
.PHONY: help run test fuzz check format lint docs dependencies advisories bench openapi package rehearse

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "make %-13s %s\n", $$1, $$2 }'

run: ## Start the service: SQLite in ./data, http://127.0.0.1:8080
	$(CARGO) run --release

test: ## Run all tests, on SQLite and on a throwaway PostgreSQL, and hold the interface against its document
	scripts/install-test-needs.sh
	CARGO="$(CARGO)" scripts/test.sh

fuzz: ## Hold the interface against its document alone; FUZZ_SEED=2 makes other requests
	scripts/install-test-needs.sh
	scripts/fuzz-api.sh

check: format lint docs dependencies ## Check what review should not have to: format, lints, docs, dependencies

format: ## Check the formatting
	$(CARGO) fmt --check

lint: ## Run clippy; a warning is an error
	$(CARGO) clippy --locked --all-targets -- -D warnings

docs: ## Build the documentation; a warning is an error
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --locked --no-deps

dependencies: $(CARGO_DENY) $(CARGO_MACHETE) ## Check licences, bans and sources of dependencies, and that each is used
	$(CARGO_MACHETE)
	$(CARGO_DENY) --locked check --hide-inclusion-graph bans licenses sources

advisories: $(CARGO_DENY) ## Check dependencies for known vulnerabilities (fetches the RustSec database)
	$(CARGO_DENY) --locked check advisories

bench: ## Measure the service against its targets
	scripts/install-test-needs.sh bench
	ulimit -n 8192 2>/dev/null; $(CARGO) bench --bench service

openapi: ## Rewrite openapi/openapi.json from the code
	$(CARGO) run --quiet -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json

package: ## Make the .deb and the tarball for servers, in target/package; FEATURES=tls for PostgreSQL over TLS
	CARGO="$(CARGO)" scripts/package.sh

rehearse: package ## Run docs/operations.md as it is written, in a clean Debian (asks for root by sudo)
	$(SUDO) scripts/rehearse.sh $${CARGO_TARGET_DIR:-target}/package/green-homes_*.deb

# Without its default features cargo-deny builds in about two minutes on two cores.
$(CARGO_DENY):
	$(CARGO) install --locked --no-default-features --root $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION) cargo-deny@$(CARGO_DENY_VERSION)

$(CARGO_MACHETE):
	$(CARGO) install --locked --root $(TOOLS)/cargo-machete-$(CARGO_MACHETE_VERSION) cargo-machete@$(CARGO_MACHETE_VERSION)
