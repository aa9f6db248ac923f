import os
import shutil
import subprocess
import sys
from pathlib import Path

CONF = Path(__file__).parents[3] / "conf"
CONTRACT = """
name: {name}
version: 1
source: {{kind: files, path: "${{landing}}/{name}"}}
columns:
  id: {{type: int}}
checks:
  - {{name: asked, sql: "{sql}"}}
write: append
"""


def test_every_wrong_contract_and_model_is_named_in_one_go(tmp_path):
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf, ignore=shutil.ignore_patterns("datasets", "alerts"))
    (conf / "datasets").mkdir()
    for name, sql in (("first", "idd > 0"), ("second", "id >"), ("third", "id > 0")):
        (conf / "datasets" / f"{name}.yaml").write_text(CONTRACT.format(name=name, sql=sql))
    churn = conf / "models" / "churn.yaml"
    churn.write_text(churn.read_text().replace("metric:", "metrik:"))

    ended = subprocess.run(
        [Path(sys.executable).with_name("tidemill"), "check-config"],
        check=False,
        env={**os.environ, "TIDEMILL_CONF": str(conf)},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert ended.returncode == 2
    told = [line.split(",")[0] for line in ended.stdout.splitlines()]
    assert told == ["third: ok", *(f"model {name}: ok" for name in ("fashion_mnist", "housing", "images"))]
    wrong = ended.stderr.splitlines()
    assert [line.split(":")[0] for line in wrong] == ["tidemill"] * 3, ended.stderr
    assert "first" in wrong[0]
    assert "second" in wrong[1]
    assert "Did you mean 'metric'?" in wrong[2]
