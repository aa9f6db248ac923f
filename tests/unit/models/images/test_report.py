import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tidemill.models.images.evaluation import calibration_of, class_figures_of, counted, figures_of, interval_of
from tidemill.models.images.findings import Baseline, Epoch, ImageFindings, Wrong
from tidemill.models.images.report import image_page, write_image_report
from tidemill.models.images.report.answer_sections import png_of
from tidemill.models.images.report.interpretation import remarks_of

CLASSES = ("<b>bag</b>", "coat", "dress")
LABELS = np.repeat([0, 1, 2], 50)


def answered(wrong=5, sure=0.9):
    """Everything right but some coats that are called dresses."""
    told = LABELS.copy()
    told[50 : 50 + wrong] = 2
    return np.where(np.eye(3, dtype=bool)[told], sure, (1 - sure) / 2)


def findings_of(probabilities=None, **others):
    counts = counted(answered() if probabilities is None else probabilities, LABELS)
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)
    told = {
        "name": "clothes",
        "version": 3,
        "trained_at": "2026-05-01T12:00:00+00:00",
        "table": "silver.clothes",
        "table_version": 7,
        "classes": CLASSES,
        "splits": {"train": 900, "validation": 100, "test": 150},
        "shape": (28, 28, 1),
        "base": "efficientnet_lite0",
        "size": 64,
        "weights": "ab12",
        "settings": {"seed": 1, "stages": [{"name": "head"}]},
        "figures": figures_of(counts),
        "interval": interval_of(counts.right, counts.samples),
        "class_figures": class_figures_of(counts, CLASSES),
        "confusion": counts.confusion,
        "calibration": calibration_of(counts),
        "mistakes": [Wrong("id7", "a/b.png", "coat", "dress", 0.9, 0.05, image)],
        "epochs": [Epoch("head", 10, 0.9, 0.8, 0.7), Epoch("whole", 20, 0.3, 0.2, 0.95)],
        "losses": [1 / (1 + step) for step in range(20)],
        "speed": {
            "backend": "horovod",
            "ranks": 2,
            "threads": 1,
            "device": "cpu",
            "images_per_second": 321.4,
            "answered_per_second": 800.0,
            "training_seconds": 61.0,
            "exchanging_seconds": 2.5,
            "resumed_at": None,
        },
        "baseline": Baseline({"accuracy": 0.9, "f1": 0.89}, 4448, 70.0),
        "promotion": "It is the champion: it is the first of its name.",
        "versions": {"torch": "2.13.0"},
    }
    return ImageFindings(**{**told, **others})


def told_of(about, findings):
    return [each for each in remarks_of(findings) if each.about == about]


def test_the_page_has_its_pictures_inside_and_escapes_what_comes_from_data():
    html = image_page(findings_of())

    assert "<b>bag</b>" not in html
    assert "http://" not in re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    source = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert Image.open(io.BytesIO(base64.b64decode(source[1]))).size == (28, 28)
    assert "coat, told dress (90%)" in html
    assert "silver.clothes, version 7" in html
    assert "2.5 s of them to exchange gradients" in html


def test_the_page_is_written_under_the_models_name_and_version(tmp_path):
    assert write_image_report(str(tmp_path), findings_of()) == tmp_path / "models" / "clothes-3.html"


def test_findings_are_plain_values_without_pixels():
    plain = json.loads(json.dumps(findings_of().to_dict()))

    assert plain["mistakes"] == [
        {"image_id": "id7", "path": "a/b.png", "label": "coat", "told": "dress", "probability": 0.9, "of_label": 0.05}
    ]
    assert plain["confusion"] == [[50, 0, 0], [0, 45, 5], [0, 0, 50]]


def test_large_and_coloured_pictures_are_made_small():
    image = np.zeros((300, 400, 3), np.uint8)

    assert Image.open(io.BytesIO(png_of(image))).size == (160, 120)


def test_the_answer_is_told_with_its_interval_and_what_guessing_would_come_to():
    told = told_of("answer", findings_of())[0].text

    assert "96.67%" in told and "between 92.43% and 98.57%" in told and "33.33%" in told


def test_a_network_that_the_baseline_beats_is_told_of():
    better, worse = findings_of(), findings_of(baseline=Baseline({"accuracy": 0.99}, 10, 70.0))

    assert told_of("baseline", better)[0].text.endswith("the network makes 67% fewer mistakes.")
    assert told_of("baseline", worse)[0].tone == "bad"
    assert told_of("baseline", findings_of(baseline=None)) == []


def test_classes_that_are_taken_for_another_and_lag_are_named():
    found = findings_of(answered(wrong=20))

    assert "20 are images of 'coat' that it calls 'dress'" in told_of("confused", found)[0].text
    assert "'coat' (60% of 50)" in told_of("lagging", found)[0].text
    assert told_of("lagging", findings_of()) == []


@pytest.mark.parametrize(("sure", "way"), [(0.999, "too sure"), (0.5, "not sure enough")])
def test_probabilities_that_are_off_are_told_of(sure, way):
    found = findings_of(answered(wrong=20, sure=sure))

    assert way in told_of("calibration", found)[0].text
    assert told_of("calibration", found)[0].tone == "bad"
    assert told_of("calibration", findings_of(answered(sure=0.96)))[0].tone == "plain"


def test_a_validation_loss_that_rises_again_is_told_of():
    epochs = [Epoch("head", 10, 0.9, 0.2, 0.7), Epoch("whole", 20, 0.3, 0.4, 0.7)]

    assert "lowest after step 10 (0.200)" in told_of("overfitting", findings_of(epochs=epochs))[0].text
    assert told_of("overfitting", findings_of()) == []


def test_a_class_without_images_and_a_network_without_mistakes_make_a_page_too():
    probabilities = np.eye(3)[np.zeros(150, int)]

    html = image_page(findings_of(probabilities, mistakes=[], epochs=[], losses=[], baseline=None))

    assert "There are none to show." in html


STOPPING = {"seed": 1, "stages": [{"name": "whole"}], "early_stopping": {"metric": "accuracy", "patience": 2}}
RISEN = [Epoch("whole", 10, 0.5, 0.2, 0.95), Epoch("whole", 20, 0.1, 0.4, 0.93)]


def test_the_epoch_that_counts_is_the_last_or_the_best_where_early_stopping_puts_it_back():
    of_loss = {**STOPPING, "early_stopping": {"metric": "loss", "patience": 2}}
    epochs = [*RISEN, Epoch("whole", 30, 0.1, 0.1, 0.9)]

    assert findings_of(epochs=epochs).counting.step == 30
    assert findings_of(epochs=epochs, settings=STOPPING).counting.step == 10
    assert findings_of(epochs=epochs, settings=of_loss).counting.step == 30
    assert findings_of(epochs=[]).counting is None


def test_learning_by_heart_is_told_where_the_last_weights_count_alone():
    (told,) = told_of("overfitting", findings_of(epochs=RISEN))

    assert "learning by heart" in told.text
    assert told_of("overfitting", findings_of(epochs=RISEN, settings=STOPPING)) == []
