"""A classifier's findings in plain words, made by rules."""

from collections.abc import Iterator

from tidemill.models.images.findings import ImageFindings, stages_of
from tidemill.models.report.words import Remark

# Probabilities that are off by more on average deserve a word.
OFF = 0.05
# A class lags where its recall is so much below the mean of all.
LAGS = 0.10
# Mistakes of one class for another are named where they are this share of all, and no accident.
OFTEN, SEVERAL = 0.10, 5
# A validation loss that ends so much above its lowest, as a share of that, is learning by heart.
BY_HEART = 0.5


def remarks_of(findings: ImageFindings) -> tuple[Remark, ...]:
    """What a data scientist would say of the classifier: its answer first, then what to beware of.

    Args:
        findings: of one training.
    """
    rules = (_answer, _baseline, _confused, _lagging, _calibration, _stages, _overfitting, _promotion)
    return tuple(remark for rule in rules for remark in rule(findings))


def _answer(findings: ImageFindings) -> Iterator[Remark]:
    right, (low, high) = findings.figures["accuracy"], findings.interval
    yield Remark(
        "answer",
        f"It names the class of {right:.2%} of images that it has never seen. On other images of the same kind that "
        f"would be between {low:.2%} and {high:.2%}, 95 of 100 times. Guessing the most frequent class would be right "
        f"for {_largest(findings):.2%}.",
    )


def _largest(findings: ImageFindings) -> float:
    there = [each.samples for each in findings.class_figures]
    return max(there) / max(1, sum(there))


def _baseline(findings: ImageFindings) -> Iterator[Remark]:
    if findings.baseline is None:
        return
    ours, theirs = findings.figures["accuracy"], findings.baseline.figures["accuracy"]
    told = f"Histograms of gradients with a linear SVM are right for {theirs:.2%} of the same images"
    if ours > theirs:
        fewer = 1 - (1 - ours) / (1 - theirs) if theirs < 1 else 0.0
        yield Remark("baseline", f"{told}; the network makes {fewer:.0%} fewer mistakes.", "good")
    else:
        took = f"{findings.baseline.seconds:.0f} s"
        yield Remark("baseline", f"{told}, and take {took} to fit: the network is not worth it.", "bad")


def _confused(findings: ImageFindings) -> Iterator[Remark]:
    wrong = [
        (int(count), label, told)
        for label, row in enumerate(findings.confusion)
        for told, count in enumerate(row)
        if label != told
    ]
    mistakes = sum(count for count, _, _ in wrong)
    count, label, told = max(wrong, default=(0, 0, 0))
    if count >= SEVERAL and count / mistakes >= OFTEN:
        yield Remark(
            "confused",
            f"Of its {mistakes:,} mistakes {count:,} are images of '{findings.classes[label]}' that it calls "
            f"'{findings.classes[told]}'.",
        )


def _lagging(findings: ImageFindings) -> Iterator[Remark]:
    there = [each for each in findings.class_figures if each.samples]
    mean = sum(each.recall for each in there) / max(1, len(there))
    lagging = [each for each in sorted(there, key=lambda each: each.recall) if each.recall < mean - LAGS]
    if lagging:
        named = ", ".join(f"'{each.name}' ({each.recall:.0%} of {each.samples:,})" for each in lagging[:3])
        yield Remark(
            "lagging", f"It finds much less of some classes than of the {mean:.0%} on average: {named}.", "bad"
        )


def _calibration(findings: ImageFindings) -> Iterator[Remark]:
    error, samples = findings.figures["ece"], sum(each.samples for each in findings.calibration)
    sure = sum(each.probability * each.samples for each in findings.calibration) / max(1, samples)
    right = findings.figures["accuracy"]
    if error <= OFF:
        yield Remark(
            "calibration",
            f"Its probabilities can be taken at their word: they are off by {error:.3f} on average ({sure:.1%} sure, "
            f"{right:.1%} right).",
        )
        return
    way = "too sure" if sure > right else "not sure enough"
    yield Remark(
        "calibration",
        f"It is {way} of itself: {sure:.1%} on average, where it is right for {right:.1%}. Do not decide by its "
        "probabilities before they are calibrated.",
        "bad",
    )


def _stages(findings: ImageFindings) -> Iterator[Remark]:
    stages = stages_of(findings.epochs)
    best = {stage: max(each.validation_accuracy for each in epochs) for stage, epochs in stages.items()}
    if len(best) < 2:
        return
    told = ", ".join(f"{accuracy:.2%} after '{stage}'" for stage, accuracy in best.items())
    yield Remark("stages", f"What each stage came to at best, on the validation split: {told}.")


def _overfitting(findings: ImageFindings) -> Iterator[Remark]:
    if not findings.epochs or findings.counting != findings.epochs[-1]:
        return  # the best weights were put back
    last, best = findings.epochs[-1], min(findings.epochs, key=lambda each: each.validation_loss)
    if last.validation_loss > (1 + BY_HEART) * best.validation_loss:
        yield Remark(
            "overfitting",
            f"The validation loss was lowest after step {best.step:,} ({best.validation_loss:.3f}) and ends at "
            f"{last.validation_loss:.3f}: it goes on learning by heart. Fewer epochs, more augmentation or early "
            "stopping would help.",
            "bad",
        )


def _promotion(findings: ImageFindings) -> Iterator[Remark]:
    yield Remark("promotion", findings.promotion)
