# make run     a node on 127.0.0.1:8480 with this host's live data
# make test    the suite; last line "N passed, N failed, N skipped"
# make coverage  the suite, slower, with the lines and branches it ran
# make check   style, types, import floors
# make bench   side-by-side benchmarks
# make docs    the pages and the API reference, into build/
# make clean   everything the above made
#
# PYTHON=python3.12 chooses the interpreter; ARGS="..." goes to the node, the tests or the benchmark.

bin := .venv/bin
ARGS ?=

.PHONY: run test coverage check bench docs clean
.SILENT:

run: .venv/stamp
	exec $(bin)/twistd -n --pidfile= gma-index $(ARGS)

test: .venv/stamp-test build/node/stamp build/netlogger/stamp
	$(bin)/python -m tools.trialsummary $(ARGS)

coverage: .venv/stamp-test build/node/stamp build/netlogger/stamp
	$(bin)/python -m tools.trialsummary --coverage $(ARGS)

check: .venv/stamp-dev
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	PATH="$(bin):$$PATH" cython-lint --max-line-length 120 gma_twisted
	$(bin)/mypy
	$(bin)/lint-imports --no-logo

bench: .venv/stamp-bench
	$(bin)/python -m bench $(ARGS)

docs: .venv/stamp-docs
	$(bin)/mkdocs build --quiet --strict
	$(bin)/pydoctor --quiet
	echo "build/docs/index.html and build/apidocs/index.html"

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -f gma_twisted/*/*.so

# A stamp a set of extras; pip runs again only when pyproject.toml or something compiled changed.
compiled := tools/compiled.py $(wildcard gma_twisted/*/*.pyx gma_twisted/*/*.pxd)

.venv/stamp: pyproject.toml tools/venv.sh $(compiled)
	tools/venv.sh
	touch $@

.venv/stamp-%: pyproject.toml tools/venv.sh $(compiled)
	tools/venv.sh $*
	touch $@ .venv/stamp

# The SOAP client of node.js, a foreign client the integration tests talk to; without it they skip.
build/node/stamp: $(wildcard tests/integration/node/package.json)
	tools/nodeclient.sh $@

# NetLogger's own reader and writer, by which the tests check ours; without it they skip.
build/netlogger/stamp: tools/netloggeroracle.sh | .venv/stamp-test
	$< $@
