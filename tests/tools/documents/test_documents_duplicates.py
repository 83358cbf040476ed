"""Near-copies of news: the earliest stands for them, and later ones change nothing before them."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.views import Evidence
from tools.documents.duplicates import near_copies

FIRST = date(2022, 3, 1)
STORY = "Apple raises its outlook for iPhone sales after a record quarter in China"


def _news(name: str, day: int, text: str) -> Evidence:
    return Evidence(id=name, source="wire", published=FIRST + timedelta(days=day), kind="news", text=text, hash="0")


def test_the_earliest_publication_stands_for_its_copies() -> None:
    items = [_news("c", 2, STORY + " - report"), _news("b", 1, STORY.upper()), _news("z", 0, STORY)]
    assert near_copies(items) == {"z": ("b", "c")}


def test_another_story_and_a_repeat_after_a_week_are_kept() -> None:
    items = [_news("c", 9, STORY), _news("b", 1, "Apple is sued over its fees"), _news("a", 0, STORY)]
    assert near_copies(items) == {"c": (), "b": (), "a": ()}


def test_the_same_words_about_another_country_are_another_story() -> None:
    items = [
        _news("a", 0, "Fiji suspends Boeing 737 MAX flights"),
        _news("b", 0, "Oman suspends Boeing 737 MAX flights"),
    ]
    assert len(near_copies(items)) == 2


def test_texts_without_a_word_are_no_copies_of_each_other() -> None:
    assert len(near_copies([_news("a", 0, "!"), _news("b", 0, "?")])) == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([STORY, STORY + " now", "Oil falls", "Oil falls again"])),
        max_size=9,
    ),
    st.integers(0, 12),
)
@settings(deadline=None, derandomize=True)
def test_later_news_changes_no_earlier_story_and_order_changes_nothing(told: list[tuple[int, str]], until: int) -> None:
    items = [_news(f"n{i}", day, text) for i, (day, text) in enumerate(told)]
    known = [item for item in items if item.published <= FIRST + timedelta(days=until)]
    names = {item.id for item in known}
    later = near_copies(items)
    assert {k: tuple(c for c in v if c in names) for k, v in later.items() if k in names} == near_copies(known)
    assert near_copies(items[::-1]) == later
