"""What every record of the house has in common: frozen, strict about its fields, plain data only."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CASH = "CASH"
"""The symbol of the asset that is always there. It pays the bill rate and belongs to no group."""

UnitInterval = Annotated[float, Field(ge=0.0, le=1.0)]
SignedUnit = Annotated[float, Field(ge=-1.0, le=1.0)]


class Record(BaseModel):
    """A small immutable record; an unknown field, or a NaN, is an error rather than a silent guest."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
