"""From a file's bytes to text, and from a cell to a number, a day or a name. What cannot be read is a ValueError."""

import codecs
import math
import re
import unicodedata
from datetime import date, datetime

from tools.errors import DataError

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; forty years of daily trading is about three million."""
LARGEST_NUMBER = 1e15
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_NUMBER = re.compile(r"\d{1,3}(?:[,' \u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")
_COMMA_DECIMAL = re.compile(r"\d{1,3}(?:[.' \u00a0\u202f]\d{3})+,\d+|\d+,\d{1,2}|\d+,\d{4,}")
_ABSENT = {"", "-", "--", "n/a", "na", "none", "null", "not available"}
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d-%b-%Y", "%b-%d-%Y", "%b %d, %Y", "%m/%d/%y")
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-^=/ ]{0,23}")
_CUSIP = re.compile(r"[0-9]{3}[0-9A-Z]{5}[0-9]|[A-Z][0-9]{4}[0-9A-Z]{3}[0-9]")


def decoded(data: bytes, name: str) -> str:
    """The file as text: by its byte-order mark, else UTF-8, else Windows-1252, as brokers write.

    Raises DataError for a file that is too large, empty or not text.
    """
    if len(data) > LARGEST_FILE:
        raise DataError(f"{name} is larger than {LARGEST_FILE // 2**20} MB", "export fewer years at a time")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding).lstrip("\ufeff")
            except UnicodeDecodeError as error:
                raise DataError(f"{name} begins as {encoding} and does not go on so", "export it again") from error
    if b"\x00" in data[:65536]:
        raise DataError(f"{name} is not a text file", "export CSV, OFX or QFX; a spreadsheet must be saved as CSV")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def plain(text: str, limit: int = 120) -> str:
    """Text for people: no control or direction-changing characters, runs of blanks as one, cut at `limit`."""
    shown = (char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    kept = "".join(" " if char.isspace() else char for char in shown)
    kept = re.sub(r" {2,}", " ", kept).strip()
    return kept if len(kept) <= limit else kept[: limit - 3] + "..."


def number(cell: str, decimal_comma: bool = False) -> float | None:
    """ "-$1,234.50" or "(1,234.50)" -> -1234.5; "1.234,50" -> 1234.5; empty, "--" and "n/a" -> None.

    A lone comma before exactly three digits separates thousands, unless the file writes `decimal_comma`. Raises
    ValueError for anything else, formulas included.
    """
    text = cell.strip()
    if text.lower() in _ABSENT:
        return None
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    text = re.sub(r"^(?:USD|EUR|GBP|[$€£¥₹])\s*|\s*(?:USD|EUR|GBP|[$€£¥₹]|shares)$", "", _leading_sign(text))
    if text[:1] in "+-−" and text:
        negative, text = negative != (text[0] in "-−"), text[1:].lstrip()
    text = re.sub(r"^[$€£¥₹]\s*", "", text)
    if decimal_comma and re.fullmatch(r"\d+,\d+", text):
        value = float(text.replace(",", "."))
    elif _NUMBER.fullmatch(text):
        value = float(re.sub(r"[,' \u00a0\u202f]", "", text))
    elif _COMMA_DECIMAL.fullmatch(text):
        value = float(re.sub(r"[.' \u00a0\u202f]", "", text).replace(",", "."))
    else:
        raise ValueError(f"{plain(cell, 40)!r} is not a number")
    if not math.isfinite(value) or value > LARGEST_NUMBER:
        raise ValueError(f"{plain(cell, 40)!r} is larger than any account")
    return -value if negative and value else value


def _leading_sign(text: str) -> str:
    """ "$-5" -> "-$5", so that the sign always stands first."""
    return re.sub(r"^([$€£¥₹])\s*([+\-−])", r"\2\1", text)


def day_of(cell: str) -> date:
    """The day of "04/17/2023 as of 04/15/2023" (the first), "2023-04-17", "20230417". Raises ValueError."""
    text = cell.strip().strip('"')
    text = re.split(r"\s+as of\s+", text, maxsplit=1)[0]
    text = re.sub(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?$", "", text).strip()
    for form in _DAYS:
        try:
            found = datetime.strptime(text, form).date()
        except ValueError:
            continue
        if not 1900 <= found.year <= 2200:
            break
        return found
    raise ValueError(f"{plain(cell, 40)!r} is not a day")


def symbol_of(cell: str) -> tuple[str | None, str | None]:
    """(symbol, CUSIP) of a cell that holds one of them, or neither. Raises ValueError for what can be neither."""
    text = cell.strip().upper().lstrip("-")
    if text.lower() in _ABSENT or text == "NO DESCRIPTION":
        return None, None
    if _CUSIP.fullmatch(text) and any(char.isdigit() for char in text):
        return None, text
    if not _SYMBOL.fullmatch(text):
        raise ValueError(f"{plain(cell, 40)!r} is not a symbol")
    return text, None


def last_four(account: str) -> str:
    """Enough of an account's name to tell accounts apart, not to find one."""
    kept = plain(account.strip().strip('"'), 80)
    return kept if len(kept) <= 4 else "..." + kept[-4:]


def currency_of(cell: str, otherwise: str = "USD") -> str:
    """A three-letter code; a sign counts. Raises ValueError for anything else."""
    text = cell.strip().upper()
    if not text:
        return otherwise
    text = _CURRENCY_SIGNS.get(text, text)
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"{plain(cell, 40)!r} is not a currency")
    return text
