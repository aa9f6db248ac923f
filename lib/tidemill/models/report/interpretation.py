"""A model's findings in plain words, made by rules."""

import math
from collections.abc import Iterator
from itertools import chain

from tidemill.models.evaluation import Column, Findings, Segment
from tidemill.models.report.class_remarks import class_remarks
from tidemill.models.report.number_remarks import number_remarks
from tidemill.models.report.words import Remark, error_in_words, listed, number, percent, title
from tidemill.reports import Tone

# A segment's error stands out by so many standard errors, as many segments are looked at; and by so much.
SURE = 3.5
MUCH, SOMEWHAT = 1.5, 1.2
WIDE_SHARE, WIDE_ERROR = 0.03, 0.15
ALONE = 0.8
OFF = 0.1


def remarks_of(findings: Findings) -> tuple[Remark, ...]:
    """What a data scientist would say of the model: its answer first, then what carries it and what to beware of.

    Args:
        findings: of one model.
    """
    own: Iterator[Remark] = iter(())
    if findings.classes:
        own = class_remarks(findings, findings.classes)
    if findings.residuals:
        own = number_remarks(findings, findings.residuals)
    found = (_columns(findings), _holdout(findings), _folds(findings), _rival(findings))
    return tuple(chain(own, *found, _segments(findings), _segment_means(findings), _comparison(findings)))


def _columns(findings: Findings) -> Iterator[Remark]:
    """Which columns carry the model; a loss within two deviations of 0 is none."""
    if any(math.isnan(each.loss) for each in findings.columns):
        return
    telling = [each for each in findings.columns if each.loss > 2 * each.deviation and each.loss > 0]
    metric, way = title(findings.subject.metric), "falls" if findings.subject.larger_is_better else "rises"
    if not telling:
        yield Remark("columns", f"No column tells it anything: shuffling none changes its {metric}.", "bad")
        return
    named = [f"'{each.name}' ({number(each.loss)})" for each in telling[:3]]
    idle = len(findings.columns) - len(telling)
    makes = "makes" if idle == 1 else "make"
    rest = f" {idle} of its {len(findings.columns)} columns {makes} no clear difference." if idle else ""
    which = "column is" if len(named) == 1 else "columns are"
    worth = f"The most telling {which} {listed(named)}: by so much its {metric} {way} when the values are shuffled."
    yield Remark("columns", f"{worth}{rest}")
    yield from _alone(telling)


def _alone(telling: list[Column]) -> Iterator[Remark]:
    share = telling[0].loss / sum(each.loss for each in telling)
    if share > ALONE and len(telling) > 2:
        yield Remark(
            "one_column",
            f"'{telling[0].name}' alone makes {percent(share)} of what its columns are worth: make sure that it is "
            "known at the time of a prediction.",
            "bad",
        )


def _holdout(findings: Findings) -> Iterator[Remark]:
    metric, winner = findings.subject.metric, findings.winner
    figure = findings.holdout.get(metric)
    if figure is None or math.isnan(figure.value) or metric not in winner.mean or len(winner.folds) < 2:
        return
    mean, deviation = winner.mean[metric], winner.deviation[metric]
    both = f"{title(metric)} {number(figure.value)} on the hold-out, {number(mean)} on the folds"
    higher, lower = figure.low > mean + deviation, figure.high < mean - deviation
    if not higher and not lower:
        yield Remark("holdout", f"The hold-out confirms what the folds promised: {both}.", "good")
    elif lower == findings.subject.larger_is_better:
        yield Remark(
            "holdout",
            f"The hold-out is worse than the folds promised: {both}. Either the search fitted the folds, or the rows "
            "held out differ.",
            "bad",
        )
    else:
        yield Remark("holdout", f"The hold-out was easier than the folds: {both}. Expect what the folds say.")


def _folds(findings: Findings) -> Iterator[Remark]:
    metric, winner = findings.subject.metric, findings.winner
    values = [fold[metric] for fold in winner.folds if metric in fold]
    if len(values) < 2:
        return
    deviation = winner.deviation[metric]
    limit = WIDE_SHARE if findings.subject.larger_is_better else WIDE_ERROR * abs(winner.mean[metric])
    found = (
        f"Over {len(values)} folds its {title(metric)} lies between {number(min(values))} and {number(max(values))} "
        f"(deviation {number(deviation)})"
    )
    if deviation > limit:
        text = (
            f"{found}: the folds differ widely, and new rows may fare as differently. Look for groups or times in them."
        )
        yield Remark("folds", text, "bad")
    else:
        yield Remark("folds", f"{found}: the folds agree.", "good")


def _rival(findings: Findings) -> Iterator[Remark]:
    """The best candidate of another algorithm, where the folds do not tell the two apart."""
    metric, winner = findings.subject.metric, findings.winner
    alike = [each for each in findings.candidates if each.share == winner.share and metric in each.mean]
    others = [each for each in alike if each.algorithm != winner.algorithm]
    if not others or metric not in winner.mean:
        return
    sign = 1 if findings.subject.larger_is_better else -1
    rival = max(others, key=lambda each: sign * each.mean[metric])
    gap = abs(winner.mean[metric] - rival.mean[metric])
    if gap < max(winner.deviation[metric], rival.deviation[metric]):
        yield Remark(
            "rival",
            f"Its lead over {rival.algorithm.replace('_', ' ')} is {number(gap)}, less than the folds differ: the "
            "choice between the two is a matter of taste.",
        )


def _segments(findings: Findings) -> Iterator[Remark]:
    sure = [each for each in findings.segments if each.far > SURE]
    much = [each for each in sure if each.error > MUCH * findings.error]
    somewhat = [each for each in sure if each.error > SOMEWHAT * findings.error]
    worse = "more often wrong" if findings.subject.task == "binary" else "further off"
    whole = f"than over all rows ({error_in_words(findings, findings.error)})"
    if not somewhat:
        yield Remark("segments", f"In no segment with enough rows is it clearly {worse} {whole}.", "good")
        return
    told = listed([f"{_where(each)} ({error_in_words(findings, each.error)})" for each in (much or somewhat)[:3]])
    degree = "much " if much else ""
    yield Remark("segments", f"It is {degree}{worse} {whole} where {told}.", "bad" if much else "plain")


def _segment_means(findings: Findings) -> Iterator[Remark]:
    """Segments whose mean probability is far from the share that came about."""
    if findings.classes is None:
        return
    off = [each for each in findings.segments if abs(each.predicted - each.actual) > OFF and _surely_off(each)]
    for each in sorted(off, key=lambda each: -abs(each.predicted - each.actual))[:3]:
        yield Remark(
            "segment_calibration",
            f"Where {_where(each)} it expects {percent(each.predicted)} and {percent(each.actual)} come.",
            "bad",
        )


def _surely_off(segment: Segment) -> bool:
    variance = max(segment.predicted * (1 - segment.predicted), 1e-6) / segment.rows
    return bool((segment.predicted - segment.actual) ** 2 > SURE**2 * variance)


def _where(segment: Segment) -> str:
    return f"'{segment.column}' is {segment.level}"


def _comparison(findings: Findings) -> Iterator[Remark]:
    if findings.comparison:
        tones: dict[bool | None, Tone] = {True: "good", False: "bad", None: "plain"}
        yield Remark("comparison", findings.comparison, tones[findings.better])
