#!/usr/bin/env bash
# Install torch, apart from the lock: the CPU wheel beside the repository, else the build that fits this machine.
source "$(dirname "$0")/settings.sh"

TORCH=$(grep -oE 'torch==[0-9.]+' "$REPO/setup.py")
WHEELS=$REPO/../shared/wheels

if compgen -G "$WHEELS/torch-${TORCH#torch==}*.whl" >/dev/null; then
    source_options=(--find-links "$WHEELS")
elif command -v nvidia-smi >/dev/null; then
    source_options=(--torch-backend auto)
else
    source_options=(--torch-backend cpu)
fi

say "installing $TORCH"
quietly torch "$UV" pip install --compile-bytecode "${source_options[@]}" "$TORCH"
