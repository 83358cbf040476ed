"""The committee that the local model is asked for: eight assets, so that one core answers in minutes."""

from datetime import date
from pathlib import Path

TODAY = date(2026, 11, 21)
SYMBOLS = ("AAPL", "BAC", "CVX", "JNJ", "KO", "MSFT", "PFE", "XOM")
DAYS = 1500
"""Enough for the value persona's five years."""
SAID = "I'm 34, I want to retire at 60, I can stomach a bad year but I'd sell if I lost a third, no tobacco"


def write_prices(folder: Path) -> Path:
    """The last years of eight shares of the bundled history, as a client's own files."""
    from tools.market.bundled import load_bundled

    panel = load_bundled().panel
    folder.mkdir(parents=True, exist_ok=True)
    for symbol in SYMBOLS:
        close = panel.close[-DAYS:, panel.symbols.index(symbol)]
        rows = "".join(f"{day},{price:.4f}\n" for day, price in zip(panel.dates[-DAYS:], close, strict=True))
        (folder / f"{symbol}.csv").write_text(f"date,adj_close\n{rows}", encoding="utf-8")
    return folder
