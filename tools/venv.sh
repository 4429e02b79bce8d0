#!/bin/sh
# Make .venv (once) and install this checkout into it, editable, with the named extras.
# Usage: tools/venv.sh [EXTRA,EXTRA...]      PYTHON=python3.12 chooses the interpreter.
set -eu

recent='import sys; sys.exit(sys.version_info < (3, 11, 5))'

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c "$recent" 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "gma_twisted needs Python 3.11.5 or later and found none; install it," \
        "or name it: make PYTHON=/path/to/python3.12 ..." >&2
    echo "(3.11.0 to 3.11.4, such as Debian 12's 3.11.2, match possessive quantifiers of regular" \
        "expressions wrongly, and what checks hostile input rests on these)" >&2
    exit 1
}

if ! .venv/bin/python -c "$recent" 2>/dev/null; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python has no venv module; install it (Debian, Ubuntu: apt install python3-venv)" >&2
        exit 1
    fi
    echo "making .venv with $("$python" --version)" >&2
    "$python" -m venv --clear .venv
fi

extras=${1:+"[$1]"}
echo "installing gma-twisted${extras} into .venv" >&2
exec .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${extras}"
