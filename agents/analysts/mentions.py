"""Which assets a piece of news speaks of, when its source does not say."""

import re
from collections.abc import Sequence

from portfolio.universe import Asset, Universe
from portfolio.views import Evidence

_LEGAL_FORM = re.compile(
    r",?\s+(?:inc|corp|corporation|co|company|companies|plc|ltd|limited|llc|lp|nv|sa|se|ag|holdings?|group|the)\.?$",
    re.I,
)
_SHORTEST_NAME = 4
_MANY = 3
"""News that names more assets than this is a list, not news on any of them."""


def by_symbol(evidence: Sequence[Evidence], universe: Universe) -> dict[str, list[Evidence]]:
    """Evidence under each asset that it speaks of, in the order given; what speaks of none is left out.

    A stated symbol decides. Otherwise an asset is meant by its cashtag ($AAPL), its exchange symbol ((AAPL),
    NYSE: AAPL), or its name in the very letters of the universe without the legal form ("Bank of America").
    """
    patterns = {asset.symbol: _pattern(asset) for asset in universe.assets}
    out: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.symbol is not None:
            named = [item.symbol] if item.symbol in patterns else []
        else:
            named = [symbol for symbol, pattern in patterns.items() if pattern.search(item.text)]
            named = named if len(named) <= _MANY else []
        for symbol in named:
            out.setdefault(symbol, []).append(item)
    return out


def _pattern(asset: Asset) -> re.Pattern[str]:
    symbol = re.escape(asset.symbol)
    forms = [rf"\${symbol}\b", rf"\((?:[A-Za-z ]+:\s?)?{symbol}\)", rf"\b(?:NYSE|NASDAQ|Nasdaq):\s?{symbol}\b"]
    name = asset.name.strip()
    while (shorter := _LEGAL_FORM.sub("", name)) != name:
        name = shorter
    if len(name) >= _SHORTEST_NAME and name.upper() != asset.symbol:
        forms.append(rf"\b{re.escape(name)}\b")
    return re.compile("|".join(forms))
