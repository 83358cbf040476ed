"""The ensembles of this study in the trial register: each is a strategy that saw the test years."""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

import numpy as np

from lab.register import Trial, TrialFigures
from lab.view_quality.records import Result
from lab.view_quality.weighing import BASIS_POINTS, NOBODY, RISK_AVERSION, YEAR, Combined
from lab.walk_forward.universes import StudyUniverse
from portfolio.metrics import certainty_equivalent, max_drawdown
from portfolio.record_weights import FLOOR, PRIOR_DEVIATION, PRIOR_IC

STUDY = "quorum evaluate views"


def trials_of(
    result: Result, universes: Sequence[StudyUniverse], combined: Mapping[str, Combined], opened: date
) -> tuple[Trial, ...]:
    """One trial for each ensemble and universe, over the test years; the baseline is the equal-weight sleeve.

    The volatility is the sleeve's own: nothing is mixed with cash, which would need a bill rate on every day.
    """
    settings = f"{result.split} {BASIS_POINTS} {PRIOR_IC} {PRIOR_DEVIATION} {FLOOR}"
    config = sha256(settings.encode()).hexdigest()
    out = []
    for universe in universes:
        mine = combined[universe.name]
        days = mine.accounts[NOBODY].dates.astype("datetime64[D]")
        start = max(0, int(np.searchsorted(days, np.datetime64(result.split, "D"))) - 1)
        if len(days) - 1 - start < YEAR:
            continue
        digest = sha256(universe.panel.dates.astype("datetime64[D]").astype(np.int64).tobytes())
        digest.update(np.ascontiguousarray(universe.panel.close).tobytes())
        figures = {name: _figures(mine, name, start) for name in mine.accounts}
        for name, account in mine.accounts.items():
            if name == NOBODY:
                continue
            out.append(
                Trial(
                    study=STUDY,
                    universe=universe.name,
                    method=name,
                    first=days[start].astype(object),
                    last=days[-1].astype(object),
                    config_sha256=config,
                    weights_sha256=sha256(np.ascontiguousarray(account.targets).tobytes()).hexdigest(),
                    data_sha256=digest.hexdigest(),
                    volatility=figures[NOBODY].volatility,
                    cost=BASIS_POINTS / 10_000.0,
                    seeds=(0,),
                    seed_sharpes=(figures[name].sharpe,),
                    figures=figures[name],
                    baseline=NOBODY,
                    baseline_figures=figures[NOBODY],
                    opened=opened,
                )
            )
    return tuple(out)


def _figures(mine: Combined, name: str, start: int) -> TrialFigures:
    account = mine.accounts[name]
    returns = account.returns[start:]
    deviation = float(returns.std(ddof=1))
    sure = certainty_equivalent(returns, RISK_AVERSION, YEAR)
    if sure is None:
        raise ValueError(f"{name} lost everything; there is no certainty equivalent to register")
    return TrialFigures(
        sharpe=float(returns.mean()) / deviation * YEAR**0.5 if deviation > 0.0 else 0.0,
        certainty_equivalent=sure,
        max_drawdown=max_drawdown(returns)[0],
        volatility=deviation * YEAR**0.5,
        turnover=float(account.turnover[start + 1 :].sum()) * YEAR / len(returns),
    )
