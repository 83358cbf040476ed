"""What is compared, by name: who is known of the client, and what makes the weights."""

from dataclasses import dataclass
from typing import Literal

Known = Literal["heard", "true", "other", "average", "nothing"]

MVO, EQUAL = "mvo", "equal-weight"
PROFILE_POLICY, PROFILE_BASELINE = "profile-policy", "profile-baseline"
AVERAGE_POLICY, AVERAGE_BASELINE = "average-policy", "average-baseline"
TRUE_POLICY, TRUE_BASELINE = "true-policy", "true-baseline"
LIMITS_POLICY, PROFILE_MVO, MVO_SHRUNK, PLAIN_POLICY = "limits-policy", "profile-mvo", "mvo-shrunk", "plain-policy"
SWAPPED_POLICY = "swapped-policy"


@dataclass(frozen=True)
class Arm:
    """One way to serve a client.

    known
        heard: the profile that the profiler read; true: that of a careful reader; other: the profile heard of another
        client, a placebo with the same risk on the whole; average: one mandate, the mean of all clients', for
        everybody; nothing: the same fully invested portfolio for everybody, without limits
    """

    name: str
    title: str
    known: Known

    @property
    def own(self) -> bool:
        """Whether each client has an account of their own."""
        return self.known in ("heard", "true", "other")


ARMS: tuple[Arm, ...] = (
    Arm(PROFILE_POLICY, "profile, policy (L-PPR's design)", "heard"),
    Arm(PROFILE_BASELINE, "profile, no policy (the product)", "heard"),
    Arm(SWAPPED_POLICY, "another client's profile, policy (placebo)", "other"),
    Arm(AVERAGE_POLICY, "no profile, policy", "average"),
    Arm(AVERAGE_BASELINE, "no profile, no policy", "average"),
    Arm(TRUE_POLICY, "profile without misreading, policy", "true"),
    Arm(TRUE_BASELINE, "profile without misreading, no policy", "true"),
    Arm(LIMITS_POLICY, "policy told of no client, profile for the limits", "heard"),
    Arm(PROFILE_MVO, "mean-variance at the client's risk and limits", "heard"),
    Arm(MVO, "mean-variance (MVO), plain means", "nothing"),
    Arm(MVO_SHRUNK, "mean-variance, shrunk means, cap of 25 %", "nothing"),
    Arm(PLAIN_POLICY, "policy alone, fully invested", "nothing"),
    Arm(EQUAL, "equal weight, fully invested", "nothing"),
)

DECIDED: tuple[Arm, ...] = tuple(one for one in ARMS if one.known != "other")
"""Those with weights of their own; the placebo takes those of `PROFILE_POLICY`."""


def arm(name: str) -> Arm:
    """Raises KeyError for a name that is no arm's."""
    for one in ARMS:
        if one.name == name:
            return one
    raise KeyError(f"{name} is no arm; there are {', '.join(one.name for one in ARMS)}")
