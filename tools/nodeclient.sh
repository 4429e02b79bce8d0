#!/bin/sh
# Install the node.js clients of the integration tests into build/node; usage: nodeclient.sh STAMP
# Without npm, or without a network, nothing is installed and those tests skip with that reason.
set -eu

package=tests/integration/node/package.json
[ -f "$package" ] || exit 0
if ! command -v npm >/dev/null; then
    echo "npm not found: the tests with the node.js SOAP client will be skipped" >&2
    exit 0
fi
mkdir -p build/node
cp "$package" build/node/
if npm install --prefix build/node --no-package-lock --no-audit --no-fund --silent; then
    touch "$1"
else
    echo "npm install failed: the tests with the node.js SOAP client will be skipped" >&2
fi
