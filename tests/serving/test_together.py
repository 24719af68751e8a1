"""Recommendations for groups: known answers, and a real service."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.errors import BadInput, UnknownUser
from recsys.serving.filters import Filters
from recsys.serving.together import group_order, standardised


def test_a_member_left_behind_counts_more():
    # Items 0 and 1 please only the first member, 2 and 3 only the second, 4 both a little.
    scores = np.array([[9.0, 8.0, 0.0, 0.0, 4.0], [0.0, 0.0, 9.0, 8.0, 4.0]])
    order = group_order(scores, 5).tolist()
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert {tuple(sorted(order[:2]))} <= {(0, 2), (0, 4), (2, 4)}
    # Three members like what one does not: adding scores would give that one nothing at the top.
    scores = np.array([[9.0, 8.0, 7.0, 1.0]] * 3 + [[1.0, 1.0, 1.0, 9.0]])
    assert 3 in group_order(scores, 2, fairness=4.0) and 3 not in group_order(scores, 2, fairness=0.0)


def test_without_fairness_it_is_the_sum_of_standardised_scores():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(4, 50))
    expected = np.argsort(-standardised(scores).sum(axis=0), kind="stable")[:10]
    assert group_order(scores, 10, fairness=0.0).tolist() == expected.tolist()


def test_items_that_somebody_has_seen_are_no_candidates():
    scores = np.array([[3.0, 2.0, -np.inf], [1.0, -np.inf, 2.0]])
    assert group_order(scores, 3).tolist() == [0]


def test_a_group_gets_films_that_nobody_has_seen_with_a_match_each(service):
    people = ["1", "2", ["Heat (1995)", "Alien (1979)"]]
    lines = service.together(people, 8)
    seen = set(service.catalogue.history("1")) | set(service.catalogue.history("2"))
    seen |= {service.catalogue.find("Heat (1995)"), service.catalogue.find("Alien (1979)")}
    assert len(lines) == min(8, len(service.catalogue) - len(seen))
    assert not seen & {line["item_id"] for line in lines}
    assert all(len(line["matches"]) == 3 and line["reason"] for line in lines)
    assert service.together(people, 8) == lines


def test_the_order_of_people_does_not_change_the_list(service):
    one, other = (
        [line["item_id"] for line in service.together(people, 5)] for people in (["1", "2", "3"], ["3", "1", "2"])
    )
    assert one == other


def test_filters_and_a_veto_narrow_the_list(service):
    lines = service.together(["1", "2"], 5)
    hidden = lines[0]["item_id"]
    after = service.together(["1", "2"], 5, Filters(hide=(hidden,)))
    assert hidden not in {line["item_id"] for line in after}


@pytest.mark.parametrize("people", ["1", ["1"], [str(n) for n in range(1, 10)], None, 5, ["1", 2.5]])
def test_groups_that_are_none_are_refused(service, people):
    with pytest.raises(BadInput):
        service.together(people)
    with pytest.raises(UnknownUser):
        service.together(["1", "nobody"])


def test_members_may_have_ratings_and_each_has_a_reason(service):
    people = [{"Heat (1995)": 5.0, "Shrek (2001)": 1.0}, "2"]
    lines = service.together(people, 4)
    heat, shrek = service.catalogue.find("Heat (1995)"), service.catalogue.find("Shrek (2001)")
    assert not {heat, shrek} & {line["item_id"] for line in lines}
    assert all(len(line["reasons"]) == len(line["matches"]) == 2 for line in lines)
    said = [reason for line in lines for reason in line["reasons"] if "liked" in reason]
    assert said and not any("you " in reason.lower() for reason in said)
    assert any("person 1 liked" in line["reasons"][0].lower() for line in lines)
    with pytest.raises(BadInput, match="out of range"):
        service.together([{"Heat (1995)": 50}, "2"])


def test_reasons_name_the_person_and_speak_to_the_reader(service):
    plain = service.together(["1", "2"], 4)
    named = service.together(["1", "2"], 4, names=["", "Ann"])
    assert [line["item_id"] for line in named] == [line["item_id"] for line in plain]
    for ours, theirs in zip(named, plain, strict=True):
        assert ours["reasons"][1] == theirs["reasons"][1].replace("person 2", "Ann").replace("Person 2", "Ann")
        assert ours["reasons"][0].lower() == theirs["reasons"][0].lower().replace("person 1", "you")
        assert ours["reason"] in ours["reasons"]


def test_the_dial_goes_from_the_average_to_the_least_happy(service):
    people = ["1", "2", "3", "4"]
    orders = [[line["item_id"] for line in service.together(people, 10, fairness=dial)] for dial in (0, 0.5, 1)]
    assert orders[1] == [line["item_id"] for line in service.together(people, 10)]
    with pytest.raises(BadInput, match="fairness"):
        service.together(people, fairness=2)
