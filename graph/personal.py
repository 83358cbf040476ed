"""A client served as they traded: the objectives inferred from their own history, and the adapter fitted to it."""

from typing import TYPE_CHECKING

from graph.context import Context
from portfolio.mandate import Mandate
from tools.errors import QuorumError

if TYPE_CHECKING:
    from rl.personalisation_store import AdapterCard
    from rl.router import RouterAdapter

REFIT = "fit it again with `quorum personalise`, for the checkpoint in use (QUORUM_CHECKPOINT), or leave --adapter out"


def as_traded(context: Context, mandate: Mandate) -> Mandate:
    """The mandate with the objectives that the client's trades reveal, and a note that says so; limits stay as stated.

    Without an adapter in the settings, the mandate as it is. Raises QuorumError for an adapter that cannot be read.
    """
    card = adapter_card(context)
    if card is None:
        return mandate
    note = (
        f"What you want is taken from how you traded ({card.trades} trades), not from your words; your limits are "
        "those of your words."
    )
    return mandate.model_copy(update={"objective_mix": dict(card.objectives), "notes": (*mandate.notes, note)})


def adapter_card(context: Context) -> "AdapterCard | None":
    """What the adapter of the settings says of itself. Raises QuorumError for one that cannot be read."""
    from rl.personalisation_store import AdapterMismatch, read_adapter_card

    folder = context.settings.adapter
    if folder is None:
        return None
    try:
        return read_adapter_card(folder)
    except AdapterMismatch as error:
        raise QuorumError(str(error), REFIT) from error


def adapter_of(context: Context) -> "RouterAdapter | None":
    """The adapter, for the policy in use and no other. Raises QuorumError where it belongs to another one."""
    from rl.personalisation_store import AdapterMismatch, load_adapter

    folder = context.settings.adapter
    if folder is None:
        return None
    try:
        return load_adapter(folder, context.allocator.card)
    except AdapterMismatch as error:
        raise QuorumError(str(error), REFIT) from error
