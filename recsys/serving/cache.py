"""Bounded, thread-safe cache of answers; concurrent callers with the same question share one computation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class AnswerCache(Generic[Answer]):
    """Least-recently-used cache of answers, up to a total size.

    Callers with the same question at the same time share one computation. If it raises, all of them get the error and
    nothing is cached, so the next caller tries again.

    A semaphore limits the number of computations at the same time. Outside NumPy's kernels Python runs one thread at a
    time, so more threads would not finish sooner in total. Cached answers never wait.

    Args:
        capacity: largest total size of the cached answers.
        size: size of one answer, at least 1.
        turns: acquired for each computation; several caches may share one.
        question_size: size of one question; callers choose questions, which may be longer than their answers.

    Attributes:
        hits, misses: number of questions whose answer was cached or being computed, and of the others.
    """

    def __init__(
        self,
        capacity: int,
        size: Callable[[Answer], int],
        turns: threading.Semaphore,
        question_size: Callable[[Hashable], int] = lambda question: 0,
    ):
        self._capacity, self._total = capacity, 0
        self.hits = self.misses = 0
        self._size, self._question_size = size, question_size
        self._lock = threading.Lock()
        self._turns = turns
        self._answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()
        self._running: dict[Hashable, Future[Answer]] = {}

    def get(self, question: Hashable, compute: Callable[[], Answer]) -> Answer:
        """Return the cached answer, or compute and cache it.

        Args:
            compute: computes the answer; it must not use this cache, because it could wait for itself.
        """
        with self._lock:
            if question in self._answers:
                self.hits += 1
                self._answers.move_to_end(question)
                return self._answers[question][0]
            computed = self._running.get(question)
            is_first = computed is None
            if computed is not None:
                self.hits += 1
            else:
                self.misses += 1
                computed = self._running[question] = Future()
        if is_first:
            self._compute(question, compute, computed)
        return computed.result()

    @property
    def size(self) -> int:
        """Total size of the cached answers."""
        return self._total

    def _compute(self, question: Hashable, compute: Callable[[], Answer], computed: Future[Answer]) -> None:
        """Compute an answer and pass it, or the error, to all waiting callers."""
        try:
            with self._turns:
                answer = compute()
        except BaseException as error:
            with self._lock:
                del self._running[question]
            computed.set_exception(error)
            return
        with self._lock:
            del self._running[question]
            self._store(question, answer)
        computed.set_result(answer)

    def _store(self, question: Hashable, answer: Answer) -> None:
        size = self._size(answer) + self._question_size(question)
        self._answers[question] = answer, size
        self._total += size
        while self._total > self._capacity:
            self._total -= self._answers.popitem(last=False)[1][1]
