"""Whose views are worth listening to: a leak, the best of 200 guesses, noise and skill are told apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from agents.personas import Persona, score_history
from agents.personas.spec import Arrays, PersonaSpec
from lab.backtest.look_ahead import scrambled
from lab.results.excerpt import excerpt
from lab.view_quality.figures import figures
from lab.view_quality.page import page
from lab.view_quality.records import Result, VoiceRecord
from lab.view_quality.study import Study, Views, run_study
from lab.view_quality.trials import trials_of
from lab.view_quality.voices import by_models
from lab.view_quality.weighing import EQUAL, RECORD, combine, point_in_time_weights
from lab.view_quality.words import answer
from lab.walk_forward.universes import StudyUniverse
from portfolio.backtest import decision_rows
from portfolio.market import Floats, MarketPanel
from portfolio.scoreboard import Entry
from portfolio.view_quality import outcomes_after, over_dates, rank_correlations
from portfolio.view_verdict import view_verdict

TRIED = 200
ASSETS = 12
MONTH = 21
HINT = "hint"


@dataclass(frozen=True)
class Scorer:
    """A persona of one function from a panel to scores (T, N)."""

    spec: PersonaSpec
    rule: Callable[[MarketPanel], Floats]

    def history(self, panel: MarketPanel) -> Arrays:
        score = np.clip(self.rule(panel), -1.0, 1.0)
        return score, np.full_like(score, 0.5), np.ones(score.shape, dtype=np.bool_)


def persona(name: str, rule: Callable[[MarketPanel], Floats]) -> Persona:
    spec = PersonaSpec(
        name=name, version=1, purpose="a test", factor="Scorer", horizon_days=MONTH, inputs=("close",),
        origin="this test", fingerprint=name,
    )  # fmt: skip
    return Scorer(spec, rule)


def oracle(panel: MarketPanel) -> Floats:
    """What each asset will do over the next month."""
    out = np.zeros_like(panel.close)
    out[: -MONTH - 1] = np.sign(panel.close[MONTH + 1 :] / panel.close[1:-MONTH] - 1.0)
    return out


def guess(seed: int) -> Callable[[MarketPanel], Floats]:
    return lambda panel: np.random.default_rng([seed, 7]).uniform(-1.0, 1.0, panel.close.shape)


def skilled(panel: MarketPanel) -> Floats:
    """The hint that the made-up market follows by a little."""
    return np.asarray(panel.signals[HINT])


@cache
def market(seed: int = 3) -> MarketPanel:
    """Business days of 2008 to 2021; moves lean by a little to a hint that is given anew each quarter."""
    rng = np.random.default_rng(seed)
    dates = np.arange(np.datetime64("2008-01-01"), np.datetime64("2022-01-01"))
    dates = dates[np.is_busday(dates)]
    hint = np.repeat(rng.uniform(-1.0, 1.0, (len(dates) // 63 + 1, ASSETS)), 63, axis=0)[: len(dates)]
    moves = rng.normal(0.0003, 0.012, hint.shape)
    moves[1:] += 0.0009 * hint[:-1]
    return MarketPanel(
        dates=dates,
        symbols=tuple("ABCDEFGHIJKL"),
        close=np.asarray(50.0 * np.cumprod(1.0 + moves, axis=0), dtype=np.float64),
        source="made up for a test",
        signals={HINT: hint},
    )


def universe(panel: MarketPanel) -> StudyUniverse:
    return StudyUniverse(name="made up", panel=panel, first_year=2008, last_year=2021, notes=("Nothing is real.",))


def best_guess() -> int:
    """The seed of the guess with the highest rank correlation before 2016, of `TRIED`."""
    panel = market()
    rows = decision_rows(panel.dates, "monthly")
    rows = rows[panel.dates[rows] < np.datetime64("2015-11-01")]
    truth = ranked(outcomes_after(panel, rows, MONTH).excess)
    # Ranks without ties: the least squared distance is the highest Spearman correlation.
    apart = [float(((ranked(guess(seed)(panel)[rows]) - truth) ** 2).sum()) for seed in range(TRIED)]
    return int(np.argmin(apart))


def ranked(values: Floats) -> Floats:
    return np.asarray(values.argsort(axis=1).argsort(axis=1), dtype=np.float64)


def quiet(*_: object) -> None:
    return None


def study(personas: tuple[Persona, ...], **changes: object) -> Study:
    asked = Views(personas=personas, universes=(universe(market()),), horizons=(MONTH,), draws=100)
    return run_study(replace(asked, **changes), command="a test", progress=quiet)  # type: ignore[arg-type]


def voice(result: Result, name: str) -> VoiceRecord:
    return next(item for item in result.universes[0].voices if item.persona == name)


@pytest.fixture(scope="module")
def sceptic() -> Study:
    """The four that are to be told apart, the tries of the overfitted one declared."""
    chosen = persona("overfitted", guess(best_guess()))
    four = (persona("oracle", oracle), chosen, persona("noise", guess(999)), persona("skilled", skilled))
    return study(four, variants={"overfitted": TRIED})


def test_a_leaking_persona_is_named_a_leak_because_later_prices_change_its_scores(sceptic: Study) -> None:
    made = voice(sceptic.result, "oracle")
    assert made.leaks is True and made.own.verdict.word == "leaks"
    assert [item.leaks for item in sceptic.result.universes[0].voices] == [True, False, False, False]
    assert "Not to be believed: oracle on made up" in answer(sceptic.result)


def test_the_best_of_two_hundred_guesses_is_luck_once_its_rivals_are_counted(sceptic: Study) -> None:
    verdict = voice(sceptic.result, "overfitted").own.verdict
    assert verdict.word == "luck" and verdict.tries == TRIED * 4
    assert verdict.p_value is not None and verdict.p_value < 0.02


def test_the_best_of_two_hundred_guesses_fades_in_the_test_years_even_if_nobody_owns_up() -> None:
    made = study((persona("overfitted", guess(best_guess())),))
    cell = voice(made.result, "overfitted").own
    assert cell.verdict.word == "faded" and cell.verdict.tries == 1
    assert cell.training is not None and cell.training.rank_correlation is not None
    assert cell.training.rank_correlation.above(0.0)
    assert "No persona's rules have earned a hearing" in answer(made.result)


def test_noise_is_called_chance_and_skill_is_called_held(sceptic: Study) -> None:
    assert voice(sceptic.result, "noise").own.verdict.word == "chance"
    made = voice(sceptic.result, "skilled").own
    assert made.verdict.word == "held"
    assert made.whole is not None and made.whole.rank_correlation is not None
    assert 0.08 < made.whole.rank_correlation.mean < 0.2
    assert "Better than chance: skilled over a month on made up" in answer(sceptic.result)


def test_of_many_voices_of_noise_none_is_heard_and_one_in_twenty_looks_so_by_itself() -> None:
    rows = decision_rows(market().dates, "monthly")
    outcomes = outcomes_after(market(), rows, MONTH)
    small = 0
    for seed in range(60):
        made = outcomes.judge(guess(5000 + seed)(market())[rows])
        interval = over_dates(rank_correlations(made.score, made.excess), made)
        verdict = view_verdict(interval, None, tries=60, leaks=False)
        assert verdict.word in ("chance", "luck") and verdict.p_value is not None
        small += verdict.p_value < 0.05
    assert 1 <= small <= 7


def test_a_model_that_leaks_cannot_be_asked_again_but_is_too_good_to_be_true() -> None:
    panel = market()
    known = oracle(panel)
    entries = [
        Entry(
            persona="value", model="knows-it-all", as_of=panel.dates[row].astype(object), symbol=symbol, prompt="p",
            horizon_days=MONTH, score=0.0, rules_score=0.0, model_score=float(0.9 * known[row, place]),
            model_confidence=0.9,
        )
        for row in decision_rows(panel.dates, "monthly")[-60:-2].tolist()
        for place, symbol in enumerate(panel.symbols)
    ]  # fmt: skip
    made = study((), entries=tuple(entries), board_panel=panel, universes=())
    (model, view) = made.result.models
    assert (model.voice, view.voice) == ("model", "view")
    assert model.own.verdict.word == "too good" and model.leaks is None and model.live == 0.0
    assert model.calibration is not None and model.calibration.stated.skill is not None
    assert "too good" in page(made.result)


def test_a_model_s_stated_confidence_is_its_probability_of_being_right() -> None:
    panel = market()
    day = panel.dates[100].astype(object)
    given = {"A": (0.8, 0.6), "B": (-0.8, 0.6), "C": (0.0, 0.9)}
    entries = [
        Entry(
            persona="value", model="m", as_of=day, symbol=symbol, prompt="p", horizon_days=MONTH, score=score / 2.0,
            rules_score=0.0, model_score=score, model_confidence=confidence, asked_on=day,
        )
        for symbol, (score, confidence) in given.items()
    ]  # fmt: skip
    model, view = by_models(entries, panel)
    assert model.probability[0, :3] == pytest.approx([0.8, 0.2, 0.5]) and np.isnan(model.probability[0, 3:]).all()
    assert view.probability[0, :3] == pytest.approx([0.7, 0.3, 0.5])
    assert model.live == 1.0 and model.rows.tolist() == [100]


def test_weights_by_record_read_no_price_after_their_day() -> None:
    panel = market()
    personas = (persona("noise", guess(999)), persona("skilled", skilled))
    rows = decision_rows(panel.dates, "monthly")
    place = len(rows) // 2
    other = scrambled(panel, int(rows[place]), 1)
    before = point_in_time_weights(panel, score_history(personas, panel), rows)
    after = point_in_time_weights(other, score_history(personas, other), rows)
    assert before[: place + 1].tobytes() == after[: place + 1].tobytes()
    assert before[place + 3 :].tobytes() != after[place + 3 :].tobytes()


def test_the_ensemble_that_weighs_by_record_hears_skill_over_noise() -> None:
    panel = market()
    personas = (persona("noise", guess(999)), persona("skilled", skilled))
    made = combine(panel, score_history(personas, panel), decision_rows(panel.dates, "monthly"))
    assert made.voices[0] == pytest.approx([0.5, 0.5])
    assert made.voices[-1, 1] > 0.7
    excess = outcomes_after(panel, made.rows, MONTH).excess
    both = [np.nanmean(rank_correlations(made.scores[name], excess)) for name in (EQUAL, RECORD)]
    assert both[1] > both[0]


def test_the_same_study_twice_gives_the_same_bytes_and_its_page_has_an_answer_and_a_table(sceptic: Study) -> None:
    one = (persona("noise", guess(999)),)
    assert study(one).result.model_dump_json() == study(one).result.model_dump_json()
    told = excerpt(page(sceptic.result), None, None)
    assert told.answer.startswith("Not to be believed") and len(told.table) == 2 + 4
    drawn = figures(sceptic.result)
    assert [item.voice for item in drawn.calibration] == ["oracle", "overfitted", "noise", "skilled"]
    assert all(item.bins for item in drawn.calibration) and drawn.horizons[0].horizons == (MONTH,)


def test_the_ensembles_are_trials_of_the_test_years_against_equal_weight(sceptic: Study) -> None:
    made = trials_of(sceptic.result, (universe(market()),), sceptic.combined, date(2026, 1, 1))
    assert [item.method for item in made] == [EQUAL, RECORD]
    assert {str(item.first)[:4] for item in made} == {"2015"} and {item.baseline for item in made} == {"equal weight"}


def test_tries_of_a_persona_that_is_not_there_are_an_error_that_names_who_is() -> None:
    with pytest.raises(ValueError, match="there are noise"):
        study((persona("noise", guess(999)),), variants={"nose": 3})


def test_every_universe_looked_at_is_a_further_try_and_the_first_is_no_witness_for_itself() -> None:
    second = StudyUniverse(name="another", panel=market(4), first_year=2008, last_year=2021, notes=())
    both = study((persona("skilled", skilled),), universes=(universe(market()), second)).result
    assert both.tries == 2 * study((persona("skilled", skilled),)).result.tries
    assert voice(both, "skilled").own.verdict.tries == both.tries
    assert "the sign is the same on 1 of 1 other universes" in answer(both)
