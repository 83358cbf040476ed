"""Does the client speak of money that is not the market's? Read from their words alone; no profile field keeps it."""

import re
from collections.abc import Sequence

from portfolio.universe import Universe

_SCALE = r"(?:\s?(?:k|m|mn|thousand|grand|hundred|million|lakhs?|lacs?|crores?)\b)*"
_NUMBER = rf"\d[\d,. ]{{0,20}}{_SCALE}\s?"

_MONEY: tuple[tuple[str, str, str, str], ...] = (
    # code, name in the plural, signs (regular expression), words (regular expression)
    ("USD", "dollars", r"US\s?\$|(?<![A-Za-z])\$", r"(?:us )?dollars?|usd|bucks"),
    ("GBP", "pounds", r"£", r"pounds?(?: sterling)?|sterling|gbp|quid"),
    ("EUR", "euros", r"€", r"euros?|eur"),
    ("CHF", "Swiss francs", r"(?<!\w)S?Fr\.?(?=\s?\d)", r"(?:swiss )?francs?|chf"),
    ("INR", "rupees", r"₹|(?<!\w)Rs\.?(?=\s?\d)", r"(?:indian )?rupees?|inr"),
    ("JPY", "yen", r"¥", r"yen|jpy"),
    ("CNY", "yuan", r"(?!)", r"yuan|renminbi|rmb|cny"),
    ("IDR", "rupiah", r"(?<!\w)Rp\.?(?=\s?\d)", r"rupiahs?|idr"),
    ("CAD", "Canadian dollars", r"(?<!\w)(?:CA|C)\$", r"canadian dollars?|cad"),
    ("AUD", "Australian dollars", r"(?<!\w)(?:AU|A)\$", r"(?:australian|aussie) dollars?|aud"),
    ("NZD", "New Zealand dollars", r"(?<!\w)NZ\$", r"new zealand dollars?|nzd"),
    ("SGD", "Singapore dollars", r"(?<!\w)S\$", r"singapore dollars?|sgd"),
    ("HKD", "Hong Kong dollars", r"(?<!\w)HK\$", r"hong kong dollars?|hkd"),
    ("SEK", "Swedish kronor", r"(?!)", r"(?:swedish )?kronor|sek"),
    ("NOK", "Norwegian kroner", r"(?!)", r"norwegian kroner|nok"),
    ("DKK", "Danish kroner", r"(?!)", r"danish kroner|dkk"),
    ("PLN", "zloty", r"(?!)", r"zloty(?:s|ch)?|pln"),
    ("BRL", "reais", r"(?<!\w)R\$", r"reais|brl"),
    ("MXN", "pesos", r"(?!)", r"(?:mexican )?pesos?|mxn"),
    ("ZAR", "rand", r"(?!)", r"rands?|zar"),
    ("KRW", "won", r"₩", r"korean won|krw"),
    ("AED", "dirhams", r"(?!)", r"dirhams?|aed"),
)
_NAMES = {code: name for code, name, _, _ in _MONEY}
_OTHER_DOLLAR = r"(?:canadian|australian|aussie|new zealand|singapore|hong kong) "
"""A dollar with another country before it is not the American one."""
_WEIGHED = r"(?! (?:lighter|heavier|overweight|of (?!my|our|savings|cash|money|capital)))"
"""A pound may be one of weight."""


def currencies_named(messages: Sequence[str]) -> tuple[str, ...]:
    """ISO codes of the currencies in which the client speaks of money, in the order of the table above.

    A word counts beside a number ("20,000 pounds", "EUR 500") or as what something is in ("my money is in euros"), a
    sign counts always, so that "no pound-cake makers" names no money.
    """
    found = []
    for code, _, sign, words in _MONEY:
        own = rf"(?<!\w)(?:{words})(?!\w){_WEIGHED if code == 'GBP' else ''}"
        told = rf"{sign}|(?i:{_NUMBER}{own}|{own}\s?\d|\b(?:in|of my) (?:\w+ )?{own})"
        for message in messages:
            text = re.sub(rf"(?i){_OTHER_DOLLAR}dollars?", "", message) if code == "USD" else message
            if re.search(told, text):
                found.append(code)
                break
    return tuple(found)


def currency_note(messages: Sequence[str], universe: Universe) -> str | None:
    """One sentence for a client whose money is not the assets'; None where no other currency was named."""
    held = {asset.currency for asset in universe.assets}
    foreign = [code for code in currencies_named(messages) if code not in held]
    if not foreign:
        return None
    yours = " and ".join(_NAMES[code] for code in foreign)
    theirs = " and ".join(_NAMES.get(code, code) for code in sorted(held))
    return (
        f"You named {yours}: your amounts are taken as plain numbers in that money, the assets here are priced in "
        f"{theirs}, and what exchange rates may do to you is in no figure."
    )
