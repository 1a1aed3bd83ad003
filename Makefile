# Everything that people and CI call. Each target is a sentence; the work is in Go.
GO ?= go
PKGS = ./...
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: run demo test simulate check check-format check-vet check-static check-docs check-race check-fuzz check-demo check-world check-pairs check-mutants check-clients check-browser check-process check-emulator check-wire check-versions check-sam build sam sam-build docs bench help

help: ## show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

run: ## the whole platform on this machine: http://127.0.0.1:8080
	@$(GO) run ./infra/standalone

demo: ## play the main road of a payment unattended; exit 0 only if every step held
	@$(GO) run ./infra/standalone demo

test: ## every test that needs Go alone
	$(GO) test $(PKGS)

SEED ?= 1
STEPS ?= 100000
simulate: ## play the simulated world: make simulate SEED=7 STEPS=200000
	$(GO) run ./infra/world/simulate -seed $(SEED) -steps $(STEPS)

check: check-format check-vet check-static check-docs check-race check-fuzz check-demo check-world check-pairs check-mutants check-clients check-browser check-process check-emulator check-wire check-versions check-sam ## all that has to hold before a change lands

check-format: ## gofmt and a tidy module
	@out=$$(gofmt -l functions shared infra 2>/dev/null); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
	$(GO) mod tidy -diff

check-vet: ## go vet, with the build tags of the browser tests too
	$(GO) vet $(PKGS)
	$(GO) vet -tags browser ./infra/checks/browser
	$(GO) vet -tags wire ./infra/checks/wire
	$(GO) vet -tags versions ./infra/checks/versions
	$(GO) vet -tags pairs ./infra/checks/road
	$(GO) vet -tags process,emulator ./infra/checks/process/...

check-static: ## staticcheck
	$(GO) run $(STATICCHECK) $(PKGS)

check-docs: ## the drawings are those of the code
	$(GO) run ./infra/docs -check

check-race: ## the tests with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 9m $(PKGS)

check-fuzz: ## every fuzz target for some thousand inputs
	$(GO) run ./infra/checks/fuzz -inputs 20000

check-demo: ## the demonstration
	$(GO) run ./infra/standalone demo

check-world: ## a million steps of the simulated world in fresh worlds, and every planted defect found
	$(GO) run ./infra/world/simulate -seed 1 -steps 1000000 -quiet
	$(GO) run ./infra/world/simulate -plants

check-pairs: ## every single fault, and every pair of faults, on the roads of payment and refund
	$(GO) test -tags pairs -count=1 -timeout 9m -run 'TestEveryPair|TestEveryFault' ./infra/checks/road

check-mutants: ## the guards of money flipped one by one: the tests of their package have to notice
	$(GO) run ./infra/checks/mutants

check-clients: ## other people's clients of T-Bank and ATOL against the simulators
	bash infra/checks/clients/run.sh
	bash infra/checks/clients/atol/run.sh

check-browser: ## the payer's pages in a real browser
	bash infra/checks/browser/install.sh
	$(GO) test -tags browser -count=1 -timeout 8m ./infra/checks/browser

check-process: ## every function as a process, against a Lambda runtime of our own
	$(GO) test -tags process -count=1 -timeout 9m ./infra/checks/process

check-emulator: ## one event of every kind through AWS's own runtime emulator
	bash infra/sam/emulator.sh

check-wire: ## the engines of AWS and the road of a payment against DynamoDB- and SQS-compatible servers
	bash infra/checks/wire/run.sh

check-versions: ## the road with functions of this and the previous version mixed
	bash infra/checks/versions/run.sh

check-sam: sam ## the template, the build and the road of a payment under the unmodified SAM CLI

sam: ## bring up all that is needed and play the road of a payment under SAM; says NOT RUN where no container engine can be started
	bash infra/sam/road.sh

sam-build: ## sam build of every function, with the seconds that each took
	bash infra/sam/build.sh

build: ## the programs into bin/, every Lambda into bin/functions/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/giberno ./infra/standalone
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/tbank-simulator ./infra/simulators/tbank/tbank-simulator
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/atol-simulator ./infra/simulators/atol/atol-simulator
	@for d in functions/*/; do mkdir -p bin/$$d && CGO_ENABLED=0 GOOS=linux $(GO) build -tags lambda.norpc -trimpath -ldflags "-s -w" -o bin/$$d ./$$d... || exit 1; done

docs: ## draw the pages of infra/docs from the code
	$(GO) run ./infra/docs

bench: ## speed as ratios, in one run
	$(GO) run ./infra/bench
