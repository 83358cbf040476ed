"""Choosing the best rule of the family on the training groups, and living with it on the test groups.

The rules learn nothing, so their accounts are made once over the whole history, by the backtest's own decisions: each
reads prices up to its day. What is fitted is the choice among them, and that sees the training groups alone.
"""

from collections.abc import Mapping

import numpy as np

from lab.backtest.account import Accounts
from lab.backtest.plan import BASELINE
from lab.cross_validation.judge import SplitRatios, Yardstick, outcome_of, ratio_of
from lab.cross_validation.records import Chosen, Design, RuleChoice
from portfolio.market import Floats
from portfolio.metrics import sharpe_ratio
from portfolio.overfitting import joined_paths, probability_of_overfitting, purged_splits

CHOICE = "best rule of the training groups"


def choose_by_cross_validation(accounts: Accounts, design: Design, stick: Yardstick) -> tuple[RuleChoice, Floats]:
    """The figures, and the paths' net returns (P, S).

    Raises ValueError where the days cannot be split so.
    """
    names = tuple(accounts.results)
    table = np.column_stack([accounts.returns(name) for name in names])
    cash, base = accounts.cash, names.index(BASELINE)
    splits = list(
        purged_splits(
            len(table), folds=design.folds, test_folds=design.test_folds, purge=design.purge, embargo=design.embargo
        )
    )
    picked, rows = [], []
    for split in splits:
        inside = _ratios(table, cash, split.train, stick.periods)
        best = int(inside.argmax())
        outside = _ratios(table[:, [best, base]], cash, np.concatenate(split.test), stick.periods)
        picked.append(best)
        rows.append((inside[best], inside[base], *outside))
    values = [[table[block, best] for block in split.test] for split, best in zip(splits, picked, strict=True)]
    paths = joined_paths(splits, values, len(table))
    ratios = SplitRatios(*np.array(rows).T)
    whole: Mapping[str, float | None] = {
        name: sharpe_ratio(table[:, place], cash, stick.periods) for place, name in enumerate(names)
    }
    return (
        RuleChoice(
            outcome=outcome_of(CHOICE, design, paths, table[:, base], cash, ratios, stick),
            chosen=tuple(
                Chosen(rule=name, splits=picked.count(place), ratio=whole[name]) for place, name in enumerate(names)
            ),
            overfitting=probability_of_overfitting(table - cash[:, None]),
        ),
        paths,
    )


def _ratios(table: Floats, cash: Floats, rows: np.ndarray, periods: float) -> Floats:
    return np.array([ratio_of(table[rows, place], cash[rows], periods) for place in range(table.shape[1])])
