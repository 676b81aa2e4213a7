#!/bin/sh
# Resolve pyproject.toml into the lock files: versions and hashes for every platform, no addresses.
# Keeps locked versions that still fit; `UPGRADE=--upgrade make lock` takes the newest.
set -eu
cd "$(dirname "$0")/.."

tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
"${PYTHON:-python3}" -m venv "$tool"
"$tool/bin/pip" --disable-pip-version-check install -qq uv

resolve() {
    # shellcheck disable=SC2086
    "$tool/bin/uv" pip compile pyproject.toml "$@" ${UPGRADE:-} \
        --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
        --custom-compile-command "make lock" --quiet
}
resolve --extra build --output-file requirements.lock
resolve --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock
