#!/usr/bin/env bash
# Fetch QuestDB once for this user, for the tests of time-series stores, and print the path of its jar.
source "$(dirname "$0")/settings.sh"

MODULE=org.questdb:questdb:9.3.4

resolve() {
    local work org name revision
    IFS=: read -r org name revision <<<"$MODULE"
    work=$(mktemp -d "$CACHE/questdb/.resolving.XXXXXX")
    printf '%s' '<ivy-module version="2.0"><info organisation="tidemill" module="questdb"/>' \
        '<configurations><conf name="default"/></configurations><dependencies defaultconf="default->default">' \
        "<dependency org=\"$org\" name=\"$name\" rev=\"$revision\" transitive=\"false\"/>" \
        '</dependencies></ivy-module>' >"$work/ivy.xml"
    say "resolving $MODULE"
    quietly questdb "$(java_command)" -jar "$(echo "$(site_packages)"/pyspark/jars/ivy-*.jar)" \
        -settings "$REPO/deploy/setup/ivysettings.xml" -ivy "$work/ivy.xml" -cache "$CACHE/ivy" -types jar bundle \
        -retrieve "$work/jars/[artifact]-[revision].[ext]"
    mv "$work"/jars/*.jar "$KEPT"
    rm -rf "$work"
}

mkdir -p "$CACHE/questdb"
KEPT=$CACHE/questdb/${MODULE//:/-}.jar
exec 9>"$CACHE/questdb/.lock"
flock 9
rm -rf "$CACHE"/questdb/.resolving.*
[[ -f $KEPT ]] || resolve
echo "$KEPT"
