#!/bin/sh
# Make build/netlogger, an environment with NetLogger's own Python modules (in PyPI's pegasus-wms), which some tests and
# a benchmark compare with; usage: netloggeroracle.sh STAMP
# Without a network nothing is installed, and those tests skip with that reason.
set -eu

python=.venv/bin/python
[ -x "$python" ] || python=python3
"$python" -m venv --clear build/netlogger
# Without what it depends on: the modules of NetLogger need nothing.
if build/netlogger/bin/pip install --quiet --disable-pip-version-check --no-deps "pegasus-wms>=5.1,<6"; then
    touch "$1"
else
    echo "pip install failed: the tests with NetLogger's own reader will be skipped" >&2
fi
