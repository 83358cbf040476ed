"""The report on disk: page, Markdown, JSON, and parquet of daily returns and of decided weights."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lab.backtest.run import Study
from lab.report import html, markdown
from lab.report.make import report_of
from lab.report.pictures import pictures
from lab.report.records import Report, Section
from portfolio.records import CASH

PAGE, TEXT, DATA, RETURNS, WEIGHTS = "report.html", "report.md", "report.json", "returns.parquet", "weights.parquet"


def write(
    study: Study, folder: Path, notes: tuple[str, ...] = (), sections: tuple[Section, ...] = ()
) -> tuple[Report, tuple[Path, ...]]:
    """Write all five; the same study gives the same bytes. Raises OSError as the file system does."""
    report = report_of(study, notes, sections)
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / PAGE, html.page(report, pictures(study, report)).encode())
    _replace(folder / TEXT, markdown.page(report).encode())
    _replace(folder / DATA, (report.model_dump_json(indent=1) + "\n").encode())
    _returns(study, folder / RETURNS)
    _weights(study, folder / WEIGHTS)
    return report, tuple(folder / name for name in (PAGE, TEXT, DATA, RETURNS, WEIGHTS))


def _returns(study: Study, path: Path) -> None:
    """Columns: date, cash (what bills paid), one a strategy: net simple return from the row before to the date."""
    columns = {"date": study.accounts.dates[1:].astype("datetime64[D]"), "cash": study.accounts.cash}
    _parquet(path, {**columns, **{name: study.accounts.returns(name) for name in study.names}})


def _weights(study: Study, path: Path) -> None:
    """Long: date of the decision, strategy, asset (CASH among them), weight; weights of zero are left out."""
    dates, names, assets, values = [], [], [], []
    columns: Sequence[str] = (*study.decided.columns, CASH)
    for name in study.names:
        for row in sorted(study.decided.weights[name]):
            for asset, weight in zip(columns, study.decided.weights[name][row].tolist(), strict=True):
                if weight != 0.0:
                    dates.append(study.world.panel.dates[row])
                    names.append(name)
                    assets.append(asset)
                    values.append(weight)
    _parquet(
        path,
        {
            "date": np.array(dates, dtype="datetime64[D]"),
            "strategy": np.array(names),
            "asset": np.array(assets),
            "weight": np.array(values),
        },
    )


def _parquet(path: Path, columns: dict[str, np.ndarray]) -> None:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]

    part = path.with_name(f".{path.name}.part")
    pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), part)
    part.replace(path)


def _replace(path: Path, content: bytes) -> None:
    """Written beside and moved into place, so that a full disk leaves the old report whole."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
