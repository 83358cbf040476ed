"""A whole study: train everything that is to be trained, choose by validation, then open each test window once."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from lab.code import code_digest
from lab.register import Trial, trial_sharpes
from lab.spread import SERIAL, Job, OnSpread, Workers, quiet, spread
from lab.train import fingerprint
from lab.walk_forward.accounts import PERIODS, Account
from lab.walk_forward.choice import ahead, best_rule, chosen, gate_low, named_baseline
from lab.walk_forward.desk import Desk
from lab.walk_forward.opened import Opened, report_of
from lab.walk_forward.records import Candidate, Option, StudyConfig, StudyReport
from lab.walk_forward.strategies import EQUAL_WEIGHT, Sleeves
from lab.walk_forward.training import Client, Markets, TrainInputs, clients_at, leanings, snapshots, train
from lab.walk_forward.universes import StudyUniverse
from lab.walk_forward.windows import Window
from portfolio.market import Floats
from portfolio.views import ScoreHistory
from rl.environment import Market
from rl.networks import Policy
from rl.ppo import deterministic

Trained = Mapping[str, bytes]
Pair = tuple[Account, Account]
"""A policy's year and its named baseline's, on the same days."""


def run_study(
    universes: Sequence[StudyUniverse],
    markets: Markets,
    scores: Mapping[str, ScoreHistory],
    config: StudyConfig,
    *,
    folder: Path,
    trials: Sequence[Trial] = (),
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> StudyReport:
    """Run it; finished trainings are kept in `folder` and taken up again.

    Parameters
    ----------
    markets : universe's name (and, for a candidate's `view`, name + "|" + view) -> market
    scores : universe's name -> what the personas said, for the fingerprint of the data
    trials : the register as it stands; trials of other studies deflate the Sharpe ratios of this one

    Raises what `lab.spread.spread` raises.
    """
    key, walks = walk(
        universes, markets, scores, config, folder=folder, trials=trials, workers=workers, progress=progress
    )
    with deterministic(0):
        reports = [report_of(one, one.opened()) for one in walks]
    return StudyReport(config=config, key=key, reports=tuple(reports))


def walk(
    universes: Sequence[StudyUniverse],
    markets: Markets,
    scores: Mapping[str, ScoreHistory],
    config: StudyConfig,
    *,
    folder: Path,
    trials: Sequence[Trial] = (),
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> "tuple[str, tuple[Walk, ...]]":
    """Everything trained, nothing opened yet: the study's key and one walk a universe. Parameters as of `run_study`."""
    desks = {u.name: Desk(u, markets[u.name]) for u in universes}
    data = {u.name: fingerprint(u.panel, scores[u.name]) for u in universes}
    jobs = jobs_of(desks, config)
    told = [[job.name, job.inputs.model_dump(mode="json")] for job in jobs]
    key = sha256(json.dumps([told, data], sort_keys=True).encode()).hexdigest()
    # Finished trainings of other code are others, though the study is the same in the register.
    kept = sha256((key + code_digest(("portfolio", "rl"))).encode()).hexdigest()
    trained = spread(train, markets, jobs, folder=folder, key=kept, workers=workers, progress=progress)
    others = [trial for trial in trials if trial.config_sha256 != key]
    walks = tuple(
        Walk(desk, desks, markets, config, trained, data[name], trial_sharpes(others, name, PERIODS))
        for name, desk in desks.items()
        if desk.windows(config.years, config.train_years)
    )
    return key, walks


def jobs_of(desks: Mapping[str, Desk], config: StudyConfig) -> list[Job[TrainInputs]]:
    """Every training of the study, once: joint ones serve several universes."""
    jobs: dict[str, Job[TrainInputs]] = {}
    for name, desk in desks.items():
        if desk.universe.zero_shot:
            continue
        for window in desk.windows(config.years, config.train_years):
            for candidate in config.candidates:
                where = _trained_on(candidate, name, window, desks)
                for seed in config.seeds if where else ():
                    job = _job_name(candidate, name, window, seed)
                    inputs = TrainInputs(
                        universes=tuple(one + (f"|{candidate.view}" if candidate.view else "") for one in where),
                        train=window.train,
                        config=candidate.config,
                        seed=seed,
                        check_every=config.check_every,
                    )
                    jobs[job] = Job(job, inputs)
    return list(jobs.values())


def _trained_on(candidate: Candidate, name: str, window: Window, desks: Mapping[str, Desk]) -> tuple[str, ...]:
    """The universes that a candidate reads for a window; none where a joint one has no second universe."""
    if not candidate.joint:
        return (name,)
    able = tuple(n for n, desk in desks.items() if not desk.universe.zero_shot and desk.covers(*window.train))
    return able if len(able) > 1 and name in able else ()


def _job_name(candidate: Candidate, name: str, window: Window, seed: int) -> str:
    place = "joint" if candidate.joint else name.replace(" ", "")
    return f"{candidate.name}-{place}-{window.year}-{seed}"


class Walk:
    """One universe of the study."""

    def __init__(
        self,
        desk: Desk,
        desks: Mapping[str, Desk],
        markets: Markets,
        config: StudyConfig,
        trained: Trained,
        data_sha256: str,
        tried: Floats,
    ) -> None:
        self.desk, self.desks, self.markets, self.config = desk, desks, markets, config
        self.trained, self.data, self.tried = trained, data_sha256, tried
        self.volatility, self.cost = config.reference
        self.aversion = Client(self.volatility).risk_aversion
        self.histories = desk.histories(self.volatility, self.cost)

    def opened(self) -> list[Opened]:
        """Year by year: name the baseline, choose, decide on the gate, and only then open the window."""
        opened: list[Opened] = []
        lender = self if not self.desk.universe.zero_shot else self._lender()
        scores: list[dict[Option, float]] = []
        kept: list[dict[Option, Sleeves]] = []
        seen: list[Window] = []
        for window in lender.desk.windows(self.config.years, self.config.train_years):
            scores.append(lender.validated(window, kept))
            seen.append(window)
            option, advantage = chosen(scores)
            if not self.desk.windows((window.year, window.year), self.config.train_years):
                continue
            past = lender.past(seen, kept, option) if lender is self else [one.pair(self) for one in opened]
            low = gate_low(past, seed=self.config.bootstrap_seed, draws=self.config.draws)
            opened.append(self._open(window, option, advantage, low, lender))
        return opened

    def names(self, known: tuple[str, str]) -> tuple[str, str]:
        """The baseline to beat and the best rule, by what these days showed."""
        return named_baseline(self.histories, *known), best_rule(self.histories, *known)

    def known(self, window: Window) -> tuple[str, str]:
        """All days that may be looked at before the test: a short universe has no more than those since its start."""
        return window.known if not self.desk.universe.zero_shot else ("1900-01-01", window.validate_on[1])

    def validated(self, window: Window, kept: list[dict[Option, Sleeves]]) -> dict[Option, float]:
        """Each option's advantage in the window's validation year; its sleeves go into `kept`."""
        desk, clients = self.desk, clients_at((self.volatility,))
        days = desk.days(*window.validate_on)
        # Named on the training years alone, as if validation were a test: else the choice of rule would know it.
        name, rule = self.names(window.train)
        until = window.validate_on[1]
        base = desk.account(desk.rule_on(name, days), days, self.volatility, self.cost, until)
        sleeves: dict[Option, Sleeves] = {}
        for candidate in self.config.candidates:
            for updates, members in self.members(candidate, window).items():
                seeds = leanings(members, self.market(candidate), days, clients)[:, :, 0]
                mean = seeds.mean(dim=0).double().numpy()
                for sleeve in self.config.sleeves:
                    tilted = EQUAL_WEIGHT if sleeve == EQUAL_WEIGHT else rule
                    for reach in self.config.action_ranges:
                        option = Option(candidate=candidate.name, updates=updates, action_range=reach, sleeve=sleeve)
                        sleeves[option] = desk.tilted(reach * mean, days, tilted)
        kept.append(sleeves)
        return {
            option: ahead(desk.account(made, days, self.volatility, self.cost, until), base, self.aversion)
            for option, made in sleeves.items()
        }

    def past(self, seen: Sequence[Window], kept: Sequence[Mapping[Option, Sleeves]], option: Option) -> list[Pair]:
        """The option's validation years so far beside the baselines named for them."""
        out = []
        for window, sleeves in zip(seen, kept, strict=True):
            if option not in sleeves:
                continue
            days, until = self.desk.days(*window.validate_on), window.validate_on[1]
            base = self.desk.rule_on(self.names(window.train)[0], days)
            one, two = (
                self.desk.account(made, days, self.volatility, self.cost, until) for made in (sleeves[option], base)
            )
            out.append((one, two))
        return out

    def members(self, candidate: Candidate, window: Window) -> dict[int, tuple[Policy, ...]]:
        """Updates -> one policy a seed; empty where the candidate could not be trained for the window."""
        parts = []
        for seed in self.config.seeds:
            data = self.trained.get(_job_name(candidate, self.desk.universe.name, window, seed))
            if data is None:
                return {}
            parts.append(snapshots(candidate.config, data))
        return {updates: tuple(part[updates] for part in parts) for updates in parts[0]}

    def weights_sha256(self, option: Option, window: Window) -> str:
        """Of the bytes of every seed's training that the option reads."""
        candidate = self.candidate(option)
        names = [_job_name(candidate, self.desk.universe.name, window, seed) for seed in self.config.seeds]
        return sha256(b"".join(self.trained[name] for name in names)).hexdigest()

    def candidate(self, option: Option) -> Candidate:
        return next(one for one in self.config.candidates if one.name == option.candidate)

    def market(self, candidate: Candidate) -> Market:
        view = f"|{candidate.view}" if candidate.view else ""
        return self.markets[self.desk.universe.name + view]

    def _lender(self) -> "Walk":
        """The trained universe whose policies are tested here: the last one that is trained (the ETFs where given)."""
        able = [desk for desk in self.desks.values() if not desk.universe.zero_shot]
        return Walk(able[-1], self.desks, self.markets, self.config, self.trained, self.data, self.tried)

    def _open(self, window: Window, option: Option, advantage: float, low: float | None, lender: "Walk") -> Opened:
        baseline, rule = self.names(self.known(window))
        candidate = self.candidate(option)
        days = self.desk.days(*window.test)
        risks = tuple(dict.fromkeys((*self.config.volatilities, *self.config.targets)))
        members = lender.members(candidate, window)[option.updates]
        made = leanings(members, self.market(candidate), days, clients_at(risks)).double().numpy()
        return Opened(
            window=window,
            days=days,
            baseline=baseline,
            rule=rule,
            option=option,
            advantage=advantage,
            gate_low=low,
            leaning=made,
            risks=risks,
            weights_sha256=lender.weights_sha256(option, window),
        )
