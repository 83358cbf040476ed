"""OFX and QFX, versions 1 (SGML, leaves unclosed) and 2 (XML), read by one tolerant scanner.

Why not a library: `ofxtools`, the well-kept one, is GPL-3.0 and this house is MIT; it also refuses a whole statement
for one missing date (Fidelity writes such). `ofxparse` (MIT) has had no release since 2021. The scanner knows no
document types and expands no entities but XML's five and numbered ones: no "billion laughs" can come of a file.

Source of the tags: OFX Banking Specification 2.3, chapter 13 (investments) and 11.4 (bank statements).
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portfolio.transactions import Transaction, TransactionKind
from tools.brokerage.cells import day_of, number, plain
from tools.brokerage.layouts import Place, made
from tools.errors import DataError

MOST_TAGS = 5_000_000
DEEPEST = 60
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9_.]{0,40})(?P<empty>\s*/?)>(?P<text>[^<]*)")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,5});")

BOUGHT: dict[str, TransactionKind] = {f"BUY{what}": "buy" for what in ("STOCK", "MF", "DEBT", "OPT", "OTHER")}
SOLD: dict[str, TransactionKind] = {f"SELL{what}": "sell" for what in ("STOCK", "MF", "DEBT", "OPT", "OTHER")}
INVESTED: dict[str, TransactionKind] = {
    **BOUGHT,
    **SOLD,
    "REINVEST": "reinvest",
    "INCOME": "dividend",
    "INVEXPENSE": "fee",
    "MARGININTEREST": "fee",
    "RETOFCAP": "dividend",
    "TRANSFER": "transfer",
    "SPLIT": "split",
    "INVBANKTRAN": "transfer",
    "STMTTRN": "transfer",
}
NOT_READ = ("CLOSUREOPT", "JRNLFUND", "JRNLSEC")
_BANK: dict[str, TransactionKind] = {"INT": "interest", "DIV": "dividend", "FEE": "fee", "SRVCHG": "fee"}


@dataclass
class Node:
    """An element: its name, its own text, its children, and the line on which it begins."""

    name: str
    line: int
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.children)

    def leaf(self, name: str) -> str:
        """The text of the first element of that name within; empty where there is none."""
        return next((node.text for node in self.walk() if node.name == name), "")


@dataclass(frozen=True)
class OfxRow:
    """One transaction of the statement: what it became, or why it became nothing."""

    line: int
    text: str
    made: Transaction | None
    reason: str = ""


def looks_like_ofx(text: str) -> bool:
    return re.search(r"<OFX>", text[:20_000], re.IGNORECASE) is not None


def read_ofx(text: str, name: str) -> list[OfxRow]:
    """Every transaction of every statement in the file. Raises DataError for a file that is no OFX or is a trap."""
    root = scan(text, name)
    securities = _securities(root)
    rows: list[OfxRow] = []
    for statement in (node for node in root.walk() if node.name in ("INVSTMTRS", "STMTRS", "CCSTMTRS")):
        account, currency = statement.leaf("ACCTID"), statement.leaf("CURDEF") or "USD"
        for part in (node for node in statement.walk() if node.name in ("INVTRANLIST", "BANKTRANLIST")):
            for item in part.children:
                if item.name in ("DTSTART", "DTEND"):
                    continue
                shown = plain(" ".join(f"{n.name} {n.text}" for n in item.walk() if n.text), 160)
                try:
                    found = _transaction(item, securities, account, currency)
                    rows.append(OfxRow(item.line, shown, found))
                except ValueError as error:
                    rows.append(OfxRow(item.line, shown, None, str(error).split("\n")[0]))
    return rows


def scan(text: str, name: str) -> Node:
    """The tree of tags. Raises DataError where it is too deep, too long or declares its own entities."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise DataError(f"{name} declares a document type or entities, which no broker does", "export it again")
    root = Node("", 1)
    stack = [root]
    line, at, tags = 1, 0, 0
    for match in _TAG.finditer(text):
        line += text.count("\n", at, match.start())
        at, tags = match.start(), tags + 1
        if tags > MOST_TAGS or len(stack) > DEEPEST:
            raise DataError(f"{name} is nested too deeply or has too many tags", "export fewer years at a time")
        tag = match["name"].upper()
        if match["close"]:
            place = next((i for i in range(len(stack) - 1, 0, -1) if stack[i].name == tag), None)
            if place is not None:
                del stack[place:]
            continue
        value = _ENTITY.sub(lambda found: html.unescape(found.group()), match["text"]).strip()
        node = Node(tag, line, value)
        stack[-1].children.append(node)
        # A leaf has text and may stay unclosed; an aggregate has none and is closed by its tag or its parent's.
        if not value and "/" not in match["empty"]:
            stack.append(node)
    if not any(node.name == "OFX" for node in root.children):
        raise DataError(f"{name} is not an OFX file", "export OFX or QFX from the broker's download page")
    return root


def _securities(root: Node) -> dict[str, str]:
    """Unique id -> ticker, from the file's list of securities."""
    out: dict[str, str] = {}
    for info in (node for node in root.walk() if node.name == "SECINFO"):
        ticker = info.leaf("TICKER").strip().upper()
        if ticker:
            out[info.leaf("UNIQUEID")] = ticker
    return out


def _transaction(item: Node, securities: dict[str, str], account: str, currency: str) -> Transaction:
    kind = INVESTED.get(item.name)
    if kind is None:
        known = item.name in NOT_READ
        raise ValueError(f"{item.name} {'is not read here' if known else 'is no transaction that OFX names'}")
    unique = item.leaf("UNIQUEID").strip()
    ticker = securities.get(unique, "")
    note = " ".join(part for part in (item.leaf("NAME"), item.leaf("MEMO")) if part)
    if item.name in ("INVBANKTRAN", "STMTTRN"):
        return made(
            Place(item.line, False),
            _BANK.get(item.leaf("TRNTYPE").strip().upper(), "transfer"),
            day=_day(item.leaf("DTPOSTED")),
            symbol="",
            units=None,
            price=None,
            amount=_figure(item, "TRNAMT"),
            fees=0.0,
            account=account,
            currency=item.leaf("CURSYM") or currency,
            note=note,
        )
    if item.name == "INCOME" and item.leaf("INCOMETYPE").strip().upper() == "INTEREST":
        kind = "interest"
    units, total = _figure(item, "UNITS"), _figure(item, "TOTAL")
    if kind == "transfer" and units is not None:
        units = -abs(units) if item.leaf("TFERACTION").strip().upper() == "OUT" else abs(units)
    if kind == "split":
        before, after = _figure(item, "OLDUNITS"), _figure(item, "NEWUNITS")
        units = None if before is None or after is None else after - before
    fees = sum(abs(_figure(item, name) or 0.0) for name in ("COMMISSION", "FEES", "TAXES", "LOAD"))
    symbol = ticker if ticker and ticker != unique else ""
    found = made(
        Place(item.line, False),
        kind,
        day=_day(item.leaf("DTTRADE")),
        symbol=symbol or unique,
        units=units,
        price=_figure(item, "UNITPRICE") or None,
        amount=None if kind in ("transfer", "split") and not total else total,
        fees=fees,
        account=account,
        currency=item.leaf("CURSYM") or currency,
        note=note,
        instrument="option" if item.name.endswith("OPT") else "debt" if item.name.endswith("DEBT") else None,
    )
    return found if not symbol else found.model_copy(update={"cusip": _cusip(unique)})


def _cusip(unique: str) -> str | None:
    return unique if re.fullmatch(r"[0-9A-Z]{9}", unique) else None


def _figure(item: Node, name: str) -> float | None:
    return number(item.leaf(name))


def _day(text: str) -> str:
    """ "20230106160000.000[-5:EST]" -> "20230106": the broker's own day, whatever its zone."""
    found = re.match(r"\d{8}", text.strip())
    if found is None:
        raise ValueError("it has no date")
    return day_of(found.group()).isoformat()
