# Sourced by every Spark command: the python of the environment that this Spark is installed in, where it is in one.
if [ -z "${PYSPARK_PYTHON:-}" ] && [ -x "$SPARK_HOME/../../../../bin/python" ]; then
  PYSPARK_PYTHON=$(cd "$SPARK_HOME/../../../../bin" && pwd)/python
fi
