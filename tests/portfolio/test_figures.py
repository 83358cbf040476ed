"""Figures are read as people write them, and a claim's figures must stand in what it cites."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.figures import figures_in, unsupported


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,250.50", "1250.5"),
        ("$1.25 billion", "1250000000"),
        ("(12)", "-12"),
        ("-3.4 %", "-3.4"),
        ("$(561) million", "561000000"),
        (".5 percent", "0.5"),
        ("2,500 mn", "2500000000"),
    ],
)
def test_a_figure_is_read_as_it_is_written(text: str, value: str) -> None:
    assert [abs(figure.value) for figure in figures_in(text)] == [abs(Decimal(value))]


def test_figures_in_brackets_and_with_a_minus_are_negative() -> None:
    assert [figure.value for figure in figures_in("(12) and -7 and (see 9)")] == [-12, -7, 9]


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("sales of $1.25 billion", "Net sales were $1,250.5 million."),
        ("sales of $1.25 billion", "(in millions) Net sales 1,250.5 1,100.0"),
        ("capital spending of 4.6 billion", "Capital spending (4,625) (4,240)"),
        ("a loss of 12", "Net loss (12)"),
        ("margin rose to 40.1 %", "margin was 40.12 percent"),
        ("1250.5", "1,250.50"),
        ("no figure at all", ""),
    ],
)
def test_a_figure_is_supported_up_to_the_rounding_in_which_it_is_stated(claim: str, passage: str) -> None:
    assert unsupported(claim, [passage]) == ()


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("up 13 %", "up 12 %"),
        ("up 12.4 %", "up 12 %"),
        ("sales of 5 billion", "sales of 5 million"),
        ("sales of 12", "sales of 12,000"),
        ("1.26 billion", "1,250.5 million"),
        ("125", "1250"),
    ],
)
def test_another_figure_supports_nothing(claim: str, passage: str) -> None:
    assert len(unsupported(claim, [passage])) == 1


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_figure_supports_itself_with_or_without_commas(number: Decimal) -> None:
    assert unsupported(f"it was {number}", [f"it was {number:,}"]) == ()
