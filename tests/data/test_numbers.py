"""Numbers are read back from every form in which people write them; a column that can be read in two ways is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.data.tables.numbers import COMMA, POINT, read

CENTS = st.integers(-10_000_000, 10_000_000).map(lambda cents: cents / 100)


def grouped(value: float, thousands: str, decimal: str) -> str:
    """A number with two decimals, its thousands separated."""
    return f"{value:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


FORMS = {
    "english": lambda value: grouped(value, ",", "."),
    "german": lambda value: grouped(value, ".", ","),
    "french": lambda value: grouped(value, "\u202f", ","),
    "spaces": lambda value: grouped(value, "\xa0", "."),
    "swiss": lambda value: grouped(value, "’", "."),
    "plain": lambda value: f"{value:.2f}",
    "comma": lambda value: f"{value:.2f}".replace(".", ","),
    "power": lambda value: f"{value:.9e}",
    "minus": lambda value: f"{value:.2f}".replace("-", "−"),
    "euro": lambda value: f"{value:.2f} €".replace(".", ","),
    "arabic": lambda value: f"{value:.2f}".translate(str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")),
    "wide": lambda value: f"{value:.2f}".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
}


@pytest.mark.parametrize("form", FORMS)
@given(values=st.lists(CENTS, min_size=1, max_size=8))
def test_a_column_is_read_back_from_its_form(form, values):
    found = read([FORMS[form](value) for value in values])
    assert found.refused == "" and found.values.tolist() == pytest.approx(values)


@given(values=st.lists(st.integers(1000, 999_999), min_size=1, max_size=5))
def test_thousands_that_may_be_decimals_are_refused_unless_somebody_says_which(values):
    english = [f"{value:,}" for value in values]
    found = read(english)
    assert "can be" in found.refused and np.isnan(found.values).all()
    assert read(english, decimal=POINT).values.tolist() == values
    assert read(english, decimal=COMMA).values.tolist() == pytest.approx([value / 1000 for value in values])
    assert read(english, scale=(1000, 1_000_000)).values.tolist() == values


CASES = [
    (["4/5", "3.5/5"], [4, 3.5]),
    (["8 out of 10", "7 out of 10"], [8, 7]),
    (["★★★½", "★★☆☆☆"], [3.5, 2]),
    (["4 stars", "1 star", "5"], [4, 1, 5]),
    (["85 %", "90%"], [85, 90]),
    (["(3.5)", "2"], [-3.5, 2]),
    (["12,34,567.5"], [1234567.5]),
    (["4.250", "3.125"], [4.25, 3.125]),
    (["1.234", "0.5"], [1.234, 0.5]),
    (["1.234", "0,5"], [1234, 0.5]),
]


@pytest.mark.parametrize(("texts", "values"), CASES, ids=[case[0][0] for case in CASES])
def test_ratings_as_people_write_them(texts, values):
    assert read(texts).values.tolist() == values


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "0x10", "lots", "", "1,2,3", "1.2.3", "--3", "3..5", "٣x"])
def test_what_is_no_number_is_none(text):
    assert np.isnan(read([text, "1"]).values[0])


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["3,5", "4.25"], "'4.25' has a decimal point and '3,5' a decimal comma"),
        (["4/5", "8/10"], "numbers of different kinds"),
        (["1.234", "950"], "'1.234' can be 1234 or 1.234"),
    ],
)
def test_a_column_in_two_forms_is_refused(texts, said):
    assert said in read(texts).refused


def test_a_slip_in_a_long_column_costs_its_cell_alone():
    found = read(["3.5"] * 200 + ["4,25"])
    assert found.refused == "" and np.isnan(found.values[-1]) and found.values[0] == 3.5


@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_any_text_is_a_number_or_none(texts):
    found = read(texts)
    assert len(found.values) == len(texts) and not np.isinf(found.values).any()
