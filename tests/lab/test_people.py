"""Real people: the study's files read strictly, summaries and profiles in the same words, rankings with their doubt."""

import csv
import gzip
import io
import itertools
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agents.profiler import read
from lab.evaluation.progress import silent
from lab.evaluation.records import RULES
from lab.people.areas import Area, Wishes, of_profile, of_topic, preferences
from lab.people.data import MARKS, MONTHS, RANKINGS, SHARES, TALKS, before, read_study
from lab.people.doubt import by_chance, kendall, spearman
from lab.people.page import section
from lab.people.records import Result
from lab.people.score import scores, traits, universe_of, weighed
from lab.people.study import ASKED, PERSON, TRUE, measure
from lab.people.summaries import of_summary
from lab.people.understanding import right
from portfolio.profile import InvestorProfile, Preference
from tools.errors import DataError
from tools.market.bundled import bundled_universe

UNIVERSE = bundled_universe()
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
NAMES = ("Aspen Bank", "Birch Soap", "Cedar Motors", "Dogwood Pills")
SUMMARY = """Here is a summary:

1. **Preferred Industries:** Healthcare, specifically laboratories.
2. **Value vs. Growth Stocks:** Growth stocks over value stocks.
3. **Dividend vs. Non-Dividend Stocks:** You are not interested in dividends.
4. **Cyclical vs. Non-Cyclical Stocks:** Not discussed."""
TALK = (
    ("user", "Hey"),
    ("assistant", "Welcome! Which industry do you like?"),
    ("user", "healthcare"),
    ("assistant", "Do you prefer value stocks, which are cheap, or growth stocks, which expand?"),
    ("user", "the latter"),
    ("assistant", "Thank you."),
)


def packed(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    path.write_bytes(gzip.compress(text.getvalue().encode()))


def share(
    symbol: str, name: str, sector: str, industry: str, last: float, earnings: str = "Sales rose."
) -> dict[str, object]:
    prices = ", ".join(f"{month}: {100 + (last - 100) * i / 11:.2f}" for i, month in enumerate(MONTHS))
    return {
        "ticker": symbol,
        "short_name": name,
        "sector": sector,
        "industry": industry,
        "beta": 1.0,
        "price_data": f"2023 Monthly Stock Price: {prices}",
        "earning_summary": earnings,
        "label": 1,
    }


def made_up(folder: Path, sessions: int = 3, late: str = "oil stocks") -> Path:
    """The study's four files, small, with invented people and shares."""
    talks, marks, ranks = [], [], []
    for i in range(sessions):
        user, uuid = f"user_{i % 4}_0_{i}", f"batch{i}"
        for second, (role, content) in enumerate(TALK):
            value = repr({"type": "user_elicitation", "role": role, "content": content})
            talks.append((second, user, uuid, f"2024-11-01 10:00:{second:02d}", "interaction", value))
        talks.append(
            (
                9,
                user,
                uuid,
                "2024-11-01 12:00:00",
                "interaction",
                repr({"role": "user", "content": "oil stocks", "type": "x"}),
            )
        )
        marks.append((i, "2024-11-01 10:01:00", user, f"{user}_{uuid}", 0, SUMMARY, 2, ""))
        ranks.append(
            (
                i,
                user,
                uuid,
                "2024-11-01 11:00:00",
                "final_ranking",
                "",
                f"{np.array(NAMES)}",
                "[4 3 2 1]",
                0,
                "{}",
                [4, 3, 2, 1],
            )
        )
    packed(folder / TALKS, ("", "user_id", "uuid", "timestamp", "type", "value"), talks)
    marked = ("", "timestamp", "user_id", "user_id_uuid", "narrative_id", "summary", "correct", "note")
    packed(folder / MARKS, marked, marks)
    ranked = (
        "",
        "user_id",
        "uuid",
        "timestamp",
        "type",
        "value",
        "comp_order",
        "ranking",
        "narrative_id",
        "narrative_ranking",
        "gold_ranking",
    )
    packed(folder / RANKINGS, ranked, ranks)
    shares = [
        share("ASPN", NAMES[0], "Financial Services", "Banks - Diversified", 90, "It raised its dividend."),
        share("BRCH", NAMES[1], "Consumer Defensive", "Household Products", 101),
        share("CEDR", NAMES[2], "Consumer Cyclical", "Auto Manufacturers", 110),
        share("DGWD", NAMES[3], "Healthcare", "Drug Manufacturers - General", 150),
    ]
    (folder / SHARES).write_text(json.dumps({"topic": "healthcare_growth_nondividend", "data": shares}) + "\n")
    return folder


def test_the_start_button_says_nothing_and_begins_a_conversation_anew(tmp_path: Path) -> None:
    talk = read_study(made_up(tmp_path)).conversations[0]
    assert talk.said == ("healthcare", "the latter", "oil stocks")
    assert talk.asked[0].endswith("industry do you like?") and "growth stocks" in talk.asked[1]


def test_nothing_said_after_a_mark_or_a_ranking_is_read(tmp_path: Path) -> None:
    study = read_study(made_up(tmp_path))
    ranking = study.rankings[0]
    heard = before(study.conversations, ranking.session, ranking.at)
    assert heard is not None and heard.said == ("healthcare", "the latter")
    calm, loud = (
        measure(
            made_up(tmp_path / late[:3], late=late), UNIVERSE, None, RULES, seed=0, draws=100, command="c", step=silent
        )
        for late in ("I hate healthcare and growth stocks", "I love oil")
    )
    assert (calm.understanding, calm.rankers) == (loud.understanding, loud.rankers)


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        (RANKINGS, "[4 3 2 1]", "[4 4 2 1]", "do not rank 4 shares"),
        (RANKINGS, "gold_ranking", "silver_ranking", "no column gold_ranking"),
        (RANKINGS, "Aspen Bank", "Aspen Shop", "its story has"),
        (MARKS, ",2,", ",7,", "a mark of 7"),
        (TALKS, "'content'", "content", "cannot be read"),
    ],
)
def test_a_cell_that_is_not_as_described_is_an_error_that_names_its_file(
    tmp_path: Path, name: str, old: str, new: str, complaint: str
) -> None:
    path = made_up(tmp_path) / name
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).decode().replace(old, new).encode()))
    with pytest.raises(DataError, match=complaint) as error:
        read_study(tmp_path)
    assert name in str(error.value)


def test_a_folder_without_the_study_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read") as error:
        read_study(tmp_path)
    assert "--data" in error.value.remedy


def test_a_story_a_summary_and_a_profile_speak_of_the_same_wishes() -> None:
    story = of_topic("healthcare_growth_nondividend")
    said = of_summary(SUMMARY, UNIVERSE)
    words = ["I want healthcare.", "I prefer growth stocks.", "I am not interested in dividends."]
    profile = read(words, today=date(2024, 11, 1), universe=UNIVERSE).profile
    assert (
        story == said == of_profile(profile) == Wishes(industry=("Health Care",), style="growth", dividends="pays none")
    )
    assert right(said, story) == 3
    assert {p.key for p in preferences(story)} == {"Health Care", "growth", "dividends"}


@pytest.mark.parametrize(
    ("line", "area", "wish"),
    [
        ("**Value vs. Growth Stocks:** The customer prefers value stocks over growth stocks.", Area.STYLE, ("value",)),
        ("**Value vs. Growth Stocks:** No specific preference.", Area.STYLE, ()),
        ("**Dividend vs. Non-Dividend Stocks:** Non-dividend stocks.", Area.DIVIDENDS, ("pays none",)),
        ("**Dividend vs. Non-Dividend Stocks:** Dividend stocks with regular income.", Area.DIVIDENDS, ("pays",)),
        ("**Cyclical vs. Non-Cyclical Stocks:** Non-cyclical stocks.", Area.CYCLE, ("defensive",)),
        ("**Cyclical vs. Non-Cyclical Stocks:** Cyclical stocks, not non-cyclical.", Area.CYCLE, ("cyclical",)),
        ("**Preferred Industries:** Technology, rather than energy.", Area.INDUSTRY, ("Technology",)),
        ("**Preferred Industries:** None.", Area.INDUSTRY, ()),
    ],
)
def test_a_summarys_line_is_read_as_its_first_wish_or_none(line: str, area: Area, wish: tuple[str, ...]) -> None:
    assert of_summary(f"1. {line}", UNIVERSE).at(area) == wish


def test_a_topic_with_an_unknown_word_is_an_error() -> None:
    with pytest.raises(DataError, match="lucky"):
        of_topic("healthcare_lucky")


def test_each_wish_lifts_the_share_that_it_asks_for(tmp_path: Path) -> None:
    shares = read_study(made_up(tmp_path)).stories[0].shares
    best = {
        ("group", "Health Care"): "DGWD",
        ("theme", "growth"): "DGWD",
        ("theme", "value"): "ASPN",
        ("theme", "dividends"): "ASPN",
        ("theme", "banks"): "ASPN",
        ("symbol", "Cedar Motors"): "CEDR",
    }
    for (kind, key), symbol in best.items():
        wish = Preference.model_validate({"kind": kind, "key": key, "weight": 0.5})
        found = weighed([wish], 0.0, shares)
        assert shares[int(np.argmax(found))].symbol == symbol, key
        against = weighed([wish.model_copy(update={"weight": -0.5})], 0.0, shares)
        assert np.allclose(found, -against)
    assert traits(shares)["cyclical"].tolist() == [1.0, -1.0, 1.0, -1.0]
    assert [asset.group for asset in universe_of(shares).assets][3] == "Health Care"


def test_prices_of_another_share_do_not_change_a_wish_for_a_sector(tmp_path: Path) -> None:
    shares = read_study(made_up(tmp_path)).stories[0].shares
    moved = (shares[0].model_copy(update={"monthly": tuple(reversed(shares[0].monthly))}), *shares[1:])
    wish = [Preference(kind="group", key="Health Care", weight=0.5)]
    assert np.array_equal(weighed(wish, 0.0, shares), weighed(wish, 0.0, moved))


def test_somebody_of_whom_nothing_is_known_gets_the_products_own_leaning_to_calm(tmp_path: Path) -> None:
    shares = read_study(made_up(tmp_path)).stories[0].shares
    found = scores(InvestorProfile(), shares)
    assert np.array_equal(np.argsort(found), np.argsort(traits(shares)["calm"]))


def test_rank_correlations_of_all_orders_of_four_average_to_nothing() -> None:
    gold = (1, 2, 3, 4)
    rhos = [spearman([float(x) for x in order], gold) for order in itertools.permutations(range(4))]
    taus = [kendall([float(x) for x in order], gold) for order in itertools.permutations(range(4))]
    assert sum(r for r in rhos if r is not None) == pytest.approx(0.0, abs=1e-12)
    assert sum(t for t in taus if t is not None) == pytest.approx(0.0, abs=1e-12)
    assert np.var([r for r in rhos if r is not None]) == pytest.approx(1.0 / 3.0)
    assert spearman([4.0, 3.0, 2.0, 1.0], gold) == pytest.approx(1.0)
    assert spearman([1.0, 1.0, 1.0, 1.0], gold) is None


def test_many_sessions_of_one_story_are_one_trial_of_knowing_its_shares() -> None:
    gold = dict(zip("abcd", (1, 2, 3, 4), strict=True))
    perfect = ([4.0, 3.0, 2.0, 1.0], gold, "abcd")
    one, many = by_chance({0: [perfect]}, 0), by_chance({0: [perfect] * 50}, 0)
    assert one == many == pytest.approx(1 / 24)
    assert by_chance({0: [perfect], 1: [perfect]}, 0) == pytest.approx(1 / 576)
    assert by_chance({story: [perfect] for story in range(5)}, 0) < 0.001


def test_the_study_is_whole_the_same_twice_and_opens_with_its_answer(tmp_path: Path) -> None:
    folder = made_up(tmp_path)
    result, again = (
        measure(folder, UNIVERSE, None, RULES, seed=0, draws=100, command="c", step=silent) for _ in range(2)
    )
    assert result.model_dump_json() == again.model_dump_json()
    asked = next(one for one in result.understanding if one.way == ASKED)
    assert asked.right.value == pytest.approx(2 / 3)  # health care and growth; nobody spoke of dividends
    assert asked.against_mark.value == pytest.approx(0.0)
    rho = {one.name: one.spearman.value for one in result.rankers}
    assert rho[PERSON] == pytest.approx(1.0)
    assert rho[TRUE] > 0 and rho[ASKED] > 0
    page = section(result)
    assert page.startswith("**On 3 marked conversations") and "a random order has 0" in page


@pytest.mark.slow
def test_the_real_study_gives_the_figures_of_the_page() -> None:
    if not (SHARED / RANKINGS).exists():
        pytest.skip("the shared dialogues are not on this machine: ../shared/data/dialogues/llmadvisor")
    result = measure(SHARED, UNIVERSE, None, RULES, seed=0, draws=200, command="c", step=silent)
    assert (result.conversations, result.sessions, result.golds) == (43, 59, 3)
    assert result.marks.mean.value == pytest.approx(2 / 3, abs=1e-3)
    assert result.marks.exact >= 30, "the human's mark counts the story's wishes; the rule must see that"
    asked = next(one for one in result.understanding if one.way == ASKED)
    assert asked.held_out.value > 0.5 and asked.agreement.value > 0.85
    kept = Path(__file__).parents[2] / "docs" / "evidence" / "people.json"
    told = Result.model_validate_json(kept.read_text(encoding="utf-8"))
    assert {o.name: o.spearman.value for o in told.rankers} == {o.name: o.spearman.value for o in result.rankers}
