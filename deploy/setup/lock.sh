#!/usr/bin/env bash
# Write requirements.lock anew from setup.py, and the pins of the set-up's own tools.
source "$(dirname "$0")/settings.sh"
cd "$REPO"

compile() {
    quietly lock "$UV" pip compile --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade "$@"
}

compile setup.py --all-extras --find-links ../shared/wheels --no-emit-package torch --no-emit-package tidemill \
    --output-file requirements.lock
printf '%s\n' uv pip wheel 'setuptools<81' >.setup/bootstrap.in
compile .setup/bootstrap.in --no-emit-find-links --output-file deploy/setup/bootstrap.txt
