#!/usr/bin/env bash
# Name each tool that the rest of the set-up needs and this machine lacks, in one line with how to get it.
source "$(dirname "$0")/settings.sh"

missing=0

need() {
    printf 'setup: missing %s: %s\n' "$1" "$2" >&2
    missing=1
}

have_python() { python3.11 -c 'import ensurepip, venv' 2>/dev/null; }

have_headers() { [[ -f $(python3.11 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h ]]; }

java_version() { "$(java_command)" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p'; }

command -v git >/dev/null || need git "sudo apt-get install git"
command -v g++ >/dev/null || need g++ "sudo apt-get install g++"
command -v make >/dev/null || need make "sudo apt-get install make"

if ! have_python; then
    need "Python 3.11 with venv" \
        "sudo apt-get install python3.11 python3.11-venv python3.11-dev (Ubuntu 24.04: first sudo add-apt-repository ppa:deadsnakes/ppa)"
elif ! have_headers; then
    need "the headers of Python 3.11 (Horovod is compiled against them)" "sudo apt-get install python3.11-dev"
fi

version=$(java_version || true)
if [[ $version != 17 ]]; then
    need "Java 17 (${JAVA_HOME:+JAVA_HOME=$JAVA_HOME, }found: ${version:-none})" \
        "sudo apt-get install openjdk-17-jre-headless, then point JAVA_HOME at it or put its java first on PATH"
fi

if ! command -v initdb >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    printf 'setup: PostgreSQL is not here; only the tests of databases need it: %s\n' "sudo apt-get install postgresql" >&2
fi

if ! command -v prometheus-alertmanager >/dev/null; then
    printf 'setup: Alertmanager is not here; only tests of alerts need it: %s\n' \
        "sudo apt-get install prometheus-alertmanager" >&2
fi

if ! command -v chromium >/dev/null; then
    printf 'setup: Chromium is not here; only the tests of the dashboard need it: %s\n' "sudo apt-get install chromium" >&2
fi

if ! PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto >/dev/null; then
    printf 'setup: mosquitto is not here; only the tests of MQTT need it: %s\n' "sudo apt-get install mosquitto" >&2
fi

exit "$missing"
