"""The tables that brokers export, one entry each: the columns that give a layout away, and how a row is read.

A reader returns a transaction, or a reason why the row is none; what it cannot read is a ValueError, which becomes a
reported row. Rules were written against the sample files of beancount-import and beancount-reds-importers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from portfolio.transactions import Instrument, Transaction, TransactionKind
from tools.brokerage.cells import currency_of, day_of, last_four, number, plain, symbol_of
from tools.brokerage.records import Format

NoTrade = str
"""Why a row is understood to be no transaction."""


@dataclass(frozen=True)
class Place:
    """Where a row stands: its line, how the file writes decimals, and what the file's title says."""

    line: int
    decimal_comma: bool
    account: str = ""
    symbol: str | None = None


Reader = Callable[[Mapping[str, str], Place], Transaction | NoTrade]


@dataclass(frozen=True)
class Layout:
    format: Format
    columns: frozenset[str]
    read: Reader
    notes: tuple[str, ...] = field(default=())


_Rule = tuple[re.Pattern[str], TransactionKind]


def _rules(*pairs: tuple[str, TransactionKind]) -> tuple[_Rule, ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in pairs)


_FIDELITY = _rules(
    (r"^you bought\b", "buy"),
    (r"^you sold\b|^redemption payout\b|^redeemed\b", "sell"),
    (r"^reinvestment\b", "reinvest"),
    (r"^(?:dividend received|(?:long|short)-term cap gain|return of capital|royalty tr)\b", "dividend"),
    (r"^(?:interest earned|muni exempt int|muni taxable int|interest)\b", "interest"),
    (r"^(?:foreign tax paid|fee charged|margin interest|advisory fee|adr mngmnt fee|service charge)\b", "fee"),
    (r"^(?:transferred (?:from|to)|direct (?:debit|deposit)|electronic funds transfer|"
     r"check (?:received|paid)|wire trans|bill payment|deposit|debit card|"
     r"cash (?:contribution|advance)|journaled|contrib|partic contr|rollover)\b",
     "transfer"),
    (r"^(?:stock split|reverse split|distribution stock split)\b", "split"),
)  # fmt: skip
_SCHWAB = _rules(
    (r"^(?:buy|buy to open|buy to close)$", "buy"),
    (r"^(?:sell|sell to open|sell to close|full redemption|cash in lieu)$", "sell"),
    (r"^reinvest shares$", "reinvest"),
    (r"^(?:cash dividend|qualified dividend|non-qualified div|reinvest dividend|qual div reinvest|special dividend|"
     r"special qual div|long term cap gain|long term cap gain reinvest|short term cap gain|"
     r"short term cap gain reinvest|"
     r"pr yr (?:cash div|div reinvest|special div)|return of capital)$", "dividend"),
    (r"^(?:bank interest|credit interest|bond interest|intadjust)$", "interest"),
    (r"^(?:adr mgmt fee|service fee|margin interest|foreign tax paid|nra tax adj|misc cash entry fee)$", "fee"),
    (r"^(?:journal|moneylink (?:transfer|deposit|adj)|funds (?:received|paid)|wire (?:funds|sent|received)(?: .*)?|"
     r"security transfer|journaled shares|internal transfer|misc cash entry|check|ach|atm|deposit|transfer|visa|wire)$",
     "transfer"),
    (r"^(?:stock split|reverse split)$", "split"),
)  # fmt: skip
_PLAIN = _rules(
    (r"^(?:buy|bought|purchase)$", "buy"),
    (r"^(?:sell|sold|sale)$", "sell"),
    (r"^(?:dividend|div|distribution|capital gain)$", "dividend"),
    (r"^(?:reinvest|reinvestment|drip)$", "reinvest"),
    (r"^(?:transfer|deposit|withdrawal|transfer in|transfer out)$", "transfer"),
    (r"^(?:split|stock split)$", "split"),
    (r"^(?:fee|commission|tax)$", "fee"),
    (r"^interest$", "interest"),
)
_OPTION_SYMBOL = re.compile(r"-?[A-Z]{1,6}\s?\d{6}[CP]\d+(?:\.\d+)?|.* \d{2}/\d{2}/\d{4} \d+(?:\.\d+)? [CP]")


def _kind(action: str, rules: tuple[_Rule, ...]) -> TransactionKind:
    for pattern, kind in rules:
        if pattern.search(action.strip()):
            return kind
    raise ValueError(f"the action {plain(action, 60)!r} is none that is known here")


def made(
    place: Place,
    kind: TransactionKind,
    *,
    day: str,
    symbol: str,
    units: float | None,
    price: float | None,
    amount: float | None,
    fees: float,
    account: str,
    currency: str,
    note: str,
    instrument: Instrument | None = None,
) -> Transaction:
    """A transaction with the account's signs, whatever signs the source writes; raises ValueError where they clash."""
    ticker, cusip = symbol_of(symbol)
    bond = bool(cusip) and re.search(r"\d\.\d+%|\bBDS\b|\bTREAS", note) is not None
    option = bool(_OPTION_SYMBOL.fullmatch(symbol.strip().upper()))
    if kind in ("buy", "sell", "reinvest", "split"):
        if units is None or units == 0:
            raise ValueError(f"a {kind} without a quantity")
        units = units if kind == "split" else abs(units) if kind != "sell" else -abs(units)
    if kind in ("dividend", "interest", "fee"):
        units = None
        if amount is None:
            raise ValueError(f"a {kind} without an amount")
    if kind == "transfer" and not amount and not units:
        raise ValueError("a transfer of neither money nor units")
    wrong_way = amount is not None and units is not None and units * amount > 0 and abs(amount) > abs(fees)
    if wrong_way and kind in ("buy", "sell", "reinvest"):
        raise ValueError(f"a {kind} whose money goes the wrong way")
    return Transaction(
        day=day_of(day),
        kind=kind,
        symbol=ticker,
        cusip=cusip,
        units=units or None,
        price=price if units else None,
        amount=amount,
        fees=abs(fees),
        account=last_four(account or place.account),
        currency=currency_of(currency),
        instrument=instrument or ("option" if option else "debt" if bond else "security"),
        line=place.line,
        note=plain(note),
    )


def _sum(row: Mapping[str, str], place: Place, *names: str) -> float:
    return sum(abs(number(row.get(name, ""), place.decimal_comma) or 0.0) for name in names)


def _read_fidelity(row: Mapping[str, str], place: Place) -> Transaction | NoTrade:
    action = row["action"]
    if not action and not row.get("symbol"):
        return "not part of the table"
    return made(
        place,
        _kind(action, _FIDELITY),
        day=row["run date"],
        symbol=row.get("symbol", ""),
        units=number(row.get("quantity", "")),
        price=number(row.get("price", "")) or None,
        amount=number(row.get("amount", "")),
        fees=_sum(row, place, "commission", "fees"),
        account=row.get("account number", ""),
        currency=row.get("currency", ""),
        note=action,
    )


def _read_schwab(row: Mapping[str, str], place: Place) -> Transaction | NoTrade:
    if row["date"].lower() in ("transactions total", "total"):
        return "a total"
    return made(
        place,
        _kind(row["action"], _SCHWAB),
        day=row["date"],
        symbol=row.get("symbol", ""),
        units=number(row.get("quantity", "")),
        price=number(row.get("price", "")),
        amount=number(row.get("amount", "")),
        fees=_sum(row, place, "fees & comm"),
        account="",
        currency="",
        note=f"{row['action']} {row.get('description', '')}",
    )


def _read_schwab_bank(row: Mapping[str, str], place: Place) -> Transaction | NoTrade:
    out, came = number(row["withdrawal"]), number(row["deposit"])
    if (out is None) == (came is None):
        raise ValueError("a bank entry has either a withdrawal or a deposit")
    return made(
        place,
        _kind(row["type"], _SCHWAB),
        day=row["date"],
        symbol="",
        units=None,
        price=None,
        amount=came if out is None else -abs(out),
        fees=0.0,
        account="",
        currency="",
        note=f"{row['type']} {row.get('description', '')}",
    )


def _read_lot(row: Mapping[str, str], place: Place) -> Transaction | NoTrade:
    if row["open date"].lower() == "total":
        return "a total"
    if place.symbol is None:
        raise ValueError("the file's title does not say of which symbol these lots are")
    basis = next((value for name in ("cost basis", "transaction cb") if (value := _known(row.get(name, "")))), None)
    price = next((value for name in ("cost/share", "transaction cps") if (value := _known(row.get(name, "")))), None)
    return made(
        place,
        "buy",
        day=row["open date"],
        symbol=place.symbol,
        units=number(row["quantity"]),
        price=price,
        amount=None if basis is None else -basis,
        fees=0.0,
        account="",
        currency="",
        note="an open lot",
    )


def _known(cell: str) -> float | None:
    return number(cell) or None


def _read_list(row: Mapping[str, str], place: Place) -> Transaction | NoTrade:
    units, price = (number(row[name], place.decimal_comma) for name in ("volume", "price"))
    if not units or price is None:
        raise ValueError("a trade needs a volume and a price")
    fees = _sum(row, place, "costs")
    side: Literal["buy", "sell"] = "buy" if units > 0 else "sell"
    return made(
        place,
        side,
        day=row["date"],
        symbol=row["identifier"],
        units=units,
        price=price,
        amount=-units * price - fees,
        fees=fees,
        account="",
        currency=row.get("currency", ""),
        note="",
    )


def _read_plain(row: Mapping[str, str], place: Place) -> Transaction | NoTrade:
    action = row["action"]
    kind = _kind(action, _PLAIN)
    units, price, amount, fees = (
        number(row.get(name, ""), place.decimal_comma) for name in ("quantity", "price", "amount", "fees")
    )
    paid = abs(fees or 0.0)
    outgoing = kind in ("buy", "reinvest", "fee") or action.strip().lower() in ("withdrawal", "transfer out")
    if amount is None and price is not None and units and kind in ("buy", "sell", "reinvest"):
        amount = -abs(units) * price - paid if kind != "sell" else abs(units) * price - paid
    elif amount is not None and outgoing:
        amount = -abs(amount)
    if kind == "fee" and amount is None:
        amount = -paid if paid else None
    return made(
        place,
        kind,
        day=row["date"],
        symbol=row.get("symbol", ""),
        units=units,
        price=price,
        amount=amount,
        fees=paid,
        account=row.get("account", ""),
        currency=row.get("currency", ""),
        note=action,
    )


_LOTS_ONLY = "These are open lots: what was sold is not in the file, so nothing can be said about sales."
LAYOUTS: tuple[Layout, ...] = (
    Layout("fidelity_all_accounts", frozenset({"run date", "account number", "action", "amount"}), _read_fidelity),
    Layout("fidelity_history", frozenset({"run date", "action", "symbol", "quantity", "amount"}), _read_fidelity),
    Layout("schwab_bank", frozenset({"date", "type", "withdrawal", "deposit"}), _read_schwab_bank),
    Layout("schwab_brokerage", frozenset({"date", "action", "symbol", "fees & comm", "amount"}), _read_schwab),
    Layout("schwab_lots", frozenset({"open date", "quantity", "cost/share"}), _read_lot, (_LOTS_ONLY,)),
    Layout("portfolio_list", frozenset({"date", "identifier", "volume", "price", "costs"}), _read_list),
    Layout("plain", frozenset({"date", "action", "symbol", "quantity", "price"}), _read_plain),
)  # fmt: skip
"""The most telling first: a layout's columns may hold another's."""
