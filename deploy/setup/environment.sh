#!/usr/bin/env bash
# Make .venv anew from requirements.lock: what the lock no longer names is gone, and uv's cache makes it quick.
source "$(dirname "$0")/settings.sh"

say "installing the Python packages of requirements.lock into .venv (a minute with a warm cache, minutes without)"
quietly venv "$UV" venv --clear --no-python-downloads --python "$(command -v python3.11)" "$VENV"
# Compiled once here, not by each job: they start 8 seconds sooner where Python may not write beside its sources.
# The lock is whole but for torch, the next step's, which packages of it ask for: so nothing but what it names is looked for.
quietly environment "$UV" pip install --compile-bytecode --require-hashes --no-deps -r "$REPO/requirements.lock"
