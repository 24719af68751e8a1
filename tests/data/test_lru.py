"""The bounded cache: what it keeps, what it drops, and that many threads may share it."""

from __future__ import annotations

import threading

from recsys.data.lru import LruCache


def test_the_entries_used_longest_ago_are_dropped():
    cache: LruCache[str, int] = LruCache(3)
    cache.put_many({"a": 1, "b": 2, "c": 3})
    assert cache.get_many(["a", "x"]) == {"a": 1}
    cache.put_many({"d": 4})
    assert cache.get_many("abcd") == {"a": 1, "c": 3, "d": 4}
    cache.put_many(dict(zip("pqrst", range(5), strict=True)))
    assert len(cache) == 3 and cache.get_many("pqrst") == {"r": 2, "s": 3, "t": 4}


def test_many_threads_share_it():
    cache: LruCache[int, int] = LruCache(50)
    wrong = []

    def work(seed):
        for step in range(2000):
            number = (seed * 7919 + step * 31) % 200
            cache.put_many({number: number * 2})
            wrong.extend(pair for pair in cache.get_many(range(200)).items() if pair[1] != 2 * pair[0])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(cache) == 50
