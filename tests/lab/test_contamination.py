"""Masked worlds, placebo inputs and training dates: what a committee that knows nothing by heart must look like."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.backtest.plan import Plan
from lab.backtest.run import world_of
from lab.backtest.strategies import Strategy
from lab.committee.ways import BASELINE, CLIENT
from lab.contamination.decisions import RULES, decide_in
from lab.contamination.gap import Money, agreement, gap_rows
from lab.contamination.masking import left_over, mask_of, masked, swapped
from lab.contamination.placebo import Trial, carried_with_placebos, placebo_rows
from lab.contamination.study import asked_for_views
from lab.contamination.texts import renamer, shifted
from lab.contamination.trials import trials_of_ways
from lab.contamination.worlds import Content, content_from, some_assets, write_world
from lab.register import Register
from portfolio.market import Floats
from portfolio.universe import Asset
from portfolio.views import ScoreHistory
from tools.documents.records import Document
from tools.errors import ModelUnavailable
from tools.llm.models import LanguageModels
from tools.market.bundled import load_bundled
from tools.market.records import MarketData
from tools.market.source import open_market
from tools.settings import Settings

SEEDS = settings(deadline=None, derandomize=True, max_examples=25)
DAY = date(2016, 6, 30)


@pytest.fixture(scope="module")
def content() -> Content:
    return content_from(load_bundled())


def test_the_same_seed_gives_the_same_mask_and_another_seed_another(content: Content) -> None:
    one, two, three = mask_of(content, 1), mask_of(content, 1), mask_of(content, 2)
    assert (one.codes, one.weeks, one.powers, one.groups) == (two.codes, two.weeks, two.powers, two.groups)
    assert one.codes != three.codes


@SEEDS
@given(seed=st.integers(0, 10_000))
def test_a_mask_keeps_returns_to_the_bit_weekdays_and_who_belongs_together(content: Content, seed: int) -> None:
    mask = mask_of(content, seed)
    hidden = masked(content, mask)
    columns = [hidden.panel.symbols.index(mask.codes[symbol]) for symbol in content.panel.symbols]
    assert hidden.panel.returns()[:, columns].tobytes() == content.panel.returns().tobytes()
    assert not np.array_equal(hidden.panel.close[:, columns], content.panel.close, equal_nan=True)
    assert ((hidden.panel.dates - content.panel.dates) == np.timedelta64(7 * mask.weeks, "D")).all()
    assert mask.weeks != 0 and mask.day(DAY).weekday() == DAY.weekday()
    assert sorted(mask.codes.values()) == list(hidden.universe.symbols), "the place in the list tells nothing"
    for one in content.universe.assets:
        for two in content.universe.assets:
            alike = (
                hidden.universe.asset(mask.codes[one.symbol]).group
                == hidden.universe.asset(mask.codes[two.symbol]).group
            )
            assert alike == (one.group == two.group)
    assert all(mask.true(mask.codes[symbol]) == symbol for symbol in content.universe.symbols)


def test_sectors_keep_their_names_where_asked_for(content: Content) -> None:
    kept = masked(content, mask_of(content, 3, keep_groups=True))
    assert kept.universe.groups == content.universe.groups
    assert set(masked(content, mask_of(content, 3)).universe.groups).isdisjoint(content.universe.groups)


def test_names_tickers_and_dates_are_replaced_in_texts(content: Content) -> None:
    texts = (
        "Apple Inc. (AAPL) beat Microsoft; $KO fell. NYSE: XOM and Bank of America rose.",
        "AAPL, MSFT and Johnson & Johnson. Apple's iPhone. GEAR is no ticker, nor is pineapple.",
        "Exxon said on January 25, 2016 that 2015 was good; on 26 Jan 2016, and on 2016-01-27, it grew.",
    )
    documents = tuple(
        Document(source="https://a/apple", published=DAY, symbol="AAPL", kind="news", title="Apple", text=text)
        for text in texts
    )
    true = replace(content, documents=documents)
    mask = mask_of(true, 7)
    hidden = masked(true, mask)
    told = " ".join(item.text for item in hidden.documents)
    for word in ("Apple", "AAPL", "MSFT", "Microsoft", "$KO", "XOM", "Bank of America", "Johnson", "Exxon"):
        assert word not in told, word
    assert f"({mask.codes['AAPL']})" in told and f"${mask.codes['KO']}" in told
    assert "GEAR is no ticker, nor is pineapple" in told and "iPhone" in told
    moved = date(2016, 1, 25) + timedelta(weeks=mask.weeks)
    assert f"{moved:%B} {moved.day}, {moved.year}" in told and mask.day(date(2016, 1, 27)).isoformat() in told
    assert "2015" not in told.replace(str(mask.day(DAY).year), "")
    assert all(item.published == mask.day(DAY) and item.symbol == mask.codes["AAPL"] for item in hidden.documents)
    assert left_over(true, hidden) == 0
    assert left_over(true, true) == 3, "the search finds what was not masked"


def test_a_date_without_its_year_and_a_price_that_looks_like_a_year_are_told_apart() -> None:
    told = shifted("On Jan. 4 it paid $2016 or 2016.5 or 2016% in 2016.", 364, date(2016, 2, 1))
    assert told == "On January 2 it paid $2016 or 2016.5 or 2016% in 2017."


def test_names_that_contain_each_other_are_not_renamed_twice() -> None:
    made = [
        Asset(symbol=symbol, name=name, asset_class="share", group="X", first_date=DAY, last_date=DAY)
        for symbol, name in (("AA", "Alpha"), ("BB", "Alpha Beta"), ("T", "Tau Group"))
    ]
    rename = renamer(made, {"AA": "BB", "BB": "T", "T": "AA"}, {"AA": "Alpha Beta", "BB": "Tau Group", "T": "Alpha"})
    assert (
        rename("Alpha Beta and Alpha (T), AA; T is a letter, Tau")
        == "Tau Group and Alpha Beta (AA), BB; T is a letter, Alpha"
    )


def test_another_assets_evidence_leaves_prices_and_reports_of_the_personas_as_they_are(content: Content) -> None:
    true = replace(content, documents=(Document(source="x", published=DAY, symbol="KO", kind="news", text="KO wins"),))
    false = swapped(true, 5)
    assert false.panel is true.panel and false.earnings == true.earnings
    assert false.passages is not None and len(false.passages) == len(true.earnings)
    (item,) = false.documents
    assert item.symbol not in (None, "KO") and item.text == f"{item.symbol} wins"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Content, Settings]]:
    """Eight shares of the bundled history to 2016: the live path answers in a second."""
    data = load_bundled()
    whole = content_from(data)
    few = some_assets(whole, ("AAPL", "BAC", "CVX", "JNJ", "KO", "MSFT", "PFE", "XOM"))
    yield replace(few, panel=few.panel.until(date(2016, 9, 30))), Settings(home=tmp_path_factory.mktemp("home"))


def test_a_world_that_was_written_is_read_by_the_live_path_as_it_was(
    small: tuple[Content, Settings], tmp_path: Path
) -> None:
    few, given_settings = small
    read = open_market(write_world(few, tmp_path, given_settings, []))
    assert read.panel.symbols == few.panel.symbols
    assert read.panel.close.tobytes() == few.panel.close.tobytes()
    assert read.panel.cash_rate is not None and few.panel.cash_rate is not None
    assert np.array_equal(read.panel.cash_rate, few.panel.cash_rate, equal_nan=True)
    assert read.panel.index is not None and few.panel.index is not None
    assert np.array_equal(read.panel.index, few.panel.index, equal_nan=True)
    for name, values in few.panel.signals.items():
        assert np.array_equal(read.panel.signals[name], values, equal_nan=True), name
    for asset in few.universe.assets:
        same = read.universe.asset(asset.symbol)
        assert (same.name, same.group, same.tags, same.currency) == (
            asset.name,
            asset.group,
            asset.tags,
            asset.currency,
        )


def test_rules_and_policy_decide_the_same_under_a_mask_to_1e9(small: tuple[Content, Settings], tmp_path: Path) -> None:
    few, given_settings = small
    mask = mask_of(few, 11)
    spans = [(DAY - timedelta(days=730), DAY)]
    own = write_world(few, tmp_path / "true", given_settings, spans)
    other = write_world(
        masked(few, mask), tmp_path / "masked", given_settings, [(mask.day(a), mask.day(b)) for a, b in spans]
    )
    ways = (BASELINE, *RULES)
    first = decide_in(own, ways, (DAY,), CLIENT)
    second = decide_in(other, ways, (DAY,), CLIENT, mask=mask)
    for way in ways:
        one, two = first[way.name, DAY], second[way.name, DAY]
        assert one.answered and two.answered and one.turn.findings
        assert one.weights.keys() == two.weights.keys()
        assert max(abs(one.weights[name] - two.weights[name]) for name in one.weights) <= 1e-9, way.name
        assert one.scores == pytest.approx(two.scores, abs=1e-12)
    told = second[RULES[0].name, DAY].turn.model_dump_json()
    for asset in few.universe.assets:
        assert f'"{asset.symbol}"' not in told and asset.name not in told, "the masked world names nobody"


def test_a_voice_that_knows_names_is_seen_in_weights_scores_and_money(small: tuple[Content, Settings]) -> None:
    from lab.contamination.decisions import Decision

    few, _ = small
    symbols = few.universe.symbols
    days = (date(2014, 6, 30), date(2015, 6, 30), date(2016, 3, 31))
    way = RULES[1]

    def said(best: str, scores: Floats) -> Decision:
        made = {("oracle", name): float(value) for name, value in zip(symbols, scores, strict=True)}
        weights = {name: float(name == best) for name in (*symbols, "CASH")}
        return Decision(weights=weights, scores=made, model_scores={}, answered=True, turn=None)  # type: ignore[arg-type]

    rise = np.linspace(-1, 1, len(symbols))
    first = {(way.name, day): said("AAPL", rise) for day in days}
    second = {(way.name, day): said("KO", -rise) for day in days}
    even = {(BASELINE.name, day): said("XOM", rise) for day in days}
    money = Money(few.panel, date(2016, 9, 30), basis_points=10.0, risk_aversion=5.0, draws=200, seed=0)
    rows = gap_rows((way,), days, first, second, even, money, lambda _: (True, date(2015, 12, 31)))
    assert [row.when for row in rows] == ["all", "until", "after"]
    whole = rows[0]
    assert (whole.same, whole.largest) == (0, 1.0)
    assert whole.moved is not None and whole.moved.estimate == pytest.approx(1.0)
    assert whole.agreement is not None and whole.agreement.estimate == pytest.approx(-1.0)
    assert whole.gain and whole.other_gain and whole.gap
    assert whole.gap.estimate == pytest.approx(whole.gain.estimate - whole.other_gain.estimate)
    (unknown,) = gap_rows((way,), days, first, second, even, money, lambda _: (False, None))
    assert unknown.when == "unknown", "an unknown training date makes every date one that may be remembered"
    (alike,) = gap_rows((way,), days, first, first, even, money, lambda _: (True, None))
    assert alike.same == 3 and alike.gap is not None and (alike.gap.low, alike.gap.high) == (0.0, 0.0)


def test_a_way_that_the_true_world_paid_is_a_trial_however_few_its_dates(
    small: tuple[Content, Settings], tmp_path: Path
) -> None:
    from lab.contamination.decisions import Decision

    few, _ = small
    days = (date(2014, 6, 30), date(2015, 6, 30), date(2016, 3, 31))

    def all_in(best: str) -> Decision:
        weights = {name: float(name == best) for name in (*few.universe.symbols, "CASH")}
        return Decision(weights=weights, scores={}, model_scores={}, answered=True, turn=None)  # type: ignore[arg-type]

    ways = RULES[:2]
    held = {(way.name, day): all_in(best) for way, best in zip(ways, ("AAPL", "KO"), strict=True) for day in days}
    held |= {(BASELINE.name, day): all_in("XOM") for day in days}
    money = Money(few.panel, date(2016, 9, 30), basis_points=10.0, risk_aversion=5.0, draws=200, seed=0)
    book = Register(tmp_path / "trials.jsonl")
    for _ in range(2):
        book.open(trials_of_ways("rules", ways, days, held, CLIENT, money, date(2026, 1, 1)))
    apple, cola = book.trials()
    assert (apple.first, apple.last) == (days[0], date(2016, 9, 30)) == (cola.first, cola.last)
    assert apple.figures.turnover == cola.figures.turnover and apple.figures.sharpe != cola.figures.sharpe
    net, _ = money.returns({day: held[ways[0].name, day] for day in days})
    gain = money.gain(net, money.returns({day: held[BASELINE.name, day] for day in days})[0])
    assert gain is not None
    ahead = apple.figures.certainty_equivalent - apple.baseline_figures.certainty_equivalent
    assert ahead == pytest.approx(gain.estimate, abs=0.02), "the same money as on the page"


def test_agreement_is_over_assets_that_both_worlds_score() -> None:
    one = {("a", name): value for name, value in zip("WXYZ", (0.1, 0.2, 0.3, 0.9), strict=True)}
    assert agreement(one, {key: 2 * value for key, value in one.items() if key[1] != "W"}) == pytest.approx(1.0)
    assert agreement(one, {("a", "X"): 0.0, ("a", "Y"): 1.0}) is None


def informed(data: MarketData) -> ScoreHistory:
    """A persona that knows the next quarter: what a placebo must take away."""
    close = data.panel.close
    ahead = np.zeros_like(close)
    ahead[:-63] = close[63:] / close[:-63] - 1.0
    order = ahead.argsort(axis=1).argsort(axis=1)
    score = (order / (close.shape[1] - 1) * 2.0 - 1.0)[None]
    return ScoreHistory(("oracle",), score, np.full(score.shape, 0.9), np.ones(score.shape, dtype=bool))


def best_scored(name: str) -> Strategy:
    def decide(seen: object) -> Floats:
        score = np.where(seen.eligible, seen.score, -np.inf)  # type: ignore[attr-defined]
        out = np.zeros(len(score))
        out[np.argsort(score)[-3:]] = 1.0 / 3.0
        return out

    return Strategy(name, name, "the three best-scored", "rule", decide)


def stubborn(name: str) -> Strategy:
    """A way that knows two assets by heart, whatever it is told."""

    def decide(seen: object) -> Floats:
        out = np.zeros(len(seen.eligible))  # type: ignore[attr-defined]
        out[:2] = 0.5
        return out

    return Strategy(name, name, "always the same", "rule", decide)


def test_a_placebo_takes_the_gain_of_a_way_that_listens_and_leaves_one_that_does_not(backtest_data: MarketData) -> None:
    plan = Plan(every="quarterly", draws=200, cap=0.6)
    world = world_of(backtest_data, informed, plan)
    trials = (Trial(best_scored("listens"), 19), Trial(stubborn("deaf"), 19, trained_until=date(2015, 6, 30)))
    accounts, rows = carried_with_placebos(world, trials, plan, lambda *_: None)
    days = [world.panel.dates[row].astype("datetime64[D]").astype(object) for row in rows]
    found = {(row.strategy, row.when): row for row in placebo_rows(accounts, trials, plan, days)}
    assert set(found) == {("listens", "all"), ("deaf", "all"), ("deaf", "until"), ("deaf", "after")}
    listens, deaf = found["listens", "all"], found["deaf", "all"]
    assert listens.gain.low > 0.0 and listens.worth.low > 0.0 and listens.p_value == pytest.approx(1 / 20)
    assert deaf.worth.estimate == pytest.approx(0.0, abs=1e-12) and deaf.p_value == 1.0
    assert deaf.placebo == pytest.approx(deaf.gain.estimate)
    assert found["deaf", "until"].last <= date(2015, 6, 30) <= found["deaf", "after"].last
    again, _ = carried_with_placebos(world, trials, plan, lambda *_: None)
    assert all(again.returns(name).tobytes() == accounts.returns(name).tobytes() for name in accounts.results)


def test_a_model_is_asked_for_views_alone_and_the_client_is_read_by_the_rules(tmp_path: Path) -> None:
    named = Settings(home=tmp_path, model_name="m", model_url="http://127.0.0.1:9/v1")
    models = LanguageModels.from_settings(asked_for_views(named))
    assert models is not None
    assert models.of("persona").name == "m"
    for role in ("profiler", "analyst", "method"):
        with pytest.raises(ModelUnavailable, match=f"no model is named for the role {role}"):
            models.of(role)
