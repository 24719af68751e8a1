from __future__ import annotations

from recsys.release.metrics import flatten


def test_nested_metrics_become_one_mapping_of_numbers():
    assert flatten({"a": {"b": 1, "c": {"d": 2.5}}, "e": None, "f": True, "g": "x"}) == {"a b": 1.0, "a c d": 2.5}
    assert flatten(None) == {}


def test_metrics_of_the_random_split_carry_no_prefix():
    assert flatten({"random": {"hr@10": 0.5}, "strict": {"hr@10": 0.4}}) == {"hr@10": 0.5, "strict hr@10": 0.4}
