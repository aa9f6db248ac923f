#!/usr/bin/env bash
# Resolve conf/spark/packages.txt once for this user, and link the jars beside those that pyspark brings.
source "$(dirname "$0")/settings.sh"

SITE=$(site_packages)
JARS=$SITE/pyspark/jars
RECORD=$(echo "$SITE"/pyspark-*.dist-info/RECORD)
PACKAGES=$REPO/conf/spark/packages.txt

own_jars() { sed -n 's|^pyspark/jars/\([^,]*\.jar\),.*|\1|p' "$RECORD"; }

# What pyspark ships under any version is left out: a second version of a class on the path is never what is wanted.
ivy_module() {
    echo '<ivy-module version="2.0"><info organisation="tidemill" module="jars"/>'
    echo '<configurations><conf name="default"/></configurations><dependencies defaultconf="default->default">'
    sed -nE 's|^([^#: ]+):([^: ]+):([^: ]+)$|<dependency org="\1" name="\2" rev="\3"/>|p' "$PACKAGES"
    sed -nE 's|^exclude ([^: ]+):([^: ]+)$|<exclude org="\1" module="\2"/>|p' "$PACKAGES"
    own_jars | sed -E 's|-[0-9].*\.jar$||; s|.*|<exclude module="&"/>|' | sort -u
    echo '</dependencies></ivy-module>'
}

resolve() {
    local work
    work=$(mktemp -d "$CACHE/jars/.resolving.XXXXXX")
    ivy_module >"$work/ivy.xml"
    say "resolving the JVM artifacts of conf/spark/packages.txt"
    quietly jars "$(java_command)" -jar "$(echo "$JARS"/ivy-*.jar)" -settings "$REPO/deploy/setup/ivysettings.xml" \
        -ivy "$work/ivy.xml" -cache "$CACHE/ivy" -types jar bundle -retrieve "$work/jars/[artifact]-[revision].[ext]"
    mv "$work/jars" "$KEPT"
    rm -rf "$work"
}

mkdir -p "$CACHE/jars"
KEPT=$CACHE/jars/$(ivy_module | sha256sum | cut -c1-16)
exec 9>"$CACHE/jars/.lock"
flock 9
rm -rf "$CACHE"/jars/.resolving.*
[[ -d $KEPT ]] || resolve

comm -13 <(own_jars | sort) <(find "$JARS" -name '*.jar' -printf '%f\n' | sort) | (cd "$JARS" && xargs -r rm -f)
cp -lf "$KEPT"/*.jar "$JARS"/ 2>/dev/null || cp -f "$KEPT"/*.jar "$JARS"/
