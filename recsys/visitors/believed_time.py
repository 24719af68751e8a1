"""The time by which old data is deleted: a clock that jumped ahead is not believed until it has stayed there.

A machine whose clock is wrong by years would otherwise delete all profiles and events at its next start.
"""

from __future__ import annotations

from dataclasses import dataclass

from recsys.visitors.shared_state import SharedState

NAME = "retention clock"
DAY_S = 86_400.0
MOST_AHEAD_S = 2 * DAY_S  # between two checks, which are a day apart
LOOKS, BETWEEN_S = 3, 20 * 3600.0
"""A clock that is further ahead is believed after LOOKS checks that are at least BETWEEN_S seconds apart."""


@dataclass(frozen=True)
class BelievedTime:
    """What is known of the clock after a check.

    Attributes:
        now: the time that is believed, in seconds since 1970.
        ahead: times of the checks, oldest first, since the clock jumped ahead; empty if it did not.
    """

    now: float
    ahead: tuple[float, ...] = ()

    @property
    def days_ahead(self) -> float:
        """By how many days the clock is ahead of the believed time."""
        return (self.ahead[-1] - self.now) / DAY_S if self.ahead else 0.0

    def at(self, clock: float) -> BelievedTime:
        """What is known after another check.

        >>> jumped = BelievedTime(now=0.0).at(1000 * DAY_S)
        >>> jumped.now, jumped.days_ahead, jumped.at(DAY_S).now / DAY_S
        (0.0, 1000.0, 1.0)
        >>> jumped.at(1001 * DAY_S).at(1002 * DAY_S).now / DAY_S
        1002.0
        """
        if clock <= self.now + MOST_AHEAD_S:
            return BelievedTime(clock)
        ahead = tuple(time for time in self.ahead if time <= clock)  # all others were wrong
        if not ahead or clock - ahead[-1] >= BETWEEN_S:
            ahead = (*ahead, clock)
        return BelievedTime(clock) if len(ahead) >= LOOKS else BelievedTime(self.now, ahead)


def check(state: SharedState, clock: float, latest: float | None) -> BelievedTime:
    """Check the clock, and store what is known of it.

    Args:
        state: state of the store, where the last check is found.
        clock: seconds since 1970 by the clock of this machine.
        latest: time of the latest change in the store, for the first check; None if the store is empty.
    """
    found = state.choice(NAME)
    if found is not None:
        known = BelievedTime(float(found.value["now"]), tuple(map(float, found.value["ahead"])))
    else:
        known = BelievedTime(clock if latest is None else latest)
    checked = known.at(clock)
    state.choose(NAME, {"now": checked.now, "ahead": list(checked.ahead)})
    return checked
