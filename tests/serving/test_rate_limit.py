"""Limits of one address: bursts, growing waits, wrong keys, bounded memory. Time is a number that the tests set."""

from __future__ import annotations

import contextlib
import threading

import pytest

from recsys.data.progress import quiet
from recsys.errors import NotAllowed, StoreUnavailable, TooManyRequests, UnknownUser
from recsys.runtime.startup import ready
from recsys.serving.client import Client, answering
from recsys.serving.rate_limit import LONGEST_S, RateLimit, RateLimits
from recsys.settings import Settings
from recsys.visitors import shared_limits


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def taken(limit, address="a", most=1000):
    """How many requests pass before one is refused, and the wait it is told."""
    for number in range(most):
        try:
            limit.take(address)
        except TooManyRequests as error:
            return number, error.retry_after
    return most, 0.0


def test_a_burst_passes_and_then_the_rate(clock):
    limit = RateLimit("writes", burst=5, per_s=1.0, clock=clock)
    assert taken(limit) == (5, 1.0)
    clock.now += 1.0
    assert taken(limit)[0] == 1
    clock.now += 100
    assert taken(limit)[0] == 5


def test_each_further_wait_is_twice_as_long_up_to_the_longest(clock):
    limit = RateLimit("writes", burst=1, per_s=1e-9, clock=clock)
    limit.take("a")
    waits = []
    for _ in range(14):
        _, wait = taken(limit)
        waits.append(wait)
        clock.now += wait
    assert waits[:5] == [1, 2, 4, 8, 16] and waits[-1] == LONGEST_S


def test_a_clock_set_back_costs_at_most_the_longest_wait(clock):
    """The clock is that of PostgreSQL if replicas share their counts."""
    limit = RateLimit("writes", burst=5, per_s=1.0, clock=clock)
    clock.now += 365 * 86_400
    taken(limit)
    clock.now -= 365 * 86_400
    assert taken(limit) == (0, LONGEST_S)
    clock.now += LONGEST_S
    assert taken(limit)[0] == 5


def test_asking_while_waiting_does_not_make_the_wait_longer(clock):
    limit = RateLimit("writes", burst=1, per_s=1e-9, clock=clock)
    taken(limit)
    clock.now += 0.6
    for _ in range(50):
        with pytest.raises(TooManyRequests, match=r"^Too many writes from this address\. Try again in 1 second\.$"):
            limit.take("a")
    clock.now += 0.5
    assert taken(limit)[1] == 2.0, "the second wait, not the fiftieth"


def test_a_calm_address_starts_anew(clock):
    limit = RateLimit("writes", burst=1, per_s=0.1, clock=clock)
    for _ in range(5):
        clock.now += taken(limit)[1]
    clock.now += 2 * LONGEST_S
    assert taken(limit) == (1, 1.0)


def test_addresses_do_not_wait_for_one_another(clock):
    limit = RateLimit("writes", burst=2, per_s=1.0, clock=clock)
    assert taken(limit, "a")[0] == taken(limit, "b")[0] == 2


def test_only_so_many_addresses_are_remembered(clock):
    limit = RateLimit("writes", burst=1, per_s=1.0, size=100, clock=clock)
    for number in range(5_000):
        limit.take(f"address {number}")
    assert len(limit) == 100


def wrong_keys(limits, error=NotAllowed, most=100):
    """How many wrong keys are looked at before the address must wait."""
    for number in range(most):
        try:
            with limits.trying_a_key():
                raise error("wrong")
        except TooManyRequests:
            return number
        except error:
            pass
    return most


@pytest.mark.parametrize("error", [NotAllowed, UnknownUser])
def test_wrong_keys_and_names_cost_growing_waits(clock, error):
    limits = RateLimits(clock=clock)
    with answering(Client("192.0.2.7")):
        first = wrong_keys(limits, error)
        assert 3 <= first <= 10
        looked_at = 0
        for _ in range(3600):
            clock.now += 1
            looked_at += wrong_keys(limits, error)
    assert looked_at < 30, "an hour of guessing"


def test_right_keys_cost_nothing(clock):
    limits = RateLimits(clock=clock)
    with answering(Client("192.0.2.7")):
        for _ in range(1000):
            with limits.trying_a_key():
                pass


@pytest.mark.parametrize("name", ["join", "write", "sign_in", "read_import"])
def test_every_kind_is_limited_by_the_address_of_the_client(clock, name):
    limits = RateLimits(clock=clock)
    with answering(Client("192.0.2.7")), pytest.raises(TooManyRequests):
        for _ in range(1000):
            getattr(limits, name)()
    with answering(Client("192.0.2.8")):
        getattr(limits, name)()


def test_the_command_line_and_a_service_without_limits_are_never_refused(clock):
    for _ in range(1000):
        RateLimits(clock=clock).join()
    limits = RateLimits(enabled=False, clock=clock)
    with answering(Client("192.0.2.7")):
        for _ in range(1000):
            limits.join()
        assert wrong_keys(limits) == 100


def test_a_visitor_whose_key_was_right_does_not_wait_for_others_at_the_same_address(service):
    mine = service.profiles.create(["Heat (1995)"])
    service.profiles.rate(mine["user_id"], mine["key"], "Casino", 4)
    with answering(Client("192.0.2.7")):
        with pytest.raises(TooManyRequests):
            for number in range(100):
                with contextlib.suppress(NotAllowed):
                    service.profiles.rate(mine["user_id"], f"guess {number}", "Casino", 1)
        service.profiles.rate(mine["user_id"], mine["key"], "Casino", 5)
    assert service.visitors.history(mine["user_id"])[service.catalogue.find("Casino")] == 5.0


@pytest.fixture
def replicas(postgres_url, prepared, film_folder):
    """Two services on one PostgreSQL."""
    made = [ready(Settings(dataset=str(film_folder), data_dir=prepared, store_url=postgres_url), quiet) for _ in "ab"]
    yield made
    for one in made:
        one.close()
        one.visitors.close()


def test_replicas_count_together(replicas):
    first, second = replicas
    with answering(Client("192.0.2.7")):
        for number in range(20):
            replicas[number % 2].limits.join()
        for one in replicas:
            with pytest.raises(
                TooManyRequests, match="Too many new profiles from this address. Try again in 1 second."
            ):
                one.limits.join()
        mine = first.visitors.join({})
        looked_at = 0
        with pytest.raises(TooManyRequests):
            for number in range(20):
                with contextlib.suppress(NotAllowed):
                    replicas[number % 2].profiles.verify(mine[0], "guess")
                looked_at += 1
        assert looked_at == 6, "five at once, and the sixth makes the address wait"
    with answering(Client("192.0.2.8")):
        second.limits.join()
    with first.visitors.store.reading() as tx:
        rows = tx.rows("SELECT * FROM rate_limits")
    assert {row["kind"] for row in rows} == {"new profiles", "wrong keys"} and "192.0.2" not in repr(rows)


def test_many_requests_at_once_are_all_counted(replicas):
    passed = []

    def write(one):
        with answering(Client("192.0.2.7")):
            for _ in range(5):
                with contextlib.suppress(TooManyRequests):
                    one.limits.join()
                    passed.append(1)

    threads = [threading.Thread(target=write, args=(one,)) for one in replicas * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 20 <= len(passed) <= 21


def test_old_counts_are_deleted(replicas, monkeypatch):
    monkeypatch.setattr(shared_limits, "CLEANING", 1)
    store = replicas[0].visitors.store
    with answering(Client("192.0.2.7")):
        replicas[0].limits.join()
        with store.writing() as tx:
            tx.execute("UPDATE rate_limits SET counted = counted - 10000")
            tx.execute("INSERT INTO rate_limits SELECT 'imports', address, 0, counted, 0, until FROM rate_limits")
        replicas[0].limits.join()
    with store.reading() as tx:
        assert [row["kind"] for row in tx.rows("SELECT kind FROM rate_limits")] == ["new profiles"]


def test_while_the_store_is_away_each_replica_counts_for_itself(clock):
    class Away:
        def change(self, *given):
            raise StoreUnavailable("away")

    limit = RateLimit("writes", burst=5, per_s=1.0, clock=clock, shared=Away())
    assert taken(limit) == (5, 1.0)
