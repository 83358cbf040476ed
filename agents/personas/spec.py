"""What a persona is: a specification and a scorer. A class with these two is a plug-in."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from portfolio.market import Floats, MarketPanel
from portfolio.records import Record
from tools.prompts import PromptHeader

Arrays = tuple[Floats, Floats, NDArray[np.bool_]]
"""score in [-1, 1], confidence in [0, 1], mask: each (T, N)."""

LARGEST_SHIFT = 0.25
"""No persona may let a model move a score further: one poisoned document has a bounded reach."""
ON_OFFER = ("as_of", "figures", "findings")
"""What views hand to a persona's prompt: the date, a line of figures an asset, the analysts' findings as data."""

_NAME = r"^[a-z][a-z0-9_-]*$"


class PersonaHeader(PromptHeader):
    """Front matter of a persona's Markdown file."""

    factor: str
    horizon_days: int = Field(ge=1)
    """Trading days that its opinion is about."""
    model_shift_bound: float = Field(ge=0.0, le=LARGEST_SHIFT)
    debates: bool = True
    """Whether it sees its peers' views in a debate."""


class PersonaSpec(Record):
    """A persona in plain data: shown by `quorum personas`, and part of a run's key."""

    name: str = Field(pattern=_NAME)
    version: int = Field(ge=1)
    purpose: str = Field(min_length=1)
    factor: str
    """A built-in factor's name, or the class of a plug-in."""
    horizon_days: int = Field(ge=1)
    inputs: tuple[str, ...]
    """"close" and the panel's signals that it reads."""
    lookback: int | None = Field(default=None, ge=1)
    """Rows that its last row depends on; None: all of them."""
    prompt_version: int | None = None
    model_shift_bound: float = Field(default=0.0, ge=0.0, le=LARGEST_SHIFT)
    debates: bool = True
    """Whether it sees its peers' views in a debate; a contrarian does not."""
    origin: str
    """"built-in", a file's path or an entry point."""
    fingerprint: str
    """Changes whenever its file or code says that it does."""


@runtime_checkable
class Persona(Protocol):
    """A plug-in has these two; `quorum personas check` tells its author whether they keep the contract."""

    @property
    def spec(self) -> PersonaSpec: ...

    def history(self, panel: MarketPanel) -> Arrays:
        """Scores for every day and asset; row t from rows up to t alone, the same bits wherever the panel ends."""
        ...
