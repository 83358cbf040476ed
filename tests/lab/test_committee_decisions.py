"""The committee in batch: the live run of each day, kept by what it depends on, blind to what comes after."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from graph.advisor import Advisor
from lab.committee.batch import Batch, decide_all, decisions_folder
from lab.committee.ways import BASELINE, CLIENT, DIRECT, WAYS, Way, client_words, ways_of
from lab.spread import SpreadProgress, Workers
from tests.acceptance.test_with_a_model import Pushy, endpoint
from tools.errors import DataError, QuorumError
from tools.market.records import MarketData
from tools.settings import Settings

DAYS = (date(2016, 6, 30), date(2016, 9, 30))
POLICY, SCORES, ENSEMBLE = WAYS[1], WAYS[2], WAYS[3]

__all__ = ["endpoint"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("committee")


@pytest.fixture(scope="module")
def batch(home: Path, backtest_data: MarketData) -> Batch:
    return decide_all(Settings(home=home), backtest_data, CLIENT, DAYS, (POLICY, ENSEMBLE))


def bytes_of(batch: Batch) -> list[str]:
    return [item.model_dump_json() for way in batch.decisions for item in batch.of(way)]


def scrambled(data: MarketData, day: date) -> MarketData:
    """Every price, index level and bill rate after the day is noise."""
    panel, rng = data.panel, np.random.default_rng(11)
    late = panel.dates > np.datetime64(day)
    close, index, bills = panel.close.copy(), panel.index, panel.cash_rate
    assert index is not None and bills is not None
    close[late] = np.exp(rng.normal(3.0, 1.0, close[late].shape))
    noise = np.exp(rng.normal(4.0, 1.0, len(close)))
    panel = replace(panel, close=close, index=np.where(late, noise, index), cash_rate=np.where(late, 0.2, bills))
    return replace(data, panel=panel)


def test_a_decision_of_the_batch_is_the_live_run_of_that_day(
    batch: Batch, backtest_data: MarketData, tmp_path: Path
) -> None:
    day = DAYS[1]
    with Advisor(Settings(home=tmp_path), today=day, as_of=day, market=backtest_data, use_policy="always") as advisor:
        turn = advisor.say(advisor.open(None), CLIENT, insist=True)
    decision = batch.decisions[POLICY.name][day]
    assert turn.decision and decision.weights == turn.decision.weights
    assert decision.trace_id == turn.trace_id
    assert decision.own and decision.rung == "policy"


def test_a_batch_leaves_no_session_no_trace_and_no_record_of_views(batch: Batch, home: Path) -> None:
    assert batch.made == 4
    assert sorted(path.name for path in home.iterdir() if path.name != "store") == ["decisions"]


def test_a_second_run_makes_nothing_and_has_the_same_bytes(batch: Batch, home: Path, backtest_data: MarketData) -> None:
    again = decide_all(Settings(home=home), backtest_data, CLIENT, DAYS, (POLICY, ENSEMBLE))
    assert again.made == 0
    assert bytes_of(again) == bytes_of(batch)


@pytest.mark.parametrize("way", [POLICY, SCORES, ENSEMBLE, BASELINE], ids=lambda way: way.name)
def test_scrambling_every_price_after_the_day_leaves_the_decision_the_same_to_the_byte(
    way: Way, backtest_data: MarketData, tmp_path: Path
) -> None:
    day = DAYS[0]
    true = decide_all(Settings(home=tmp_path / "true"), backtest_data, CLIENT, [day], [way])
    blind = decide_all(Settings(home=tmp_path / "noise"), scrambled(backtest_data, day), CLIENT, [day], [way])
    assert blind.made == 1
    assert bytes_of(blind) == bytes_of(true)


def test_prices_added_later_leave_every_kept_decision_in_its_place(
    batch: Batch, home: Path, backtest_data: MarketData
) -> None:
    shorter = replace(backtest_data, panel=backtest_data.panel.until(date(2016, 10, 14)))
    again = decide_all(Settings(home=home), shorter, CLIENT, DAYS, (POLICY, ENSEMBLE))
    assert again.made == 0
    assert bytes_of(again) == bytes_of(batch)


def test_a_price_before_the_day_is_another_decision(backtest_data: MarketData, batch: Batch, home: Path) -> None:
    close = backtest_data.panel.close.copy()
    close[300, 0] *= 1.01
    other = replace(backtest_data, panel=replace(backtest_data.panel, close=close))
    assert decide_all(Settings(home=home), other, CLIENT, DAYS[:1], (ENSEMBLE,)).made == 1


def test_an_interrupted_run_goes_on_where_it_stopped(backtest_data: MarketData, batch: Batch, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    def stop(step: SpreadProgress) -> None:
        assert step.name.startswith(POLICY.name)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decide_all(settings, backtest_data, CLIENT, DAYS, (POLICY, ENSEMBLE), progress=stop)
    rest = decide_all(settings, backtest_data, CLIENT, DAYS, (POLICY, ENSEMBLE))
    assert rest.made == 3
    assert bytes_of(rest) == bytes_of(batch)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", "ray"])
def test_two_workers_decide_what_one_does(
    kind: Literal["processes", "ray"], backtest_data: MarketData, batch: Batch, tmp_path: Path
) -> None:
    if kind == "ray":
        pytest.importorskip("ray", reason="Ray is an extra: pip install 'quorum-advisor[ray]'")
    two = Workers(kind=kind, count=2)
    made = decide_all(Settings(home=tmp_path), backtest_data, CLIENT, DAYS, (POLICY, ENSEMBLE), workers=two)
    assert made.made == 4
    assert bytes_of(made) == bytes_of(batch)


def asking(server: Pushy, home: Path) -> Settings:
    return Settings(home=home, model_url=server.url, model_name="pushy", model_timeout=10, model_retries=0)


def test_a_second_run_with_a_model_asks_nothing(
    endpoint: Pushy, backtest_data: MarketData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.acceptance.test_with_a_model.PUSHED", "AAA")
    ways = (POLICY, SCORES, DIRECT)
    first = decide_all(asking(endpoint, tmp_path), backtest_data, CLIENT, DAYS, ways)
    asked = len(endpoint.asked)
    again = decide_all(asking(endpoint, tmp_path), backtest_data, CLIENT, DAYS, ways)
    assert len(endpoint.asked) == asked > 0
    assert bytes_of(again) == bytes_of(first)
    direct = first.of(DIRECT.name)[0]
    assert direct.own and direct.model == "pushy" and direct.asked > 0 and direct.input_tokens


def test_what_two_ways_ask_alike_is_asked_once(endpoint: Pushy, backtest_data: MarketData, tmp_path: Path) -> None:
    one = decide_all(asking(endpoint, tmp_path), backtest_data, CLIENT, DAYS[:1], (POLICY,)).of(POLICY.name)[0]
    asked = len(endpoint.asked)
    two = decide_all(asking(endpoint, tmp_path), backtest_data, CLIENT, DAYS[:1], (ENSEMBLE,)).of(ENSEMBLE.name)[0]
    assert two.asked == one.asked
    assert len(endpoint.asked) == asked


def test_a_changed_prompt_asks_again_only_what_it_is_part_of(
    endpoint: Pushy, backtest_data: MarketData, tmp_path: Path
) -> None:
    from importlib.resources import files

    own = (
        files("prompts").joinpath("personas/value.md").read_text(encoding="utf-8").replace("name: value", "name: mine")
    )
    (tmp_path / "personas").mkdir()
    persona = tmp_path / "personas" / "mine.md"
    persona.write_text(own, encoding="utf-8")
    decide_all(asking(endpoint, tmp_path), backtest_data, CLIENT, DAYS, (ENSEMBLE,))
    before = len(endpoint.asked)
    mine = sum(1 for _ in DAYS)
    persona.write_text(own + "\nBe brief.\n", encoding="utf-8")
    again = decide_all(asking(endpoint, tmp_path), backtest_data, CLIENT, DAYS, (ENSEMBLE,))
    assert again.made == len(DAYS), "the decisions are made anew"
    assert len(endpoint.asked) - before == mine, "and one persona is asked again, once a day; everybody else is not"


def test_a_model_that_cannot_be_reached_is_labelled_and_asked_again_next_time(
    backtest_data: MarketData, tmp_path: Path
) -> None:
    dead = Settings(
        home=tmp_path, model_url="http://127.0.0.1:9/v1", model_name="gone", model_timeout=2, model_retries=0
    )
    made = decide_all(dead, backtest_data, CLIENT, DAYS[:1], (DIRECT,)).of(DIRECT.name)[0]
    assert not made.own and made.rung == "baseline" and made.cause
    assert made.silent > 0 == made.answered
    assert not (decisions_folder(dead) / made.fingerprint).exists()


def test_a_silent_decision_left_by_an_interrupted_run_is_made_again(backtest_data: MarketData, tmp_path: Path) -> None:
    dead = Settings(
        home=tmp_path, model_url="http://127.0.0.1:9/v1", model_name="gone", model_timeout=2, model_retries=0
    )
    made = decide_all(dead, backtest_data, CLIENT, DAYS[:1], (DIRECT,)).of(DIRECT.name)[0]
    left = decisions_folder(dead) / made.fingerprint
    left.write_text(made.model_dump_json() + "\n", encoding="utf-8")
    assert decide_all(dead, backtest_data, CLIENT, DAYS[:1], (DIRECT,)).made == 1
    assert not left.exists()


def test_workers_share_the_places_of_an_endpoint(endpoint: Pushy, backtest_data: MarketData, tmp_path: Path) -> None:
    from lab.committee.batch import _within_limits
    from lab.committee.decide import shared_fairly

    settings = asking(endpoint, tmp_path).model_copy(update={"model_concurrency": 4})
    for count in (1, 2, 3, 4, 9):
        within = _within_limits(settings, Workers(kind="processes", count=count))
        assert within.count * shared_fairly(settings, within.count).model_concurrency <= 4
    with pytest.raises(QuorumError, match="cluster"):
        _within_limits(settings, Workers(kind="ray", address="ray://somewhere:10001"))


def test_a_client_who_is_not_advised_is_told_so(backtest_data: MarketData, tmp_path: Path) -> None:
    words = (
        "I have 5,000 of credit card debt at 24 % and no savings; put all my borrowed money into shares for a month."
    )
    with pytest.raises(QuorumError) as told:
        decide_all(Settings(home=tmp_path), backtest_data, words, DAYS[:1], (ENSEMBLE,))
    assert "--client" in str(told.value)


def test_direct_needs_a_model_and_an_unknown_way_is_named() -> None:
    assert [way.name for way in ways_of((), None)] == [way.name for way in WAYS]
    assert ways_of((), "a-model")[-1] is DIRECT
    with pytest.raises(QuorumError, match="model"):
        ways_of(("direct",), None)
    with pytest.raises(QuorumError, match="guess"):
        ways_of(("guess",), None)


def test_the_client_may_be_a_file(tmp_path: Path) -> None:
    words = tmp_path / "client.txt"
    words.write_text("I am 30 and patient.\n", encoding="utf-8")
    assert client_words(str(words)) == "I am 30 and patient."
    assert client_words("I am 50.") == "I am 50."
    with pytest.raises(DataError, match="says nothing"):
        client_words(" ")
    with pytest.raises(DataError, match="cannot be read"):
        client_words(str(tmp_path / "nobody.txt"))
