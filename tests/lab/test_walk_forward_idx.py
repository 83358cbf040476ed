"""Indonesian prices are not split-adjusted: the exchange's own previous close is what a return starts from."""

from pathlib import Path

import numpy as np
import pytest

from lab.walk_forward.idx import chained, load_idx
from tools.errors import DataError

DATA = Path(__file__).parents[3] / "shared" / "data" / "prices" / "idx_lq45"


def test_a_split_moves_no_level_and_a_missing_row_leaves_it_where_it_was() -> None:
    previous = np.array([100.0, 110.0, 22.0, 0.0, 24.2])
    close = np.array([110.0, 110.0, 24.2, 0.0, 24.2])
    made = chained(previous, close)
    assert made[[0, 1, 2, 4]] == pytest.approx([110.0, 110.0, 121.0, 121.0])
    assert np.isnan(made[3])


def test_a_folder_without_prices_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no price file"):
        load_idx(tmp_path)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/prices/idx_lq45 is not here")
def test_real_splits_leave_no_jump_in_the_level() -> None:
    panel, universe = load_idx(DATA)
    assert panel.close.shape[1] == 56 == len(universe.assets)
    moves = panel.returns()
    assert np.nanmin(moves) > -0.4, "BBCA split five for one in 2021: unadjusted it would read -80 %"
    bank = panel.symbols.index("BBCA")
    assert np.isfinite(panel.close[:, bank]).mean() > 0.99
