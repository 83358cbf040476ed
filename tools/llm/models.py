"""The models of a run: one for each role, sharing endpoints, the cache of answers and one budget."""

import re
from datetime import date
from pathlib import Path

from pydantic import SecretStr

from tools.errors import ModelUnavailable
from tools.llm.answers import AnswerCache
from tools.llm.budget import Budget, Limits, Price
from tools.llm.capabilities import CapabilityTable
from tools.llm.endpoint import Endpoint
from tools.llm.port import LanguageModel
from tools.settings import Role, RoleModel, Settings

OPENAI_URL = "https://api.openai.com/v1"


class LanguageModels:
    """Which model answers whom.

    Parameters
    ----------
    settings : as the environment gives them; they name at least one model
    day : the day that spending is counted under; None counts this process's run alone
    """

    def __init__(self, settings: Settings, day: date | None = None) -> None:
        self.settings = settings
        limits = Limits(
            run_tokens=settings.budget_run_tokens,
            day_tokens=settings.budget_day_tokens,
            run_money=settings.budget_run_money,
            day_money=settings.budget_day_money,
        )
        by_day = limits.day_tokens is not None or limits.day_money is not None
        self.budget = Budget(limits, spending_folder(settings) if by_day and day is not None else None, day)
        self._answers = AnswerCache(answer_folder(settings))
        self._known = CapabilityTable(capability_file(settings))
        self._endpoints: dict[str, Endpoint] = {}
        self._models: dict[RoleModel, LanguageModel] = {}
        # A model named by halves is told before any work is done; some roles may have one, and the others none.
        common = settings.model_name is not None or settings.model_url is not None
        for role in ((None,) if common else ()) + tuple(settings.model_roles):
            self.of(role)

    @classmethod
    def from_settings(cls, settings: Settings, day: date | None = None) -> "LanguageModels | None":
        """The models that the settings name; None when they name none, so that the rules answer.

        Raises ModelUnavailable when the settings name half a model, a limit in money without prices, or a capability
        that does not exist.
        """
        if settings.model_name is None and settings.model_url is None and not settings.model_roles:
            return None
        return cls(settings, day)

    def of(self, role: Role | None) -> LanguageModel:
        """The model for a role; without one, the common model."""
        chosen = self._chosen(role)
        if chosen not in self._models:
            self._models[chosen] = self._made(chosen)
        return self._models[chosen]

    def stop(self) -> None:
        """End all waiting and asking, from any thread; what was asked becomes an answer without value."""
        for endpoint in self._endpoints.values():
            endpoint.stop.set()

    def new_run(self) -> None:
        """A new turn: the run's budget is full again, and a stop is over."""
        self.budget.new_run()
        for endpoint in self._endpoints.values():
            endpoint.stop.clear()

    def _chosen(self, role: Role | None) -> RoleModel:
        """The settings' common model with the role's own choices. Raises ModelUnavailable."""
        common, own = self.settings, RoleModel()
        if role is not None:
            own = common.model_roles.get(role, own)
        elsewhere = own.url is not None and own.url != common.model_url
        chosen = RoleModel(
            name=own.name or common.model_name,
            url=own.url or common.model_url,
            # A key goes to the address that it was given for, and to no other.
            key=own.key or (None if elsewhere else common.model_key),
            temperature=common.model_temperature if own.temperature is None else own.temperature,
            price_input=common.model_price_input if own.price_input is None else own.price_input,
            price_output=common.model_price_output if own.price_output is None else own.price_output,
        )
        if chosen.name is None and chosen.url is None:
            raise ModelUnavailable(
                f"no model is named{_for(role)}", "name one in QUORUM_MODEL_ROLES, or QUORUM_MODEL_NAME for all roles"
            )
        if chosen.name is None:
            raise ModelUnavailable(
                f"QUORUM_MODEL_URL is set without a model's name{_for(role)}",
                "set QUORUM_MODEL_NAME too, or unset the address",
            )
        if chosen.url is None and chosen.key is None:
            raise ModelUnavailable(
                f"QUORUM_MODEL_NAME is set without an address or a key{_for(role)}",
                "set QUORUM_MODEL_URL, or QUORUM_MODEL_KEY for OpenAI's own",
            )
        if chosen.url is not None and not re.match(r"https?://[^/\s]+", chosen.url):
            raise ModelUnavailable(
                f"QUORUM_MODEL_URL is no web address{_for(role)}: {chosen.url}",
                "write it like http://localhost:8080/v1",
            )
        return chosen

    def _made(self, chosen: RoleModel) -> LanguageModel:
        settings, url, name = self.settings, chosen.url or OPENAI_URL, str(chosen.name)
        price = None
        if chosen.price_input is not None and chosen.price_output is not None:
            price = Price(input=chosen.price_input, output=chosen.price_output)
        limits = self.budget.limits
        if price is None and (limits.run_money is not None or limits.day_money is not None):
            raise ModelUnavailable(
                f"a budget in money needs the prices of {name}",
                "set QUORUM_MODEL_PRICE_INPUT and QUORUM_MODEL_PRICE_OUTPUT, for a million tokens each",
            )
        if url not in self._endpoints:
            self._endpoints[url] = Endpoint(url, places=settings.model_concurrency)
        key: SecretStr | None = chosen.key
        return LanguageModel(
            url,
            name,
            key=key,
            timeout=settings.model_timeout,
            retries=settings.model_retries,
            temperature=chosen.temperature or 0.0,
            seed=settings.model_seed,
            max_output=settings.model_max_output,
            answers=self._answers,
            can=self._known.read(url, name).with_overrides(settings.model_capabilities),
            endpoint=self._endpoints[url],
            budget=self.budget,
            price=price,
        )


def _for(role: Role | None) -> str:
    return "" if role is None else f" for the role {role}"


def answer_folder(settings: Settings) -> Path:
    """Where answers are kept."""
    return settings.home / "answers"


def capability_file(settings: Settings) -> Path:
    """Where probes write what they found."""
    return settings.home / "capabilities.json"


def spending_folder(settings: Settings) -> Path:
    """Where each day's spending is counted."""
    return settings.home / "spending"
