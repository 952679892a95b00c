# make demo   installs what is missing, builds, tells the whole story, leaves the portal open
# make test   installs what is missing, builds, runs every test
# make test-long   statistical tests and attacks with a hundred times the draws
# make bench  performance, beside peers or physical limits     make format / make docs / make clean
SHELL := /bin/bash
JOBS  ?= $(shell nproc)
NARU  := build/release/naru
DEMO_DIR ?= naru-demo

# Steps run in the order they are named, whatever -j says; each uses every processor itself.
.NOTPARALLEL:
.PHONY: all setup build portal sanitize demo test test-unit test-long test-sanitize test-journeys test-portal check-format check-house bench format docs clean

all: build

setup:
	@scripts/setup

build: setup
	@cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
	@ninja -C build/release -j $(JOBS) --quiet

sanitize: setup
	@CC=clang-19 CXX=clang++-19 cmake -S . -B build/sanitize -G Ninja -DCMAKE_BUILD_TYPE=Debug -DNARU_SANITIZE=ON >/dev/null
	@ninja -C build/sanitize -j $(JOBS) --quiet

portal: setup
	@scripts/portal build

demo: build portal
	@$(NARU) demo --dir $(DEMO_DIR)

test: check-format check-house build portal sanitize test-portal test-unit test-journeys test-sanitize

# ctest's closing lines are the result: unit tests of the release build, then journeys, then the sanitizer build.
test-unit: build
	@cd build/release && ctest --output-on-failure -j $(JOBS) -E '^journey:'

test-long: build
	@NARU_TEST_LONG=1 build/release/test_protect -tc='*noise*,*Gaussian*,*coin*,*neighbouring*,*attack*'
	@NARU_TEST_LONG=1 build/release/test_evaluate -tc='property*'
	@NARU_TEST_LONG=1 build/release/test_ingest -tc='kill -9*'
	@NARU_TEST_LONG=1 /usr/bin/python3 tests/statistics/peers.py

test-journeys: build portal
	@cd build/release && ctest --output-on-failure -R '^journey:'

test-sanitize: sanitize
	@cd build/sanitize && ctest --output-on-failure -j $(JOBS) -E '^journey:'

test-portal: portal
	@scripts/portal check

check-format: setup
	@scripts/check-format

check-house:
	@scripts/check-house

bench: build
	@bench/run

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format -i

docs: build
	@scripts/make-docs

clean:
	rm -rf build web/dist
