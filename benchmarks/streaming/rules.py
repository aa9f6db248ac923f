"""Rules as a person would write them for a building's sensors, at work in the benchmarks of streams."""

from pathlib import Path

from tidemill.config import load_config
from tidemill.contract import Contract
from tidemill.streams.readings.alerting import Alerting

HOT = 140.0
"""Above it a reading is a fault; what is published otherwise is far below."""
RULES = f"""dataset: site_readings
rules:
  - {{name: hot, kind: threshold, above: {HOT}, clear: 120, severity: critical}}
  - {{name: fast, kind: rate, change: 2000, per: 1 minute}}
  - {{name: stuck, kind: stuck, for: 1 hour}}
  - {{name: silent, kind: silent, for: 2 days}}
  - {{name: unusual, kind: anomaly, above: 0.999}}
"""


def alerting_in(folder: str, contract: Contract) -> Alerting:
    """The rules on one stream, in a home of its own: the lake is FOLDER/lake."""
    rules = Path(folder) / "conf" / "alerts"
    rules.mkdir(parents=True)
    (rules / "site_readings.yaml").write_text(RULES)
    return Alerting(load_config(home=folder).model_copy(update={"conf_dir": rules.parent}), contract)
