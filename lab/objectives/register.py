"""Every account of the re-test as a trial: the policies under each wish with their seeds, and the baselines."""

from datetime import date
from hashlib import sha256

from lab.backtest.plan import BASELINE
from lab.backtest.register import fingerprint
from lab.objectives.accounts import Account
from lab.objectives.study import Study
from lab.objectives.worlds import Ground
from lab.register import Trial, TrialFigures

STUDY = "quorum evaluate objectives"


def trials_of(study: Study, opened: date) -> tuple[Trial, ...]:
    """One trial for each strategy on each universe, at the settings' risk and cost; each seed counts beside it.

    Other costs and taxes of the same account are read from the same opening, and are no further trials.
    """
    return tuple(trial for ground in study.grounds for trial in _on(study, ground, opened))


def _on(study: Study, ground: Ground, opened: date) -> list[Trial]:
    accounts, weights = study.accounts[ground.name], study.weights[ground.name]
    config = study.result.config
    data = fingerprint(ground.world)
    result = next(one for one in study.result.universes if one.name == ground.name)
    out = []
    for name, account in accounts.items():
        if ".seed-" in name:
            continue
        owned = [seed for one in study.policies if name.startswith(f"{one.name}.") for seed in one.seeds]
        seeds = {seed: accounts[f"{name}.seed-{seed}"] for seed in owned if f"{name}.seed-{seed}" in accounts}
        out.append(
            Trial(
                study=STUDY,
                universe=ground.world.panel.source,
                method=name,
                first=result.first,
                last=result.last,
                config_sha256=sha256(config.model_dump_json().encode()).hexdigest(),
                weights_sha256=sha256(weights[name].tobytes()).hexdigest(),
                data_sha256=data,
                volatility=config.volatility,
                cost=config.basis_points / 10_000.0,
                seeds=tuple(seeds) or (0,),
                seed_sharpes=tuple(one.sharpe or 0.0 for one in seeds.values()) or (account.sharpe or 0.0,),
                ensemble=bool(seeds),
                figures=_figures(account),
                baseline=BASELINE,
                baseline_figures=_figures(accounts[BASELINE]),
                opened=opened,
            )
        )
    return out


def _figures(account: Account) -> TrialFigures:
    """A ratio that is not defined is registered as zero."""
    return TrialFigures(
        sharpe=account.sharpe or 0.0,
        certainty_equivalent=account.certainty_equivalent,
        max_drawdown=account.max_drawdown,
        volatility=account.volatility,
        turnover=account.turnover,
    )
