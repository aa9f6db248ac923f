"""How well `tidemill.streams.anomalies.score` ranks faults in other people's series, and what simple scores do.

    make bench NAME=anomalies
    python benchmarks/anomalies.py --seeds 100

30 series of several sorts, real and made (benchmarks/detecting/series.py), with about 8 % of their readings in faults
of seven kinds; and the same series with spikes alone. Each score is measured on each series by the area under the ROC
curve, average precision and the best F1, point by point, the first fifth of a series left out; figures are means over
series. The references: how many standard deviations a reading is from the whole series' mean (it looks ahead), and from
the mean of the 50 readings before it. The ratio is of average precision to the better one's.
"""

import argparse
import json
from typing import Any

import numpy as np
import pandas as pd
from detecting.series import FAULTS, suite
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from tidemill.streams.anomalies import score

GOAL = 1.3
SIDES = ("ours", "global_z", "rolling_z")


def best_f1(wrong: np.ndarray, scores: np.ndarray) -> float:
    """The best F1 of any threshold."""
    precision, recall, _ = precision_recall_curve(wrong, scores)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max())


FIGURES = {"roc_auc": roc_auc_score, "average_precision": average_precision_score, "best_f1": best_f1}


def scored(readings: pd.DataFrame) -> pd.DataFrame:
    """Every side's score of each reading, without the first fifth of each series."""
    by_sensor = readings.groupby("sensor")["value"]
    mean = by_sensor.transform(lambda values: values.shift().rolling(50, min_periods=10).mean())
    deviation = by_sensor.transform(lambda values: values.shift().rolling(50, min_periods=10).std())
    whole = by_sensor.transform("std")
    frame = score(readings).rename(columns={"score": "ours"})
    frame["global_z"] = (readings["value"] - by_sensor.transform("mean")).abs() / whole
    frame["rolling_z"] = ((readings["value"] - mean).abs() / (deviation + 1e-9 * whole)).fillna(0)
    place = readings.groupby("sensor").cumcount()
    return frame[place >= by_sensor.transform("size") // 5]


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Each figure of each side on each series."""
    rows = {}
    for sensor, readings in frame.groupby("sensor"):
        wrong = (readings["kind"] != "").to_numpy()
        if wrong.any():
            rows[sensor] = {
                (side, name): figure(wrong, readings[side].to_numpy())
                for side in SIDES
                for name, figure in FIGURES.items()
            }
    return pd.DataFrame(rows).T


def by_kind(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The area under the ROC curve of each kind of fault against readings without one."""
    found: dict[str, dict[str, float]] = {}
    for kind in sorted(set(frame["kind"]) - {""}):
        areas = []
        for _, readings in frame[frame["kind"].isin(["", kind])].groupby("sensor"):
            wrong = readings["kind"] == kind
            if wrong.any():
                areas.append([roc_auc_score(wrong, readings[side]) for side in SIDES])
        found[kind] = dict(zip(SIDES, np.mean(areas, axis=0).round(3).tolist(), strict=True))
    return found


def main() -> None:
    """Measure all kinds, then spikes alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    request = parser.parse_args()
    detail: dict[str, Any] = {}
    for name, kinds in (("all", list(FAULTS)), ("spikes", ["spike"])):
        frames = [scored(suite(seed, kinds)) for seed in request.seeds]
        tables = [measured(frame) for frame in frames]
        by_series = pd.concat(tables).groupby(level=0).mean()
        print(f"{name}: average precision\n{by_series.xs('average_precision', axis=1, level=1).round(3).to_string()}")
        means = by_series.mean().round(3)
        detail[name] = {side: means[side].to_dict() for side in SIDES}
        detail[name]["series"] = len(by_series)
        print(json.dumps(detail[name]), flush=True)
        if name == "all":
            detail["roc_auc_by_kind"] = by_kind(pd.concat(frames))
    ours, theirs = (
        detail["all"]["ours"]["average_precision"],
        max(detail["all"][side]["average_precision"] for side in SIDES[1:]),
    )
    line = {"bench": "anomalies", "ratio": round(ours / theirs, 2), "goal": GOAL, "unit": "average precision"}
    print(json.dumps({**line, "ours": ours, "theirs": theirs, "detail": detail}))


if __name__ == "__main__":
    main()
