#!/usr/bin/env bash
# Install uv, pinned by hash, into a small environment of the set-up's own.
source "$(dirname "$0")/settings.sh"

say "installing uv"
quietly uv-venv python3.11 -m venv --clear "$REPO/.setup/uv"
quietly uv "$REPO/.setup/uv/bin/python" -m pip install --require-hashes -r "$REPO/deploy/setup/bootstrap.txt"
