#!/usr/bin/env bash
# Keep Spark's classes as this JVM has them once they are loaded: conf/spark/spark-env.sh hands them to every job.
source "$(dirname "$0")/settings.sh"

SPARK_HOME=$(site_packages)/pyspark
ARCHIVE=$SPARK_HOME/classes.jsa
rm -rf "$ARCHIVE" "$SPARK_HOME"/.classes.*
# Beside it, so that no job ever sees half of it.
WORK=$(mktemp -d "$SPARK_HOME/.classes.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

say "keeping Spark's classes, so that jobs start faster"
# A JVM before 13 has no such archive, and everything works without one.
if SPARK_SUBMIT_OPTS="-XX:ArchiveClassesAtExit=\"$WORK/classes.jsa\" -Xlog:cds*=off -cp \"$SPARK_HOME/jars/*:$SPARK_HOME/conf\"" \
    "$VENV/bin/spark-submit" --driver-java-options "-XX:+UseSerialGC -XX:TieredStopAtLevel=1" \
    "$REPO/deploy/setup/classes.py" "$WORK" >"$REPO/.setup/classes.log" 2>&1 && [[ -f $WORK/classes.jsa ]]; then
    mv "$WORK/classes.jsa" "$ARCHIVE"
else
    say "this JVM cannot keep them; jobs work all the same. Why: $REPO/.setup/classes.log"
fi
