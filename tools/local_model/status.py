"""What of a local model is here: the engine, the weights, and what the settings' endpoint serves."""

from importlib.metadata import PackageNotFoundError, version

from portfolio.records import Record
from tools.local_model.listing import served_models
from tools.local_model.weights import find_weights
from tools.settings import Settings


class LocalStatus(Record):
    """Attributes
    ----------
    engine : version of the engine, None when the extra is not installed
    weights : path of the small weights, checked by hash; None when not fetched
    endpoint : base address that the settings name, None when they name none
    served : names of the models there, none when it cannot be reached
    """

    engine: str | None
    weights: str | None
    endpoint: str | None
    served: tuple[str, ...]


def local_status(settings: Settings) -> LocalStatus:
    """Look at everything. Raises ModelUnavailable when the weights are not those of their name."""
    try:
        engine = version("xllamacpp")
    except PackageNotFoundError:
        engine = None
    path = find_weights()
    return LocalStatus(
        engine=engine,
        weights=None if path is None else str(path),
        endpoint=settings.model_url,
        served=() if settings.model_url is None else served_models(settings.model_url),
    )
