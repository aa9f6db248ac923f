#!/usr/bin/env bash
# Install tidemill itself, editable: what is written under lib/ is what runs.
source "$(dirname "$0")/settings.sh"

quietly package "$UV" pip install --no-deps --no-build-isolation --editable "$REPO"
