"""Times are read back from every form in which people write them; a column that can be read in two ways is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recsys.data.tables.date_orders import DAY_FIRST, MONTH_FIRST, YEAR_FIRST
from recsys.data.tables.dates import read

MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2037, 12, 31)).map(lambda one: one.replace(microsecond=0))
DAYS = st.dates(date(1975, 1, 1), date(2037, 12, 31))


def seconds(one: datetime | date) -> float:
    return datetime(one.year, one.month, one.day, *one.timetuple()[3:6], tzinfo=UTC).timestamp()


FORMS = {
    "iso": "%Y-%m-%dT%H:%M:%S",
    "iso with a zone": "%Y-%m-%d %H:%M:%S+00:00",
    "iso with Z": "%Y-%m-%dT%H:%M:%SZ",
    "slashes": "%Y/%m/%d %H:%M:%S",
    "points": "%d.%m.%Y %H:%M:%S",
    "words": "%d %B %Y %H:%M:%S",
    "american words": "%B %d, %Y %I:%M:%S %p",
    "short": "%d-%b-%Y %H:%M:%S",
    "mail": "%a, %d %b %Y %H:%M:%S +0000",
    "twitter": "%a %b %d %H:%M:%S +0000 %Y",
    "javascript": "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)",
    "compact": "%Y%m%dT%H%M%S",
    "time first": "%H:%M:%S %d %B %Y",
}


@pytest.mark.parametrize("form", FORMS)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=6))
def test_a_column_is_read_back_from_its_form(form, moments):
    found = read([one.strftime(FORMS[form]) for one in moments])
    assert found.refused == "" and found.seconds.tolist() == [seconds(one) for one in moments]


@pytest.mark.parametrize(
    ("form", "order"), [("%d/%m/%Y", DAY_FIRST), ("%m/%d/%Y", MONTH_FIRST), ("%d-%m-%Y", DAY_FIRST)]
)
@given(days=st.lists(DAYS, min_size=1, max_size=6))
def test_the_whole_column_tells_day_from_month(form, order, days):
    texts = [one.strftime(form) for one in days]
    found = read(texts)
    same = all(one.day == one.month for one in days)
    if same or any(one.day > 12 for one in days):
        assert found.seconds.tolist() == [seconds(one) for one in days]
        assert same or (found.order == order and order in found.note)
    else:
        assert "can be" in found.refused and found.orders
    assert read(texts, order).seconds.tolist() == [seconds(one) for one in days]


def test_six_digits_are_a_date_with_a_year_of_two_digits():
    found = read(["240305", "231231", "0"])
    assert found.seconds[:2].tolist() == [seconds(date(2024, 3, 5)), seconds(date(2023, 12, 31))]
    assert np.isnan(found.seconds[2]) and "years of two digits (240305 is 5 March 2024)" in found.note
    assert read(["240305", "244500"]).seconds.tolist() == [240305, 244500]


def test_years_of_two_digits_do_not_come_first_if_they_are_then_years_ahead():
    ahead = date.today().year + 5
    texts = [f"{ahead % 100}-12-24", f"{ahead % 100 - 1}-11-24"]
    assert read(texts).order == DAY_FIRST and "24 December" not in read(texts).note
    both = read(["10-12-11", "11-10-12"])
    assert set(both.orders) == {DAY_FIRST, MONTH_FIRST, YEAR_FIRST} and "can be" in both.refused


@pytest.mark.parametrize(("unit", "name"), [(1, ""), (1000, "milli"), (10**6, "micro"), (10**9, "nano")])
@given(moments=st.lists(MOMENTS, min_size=1, max_size=6))
def test_numbers_are_read_in_the_unit_of_their_column(unit, name, moments):
    # Nanoseconds of 1989 and 1990 alone are read as the steps of 100 nanoseconds of this century that .NET writes.
    assume(unit < 10**9 or any(one.year not in (1989, 1990) for one in moments))
    found = read([str(int(seconds(one)) * unit) for one in moments])
    assert found.seconds.tolist() == [seconds(one) for one in moments] and name in found.note


@given(days=st.lists(DAYS, min_size=1, max_size=6))
def test_days_of_a_spreadsheet_and_dates_without_separators(days):
    serials = [str((one - date(1899, 12, 30)).days) for one in days]
    for texts in (serials, [f"{serial}.0" for serial in serials], [one.strftime("%Y%m%d") for one in days]):
        found = read(texts)
        assert found.seconds.tolist() == [seconds(one) for one in days] and found.note


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5. März 2024", date(2024, 3, 5)),
        ("mardi 5 mars 2024", date(2024, 3, 5)),
        ("mar. 5 mars 2024", date(2024, 3, 5)),
        ("5 de marzo de 2024", date(2024, 3, 5)),
        ("Friday, March 5th, 2024", date(2024, 3, 5)),
        ("5-Mar-24", date(2024, 3, 5)),
        ("2024年3月5日", date(2024, 3, 5)),
        ("2024-W10-2", date(2024, 3, 5)),
        ("2024-065", date(2024, 3, 5)),
        ("Mar 2024", date(2024, 3, 1)),
        ("2024-03", date(2024, 3, 1)),
    ],
)
def test_dates_in_words_and_other_scripts(text, day):
    assert read([text, "2000-01-01"]).seconds.tolist() == [seconds(day), seconds(date(2000, 1, 1))]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["20/03/2024", "03/20/2024"], "do not have day and month in one order"),
        (["2024-01-01", "5"], "'5' is a number and '2024-01-01' a date"),
        (["1709596800", "1709596800000"], "one in a larger unit"),
    ],
)
def test_a_column_in_two_forms_is_refused(texts, said):
    assert said in read(texts).refused


def test_dates_and_numbers_that_cannot_be_mistaken_are_read_together():
    found = read(["2024-03-05", "1709596800"])
    assert found.seconds.tolist() == [1709596800.0] * 2 and "seconds since 1970" in found.note
    assert read(["2024-03-05", "45356"]).seconds.tolist() == [1709596800.0] * 2


@pytest.mark.parametrize(
    "text", ["soon", "yesterday", "2024-13-40", "31 February 2024", "25:00 5 May 2024", "10:00", ""]
)
def test_what_is_no_time_is_none(text):
    assert np.isnan(read([text, "2024-01-01"]).seconds[0])


def test_small_numbers_are_an_order():
    assert read(["1", "2", "30"]).seconds.tolist() == [1, 2, 30]


@given(texts=st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_is_a_time_or_none(texts):
    found = read(texts)
    assert len(found.seconds) == len(texts) and not np.isinf(found.seconds).any()


@given(moment=MOMENTS, hours=st.integers(-11, 12))
def test_zones_are_taken_off(moment, hours):
    local = moment + timedelta(hours=hours)
    assert read([f"{local:%d %b %Y %H:%M:%S} {hours:+03d}00"]).seconds[0] == seconds(moment)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "31 prosince 2020",
            "31. prosinec 2020",
            "31 декабря 2020",
            "31 Aralık 2020",
            "2020. december 31.",
            "31 grudnia 2020",
        ),
        *("31dec2020", "2020年12月31日", "2020. 12. 31."),
    ],
)
def test_months_of_other_languages(text):
    assert read([text]).seconds.tolist() == [datetime(2020, 12, 31, tzinfo=UTC).timestamp()]


@pytest.mark.parametrize(
    "text",
    ["2020. 12. 31. 오후 3:04:05", "2020/12/31 下午 3:04:05", "2020年12月31日 午後3:04:05", "31DEC2020:15:04:05"],
)
def test_times_of_other_programs(text):
    assert read([text]).seconds.tolist() == [datetime(2020, 12, 31, 15, 4, 5, tzinfo=UTC).timestamp()]
    if "오후" in text:
        assert read([text.replace("오후", "오전")]).seconds.tolist() == [
            datetime(2020, 12, 31, 3, 4, 5, tzinfo=UTC).timestamp()
        ]


@pytest.mark.parametrize(
    "text",
    [
        *("13.02.2024 14.30", "13.2.2024 klo 14.30", "13.02.2024 kl. 14.30", "2024-02-13 14.30.00"),
        *("13-FEB-24 02.30.00.000000 PM", "13. 2. 2024 14:30", "13/02/2024 à 14:30", "13.02.2024 14:30 Uhr"),
        *("13 февраля 2024 г., 14:30", "2024-02-13 14:30:00 +0000 UTC", "13/02/2024 02:30:00 μμ"),
        *("2024年2月13日(火) 14:30", "2024年2月13日 14時30分", "2024-02-13_14-30-00", "13/02/2024 alle ore 14:30"),
        *("2024/02/13 3:30:00 PM GMT+1", "2024/02/13 8:00:00 PM GMT+5:30"),
        *("/Date(1707834600000)/", "1,707,834,600", "1.707.834.600"),
    ],
)
def test_times_of_day_as_spreadsheets_and_programs_write_them(text):
    assert read([text]).seconds.tolist() == [datetime(2024, 2, 13, 14, 30, tzinfo=UTC).timestamp()]


@pytest.mark.parametrize(
    "text",
    [
        *("13 Şubat 2024 Salı", "2024. február 13., kedd", "вторник, 13 февраля 2024 г.", "wtorek, 13 lutego 2024"),
        *("2024年2月13日星期二", "2024년 2월 13일 화요일", "dinsdag 13 februari 2024", "mardi 13 février 2024"),
        *(
            "wo 13 feb. 2024",
            "13 lut 2024",
            "13 фев. 2024",
            "13 Şub 2024 Sal",
            "13 Φεβρουαρίου 2024",
            "13. helmikuuta 2024",
        ),
        *("13 فبراير 2024", "13 februarie 2024", "13 лютого 2024 р.", "13 tháng 2, 2024", "ngày 13 tháng 2 năm 2024"),
        *("Reviewed in India on 13 February 2024", "Rezension aus Deutschland vom 13. Februar 2024"),
    ],
)
def test_days_of_the_week_and_sentences_beside_a_date(text):
    assert read([text]).seconds.tolist() == [seconds(date(2024, 2, 13))]


def test_czech_dates_have_the_day_first():
    assert read(["3. 2. 2024", "4. 11. 2024"]).seconds.tolist() == [
        seconds(date(2024, 2, 3)),
        seconds(date(2024, 11, 4)),
    ]
