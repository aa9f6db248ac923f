"""Checks that run the engines for real: Delta, Spark NLP and Horovod."""

import subprocess
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

from tidemill.cli.doctor.finding import Finding
from tidemill.lake import Lake, Mark

ALL_REDUCE_SECONDS = 180


def delta(spark: SparkSession, folder: str) -> Finding:
    """Whether a Delta table can be written and read back."""
    lake = Lake(spark, folder)
    lake.replace("ops.doctor", spark.range(3), Mark("doctor", "doctor", 1))
    # Bound: three rows, written above.
    values = sorted(row.id for row in lake.read("ops.doctor").collect())
    if values != [0, 1, 2]:
        return Finding("Delta", f"wrote 0, 1, 2 and read {values}", "rm -rf .venv and make setup")
    return Finding("Delta", "a table written and read")


def spark_nlp(spark: SparkSession) -> Finding:
    """Whether a Spark NLP pipeline can be fitted and finds the words of a text."""
    from pyspark.ml import Pipeline
    from sparknlp.annotator import Normalizer, Tokenizer
    from sparknlp.base import DocumentAssembler, Finisher

    texts = spark.createDataFrame([("Trains, late again!",)], "text string")
    stages = [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        Normalizer().setInputCols(["token"]).setOutputCol("word").setLowercase(True),
        Finisher().setInputCols(["word"]).setOutputCols(["words"]),
    ]
    (found,) = Pipeline(stages=stages).fit(texts).transform(texts).select("words").collect()
    words = list(found.words)
    if words != ["trains", "late", "again"]:
        return Finding("Spark NLP", f"'Trains, late again!' became {words}", "rm -rf .venv and make setup")
    return Finding("Spark NLP", "a pipeline fitted, its words right")


def horovod() -> Finding:
    """Whether two processes on this machine can sum a tensor."""
    remedy = "rm -rf .venv ~/.cache/tidemill/horovod and make setup; the loopback interface must be called lo and be up"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "all_reduce.py"
        script.write_text(
            "import horovod.torch as hvd, torch\n"
            "hvd.init()\n"
            "total = hvd.allreduce(torch.tensor([hvd.rank() + 1.0]), op=hvd.Sum)\n"
            "print('sum', total.item(), 'of', hvd.size())\n"
        )
        launch = [sys.executable, "-m", "horovod.runner.launch", "-np", "2", "--gloo", "--network-interface", "lo"]
        try:
            ended = subprocess.run(
                [*launch, sys.executable, str(script)],
                check=False,
                capture_output=True,
                text=True,
                timeout=ALL_REDUCE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return Finding("Horovod", f"no sum after {ALL_REDUCE_SECONDS} s", remedy)
    if ended.returncode != 0 or ended.stdout.count("sum 3.0 of 2") != 2:
        said = (ended.stderr.strip() or ended.stdout.strip() or "nothing said").splitlines()[-1]
        return Finding("Horovod", f"all-reduce failed: {said}", remedy)
    return Finding("Horovod", "all-reduce of 2 processes")
