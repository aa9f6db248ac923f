#!/usr/bin/env bash
# Build Horovod from its source once for this user, torch and Python, and install the kept wheel.
source "$(dirname "$0")/settings.sh"

VERSION=0.28.1
SHA256=92a43f5a94c43907a56805bad15f19700c62ffc83b7ca483f9e104e229f67ef0
KEPT=$CACHE/horovod/$VERSION-$("$VENV/bin/python" -c \
    'import sys, torch; print(f"torch-{torch.__version__}-{sys.implementation.cache_tag}")')

download() {
    quietly horovod-download "$REPO/.setup/uv/bin/python" -m pip download --no-deps --no-build-isolation \
        --no-binary horovod --dest "$1" "horovod==$VERSION"
    echo "$SHA256  $1/horovod-$VERSION.tar.gz" | sha256sum --check --quiet - >/dev/null ||
        fail "the source of horovod $VERSION is not the one expected (sha256 $SHA256). Try again on another network"
}

# torch's headers need C++20, where Horovod's build asks for C++14.
patch_sources() {
    sed -i 's/CMAKE_CXX_STANDARD 14/CMAKE_CXX_STANDARD 20/' "$1/CMakeLists.txt" "$1/horovod/torch/CMakeLists.txt"
}

build() {
    local work
    work=$(mktemp -d "$CACHE/horovod/.building.XXXXXX")
    say "building Horovod $VERSION (2-3 minutes, once for this user)"
    download "$work"
    tar -xzf "$work/horovod-$VERSION.tar.gz" -C "$work"
    patch_sources "$work/horovod-$VERSION"
    quietly horovod-build env PATH="$VENV/bin:$PATH" MAKEFLAGS="-j$(nproc)" CXXFLAGS=-g0 CMAKE_POLICY_VERSION_MINIMUM=3.5 HOROVOD_WITH_PYTORCH=1 \
        HOROVOD_WITHOUT_TENSORFLOW=1 HOROVOD_WITHOUT_MXNET=1 HOROVOD_WITHOUT_MPI=1 HOROVOD_WITH_GLOO=1 \
        "$UV" build --wheel --no-build-isolation --python "$VENV/bin/python" --out-dir "$work/wheel" "$work/horovod-$VERSION"
    mv "$work/wheel" "$KEPT"
    rm -rf "$work"
}

mkdir -p "$CACHE/horovod"
exec 9>"$CACHE/horovod/.lock"
flock 9
rm -rf "$CACHE"/horovod/.building.*
[[ -d $KEPT ]] || build
quietly horovod-install "$UV" pip install --no-deps "$KEPT"/horovod-*.whl
