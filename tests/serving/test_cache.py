"""The cache of answers: bounded, one computation a question, errors for everybody who waits and for nobody later."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest
from waiting import PATIENCE_S

from recsys.serving.cache import AnswerCache


def cache(capacity=1000, at_once=2):
    return AnswerCache(capacity, lambda answer: 1 + len(answer), threading.BoundedSemaphore(at_once))


class Slow:
    """A computation that waits until it is let go, and counts how often it ran."""

    def __init__(self, error=None):
        self.error, self.runs, self.begun, self.go = error, 0, threading.Event(), threading.Event()

    def __call__(self):
        self.runs += 1
        self.begun.set()
        assert self.go.wait(20)
        if self.error is not None:
            raise self.error
        return ["answer"]


def asking(cached, question, compute, n):
    """n threads that ask the same question, and what each got."""
    got = []

    def ask():
        try:
            got.append(cached.get(question, compute))
        except ValueError as error:
            got.append(error)

    threads = [threading.Thread(target=ask) for _ in range(n)]
    for thread in threads:
        thread.start()
    return threads, got


def finished(threads):
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def test_the_longest_unasked_is_dropped_first():
    cached, computed = cache(capacity=10), []

    def answer(name):
        computed.append(name)
        return ["a", "b"]

    for name in ("one", "two", "three", "one", "four", "one", "two"):
        cached.get(name, lambda name=name: answer(name))
    # three answers of size 3 fit; "one" was asked for again and again
    assert computed == ["one", "two", "three", "four", "two"]


def test_an_answer_larger_than_the_cache_is_returned_and_not_kept():
    cached, computed = cache(capacity=3), []
    for _ in range(2):
        assert len(cached.get("large", lambda: computed.append(1) or ["x"] * 9)) == 9
    assert len(computed) == 2
    assert cached.get("small", lambda: ["x"]) == ["x"]
    assert cached.get("small", lambda: pytest.fail("computed again")) == ["x"]


def test_an_empty_answer_is_cached():
    cached = cache()
    assert cached.get("nothing", list) == []
    assert cached.get("nothing", lambda: pytest.fail("computed again")) == []


@pytest.fixture
def waiting(monkeypatch):
    """Waits until n callers wait for computations."""
    asked = threading.Semaphore(0)

    class Counting(Future):
        def result(self, timeout=None):
            asked.release()
            return super().result(timeout)

    monkeypatch.setattr("recsys.serving.cache.Future", Counting)
    return lambda n: all(asked.acquire(timeout=PATIENCE_S) for _ in range(n))


def test_callers_of_one_question_share_one_computation(waiting):
    cached, slow = cache(), Slow()
    threads, got = asking(cached, "same", slow, 8)
    assert waiting(7)  # the eighth computes
    slow.go.set()
    finished(threads)
    assert slow.runs == 1 and got == [["answer"]] * 8


def test_an_error_reaches_everybody_who_waits_and_is_not_cached(waiting):
    cached, slow = cache(), Slow(error := ValueError("broken"))
    threads, got = asking(cached, "bad", slow, 6)
    assert waiting(5)
    slow.go.set()
    finished(threads)
    assert got == [error] * 6 and slow.runs == 1
    assert cached.get("bad", lambda: ["fine"]) == ["fine"]


def test_a_limit_on_computations_keeps_nobody_from_a_cached_answer():
    cached, at_work, most, gate = cache(at_once=2), [], [], threading.Event()
    cached.get("known", lambda: ["x"])

    def slow(name):
        at_work.append(name)
        most.append(len(at_work))
        gate.wait(20)
        at_work.remove(name)
        return [name]

    threads = [threading.Thread(target=cached.get, args=(n, lambda n=n: slow(str(n)))) for n in range(6)]
    for thread in threads:
        thread.start()
    assert cached.get("known", lambda: pytest.fail("computed again")) == ["x"]
    gate.set()
    finished(threads)
    assert len(most) == 6 and max(most) <= 2


def test_caches_may_share_the_limit():
    turns = threading.BoundedSemaphore(1)
    first, second = (AnswerCache(10, len, turns) for _ in range(2))
    slow = Slow()
    threads, _ = asking(first, "a", slow, 1)
    assert slow.begun.wait(20)
    done = threading.Event()
    other = threading.Thread(target=lambda: second.get("b", lambda: done.set() or ["b"]))
    other.start()
    assert not done.wait(0.2)
    slow.go.set()
    finished([*threads, other])
    assert done.is_set()


def test_questions_count_as_well():
    cached = AnswerCache(1000, len, threading.BoundedSemaphore(1), len)
    computed = []

    def asked(question):
        cached.get(question, lambda: computed.append(question) or "x")

    for question in ("a" * 400, "b" * 400, "c" * 400, "a" * 400, "d" * 5000, "c" * 400):
        asked(question)
    # the longest one fits with no other, and is not kept itself
    assert [question[0] for question in computed] == ["a", "b", "c", "a", "d", "c"]


def test_long_questions_do_not_fill_the_memory(service):
    from recsys.serving import answers
    from recsys.serving.filters import Filters

    cached = service._in_use.answers._found
    for number in range(300):
        service.search(f"heat {number}", filters=Filters(hide=tuple(f"{number} {'x' * 190} {n}" for n in range(500))))
    assert 0 < cached._total <= answers.CACHED_BYTES
    assert len(cached._answers) < 200
