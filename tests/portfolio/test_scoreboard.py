"""Views are judged by what could be known; figures are means over dates; the debate must earn its place."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from scipy.stats import t as student

from portfolio.calibration import calibration_for, out_of_sample_brier
from portfolio.market import MarketPanel
from portfolio.scoreboard import RULES, Entry, Outcome, entries_of, history_of, judge
from portfolio.standings import (
    FEWEST_PERIODS,
    Standing,
    debate_helps,
    mean_interval,
    standings,
)
from portfolio.views import FirstView, View

START = date(2020, 1, 1)
SYMBOLS = tuple("ABCDE")


def panel(days: int = 300, seed: int = 0) -> MarketPanel:
    steps = np.random.default_rng(seed).normal(0.0, 0.02, (days, len(SYMBOLS)))
    return MarketPanel(
        dates=np.datetime64(START) + np.arange(days),
        symbols=SYMBOLS,
        close=100.0 * np.exp(np.cumsum(steps, axis=0)),
        source="random walks",
    )


def entry(symbol: str = "A", day: int = 0, **changes: object) -> Entry:
    fields: dict[str, object] = {
        "persona": "value", "model": "m", "as_of": START + timedelta(days=day), "symbol": symbol, "prompt": "p",
        "horizon_days": 5, "score": 0.1, "rules_score": 0.2, "model_score": 0.3, "model_confidence": 0.4,
    }  # fmt: skip
    return Entry.model_validate({**fields, **changes})


def view(**changes: object) -> View:
    fields: dict[str, object] = {
        "persona": "value", "symbol": "A", "score": 0.3, "confidence": 0.5, "reason": "r", "rung": "llm",
        "rules_score": 0.2, "model_score": 0.9, "model_confidence": 0.7, "trust": 0.5, "shift": 0.1,
    }  # fmt: skip
    return View.model_validate({**fields, **changes})


def test_an_outcome_is_the_return_from_the_next_close_over_the_middle_of_the_cross_section() -> None:
    market = panel()
    (outcome,) = judge([entry("B", 10)], market)
    moved = market.close[16] / market.close[11] - 1.0
    assert outcome.excess == pytest.approx(moved[1] - np.median(moved))
    assert (outcome.opened_on, outcome.known_on) == (START + timedelta(days=11), START + timedelta(days=16))


def test_a_view_whose_horizon_has_not_passed_is_not_judged() -> None:
    market = panel(20)
    judged = judge([entry(day=day) for day in range(20)], market)
    assert [item.entry.as_of for item in judged] == [START + timedelta(days=day) for day in range(14)]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(cut=st.integers(5, 60), seed=st.integers(0, 1000))
def test_no_later_price_changes_what_was_judged_by_a_date(cut: int, seed: int) -> None:
    market, other = panel(80), panel(80, seed + 1)
    close = market.close.copy()
    close[cut + 1 :] = other.close[cut + 1 :]
    changed = MarketPanel(market.dates, market.symbols, close, "changed")
    entries = [entry(symbol, day) for day in range(70) for symbol in SYMBOLS]
    as_of = START + timedelta(days=cut)
    assert judge(entries, market.until(as_of)) == judge(entries, changed.until(as_of))
    known = [item for item in judge(entries, market) if item.known_on <= as_of]
    assert known == list(judge(entries, market.until(as_of)))


def test_an_asset_that_stopped_trading_is_judged_by_its_last_price() -> None:
    market = panel()
    market.close[13:, 0] = np.nan
    (outcome,) = judge([entry("A", 10)], market)
    moved = market.close[16] / market.close[11] - 1.0
    moved[0] = market.close[12, 0] / market.close[11, 0] - 1.0
    assert outcome.excess == pytest.approx(moved[0] - np.median(moved))


def test_an_asset_without_a_price_or_a_cross_section_too_small_is_left_out() -> None:
    market = panel()
    market.close[:40, 0] = np.nan
    assert judge([entry("A", 10), entry("NOSUCH", 10)], market) == ()
    market.close[:40, 1:3] = np.nan
    assert judge([entry("D", 10)], market) == ()
    assert judge([entry("A", -10)], market) == ()


def test_one_view_can_be_judged_over_several_horizons() -> None:
    outcomes = judge([entry("B", 10)], panel(), horizons=(1, 21))
    assert [item.horizon_days for item in outcomes] == [1, 21]
    assert history_of(outcomes) == ()  # calibration asks about the horizon that the view was about


def test_a_debated_view_is_recorded_as_it_was_and_as_it_became() -> None:
    before = FirstView(score=0.25, model_score=0.8, model_confidence=0.6)
    named = {"as_of": START, "horizon_days": 5, "model": "m", "prompt": "p", "debate_prompt": "d"}
    one, two = entries_of([view(round=2, revised_from=before, debate="x")], **named)  # type: ignore[arg-type]
    assert (one.round, one.score, one.model_score, one.model_confidence) == (1, 0.25, 0.8, 0.6)
    assert (two.round, two.score, two.model_score, two.model_confidence) == (2, 0.3, 0.9, 0.7)
    assert (one.debate_prompt, two.debate_prompt) == ("", "d")
    stood = entries_of([view(round=2, debate="x")], **named)  # type: ignore[arg-type]
    assert [item.score for item in stood] == [0.3, 0.3] and [item.round for item in stood] == [1, 2]
    assert len(entries_of([view(debate="by rules")], **named)) == 1  # type: ignore[arg-type]


def test_a_view_by_rules_belongs_to_no_model_and_silence_to_nobody() -> None:
    by_rules = view(rung="rules", model_score=None, model_confidence=None, trust=None, shift=0.0)
    silent = view(score=None, confidence=None, model_score=None, model_confidence=None, abstained="no price")
    (made,) = entries_of([by_rules, silent], as_of=START, horizon_days=5, model="m", prompt="p")
    assert made.model == RULES
    with pytest.raises(ValueError, match="name it"):
        entries_of([view()], as_of=START, horizon_days=5, model=None, prompt="p")


@pytest.mark.parametrize(("asked_on", "live"), [(None, False), (START, True), (START + timedelta(days=400), False)])
def test_a_view_of_the_past_is_told_from_one_of_its_own_time(asked_on: date | None, live: bool) -> None:
    (made,) = entries_of([view()], as_of=START, horizon_days=5, model="m", prompt="p", asked_on=asked_on)
    assert (made.asked_on, made.live) == (asked_on, live)
    (judged,) = history_of(judge([made], panel()))
    assert judged.live is live


def outcomes(
    dates: int, skill: float, *, step: int = 5, seed: int = 0, second: float | None = None, model: str = "m"
) -> list[Outcome]:
    """Outcomes of ten assets a date, of whose excess the scores know `skill`, and after a debate `second`."""
    rng = np.random.default_rng(seed)
    out: list[Outcome] = []
    for k in range(dates):
        day = START + timedelta(days=step * k)
        excess, noise = rng.normal(0.0, 0.03, 10), rng.normal(0.0, 1.0, 10)
        for number, share in [(1, skill)] if second is None else [(1, skill), (2, second)]:
            score = np.tanh(share * excess / 0.03 + (1 - abs(share)) * noise)
            for j in range(10):
                said = Entry(
                    persona="value", model=model, as_of=day, symbol=f"S{j}", prompt="p", horizon_days=5,
                    round=2 if number == 2 else 1, debate_prompt="d" if number == 2 else "",
                    score=float(score[j]), rules_score=float(np.tanh(noise[j])), model_score=float(score[j]),
                    model_confidence=0.8, asked_on=day,
                )  # fmt: skip
                known = day + timedelta(days=5)
                out.append(Outcome(entry=said, horizon_days=5, excess=float(excess[j]), opened_on=day, known_on=known))
    return out


def of(made: Sequence[Standing], voice: str, number: int = 1) -> Standing:
    return next(item for item in made if item.voice == voice and item.round == number)


def test_the_standings_tell_skill_from_chance() -> None:
    made = standings(outcomes(60, 0.5))
    model, rules = of(made, "model"), of(made, "rules")
    assert model.rank_correlation is not None and rules.rank_correlation is not None
    assert model.rank_correlation.low is not None and model.rank_correlation.low > 0.2
    assert rules.rank_correlation.low is not None and rules.rank_correlation.high is not None
    assert rules.rank_correlation.low < 0.0 < rules.rank_correlation.high
    assert model.hit_rate is not None and model.hit_rate.mean > 0.6
    assert model.brier is not None and rules.brier is None
    assert (model.n, model.hit_rate.dates) == (600, 60)


def test_a_date_s_figures_are_what_their_names_say() -> None:
    day = outcomes(1, 0.3)
    made = of(standings(day), "model")
    score, excess = [item.entry.model_score for item in day], [item.excess for item in day]
    assert made.rank_correlation is not None and made.hit_rate is not None and made.brier is not None
    assert made.rank_correlation.mean == pytest.approx(float(spearmanr(score, excess).statistic))
    right = np.sign(score) == np.sign(excess)
    assert made.hit_rate.mean == pytest.approx(right.mean())
    assert made.brier.mean == pytest.approx(np.mean((0.9 - right) ** 2))
    assert made.hit_rate.low is None  # one date has no interval


def test_scores_all_alike_have_no_rank_correlation_and_zero_scores_no_hit_rate() -> None:
    flat = [
        item.model_copy(update={"entry": item.entry.model_copy(update={"model_score": 0.0})})
        for item in outcomes(3, 0.3)
    ]
    made = of(standings(flat), "model")
    assert (made.rank_correlation, made.hit_rate, made.brier) == (None, None, None)


def dated(values: Sequence[float], step: int, horizon: int) -> list[tuple[date, date, float]]:
    begin = [START + timedelta(days=step * k) for k in range(len(values))]
    return [(day, day + timedelta(days=horizon), value) for day, value in zip(begin, values, strict=True)]


def test_without_overlap_the_interval_is_students() -> None:
    values = [float(x) for x in np.random.default_rng(3).normal(0.1, 1.0, 30)]
    made = mean_interval(dated(values, 5, 5))
    assert made is not None and made.low is not None and made.periods == 30
    reach = student.ppf(0.975, 29) * np.std(values, ddof=1) / np.sqrt(30)
    assert made.low == pytest.approx(made.mean - reach)


def test_views_a_horizon_apart_do_not_overlap() -> None:
    market = panel()
    record = judge([entry(symbol, day) for day in range(0, 200, 5) for symbol in SYMBOLS], market)
    flat = [
        item.model_copy(update={"entry": item.entry.model_copy(update={"score": float(number % 5) / 5})})
        for number, item in enumerate(record)
    ]
    made = of(standings(flat), "view").rank_correlation
    assert made is not None and made.dates == made.periods == 40


def test_overlapping_horizons_count_for_less() -> None:
    slow = [float(x) for x in np.convolve(np.random.default_rng(4).normal(size=220), np.ones(21) / 21, "valid")]
    apart, crowded = mean_interval(dated(slow, 21, 21)), mean_interval(dated(slow, 1, 21))
    assert apart is not None and apart.low is not None and apart.periods == 200
    assert crowded is not None and crowded.low is not None and crowded.periods == pytest.approx(200 / 21)
    assert crowded.mean - crowded.low > 3.0 * (apart.mean - apart.low)
    few = mean_interval(dated(slow[:30], 1, 21))
    assert few is not None and few.low is None


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60), st.integers(1, 10), st.integers(1, 30))
def test_an_interval_holds_its_mean(values: list[float], step: int, horizon: int) -> None:
    made = mean_interval(dated(values, step, horizon))
    assert made is not None
    if made.low is not None and made.high is not None:
        assert made.low <= made.mean <= made.high


def test_a_debate_that_helps_beyond_chance_is_on() -> None:
    verdict = debate_helps(outcomes(80, 0.1, second=0.5))
    assert verdict.helps and verdict.gain is not None and verdict.gain.low is not None and verdict.gain.low > 0.0
    assert verdict.reason.startswith("on: over 80 dates")


@pytest.mark.parametrize("second", [0.1, -0.3, 0.3])
def test_a_debate_that_changes_nothing_or_harms_is_off_with_the_figure(second: float) -> None:
    verdict = debate_helps(outcomes(80, 0.3, second=second))
    assert not verdict.helps
    assert verdict.reason.startswith("off: over 80 dates it changed the rank correlation by")


def test_a_gain_that_may_be_chance_leaves_the_debate_off() -> None:
    better, worse = outcomes(40, 0.3, second=0.6), outcomes(40, 0.3, second=0.05)
    mixed = [
        one if (one.entry.as_of - START).days % 10 == 0 else other for one, other in zip(better, worse, strict=True)
    ]
    verdict = debate_helps(mixed)
    assert verdict.gain is not None and verdict.gain.low is not None
    assert verdict.gain.low < 0.0 < verdict.gain.mean
    assert not verdict.helps and "no gain beyond chance" in verdict.reason


def test_too_short_a_record_leaves_the_debate_off_however_good() -> None:
    verdict = debate_helps(outcomes(FEWEST_PERIODS - 1, 0.0, second=0.9))
    assert not verdict.helps and f"{FEWEST_PERIODS} are needed" in verdict.reason
    crowded = debate_helps(outcomes(40, 0.0, second=0.9, step=1))
    assert not crowded.helps and "8.0 horizons without overlap" in crowded.reason


def test_without_a_recorded_debate_it_is_off() -> None:
    for record in ([], outcomes(50, 0.5)):
        verdict = debate_helps(record)
        assert (verdict.helps, verdict.gain) == (False, None)
        assert "no debate has been recorded" in verdict.reason


def test_each_model_s_debates_are_judged_apart_when_asked() -> None:
    both = outcomes(80, 0.1, second=0.5) + outcomes(80, 0.5, second=0.1, model="other")
    assert debate_helps(both, "m").helps
    assert not debate_helps(both, "other").helps


def test_pairs_are_the_same_assets_on_the_same_dates() -> None:
    whole = outcomes(40, 0.1, second=0.5)
    alone = [item for item in whole if item.entry.round == 1 or item.entry.as_of < START + timedelta(days=50)]
    verdict = debate_helps(alone)
    assert verdict.gain is not None and verdict.gain.dates == 10


def test_calibration_brings_an_overconfident_models_brier_score_down_out_of_sample() -> None:
    record = outcomes(120, 0.05)
    compared = out_of_sample_brier(history_of(record))
    assert compared is not None and compared.n == 1200
    assert compared.calibrated < compared.stated
    assert compared.calibrated == pytest.approx(0.25, abs=0.005)
    assert out_of_sample_brier([]) is None


def test_the_out_of_sample_brier_score_is_that_of_each_dates_own_calibration() -> None:
    history = history_of(outcomes(40, 0.3))
    errors = []
    for item in history:
        fitted = calibration_for("value", "m", history, item.scored_on)
        right = (1.0 + np.sign(item.score) * np.sign(item.excess)) / 2.0
        errors.append((fitted.probability(item.score, item.confidence) - right) ** 2)
    compared = out_of_sample_brier(history)
    assert compared is not None and compared.calibrated == pytest.approx(np.mean(errors))


def test_history_is_what_calibration_reads() -> None:
    record = outcomes(120, 0.5, second=0.1)
    history = history_of(record)
    assert len(history) == 1200  # the first round alone
    assert calibration_for("value", "m", history, START + timedelta(days=700)).trust(0.5, 0.8) > 0.5
    assert calibration_for("value", "m", history, START).trust(0.5, 0.8) == pytest.approx(0.5)
