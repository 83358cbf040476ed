"""A client is served as they traded, and only by an adapter that belongs to the policy in use."""

from datetime import date
from pathlib import Path

import pytest
import torch

from graph.advisor import Advisor
from graph.turns import Turn
from portfolio.profile import OBJECTIVES, Objective
from rl.checkpoint import read, shipped
from rl.personalisation_fit import FitConfig, Likelihood
from rl.personalisation_store import AdapterCard, AdapterSpan, adapter_bytes, save_adapter
from rl.router import RouterAdapter
from tools.errors import QuorumError
from tools.settings import Settings

WORDS = "I am 40 and have 100,000 for twenty years. A fall of 20 % would not make me sell. I own shares and funds."
TODAY = date(2026, 11, 21)


def adapter(folder: Path, wanted: Objective, weights_sha256: str | None = None) -> Path:
    from hashlib import sha256

    made = RouterAdapter.unfitted(0)
    card = read(shipped(personal=True))[1]
    span = AdapterSpan(first=date(2018, 1, 1), last=date(2019, 1, 1), days=12)
    same = Likelihood.model_validate(dict.fromkeys(Likelihood.model_fields, 0.0))
    save_adapter(
        folder,
        made,
        AdapterCard(
            checkpoint=card.name,
            checkpoint_sha256=weights_sha256 or card.weights_sha256,
            history_sha256="0" * 64,
            prices="made up",
            trades=42,
            objectives={o: 1.0 if o is wanted else 0.0 for o in OBJECTIVES},
            none=0.0,
            leaning=1.0,
            config=FitConfig(),
            steps=1,
            noise=1.0,
            learning=span,
            stopping=span,
            judging=span,
            learned=same,
            stopped=same,
            held_out=same,
            adapter_sha256=sha256(adapter_bytes(made)).hexdigest(),
        ),
    )
    return folder


def advised(home: Path, personal: Path | None) -> Turn:
    with Advisor(Settings(home=home, adapter=personal), today=TODAY, use_policy="always") as advisor:
        return advisor.say(advisor.open(None), WORDS, insist=True)


def test_the_objectives_are_those_of_the_trades_and_the_answer_says_so(tmp_path: Path) -> None:
    plain = advised(tmp_path / "home", None)
    served = advised(tmp_path / "home", adapter(tmp_path / "own", Objective.CAPITAL_PRESERVATION))
    assert plain.mandate is not None and served.mandate is not None
    assert served.mandate.objective_mix[Objective.CAPITAL_PRESERVATION] == 1.0
    assert any("how you traded (42 trades)" in note for note in served.mandate.notes)
    assert served.mandate.volatility_cap == plain.mandate.volatility_cap, "limits stay those of the words"
    assert served.decision != plain.decision


def test_an_adapter_of_another_policy_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(QuorumError, match="cannot bend") as caught:
        advised(tmp_path / "home", adapter(tmp_path / "own", Objective.LONG_TERM_GAIN, "f" * 64))
    assert "quorum personalise" in caught.value.remedy
    assert torch.equal(RouterAdapter.unfitted(0).up, torch.zeros(4, 2))
