"""What the client owns already, and where it stands for tax."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence
from datetime import date

from agents.profiler.claims import Claim
from agents.profiler.context import after, before, is_client, is_supposed, usable
from agents.profiler.quantities import Quantity, number
from agents.profiler.targets import targets
from agents.profiler.text import Message
from portfolio.profile import Holding, Lot, TaxStatus
from portfolio.universe import Universe

_SHARES = re.compile(
    r"\b(?P<n>\d[\d,]*(?:\.\d+)?) (?:(?P<word>shares?|stocks?|units?)(?: (?:of|in))?|(?=[a-z&-]+ (?:shares?|stocks?)\b))"
)
_BOUGHT = re.compile(
    r"\b(?:bought|purchased|acquired|got|from|since|picked up|vested|in)\b[^.;]{0,24}?\b(?:(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* )?(?P<year>19[89]\d|20[0-4]\d)\b"
)
_COST = re.compile(
    r"(?:for|at|@|paid|cost(?: basis)?(?: of| is)?)\s?(?:about |around )?(?:us\$|\$|£|€|₹)?\s?(?P<p>\d[\d,]*(?:\.\d+)?k?)\b(?!%)\s?(?:dollars |pounds )?(?P<each>each|apiece|a share|per share|a piece|/share|a pop|a unit)?"
)
_PAID = re.compile(rf"(?=\b(?:bought|purchased|acquired|paid|cost)\b)[^.;]{{0,30}}?(?:{_COST.pattern})")
_OWN = re.compile(
    r"\b(?:own|have|hold|holding|got|sitting on|bought|holds|invested|already in|position in|stuck with|inherited)\b"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LAST_DAY = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_DEFERRED = r"(?:traditional ira|rollover ira|sep ira|simple ira|401\s?\(?k\)?s?|403\s?\(?b\)?|457\s?\(?b\)?|\bira\b|sipp|rrsp|superannuation|\bsuper\b(?= (?:fund|account))|\btsp\b|nps\b|workplace pension|pension account|personal pension|epf|ppf)"
_FREE = r"(?:roth(?: ira| 401k)?|\bisas?\b|stocks and shares isa|tfsa|\bhsa\b|529 plan|tax[- ]free account)"
_TAXABLE = r"(?:taxable(?: brokerage)?(?: account)?|brokerage account|general investment account|\bgia\b|trading account|regular account|normal account|demat account|outside (?:of )?(?:an?|my) (?:isa|ira|401k|pension)|robinhood)"
_APART = re.compile(
    r"\b(?:max(?:ed|ing)?(?: out)?|already (?:have|contribute|pay|put|got)|separate|also have|besides|aside from|in addition to|contribut\w+ to|apart from|pay into|not in|not an?|outside|used up|full|employer|besides my|match)\b[^,.;]{0,30}$"
)
_COUNTRIES = {
    "united states": r"united states|\busa\b|\bu\.s\.?a?\b|\bamerica\b|\bamerican\b|\bthe us\b|\bin us\b|california|texas|new york|florida|chicago|boston|seattle|\bus (?:citizen|resident|taxpayer|person)",
    "united kingdom": r"united kingdom|\bu\.?k\.?\b|britain|\bbritish\b|england|scotland|wales|london|manchester|leeds|glasgow",
    "india": r"\bindia\b|\bindian (?:citizen|resident|taxpayer)|mumbai|bangalore|bengaluru|delhi|pune|hyderabad|chennai",
    "canada": r"\bcanada\b|\bcanadian\b|toronto|vancouver",
    "australia": r"\baustralia\b|\baustralian\b|sydney|melbourne",
    "germany": r"\bgermany\b|\bgerman\b|berlin|munich", "france": r"\bfrance\b|\bparis\b", "ireland": r"\bireland\b|dublin",
    "singapore": r"\bsingapore\b", "netherlands": r"\bnetherlands\b|\bdutch\b|amsterdam", "spain": r"\bspain\b|madrid", "italy": r"\bitaly\b",
    "switzerland": r"\bswitzerland\b|\bswiss\b|zurich", "new zealand": r"new zealand|auckland", "south africa": r"south africa|johannesburg",
    "indonesia": r"\bindonesia\b|jakarta", "united arab emirates": r"\bdubai\b|\buae\b|abu dhabi", "japan": r"\bjapan\b|tokyo", "hong kong": r"hong kong",
    "nigeria": r"\bnigeria\b|lagos", "brazil": r"\bbrazil\b", "mexico": r"\bmexico\b",
}  # fmt: skip
_LIVE = re.compile(
    r"\b(?:live|living|based|reside|resident|citizen|taxpayer|tax resident|moved to|work in|i am (?:a |an )?|we are |here in|from|i am in|pay tax(?:es)? in|expat in|teacher in|engineer in|nurse in|retired in|national)\b"
)
_BRACKET = re.compile(
    r"\b(?P<a>\d{1,2}(?:\.\d+)?)\s?(?:%|percent)\s?(?:marginal |federal |income )?(?:tax(?:payer)?|bracket|marginal)|\b(?:tax (?:rate|bracket)|marginal (?:tax )?rate|bracket|tax(?:ed)? at|pay)(?: is| of| at|:)?(?: about| around)? (?P<b>\d{1,2}(?:\.\d+)?)\s?(?:%|percent)(?= (?:tax|income|marginal)|[\s,.;]|$)(?! (?:interest|on my (?:loan|mortgage|debt)|apr|into|of))"
)
_UK_BANDS = {
    "higher rate tax": 0.40,
    "higher-rate tax": 0.40,
    "basic rate tax": 0.20,
    "basic-rate tax": 0.20,
    "additional rate tax": 0.45,
    "additional-rate tax": 0.45,
}


def holdings(message: Message, found: Sequence[Quantity], universe: Universe, today: date) -> Iterator[Claim]:
    """Claims on "holdings": shares by number (with a lot where bought when or for what was said) or by value."""
    for m in _SHARES.finditer(message.norm):
        sentence = message.sentence_at(m.start())
        text = message.norm[sentence.start : sentence.end]
        near = [t for t in targets(message, m.end(), min(m.end() + 45, sentence.end), universe) if t.kind == "symbol"]
        if (
            not near
            or not is_client(message, m.start())
            or is_supposed(message, m.start())
            or message.clause_at(m.start()).injected
        ):
            continue
        lead = before(message, m.start(), 40)
        if re.search(
            r"\b(?:want to|would like to|should i|plan to|thinking of|going to|let me|please|to) (?:buy|own|get|have|sell)\b",
            lead,
        ):
            continue
        quantity = number(m["n"])
        if quantity <= 0:
            continue
        stop = _next_shares(message, m.end(), sentence.end)
        lot = _lot(message.norm[near[0].end : stop], quantity, today)
        holding = Holding(symbol=near[0].key, quantity=quantity, lots=(lot,) if lot else ())
        end = stop if lot else near[0].end
        confidence = 0.9 if _OWN.search(text) else 0.75
        yield Claim(
            "holdings", holding, confidence, message.quote(m.start(), end), message.turn, m.start(), key=holding.symbol
        )
    for q in found:
        if q.kind != "money" or q.per or not usable(message, q.start):
            continue
        tail = after(message, q.end, 40)
        into = re.match(r"\s?(?:worth of|worth|in|of|invested in|sitting in|tied up in)\s(?:my |the |some )?", tail)
        lead = before(message, q.start, 40)
        if (
            not into
            or re.search(
                r"\b(?:want|would like|put|invest|should|like to|lost|lose|made|at most|max|limit|buy|no more than)\b[^,;]*$",
                lead,
            )
            or not _OWN.search(lead + tail[:14])
        ):
            continue
        near = [
            t
            for t in targets(message, q.end, q.end + 40, universe)
            if t.kind == "symbol" and t.start - q.end <= into.end() + 2
        ]
        if near:
            holding = Holding(symbol=near[0].key, value=q.value)
            yield Claim(
                "holdings",
                holding,
                0.85,
                message.quote(q.start, near[0].end),
                message.turn,
                q.start,
                key=holding.symbol,
            )


def costs_without_shares(claims: Sequence[Claim], messages: Sequence[Message]) -> Iterator[str]:
    """A sentence for each position told by its value whose price was told too: a lot needs the number of shares."""
    owned = [claim for claim in claims if isinstance(claim.value, Holding)]
    for claim in owned:
        message = messages[claim.turn]
        later = [c.position for c in owned if c.turn == claim.turn and c.position > claim.position]
        stop = min([message.sentence_at(claim.position).end, *later])
        paid = _PAID.search(message.norm, claim.position, stop)
        if isinstance(claim.value, Holding) and claim.value.quantity is None and paid is not None:
            words = message.quote(paid.start(), paid.end())
            yield f'What you paid for {claim.value.symbol} ("{words}") counts only with a number of shares: say how many you hold.'


def _next_shares(message: Message, start: int, end: int) -> int:
    following = _SHARES.search(message.norm, start, end)
    return following.start() if following else end


def _lot(text: str, quantity: float, today: date) -> Lot | None:
    """The lot in the words behind the shares. Only a year: its last day, so that no gain is called long-term early."""
    bought, cost = _BOUGHT.search(text), _COST.search(text)
    if bought is None and cost is None:
        return None
    acquired = None
    if bought is not None:
        month = _MONTHS.index(bought["month"]) + 1 if bought["month"] else 12
        acquired = min(date(int(bought["year"]), month, _LAST_DAY[month - 1]), today)
    basis = None
    if cost is not None:
        raw = cost["p"]
        price = number(raw.rstrip("k")) * (1000 if raw.endswith("k") else 1)
        # "50 shares for $40": a total below one per share is no price of a share, so it is the price of each.
        each = bool(cost["each"]) or cost.group().startswith(("at", "@")) or price / quantity < 1
        if not (1980 <= price <= 2100 and price.is_integer() and "$" not in cost.group()):
            basis = price * quantity if each else price
    return None if acquired is None and basis is None else Lot(acquired=acquired, quantity=quantity, cost_basis=basis)


def tax(message: Message) -> Iterator[Claim]:  # noqa: PLR0912 - one rule a line
    """Claims on "tax_status", each with the one fact that it found; they are joined later."""
    for kind, pattern in (("tax_free", _FREE), ("tax_deferred", _DEFERRED), ("taxable", _TAXABLE)):
        for m in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w])", message.norm):
            lead = before(message, m.start(), 50, clause=True)
            spent = re.match(
                r"\s(?:is|are|already|has been)?\s?(?:maxed|full|used up|separate)",
                message.norm[m.end() : m.end() + 24],
            )
            if (
                spent
                or not usable(message, m.start(), questions=True)
                or _APART.search(lead)
                or re.search(r"roth\s?$", lead)
            ):
                continue
            if re.match(r"non[- ]", message.norm[max(0, m.start() - 4) : m.start()]):
                continue
            where = re.search(
                r"\b(?:in|into|inside|through|via|within|with|from|use|using|open(?:ed|ing)?|have|account is|it is|is)\s(?:an? |my |our |the |this |existing |old |new |\w+ )?$",
                lead,
            )
            status = TaxStatus.model_validate({"account": kind})
            yield Claim(
                "tax_status",
                status,
                0.85 if where else 0.6,
                message.clause_quote(m.start(), m.end()),
                message.turn,
                m.start(),
                key="account",
            )
    for filing, pattern in (
        ("married_joint", r"\b(?:married )?fil(?:e|ing|es) (?:taxes )?joint(?:ly)?|\bmfj\b|\bjoint (?:filers?|return)"),
        ("married_separate", r"\bmarried,? fil(?:e|ing) separate(?:ly)?|\bfil(?:e|ing) separate(?:ly)?|\bmfs\b"),
        ("head_of_household", r"\bhead of (?:the )?household\b"),
        ("single", r"\bsingle filer\b|\bfil(?:e|ing) (?:as )?single\b|\bfile (?:my )?taxes (?:as )?single"),
    ):
        for m in re.finditer(pattern, message.norm):
            if usable(message, m.start()):
                yield Claim(
                    "tax_status",
                    TaxStatus.model_validate({"filing": filing}),
                    0.9,
                    message.clause_quote(m.start(), m.end()),
                    message.turn,
                    m.start(),
                    key="filing",
                )
    for m in _BRACKET.finditer(message.norm):
        if usable(message, m.start()):
            rate = float(m["a"] or m["b"]) / 100
            yield Claim(
                "tax_status",
                TaxStatus(marginal_rate=rate),
                0.9,
                message.clause_quote(m.start(), m.end()),
                message.turn,
                m.start(),
                key="marginal_rate",
            )
    for words, rate in _UK_BANDS.items():
        at = message.norm.find(words)
        if at >= 0 and usable(message, at):
            yield Claim(
                "tax_status",
                TaxStatus(marginal_rate=rate),
                0.75,
                message.clause_quote(at, at + len(words)),
                message.turn,
                at,
                key="marginal_rate",
            )
    for country, pattern in _COUNTRIES.items():
        for m in re.finditer(pattern, message.norm):
            lead = before(message, m.start(), 30, clause=True)
            around = lead + m.group() + after(message, m.end(), 16)
            alone = message.norm[message.clause_at(m.start()).start : message.clause_at(m.start()).end].strip(
                " .,"
            ) == m.group() or lead.endswith(("/", "account in ", "home in ", "house in ", "job in "))
            if (
                usable(message, m.start())
                and (alone or _LIVE.search(around))
                and not re.search(r"\b(?:no|not|avoid|stocks|shares|invest\w*)\b", around)
            ):
                yield Claim(
                    "tax_status",
                    TaxStatus(country=country),
                    0.75,
                    message.clause_quote(m.start(), m.end()),
                    message.turn,
                    m.start(),
                    key="country",
                )
                break
