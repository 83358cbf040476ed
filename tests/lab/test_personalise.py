"""`quorum personalise` from a file to a report: rows told, words beside deeds, abstaining on too little."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from app.main import cli
from lab.personalise import personalise
from lab.personalise_contrasts import contrasts
from lab.personalise_recovery import World, recover
from lab.personalise_worth import sentence, worth_of_reading
from portfolio.behaviour import behaviour_of
from portfolio.market import MarketPanel
from portfolio.profile import InvestorProfile, Objective, Stated
from portfolio.views import ScoreHistory
from rl.ensemble import Ensemble
from rl.environment import market_of
from rl.networks import NetworkShape, Policy
from tools.brokerage import history_of
from tools.market.bundled import load_bundled

TODAY = date(2022, 12, 30)


def churning(months: int = 40) -> bytes:
    """A client who says years and sells within months: one purchase and one sale of one share a month."""
    rows = ["date,action,symbol,quantity,price,fees"]
    for month in range(months):
        year, place = 2016 + month // 12, month % 12 + 1
        symbol = ("AAPL", "JPM", "XOM", "PFE")[month % 4]
        rows.append(f"{year}-{place:02d}-05,buy,{symbol},10,{100 + month},1")
        rows.append(f"{year}-{place:02d}-25,sell,{symbol},9,{110 + month},1")
    rows.append("2020-01-05,gift,AAPL,1,1,0")
    return "\n".join(rows).encode()


def holder() -> InvestorProfile:
    return InvestorProfile(horizon=Stated(value=10.0, confidence=0.9, quote="I hold for ten years"))


def test_words_and_deeds_stand_side_by_side_where_they_differ() -> None:
    behaviour = behaviour_of(history_of(churning(), "x.csv").transactions)
    (found,) = contrasts(holder(), behaviour, None)
    assert found.subject == "how long you hold"
    assert "I hold for ten years" in found.stated
    assert "within 12 months" in found.revealed
    assert found.trades


def test_a_client_who_does_as_they_say_is_shown_no_contrast() -> None:
    quick = InvestorProfile(
        objectives=Stated(value={Objective.SHORT_TERM_GAIN: 1.0}, confidence=0.9, quote="quick profits")
    )
    behaviour = behaviour_of(history_of(churning(), "x.csv").transactions)
    assert contrasts(quick, behaviour, None) == ()


def test_nothing_stated_is_nothing_contrasted() -> None:
    assert contrasts(None, behaviour_of(history_of(churning(), "x.csv").transactions), None) == ()


def test_a_report_tells_rows_figures_objectives_and_why_no_adapter_was_fitted(tmp_path: Path) -> None:
    report = personalise(history_of(churning(), "x.csv"), load_bundled(), profile=holder(), out=tmp_path / "adapter")
    assert (report.rows, report.transactions, len(report.not_understood)) == (81, 80, 1)
    assert report.objectives is not None
    assert report.objectives.days >= 24
    # The shipped policy has no intent router: its objectives can be compared, but there is nothing to bend.
    assert report.adapter.written is None or (tmp_path / "adapter" / "adapter.json").exists()
    assert report.contrasts


def test_too_few_trades_abstain_and_say_how_many_are_needed() -> None:
    report = personalise(history_of(churning(4), "x.csv"), load_bundled())
    assert report.objectives is None
    assert "20 of them over at least 24 months are needed" in report.objectives_said
    assert report.behaviour is not None


def test_assets_without_prices_abstain_and_are_named() -> None:
    unknown = churning().replace(b"AAPL", b"ZZZZ").replace(b"JPM", b"YYYY")
    report = personalise(history_of(unknown, "x.csv"), load_bundled())
    assert report.objectives is None
    assert "ZZZZ" in report.objectives_said
    assert "--data" in report.objectives_said


def test_the_command_prints_a_report_and_a_bad_file_is_one_clear_error(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(churning(4))
    bad.write_bytes(b"what is this")
    ran = CliRunner().invoke(cli, ["personalise", str(good), "--profile", "I hold for 10 years", "--today", str(TODAY)])
    assert ran.exit_code == 0, ran.output
    assert "1 not understood" in ran.output
    from tools.errors import DataError

    failed = CliRunner().invoke(cli, ["personalise", str(bad)])
    assert isinstance(failed.exception, DataError)


def made_world(spread: float) -> World:
    """Twelve made-up assets over eight years, and a policy whose experts differ strongly."""
    random = np.random.default_rng(1)
    days, symbols = 2000, tuple("ABCDEFGHIJKL")
    close = 50.0 * np.cumprod(1.0 + 0.0003 + random.normal(0, 0.015, (days, len(symbols))), axis=0)
    dates = np.arange(np.datetime64("2012-01-01"), np.datetime64("2012-01-01") + days)
    panel = MarketPanel(dates=dates, symbols=symbols, close=close, source="made up")
    shape = (2, days, len(symbols))
    scores = ScoreHistory(("one", "two"), random.uniform(-1, 1, shape), np.full(shape, 0.6), np.ones(shape, dtype=bool))
    torch.manual_seed(0)
    policy = Policy(NetworkShape(hidden=16, intent=True))
    torch.nn.init.normal_(policy.experts.weight, std=0.5)
    torch.nn.init.normal_(policy.router.last.weight, std=spread)
    ensemble = Ensemble((policy.double().eval().requires_grad_(False),), 1.0)
    return World("made up", ensemble, market_of(panel, scores), panel)


@pytest.mark.slow
def test_objectives_are_recovered_through_trades_and_better_from_longer_histories() -> None:
    world, last = made_world(1.5), date(2017, 6, 1)
    short, long = (recover(world, months, 3.0, range(54), last) for months in (6, 48))
    assert long.accuracy > 0.6 > long.chance
    assert long.accuracy > short.accuracy
    assert sum(sum(row) for row in long.confusion) == 54


def test_clients_without_an_objective_are_mostly_told_so() -> None:
    found = recover(made_world(1.5), 48, 3.0, range(18), date(2017, 6, 1), follows=False)
    assert found.abstained >= 0.7


@pytest.mark.parametrize("seed", [0])
def test_the_same_seeds_give_the_same_recovery(seed: int) -> None:
    world = made_world(1.5)
    one, two = (recover(world, 12, 2.0, range(seed, seed + 3), date(2017, 6, 1)) for _ in range(2))
    assert one == two


def test_reading_a_loud_client_is_worth_what_the_truth_is_and_the_same_twice() -> None:
    asked = {"clients": 6, "months": 24, "noise": 0.05, "last": date(2015, 6, 1), "until": date(2017, 1, 1)}
    one, two = (worth_of_reading(made_world(1.5), **asked) for _ in range(2))  # type: ignore[arg-type]
    assert one == two
    assert one.read.estimate == pytest.approx(one.truth.estimate, rel=0.2)
    assert "knowing the truth" in sentence(one)


def test_there_is_no_worth_where_no_day_follows_the_trades() -> None:
    with pytest.raises(ValueError, match="no decision day"):
        worth_of_reading(
            made_world(1.5), clients=2, months=24, noise=0.05, last=date(2017, 5, 1), until=date(2017, 5, 3)
        )
