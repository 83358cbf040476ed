"""Four shares put in order for one client: a score that can be worked out by hand.

score(share) = LEANING_RANGE x sum over wishes of weight x trait + CALM_RANGE x (share of capital preservation) x calm

The two ranges are the product's own (`rl.baseline`): the same by which its equal-weight baseline leans to what a
client likes and to calm assets. A trait says how far a share is what a wish asks for:

| wish | trait | from |
| --- | --- | --- |
| a sector, a theme, a company | 1 where the share matches, else 0 | sector, industry, name |
| `dividends` | 1 where the descriptor speaks of a dividend of its own, else 0 | text of the earnings call |
| `growth` | rank of the year's price change among the shares, from -1 to 1 | monthly prices |
| `value` | minus `growth`: the descriptor holds no book value, and what rose least is the cheaper beside last year's | monthly prices |
| `cyclical` | 1 in a cyclical sector, 0 in a sensitive, -1 in a defensive one (Morningstar's three super sectors) | sector |
| `low_volatility` | mean of minus `cyclical` and calm | sector, prices |

Calm is the house's own measure (`rl.baseline.calmness`) of the monthly prices' volatility. An exclusion is a wish of
weight -1. Nothing is fitted; what the descriptor does not say is 0, for a wish and against it alike.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import numpy as np

from lab.people.data import Share
from portfolio.intent import objective_mix
from portfolio.market import Floats
from portfolio.matching import matching
from portfolio.profile import InvestorProfile, Objective, Preference
from portfolio.themes import SYNONYMS
from portfolio.universe import Asset, Universe
from rl.baseline import CALM_RANGE, LEANING_RANGE, calmness

CYCLICAL: Mapping[str, float] = MappingProxyType(
    {
        "Basic Materials": 1.0,
        "Consumer Cyclical": 1.0,
        "Financial Services": 1.0,
        "Real Estate": 1.0,
        "Communication Services": 0.0,
        "Energy": 0.0,
        "Industrials": 0.0,
        "Technology": 0.0,
        "Consumer Defensive": -1.0,
        "Healthcare": -1.0,
        "Utilities": -1.0,
    }
)
"""Morningstar's global equity classification: 1 cyclical, 0 sensitive, -1 defensive."""
GICS: Mapping[str, str] = MappingProxyType(
    {
        "Basic Materials": "Materials",
        "Consumer Cyclical": "Consumer Discretionary",
        "Consumer Defensive": "Consumer Staples",
        "Financial Services": "Financials",
        "Healthcare": "Health Care",
    }
)
"""Morningstar's name of a sector -> the product's, where they differ."""
EXCLUDED = -1.0
_DIVIDEND = re.compile(r"\bdividends?\b", re.IGNORECASE)
_YEAR_END = date(2023, 12, 31)
"""The study is set on this day; the descriptors hold nothing later."""


def universe_of(shares: Sequence[Share]) -> Universe:
    """The shares as the product knows assets; an industry that is a theme ("Tobacco") becomes its tag."""
    assets = tuple(
        Asset(
            symbol=share.symbol,
            name=share.name.strip(),
            asset_class="share",
            group=GICS.get(share.sector, share.sector),
            tags=tuple(
                theme
                for theme, words in SYNONYMS.items()
                if {word.lower() for word in re.split(r"[\s&-]+", share.industry)} & {w for w in words if " " not in w}
            ),
            first_date=_YEAR_END,
            last_date=_YEAR_END,
        )
        for share in shares
    )
    return Universe(name="the study's shares", assets=assets)


def scores(profile: InvestorProfile, shares: Sequence[Share]) -> Floats:
    """(N,) what each share is worth to the client; equal scores are a tie."""
    preferences = [wish for wish in profile.preferences.value if wish.weight] if profile.preferences else []
    struck = [
        Preference(kind=item.kind, key=item.key, weight=EXCLUDED)
        for item in (profile.exclusions.value if profile.exclusions else ())
    ]
    return weighed((*preferences, *struck), objective_mix(profile)[Objective.CAPITAL_PRESERVATION], shares)


def weighed(wishes: Sequence[Preference], preservation: float, shares: Sequence[Share]) -> Floats:
    """(N,) the module's formula. `preservation` is the share of the objectives that is preserving capital."""
    universe = universe_of(shares)
    known = traits(shares)
    total = CALM_RANGE * preservation * known["calm"]
    for wish in wishes:
        trait = known.get(wish.key) if wish.kind == "theme" else None
        if trait is None:
            found = matching(universe, wish.kind, wish.key)
            trait = np.array([float(symbol in found) for symbol in universe.symbols])
        total = total + LEANING_RANGE * wish.weight * trait
    return np.asarray(total, dtype=np.float64)


def traits(shares: Sequence[Share]) -> dict[str, Floats]:
    """Trait -> (N,) in [-1, 1], in the shares' order. See the module's table."""
    prices = np.array([share.monthly for share in shares])
    growth = _spread(prices[:, -1] / prices[:, 0] - 1.0)
    moves = np.diff(np.log(prices), axis=1)
    calm = calmness(np.diag(moves.var(axis=1, ddof=1)), np.ones(len(shares), dtype=np.bool_))
    cyclical = np.array([CYCLICAL.get(share.sector, 0.0) for share in shares])
    return {
        "dividends": np.array([float(_DIVIDEND.search(share.earnings) is not None) for share in shares]),
        "growth": growth,
        "value": -growth,
        "cyclical": cyclical,
        "low_volatility": (calm - cyclical) / 2.0,
        "calm": calm,
    }


def _spread(values: Floats) -> Floats:
    """(N,) ranks spread evenly from -1 (the smallest) to 1; equal values share their mean rank."""
    from scipy.stats import rankdata

    if len(values) < 2:
        return np.zeros(len(values))
    ranks = np.asarray(rankdata(values), dtype=np.float64)
    return 2.0 * (ranks - 1.0) / (len(values) - 1.0) - 1.0
