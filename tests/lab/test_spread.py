"""Jobs answer the same bytes one after another, over processes and over Ray; what is finished is not done again."""

from pathlib import Path

import pytest

from lab.spread import Job, JobsFailed, SpreadMismatch, SpreadProgress, Workers, ray_workers, spread
from lab.walk_forward.training import TrainInputs, train
from rl.environment import Market, market_of
from rl.networks import NetworkShape
from rl.ppo import PPOConfig
from tests.lab.made_up import panel, scores

KEY = "a" * 64
TINY = PPOConfig(updates=2, paths=2, clients=2, steps=6, shape=NetworkShape(hidden=8))


@pytest.fixture(scope="module")
def markets() -> dict[str, Market]:
    made = panel()
    return {"made up": market_of(made, scores(made))}


def jobs() -> list[Job[TrainInputs]]:
    return [
        Job(
            f"seed-{seed}",
            TrainInputs(
                universes=("made up",), train=("2011-01-01", "2012-12-31"), config=TINY, seed=seed, check_every=1
            ),
        )
        for seed in range(3)
    ]


def shout(shared: str, number: int) -> bytes:
    if number == 2:
        raise ArithmeticError("two is too many")
    return f"{shared} {number}".encode()


def test_processes_answer_the_same_bytes_as_the_serial_run(markets: dict[str, Market], tmp_path: Path) -> None:
    serial = spread(train, markets, jobs(), folder=tmp_path / "serial", key=KEY)
    many = spread(train, markets, jobs(), folder=tmp_path / "many", key=KEY, workers=Workers(kind="processes", count=2))
    assert serial == many
    assert list(serial) == ["seed-0", "seed-1", "seed-2"], "in the order of the jobs, not of their ends"
    assert len(set(serial.values())) == 3


@pytest.mark.slow
def test_ray_answers_the_same_bytes_as_the_serial_run(markets: dict[str, Market], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is an extra: pip install 'quorum-advisor[ray]'")
    serial = spread(train, markets, jobs(), folder=tmp_path / "serial", key=KEY)
    over_ray = spread(train, markets, jobs(), folder=tmp_path / "ray", key=KEY, workers=ray_workers("local", 2))
    assert serial == over_ray


def test_an_interrupted_run_does_only_what_is_missing(tmp_path: Path) -> None:
    asked = [Job(f"job-{number}", number) for number in (0, 1, 3)]

    def stop(step: SpreadProgress) -> None:
        if step.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spread(shout, "hello", asked, folder=tmp_path, key=KEY, progress=stop)
    done: list[str] = []
    made = spread(shout, "hello", asked, folder=tmp_path, key=KEY, progress=lambda step: done.append(step.name))
    assert done == ["job-3"]
    assert made == {"job-0": b"hello 0", "job-1": b"hello 1", "job-3": b"hello 3"}


def test_jobs_of_other_settings_are_an_error_and_not_mixed_in(tmp_path: Path) -> None:
    spread(shout, "hello", [Job("job-0", 0)], folder=tmp_path, key=KEY)
    with pytest.raises(SpreadMismatch, match="other settings or data"):
        spread(shout, "goodbye", [Job("job-0", 0)], folder=tmp_path, key="b" * 64)


def test_a_job_that_fails_is_named_with_its_error_and_the_others_are_kept(tmp_path: Path) -> None:
    asked = [Job(f"job-{number}", number) for number in range(4)]
    with pytest.raises(JobsFailed, match=r"1 of 4 .* job-2: ArithmeticError: two is too many"):
        spread(shout, "hello", asked, folder=tmp_path, key=KEY)
    assert (tmp_path / "job-3").read_bytes() == b"hello 3"


def test_the_time_left_comes_from_the_jobs_before(tmp_path: Path) -> None:
    ticks = iter([0.0, 10.0, 20.0, 30.0])
    seen: list[SpreadProgress] = []
    asked = [Job(f"job-{number}", number) for number in (0, 1, 3)]
    spread(shout, "x", asked, folder=tmp_path, key=KEY, progress=seen.append, clock=lambda: next(ticks))
    assert [step.seconds_left for step in seen] == [20.0, 10.0, 0.0]


def test_two_jobs_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one name"):
        spread(shout, "x", [Job("same", 0), Job("same", 1)], folder=tmp_path, key=KEY)
