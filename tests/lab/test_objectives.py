"""The re-test of the objectives: honest accounts, yardsticks that tell an obedient policy, and no look-ahead."""

import pickle
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.backtest.seen import World
from lab.objectives.accounts import Account, Market, Order, Taxed, account_of, dealt, month_ends, taxed, work
from lab.objectives.convex import tax_aware_weights
from lab.objectives.judge import cell_of, policy_of
from lab.objectives.page import section
from lab.objectives.records import TYPICAL, Config
from lab.objectives.register import trials_of
from lab.objectives.study import Study, decide_on, run_study, study_key
from lab.objectives.windows import needed_windows, window_returns
from lab.objectives.wishes import PURE, WISHES, Learned
from lab.objectives.worlds import Ground, ground_of
from lab.objectives.yardsticks import YARDSTICKS
from lab.register import WHOLE, Register
from portfolio.market import Floats
from portfolio.metrics import conditional_value_at_risk, max_drawdown
from portfolio.profile import OBJECTIVES, Objective
from portfolio.taxes import after_tax
from portfolio.views import ScoreHistory
from rl.ensemble import Ensemble
from rl.networks import NetworkShape, Policy
from tools.errors import DataError
from tools.market.records import MarketData

CONFIG = Config(first=date(2014, 6, 1), draws=200, seeds=True, convex=True)
SMALL = CONFIG.model_copy(update={"first": date(2016, 9, 1), "draws": 100})
NO_DEDUCTION = TYPICAL.model_copy(update={"ordinary_loss_limit": 0.0})


def world_of(data: MarketData) -> World:
    score = np.random.default_rng(9).uniform(-1, 1, (2, *data.panel.close.shape))
    scores = ScoreHistory(("value", "momentum"), score, np.full(score.shape, 0.5), np.ones(score.shape, dtype=np.bool_))
    return World(data.panel, data.universe, scores)


@pytest.fixture(scope="module")
def ground(backtest_data: MarketData) -> Ground:
    return ground_of(world_of(backtest_data), "made up", CONFIG)


@pytest.fixture(scope="module")
def learned() -> Learned:
    """A policy with the intent router and opinions drawn at random: two seeds."""
    torch.manual_seed(3)
    members = []
    for _ in range(2):
        policy = Policy(NetworkShape(intent=True, expert_hidden=8))
        torch.nn.init.normal_(policy.experts.weight, std=0.5)
        members.append(policy.double().eval().requires_grad_(False))
    return Learned("made-up", Ensemble(tuple(members), 2.0), (0, 1), "0" * 64)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def study(ground: Ground, learned: Learned, jobs: Path) -> Study:
    small = ground_of(ground.world, ground.name, SMALL)
    return run_study([small], [learned], SMALL, command="a test", folder=jobs)


def random_weights(market: Market, seed: int) -> Floats:
    parts = np.random.default_rng(seed).exponential(size=(len(market.rows), market.closes.shape[1] + 1))
    return np.asarray(parts / parts.sum(axis=1, keepdims=True))


def followed(ground: Ground, weights: Floats) -> Account:
    rows = ground.rows[: len(weights)]
    return account_of(ground.market, Order(ground.name, rows, weights, False, False), CONFIG)


@pytest.mark.parametrize("seed", range(4))
def test_taxes_only_lower_money_where_losses_save_none_on_income(ground: Ground, seed: int) -> None:
    result = dealt(ground.market, ground.rows, random_weights(ground.market, seed), 10.0)
    made = after_tax(result, NO_DEDUCTION)
    assert made.after <= made.before
    assert made.after_liquidation <= made.before
    assert (np.diff(made.factor) <= 0.0).all()


def test_an_account_with_no_sales_pays_nothing_before_liquidation(ground: Ground) -> None:
    bare = replace(ground.market, rate=None)
    weights = np.append(np.full(ground.market.closes.shape[1], 0.1), 0.3)[None]
    made = taxed(dealt(bare, ground.rows[:1], weights, 10.0), bare, TYPICAL)
    result = dealt(bare, ground.rows[:1], weights, 10.0)
    assert made.paid == 0.0 and sum(made.gains) == 0.0 and sum(made.losses) == 0.0
    assert made.after == pytest.approx(after_tax(result, TYPICAL).before, abs=1e-15)
    assert made.liquidated < made.after


def test_the_last_mark_is_the_value_after_liquidation_and_the_first_the_start(ground: Ground) -> None:
    result = dealt(ground.market, ground.rows, random_weights(ground.market, 1), 10.0)
    ends = month_ends(result, ground.market)
    made = after_tax(result, TYPICAL, marks=ends)
    assert len(made.marked) == len(ends)
    assert made.marked[-1] == made.liquidation
    assert made.marked[0] == result.initial


def test_realised_gains_and_losses_of_the_months_add_up_to_those_of_the_account(ground: Ground) -> None:
    result = dealt(ground.market, ground.rows, random_weights(ground.market, 2), 10.0)
    made, book = taxed(result, ground.market, TYPICAL), after_tax(result, TYPICAL)
    assert sum(made.gains) * result.initial == pytest.approx(sum(max(s.recognised, 0.0) for s in book.sales))
    assert made.harvested * result.initial == pytest.approx(book.harvested)
    assert all(long <= gain + 1e-12 for long, gain in zip(made.long_gains, made.gains, strict=True))


def test_the_same_order_twice_gives_the_same_bytes(ground: Ground) -> None:
    from lab.objectives.accounts import Shared

    order = Order("made up", ground.rows, random_weights(ground.market, 3), False, False)
    shared = Shared(CONFIG, {"made up": ground.market})
    elsewhere = pickle.loads(pickle.dumps((work, shared, order)))  # as another process or a cluster gets it
    assert elsewhere[0](*elsewhere[1:]) == work(shared, order)


def test_no_wish_and_no_baseline_knows_the_future(ground: Ground, learned: Learned) -> None:
    ground = ground_of(ground.world, ground.name, SMALL)
    cut = ground.rows[4]
    panel = ground.world.panel
    rng = np.random.default_rng(1)
    close, index = panel.close.copy(), panel.index.copy()  # type: ignore[union-attr]
    close[cut + 1 :] *= np.exp(rng.normal(0, 0.2, close[cut + 1 :].shape))
    index[cut + 1 :] *= 3.0
    scores = ground.world.scores
    score = scores.score.copy()
    score[:, cut + 1 :] = 0.9
    world = replace(ground.world, panel=replace(panel, close=close, index=index), scores=replace(scores, score=score))
    other = ground_of(world, ground.name, SMALL)
    first = decide_on(ground, [learned], WISHES, SMALL, 0.1)
    second = decide_on(other, [learned], WISHES, SMALL, 0.1)
    known = ground.rows.index(cut) + 1
    for name, weights in first.weights.items():
        assert weights[:known].tobytes() == second.weights[name][:known].tobytes(), name
    last = first.weights["made-up.long_term_gain"][known:] - second.weights["made-up.long_term_gain"][known:]
    assert np.abs(last).max() > 1e-3  # the scramble was seen where it may be

    def lots(ground: Ground, weights: Floats, risks: dict[int, Floats]) -> Floats:
        rows = ground.rows[:known]
        return tax_aware_weights(replace(ground.market, rows=rows), weights[:known], risks, TYPICAL, CONFIG)

    one = lots(ground, first.weights["equal-weight"], first.risks)
    assert one.tobytes() == lots(other, second.weights["equal-weight"], second.risks).tobytes()


def test_a_wish_is_weighed_as_live_advice_weighs_it() -> None:
    from agents.personas import load_personas, score_history
    from lab.backtest.seen import seen_on
    from lab.objectives.evidence import shipped_policies
    from lab.objectives.wishes import mandate_of, strategies_of
    from rl.allocator import Allocator
    from rl.checkpoint import shipped
    from tools.market.bundled import SHARES, bundled_universe, load_bundled

    whole = bundled_universe()
    universe = whole.model_copy(update={"assets": tuple(whole.asset(symbol) for symbol in SHARES)})
    panel = load_bundled().panel.select(SHARES)
    panel = panel.window(len(panel.dates) - 1000, len(panel.dates))
    world = World(panel, universe, score_history(load_personas(), panel))
    row = 950
    policy = replace(shipped_policies()[0], seeds=())
    made = {one.name: one for one in strategies_of(world, [row], policy, PURE, CONFIG, 0.1)}
    past = panel.window(0, row + 1)
    allocator = Allocator.load(shipped(personal=True))
    for wish in (PURE[0], PURE[3]):  # the second leans the baseline as well
        mandate = mandate_of(wish, CONFIG, 0.1)
        seen = seen_on(world, row, mandate, 0.25)
        live = allocator.propose(past, universe, seen.scores, mandate, gate=False).weights
        own = made[f"intent.{wish.name}"].decide(seen)
        assert own == pytest.approx(np.array(list(live.values())), abs=1e-9)


def test_the_yardsticks_of_loss_are_those_of_the_house(ground: Ground) -> None:
    account = followed(ground, random_weights(ground.market, 5))
    daily = np.array(account.daily)
    by_name = {one.name: one for one in YARDSTICKS}
    assert by_name["drawdown"].value(account, account, 5.0) == pytest.approx(max_drawdown(daily)[0])
    assert by_name["cvar"].value(account, account, 5.0) == pytest.approx(conditional_value_at_risk(daily))
    assert by_name["gain"].value(account, account, 5.0) == 0.0
    assert by_name["kept"].value(account, account, 5.0) < 0.0


def made_account(seed: int, **changes: float) -> Account:
    """Five years of one market's months and days, bent towards what is asked for."""
    rng = np.random.default_rng(seed)
    months = rng.normal(0.0, 0.03, 60) + changes.get("gain", 0.0)
    days = rng.normal(0.0003, 0.006, 1260)
    days = np.where(days < 0.0, days * (1.0 - changes.get("calm", 0.0)), days)
    wealth = np.append(1.0, np.cumprod(1.0 + months))
    wealth *= np.exp(-np.append(0.0, np.cumsum(np.full(60, changes.get("dull", 0.0)))))
    if changes.get("calm"):
        wealth = np.linspace(1.0, 1.2, 61)
    value = np.append(1.0, np.cumprod(1.0 + months * 0.8)) * np.exp(changes.get("tax", 0.0) * np.arange(61))
    gains = rng.uniform(0.001, 0.01, 60)
    typical = Taxed(
        after=0.05, liquidated=0.04, paid=0.1, harvested=0.1, washed=0.0, carried=0.0, value=tuple(value),
        losses=tuple(rng.uniform(0.0, 0.004, 60) + changes.get("losses", 0.0)), gains=tuple(gains),
        long_gains=tuple(gains * (0.3 + changes.get("long", 0.0))),
    )  # fmt: skip
    return Account(
        annual_return=0.05, volatility=0.1, sharpe=0.5, certainty_equivalent=0.03, max_drawdown=0.1, turnover=1.0,
        daily=tuple(days), wealth=tuple(wealth), typical=typical,
    )  # fmt: skip


OBEDIENT = {
    Objective.SHORT_TERM_ALPHA: {"gain": 0.004},
    Objective.SHORT_TERM_GAIN: {"gain": 0.004},
    Objective.LONG_TERM_GAIN: {"gain": 0.004, "tax": 0.001},
    Objective.CAPITAL_PRESERVATION: {"calm": 0.4},
    Objective.TAX_LOSS_HARVESTING: {"losses": 0.004, "tax": 0.002},
    Objective.LONG_TERM_GAINS_ONLY: {"long": 0.5},
}


def test_a_router_that_obeys_is_told_on_every_yardstick_and_one_that_is_deaf_on_none() -> None:
    baseline = made_account(0)
    for yardstick in YARDSTICKS:
        deaf = [made_account(0) for _ in OBJECTIVES]
        place = OBJECTIVES.index(yardstick.objective)
        keen = list(deaf)
        keen[place] = made_account(0, **OBEDIENT[yardstick.objective])
        cell = cell_of(yardstick, keen, [keen, deaf], baseline, CONFIG)
        assert cell.obeyed and cell.dominant and cell.own_rank == 1 and cell.seeds_ahead == 1, yardstick.name
        none = cell_of(yardstick, deaf, [], baseline, CONFIG)
        assert not none.obeyed and not none.contrary and none.seeds_ahead is None
        keen[place - 1] = keen[place]
        twins = cell_of(yardstick, keen, [], baseline, CONFIG)
        assert twins.obeyed and not twins.dominant, "two wishes that are one portfolio cannot both be obeyed strictly"
        keen[place] = deaf[place]
        assert cell_of(yardstick, keen, [], baseline, CONFIG).own_rank > 1


def test_an_obedient_router_is_told_from_prices_to_yardstick(ground: Ground) -> None:
    """Preserving capital keeps most of it in cash, long-term gains only holds, the others churn."""
    market, churning = ground.market, [random_weights(ground.market, seed) for seed in range(4)]
    width = market.closes.shape[1]
    still = np.repeat(np.append(np.full(width, 0.8 / width), 0.2)[None], len(market.rows), axis=0)
    calm = 0.2 * random_weights(market, 4)
    calm[:, -1] += 0.8
    weights = dict(zip(OBJECTIVES, [*churning[:3], calm, churning[3], still], strict=True))
    wished = [followed(ground, weights[one]) for one in OBJECTIVES]
    made = policy_of("hand-made", "0" * 64, (), wished, list(weights.values()), [], wished[5], still, calm, CONFIG)
    told = {cell.yardstick: cell for cell in made.cells}
    assert told["drawdown"].obeyed and told["cvar"].obeyed and told["long_share"].obeyed
    assert told["cvar"].own_rank == told["drawdown"].own_rank == told["long_share"].own_rank == 1
    assert made.distances.mean > 0.1
    assert made.distances.preservation == made.distances.preservation_by_router > 0.1
    assert all(made.distances.pairs[place][place] == 0.0 for place in range(6))


def test_a_study_says_what_it_found_and_registers_every_account_once(study: Study, tmp_path: Path) -> None:
    result = study.result
    (universe,) = result.universes
    names = {row.name for row in universe.money}
    assert {"equal-weight", "buy-and-hold", "index", "tax-aware", "made-up.default_mix"} <= names
    assert universe.policies[0].cells[0].seeds_ahead is not None
    assert [one.what for one in universe.windows] == ["policy", "policy less equal weight", "policy less index"]
    shown = section(result)
    assert shown.startswith("**Asking the shipped policy for an objective ")
    assert "of 9 comparisons (1 universe x 9 yardsticks)" in shown
    register = Register(tmp_path / "trials.jsonl")
    trials = trials_of(study, date(2026, 1, 1))
    assert len(trials) == len(names)
    (wish,) = (one for one in trials if one.method == "made-up.long_term_gain")
    assert len(wish.ratios) == 3 == len(wish.seeds) + 1, "what a client would have had is a try beside its two seeds"
    assert wish.ratios[WHOLE] == wish.figures.sharpe
    assert register.open(trials) == len(trials)
    assert register.open(trials_of(study, date(2026, 1, 2))) == 0


def test_a_study_interrupted_and_taken_up_has_the_same_bytes(
    study: Study, jobs: Path, ground: Ground, learned: Learned, tmp_path: Path
) -> None:
    kept = sorted(path.name for path in jobs.iterdir())
    for name in ["key", *(one for place, one in enumerate(kept) if place % 4)]:
        (tmp_path / name).write_bytes((jobs / name).read_bytes())
    small = ground_of(ground.world, ground.name, SMALL)
    resumed = run_study([small], [learned], SMALL, command="a test", folder=tmp_path)
    assert resumed.result.model_dump_json() == study.result.model_dump_json()
    assert all((tmp_path / name).read_bytes() == (jobs / name).read_bytes() for name in kept)


def test_finished_accounts_of_other_code_or_other_groups_are_never_taken_up(
    ground: Ground, learned: Learned, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = study_key([ground], [learned], SMALL)
    universe = ground.world.universe
    other = universe.assets[0].model_copy(update={"group": "Another"})
    regrouped = universe.model_copy(update={"assets": (other, *universe.assets[1:])})
    assert study_key([replace(ground, world=replace(ground.world, universe=regrouped))], [learned], SMALL) != key
    monkeypatch.setattr("lab.objectives.study.code_digest", lambda _: "a changed line")
    assert study_key([ground], [learned], SMALL) != key


def test_the_convex_baseline_pays_less_tax_than_what_it_follows(study: Study) -> None:
    rows = {row.name: row for row in study.result.universes[0].money}
    drag = {name: rows[name].annual_return - rows[name].typical_after for name in ("tax-aware", "equal-weight")}
    assert drag["tax-aware"] <= drag["equal-weight"]


def test_a_window_spans_fourteen_days_and_overlaps_its_neighbours() -> None:
    dates = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-02-01"))
    daily = np.full(len(dates) - 1, 0.01)
    moves = window_returns(dates, daily)
    assert len(moves) == len(dates) - 14
    assert moves == pytest.approx(np.full(len(moves), 1.01**14 - 1.0))


def test_a_mean_as_large_as_its_deviation_needs_eight_windows_and_none_without_a_mean() -> None:
    assert needed_windows(1.0, 1.0) == 8
    assert needed_windows(0.1, 1.0) == 785
    assert needed_windows(0.0, 1.0) is None


def test_too_few_decisions_are_refused_with_what_to_bring(ground: Ground) -> None:
    with pytest.raises(DataError, match="leaves 3 monthly decisions") as refused:
        ground_of(ground.world, "made up", CONFIG.model_copy(update={"first": date(2017, 9, 1)}))
    assert "15 decisions are the least" in refused.value.remedy
