# Sourced by every step: where things are, and how a step speaks.
set -euo pipefail

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VENV=${TIDEMILL_VENV:-$REPO/.venv}
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/tidemill
UV=$REPO/.setup/uv/bin/uv
export VIRTUAL_ENV=$VENV

say() { printf 'setup: %s\n' "$*" >&2; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

site_packages() { "$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])'; }

java_command() {
    if [[ -n ${JAVA_HOME:-} ]]; then printf '%s/bin/java\n' "$JAVA_HOME"; else printf 'java\n'; fi
}

# quietly LOG COMMAND...: run with its output in .setup/LOG.log; when it fails, say so in one line and where to look.
quietly() {
    local log=$REPO/.setup/$1.log
    shift
    mkdir -p "$REPO/.setup"
    "$@" >"$log" 2>&1 || fail "'$(basename "$1")' failed: $(grep -iE 'error|fail|unresolved|not found' "$log" | tail -n 1 | cut -c1-200). All of it: $log"
}
