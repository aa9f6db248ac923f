#!/usr/bin/env bash
# Pack lib/ as dist/tidemill-VERSION.zip: executors import a zip given to --py-files, but not a wheel.
source "$(dirname "$0")/settings.sh"

VERSION=$(sed -nE 's/^__version__ = "(.*)"$/\1/p' "$REPO/lib/tidemill/__init__.py")
TARGET=$REPO/dist/tidemill-$VERSION.zip

mkdir -p "$REPO/dist"
python3.11 - "$REPO/lib" "$TARGET" <<'END'
import sys
import zipfile
from pathlib import Path

lib, target = Path(sys.argv[1]), Path(sys.argv[2])
partial = target.with_suffix(".partial")
with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(lib.glob("tidemill/**/*")):
        if path.is_file() and "__pycache__" not in path.parts:
            archive.write(path, path.relative_to(lib))
partial.replace(target)
END
echo "dist/tidemill-$VERSION.zip"
