#!/bin/sh
# Make .venv and install what the lock file names, then the project itself, in place.
# Usage: setup.sh runtime (enough to serve) | dev (everything to test)
set -eu
cd "$(dirname "$0")/.."

case "$1" in
runtime) lock=requirements.lock ;;
dev) lock=requirements-dev.lock ;;
*) echo "usage: setup.sh runtime|dev" >&2 && exit 2 ;;
esac

recent='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        "$candidate" -c "$recent" 2>/dev/null && echo "$candidate" && return
    done
    echo "Python 3.11 or newer is needed; none was found (name one: PYTHON=/path/to/python make …)." >&2
    return 1
}

# Debian ships venv without ensurepip until python3-venv is installed; a pip beside it can fill in.
make_venv() {
    rm -rf .venv
    "$1" -m venv .venv 2>/dev/null && return
    rm -rf .venv
    "$1" -m venv --without-pip .venv 2>/dev/null &&
        "$1" -m pip --python .venv/bin/python install -qq pip 2>/dev/null && return
    rm -rf .venv
    "$1" -m virtualenv -q .venv 2>/dev/null && return
    rm -rf .venv
    echo "No virtual environment can be made: install python3-venv (or python3-pip) first." >&2
    return 1
}

if ! .venv/bin/python -c "$recent; import pip" 2>/dev/null; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version) …" >&2
    make_venv "$python"
fi

echo "Installing $lock …" >&2
rm -f .venv/.runtime-* .venv/.dev-*
pip=".venv/bin/python -m pip --disable-pip-version-check --no-input"
$pip install -qq --require-hashes --no-deps -r "$lock"
$pip install -qq --no-deps --no-build-isolation -e .
