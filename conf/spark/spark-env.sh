# Sourced by every Spark command: the python of the environment that this Spark is installed in, where it is in one.
if [ -z "${PYSPARK_PYTHON:-}" ] && [ -x "$SPARK_HOME/../../../../bin/python" ]; then
  PYSPARK_PYTHON=$(cd "$SPARK_HOME/../../../../bin" && pwd)/python
fi

# What works out the command runs for half a second.
SPARK_LAUNCHER_OPTS=${SPARK_LAUNCHER_OPTS:--XX:TieredStopAtLevel=1 -XX:+UseSerialGC}

# The set-up keeps Spark's classes as the JVM has them once they are loaded (deploy/setup/classes.sh): a short job
# then takes a fifth less. The JVM takes them where jars alone come first on the class path, so this folder comes after
# them here. A class path of your own is left as it is, without the archive; so is one for another Hadoop, and a JVM
# that starts with an agent or a flight recorder, which look into every class (JDK 17 dies of it with an archive).
case " $* ${SPARK_SUBMIT_OPTS:-} ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-}" in
*driver-class-path* | *extraClassPath* | *properties-file* | *" -cp "*) ;;
*-javaagent:* | *-agentlib:* | *-agentpath:* | *FlightRecord*) ;;
*)
  if [ -f "$SPARK_HOME/classes.jsa" ] && [ -z "${HADOOP_CONF_DIR:-}${YARN_CONF_DIR:-}${SPARK_DIST_CLASSPATH:-}" ] &&
    ! grep -Eqs '^ *spark\.driver\.(extraClassPath|.*JavaOptions.*(-(java)?agent|FlightRecord))' \
      "$SPARK_CONF_DIR/spark-defaults.conf"; then
    SPARK_SUBMIT_OPTS="${SPARK_SUBMIT_OPTS:-} -XX:SharedArchiveFile=\"$SPARK_HOME/classes.jsa\" -Xlog:cds*=off \
-Dlog4j2.configurationFile=\"$SPARK_CONF_DIR/log4j2.properties\" -cp \"$SPARK_HOME/jars/*:$SPARK_CONF_DIR\""
  fi
  ;;
esac
