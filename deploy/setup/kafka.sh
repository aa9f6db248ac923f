#!/usr/bin/env bash
# Fetch the Kafka broker of deploy/setup/kafka.txt once for this user, and print the folder of its jars.
source "$(dirname "$0")/settings.sh"

LIST=$REPO/deploy/setup/kafka.txt

ivy_module() {
    echo '<ivy-module version="2.0"><info organisation="tidemill" module="kafka"/>'
    echo '<configurations><conf name="default"/></configurations><dependencies defaultconf="default->default">'
    sed -nE 's|^([^#: ]+):([^: ]+):([^: ]+)$|<dependency org="\1" name="\2" rev="\3" transitive="false"/>|p' "$LIST"
    echo '</dependencies></ivy-module>'
}

resolve() {
    local work
    work=$(mktemp -d "$CACHE/kafka/.resolving.XXXXXX")
    ivy_module >"$work/ivy.xml"
    say "resolving the Kafka broker of deploy/setup/kafka.txt (43 MB)"
    quietly kafka "$(java_command)" -jar "$(echo "$(site_packages)"/pyspark/jars/ivy-*.jar)" \
        -settings "$REPO/deploy/setup/ivysettings.xml" -ivy "$work/ivy.xml" -cache "$CACHE/ivy" -types jar bundle \
        -retrieve "$work/jars/[artifact]-[revision].[ext]"
    mv "$work/jars" "$KEPT"
    rm -rf "$work"
}

mkdir -p "$CACHE/kafka"
KEPT=$CACHE/kafka/$(ivy_module | sha256sum | cut -c1-16)
exec 9>"$CACHE/kafka/.lock"
flock 9
rm -rf "$CACHE"/kafka/.resolving.*
[[ -d $KEPT ]] || resolve
echo "$KEPT"
