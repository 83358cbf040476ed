"""Every setting of the product, in one place, read from the environment (`QUORUM_*`) or a `.env` file.

A misspelt name in `.env` is an error at start, not a setting that nobody reads.
"""

from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Role = Literal["profiler", "analyst", "persona", "method"]
"""Who asks a model: a cheap one may serve the analysts, a strong one the personas."""


class RoleModel(BaseModel):
    """What one role uses in place of the common model; what is left out stays as for the others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None
    url: str | None = None
    key: SecretStr | None = None
    temperature: float | None = Field(default=None, ge=0)
    price_input: float | None = Field(default=None, ge=0)
    price_output: float | None = Field(default=None, ge=0)


class Settings(BaseSettings):
    """What may be set. Nothing here is needed for an answer: without a model the rules answer."""

    model_config = SettingsConfigDict(
        env_prefix="QUORUM_",
        env_file=".env",
        extra="forbid",
        frozen=True,
        env_nested_delimiter="__",
        protected_namespaces=(),
    )

    home: Path = Field(default_factory=lambda: user_data_path("quorum"))
    """Where sessions, traces, the document store and the caches live."""
    prices: Path | None = None
    """A folder of OHLCV files to use in the bundled history's place."""
    model_url: str | None = None
    """Base address of an OpenAI-compatible endpoint, for example http://localhost:8080/v1."""
    model_name: str | None = None
    model_key: SecretStr | None = None
    model_roles: dict[Role, RoleModel] = Field(default_factory=dict)
    """Other models for some roles: QUORUM_MODEL_ROLES='{"persona": {"name": "a-stronger-one"}}'."""
    model_timeout: float = Field(default=60.0, gt=0)
    """Seconds for one call, retries not counted."""
    model_retries: int = Field(default=2, ge=0)
    model_temperature: float = Field(default=0.0, ge=0)
    model_seed: int = 0
    model_max_output: int = Field(default=4096, ge=16)
    """Tokens that one answer may have at the most, a model's thinking included."""
    model_concurrency: int = Field(default=4, ge=1)
    """Calls to one endpoint at a time."""
    model_capabilities: dict[str, bool | int] = Field(default_factory=dict)
    """What the endpoint can do, where the probe of `quorum doctor` is wrong: '{"json_schema": false}'."""
    model_price_input: float | None = Field(default=None, ge=0)
    model_price_output: float | None = Field(default=None, ge=0)
    """Money for a million tokens read and written, so that costs can be shown and bounded."""
    budget_run_tokens: int | None = Field(default=None, ge=0)
    budget_day_tokens: int | None = Field(default=None, ge=0)
    budget_run_money: float | None = Field(default=None, ge=0)
    budget_day_money: float | None = Field(default=None, ge=0)
    """What models may use in one turn of a conversation and in one day, in the money of the prices."""
    ensemble_voices: Literal["equal", "record"] = "equal"
    """How the method "ensemble" weighs its personas: alike, or by how well each has ordered assets up to the date.
    Alike by default, because the record has not helped beyond chance (docs/views.md)."""
    checkpoint: Path | None = None
    """An allocator checkpoint to use in the shipped one's place."""
    adapter: Path | None = None
    """A client's own adapter, as `quorum personalise` wrote it: they are served as they traded."""
