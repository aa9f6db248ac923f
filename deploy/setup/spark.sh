#!/usr/bin/env bash
# Give the environment's Spark the settings of conf/spark, and let its commands run without an activated environment.
source "$(dirname "$0")/settings.sh"

ln -sfn "$REPO/conf/spark" "$(site_packages)/pyspark/conf"

# pyspark's own find-spark-home asks whatever python3 is first on PATH. Replaced, not edited: uv links it to its cache.
cat >"$VENV/bin/.find-spark-home" <<'END'
#!/usr/bin/env bash
# Where the pyspark of this environment is (written by deploy/setup/spark.sh).
export SPARK_HOME=$(echo "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"/lib/python3.*/site-packages/pyspark)
END
chmod +x "$VENV/bin/.find-spark-home"
mv -f "$VENV/bin/.find-spark-home" "$VENV/bin/find-spark-home"
