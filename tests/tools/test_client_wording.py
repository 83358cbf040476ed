"""A client reads their own words' figures in the units that people use, with names spelt as names are."""

from datetime import date

import pytest

from portfolio.mandate import Limit
from portfolio.profile import Exclusion, Goal, GoalKind, InvestorProfile, Preference, RiskBand, Stated, TaxStatus
from portfolio.suitability import mandate_from_profile
from tools.market.bundled import load_bundled
from tools.wording import age_of_prices, bill_rate, limit_name, span, understood, unsaid

SOURCE = "one-month US Treasury bill, Fama/French, monthly, 1926-07 to 2018-11 (package arch)"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("horizon", 1 / 12, "1 month"),
        ("horizon", 0.5, "6 months"),
        ("horizon", 26, "26 years"),
        ("tax_status", TaxStatus(marginal_rate=0.32), "marginal rate 32 %"),
        ("tax_status", TaxStatus(account="tax_free", country="UK"), "tax-free account, UK"),
        ("goals", (Goal(kind=GoalKind.HOUSE, years=0.25, amount=60_000),), "house in 3 months, 60,000"),
        ("exclusions", tuple(Exclusion(kind="theme", key=key) for key in ("china", "esg", "fossil_fuels")),
         "no China; no ESG; no fossil fuels"),
        ("preferences", (Preference(kind="theme", key="china", max_weight=0.1),), "China, at most 10 %"),
        ("exclusions", (Exclusion(kind="group", key="Health Care"),), "no Health Care"),
    ],
)  # fmt: skip
def test_a_fact_is_told_as_a_person_would(field: str, value: object, words: str) -> None:
    assert understood(field, value) == words


def test_the_cap_on_cvar_is_spelt_alike_in_the_mandate_and_among_the_limits_that_bind() -> None:
    assert limit_name("cvar_cap") == "CVaR cap" and limit_name("volatility_cap") == "volatility cap"


def test_every_limit_that_is_what_it_is_for_want_of_a_fact_names_the_fact() -> None:
    mandate = mandate_from_profile(InvestorProfile(), load_bundled().universe)
    limits = [limit for name in type(mandate).model_fields if isinstance(limit := getattr(mandate, name), Limit)]
    wanting = {unsaid(limit.reason) for limit in limits if "ou have not said" in limit.reason}
    assert wanting == {"risk_tolerance", "experience", "liquidity_need"}
    band = Stated[RiskBand](value=RiskBand.AGGRESSIVE, confidence=1.0, quote="YOLO")
    bold = mandate_from_profile(InvestorProfile(risk_tolerance=band), load_bundled().universe)
    assert unsaid(bold.risk_asset_cap.reason) == "horizon"
    assert unsaid(bold.volatility_cap.reason) == "capacity"


def test_a_limit_that_the_clients_words_set_wants_nothing() -> None:
    assert unsaid('You said "I have not said": 5 years carry at most 60 % in risky assets.') is None


def test_prices_are_old_after_thirty_days() -> None:
    assert age_of_prices(date(2022, 12, 28), date(2023, 1, 27)) is None
    assert age_of_prices(date(2022, 12, 28), date(2023, 1, 28)) == "1 month"
    assert age_of_prices(date(2022, 12, 28), date(2026, 11, 21)) == "3.9 years"
    assert span(1.0) == "1 year" and span(0.97) == "1 year" and span(0.01) == "less than a month"


def test_the_bill_rate_is_told_to_its_last_day_and_unknown_after_it() -> None:
    name = "one-month US Treasury bill, Fama/French (package arch)"
    told = bill_rate(SOURCE, date(2018, 11, 30), date(2022, 12, 28))
    assert told == f"{name}: known to 2018-11, unknown on 2022-12-28"
    assert bill_rate(SOURCE, date(2010, 5, 6), date(2010, 5, 6), 0.0012) == f"{name}: 0.12 % a year on 2010-05-06"
    assert bill_rate(None, None, date(2020, 1, 8)).startswith("none in this data")
    assert bill_rate("BIL", None, date(2020, 1, 8)) == "BIL: unknown up to 2020-01-08"
