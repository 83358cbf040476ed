"""Every setting of the product, in one place, read from the environment (`QUORUM_*`) or a `.env` file.

A misspelt name in `.env` is an error at start, not a setting that nobody reads.
"""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What may be set. Nothing here is needed for an answer: without a model the rules answer."""

    model_config = SettingsConfigDict(env_prefix="QUORUM_", env_file=".env", extra="forbid", frozen=True)

    home: Path = Field(default_factory=lambda: user_data_path("quorum"))
    """Where sessions, traces, the document store and the caches live."""
    prices: Path | None = None
    """A folder of OHLCV files to use in the bundled history's place."""
    model_url: str | None = None
    """Base address of an OpenAI-compatible endpoint, for example http://localhost:8080/v1."""
    model_name: str | None = None
    model_key: SecretStr | None = None
    model_timeout: float = Field(default=30.0, gt=0)
    """Seconds for one call, retries not counted."""
    model_retries: int = Field(default=2, ge=0)
    model_temperature: float = Field(default=0.0, ge=0)
    model_seed: int = 0
    checkpoint: Path | None = None
    """An allocator checkpoint to use in the shipped one's place."""
