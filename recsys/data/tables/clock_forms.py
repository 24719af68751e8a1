"""Rewrite dates and times of day as other countries and programs write them in the usual form: `3.2.2024 14:30:15`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WEEKDAYS = """
mon monday tue tues tuesday wed wednesday thu thurs thursday fri friday sat saturday sun sunday
mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
mié jue vie sáb dom lunes martes miércoles jueves viernes sábado domingo segunda-feira terça-feira quarta-feira
quinta-feira sexta-feira gio lunedì martedì mercoledì giovedì venerdì sabato domenica
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag söndag
mandag tirsdag lørdag søndag maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai
poniedziałek wtorek środa czwartek piątek sobota niedziela pondělí úterý středa čtvrtek pátek neděle
hétfő kedd szerda csütörtök péntek szombat vasárnap pazartesi salı çarşamba perşembe cuma cumartesi pazar
понедельник вторник среда четверг пятница суббота воскресенье
ma di wo do vr za zo ti ke to pe la su mån tis ons tor tors fre lör sön man tirs lør seg ter qua qui sex sáb sab
pon wt śr czw pt sob ndz niedz po út st čt pá so ne pzt sal çar per cum cmt paz пн вт ср чт пт сб вс нд
понеділок вівторок середа четвер п’ятниця субота неділя
"""
_NAMES = "|".join(sorted(_WEEKDAYS.split(), key=len, reverse=True))
_FIRST_WORD = re.compile(rf"^\s*(?:{_NAMES})(?=[\s,.])[\s,.]*(?=\S)", re.IGNORECASE)
_LAST_WORD = re.compile(rf"(?<=\d)[.,]*\s+(?:{_NAMES})\.?$", re.IGNORECASE)
_SENTENCE = re.compile(r"^\D*\s(?:on|vom|am|le|el|il|em)\s+(?=\S*\d|\S+\s\d)", re.IGNORECASE)
"""What comes before the date in `Reviewed in India on 3 February 2024`."""

_USUAL = re.compile(r"[\d/.-]+(?:[ T]\d{1,2}(?::\d{2}){1,2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?", re.ASCII)
_CJK = "月火水木金土日월화수목금토일"
_AT = r"(?:\s*(?:at|um|kl\.?|klo|à|às|a las|(?:alle )?ore)\s+|[\s,]+)"
_REWRITTEN = (
    (re.compile(r"^(\d{1,2}[A-Za-z]{3}\d{2,4}):(?=\d{1,2}:)"), r"\1 "),  # SAS
    (re.compile(r"(?:오전|上午|午前)\s*(\d{1,2}:\d{2}(?::\d{2})?)"), r"\1 am"),
    (re.compile(r"(?:오후|下午|午後)\s*(\d{1,2}:\d{2}(?::\d{2})?)"), r"\1 pm"),
    (re.compile(r"(?<=\d)\s*π\.?\s?μ\.?$"), " am"),
    (re.compile(r"(?<=\d)\s*μ\.?\s?μ\.?$"), " pm"),
    (re.compile(rf"\s*(?:\([{_CJK}]\)|[{_CJK}](?:曜日?|요일)|(?:星期|周)[一二三四五六日天])"), ""),
    (re.compile(r"(?<=\d{4})\s*(?:г|года|р)\b\.?"), ""),  # the year in Russian and Ukrainian
    (re.compile(r"^(\d{1,2})\.\s+(\d{1,2})\.\s+(?=\d{2,4}\b)"), r"\1.\2."),  # Czech and Finnish
    (re.compile(r"^(?:ngày )?(\d{1,2}) tháng (\d{1,2}),?(?: năm)? (?=\d{4}\b)", re.IGNORECASE), r"\1.\2."),
    (re.compile(r"^(\d{4}-\d{2}-\d{2})[T_ ](\d{2})-(\d{2})-(\d{2})$"), r"\1 \2:\3:\4"),
    (re.compile(rf"(?<=\d){_AT}(?=\d{{1,2}}[:h]\d{{2}})", re.IGNORECASE), " "),
    (re.compile(r"(?<=:\d{2})\s*(?:uhr|hrs?|h)\b\.?$", re.IGNORECASE), ""),
    (re.compile(r"([+-]\d{2}:?\d{2})\s+[A-Z]{3,4}$"), r"\1"),  # the zone as a number and as a name
)
_CLOCKS = (
    re.compile(r"()\s?(\d{1,2})[時时点시]\s?(\d{1,2})[分분](?:\s?(\d{1,2})[秒초])?"),
    # points in the time of day, after a date: Oracle, and spreadsheets in Finnish, Danish and Italian
    re.compile(rf"(\d{{4}}|[./-]\d{{2}}){_AT}(\d{{1,2}})\.(\d{{2}})(?:\.(\d{{2}}))?(?![\d/-])", re.IGNORECASE),
)


def usual(text: str) -> str:
    """Return a date with its time of day as `14:30:15`, without words around them; other texts stay.

    >>> usual("03-FEB-24 02.30.00.000000 PM"), usual("3.2.2024 klo 14.30"), usual("2024年2月3日(土) 14時30分")
    ('03-FEB-24 02:30:00.000000 PM', '3.2.2024 14:30', '2024年2月3日 14:30')
    >>> usual("3 февраля 2024 г., 14:30"), usual("03.02.2024 14:30 Uhr"), usual("3. 2. 2024")
    ('3 февраля 2024 14:30', '03.02.2024 14:30', '3.2.2024')
    """
    if _USUAL.fullmatch(text):
        return text
    for form in _CLOCKS:
        text = form.sub(_with_colons, text)
    for form, other in _REWRITTEN:
        text = form.sub(other, text)
    return text.strip()


def _with_colons(found: re.Match[str]) -> str:
    return f"{found[1]} {':'.join(filter(None, found.groups()[1:]))}"


def without_words(text: str) -> Iterator[str]:
    """Yield a text without the day of the week, or the sentence, that may stand beside a date.

    >>> list(without_words("mar. 5 mars 2024")), list(without_words("Reviewed in India on 3 February 2024"))
    (['5 mars 2024'], ['3 February 2024'])
    """
    shorter = (form.sub("", text) for form in (_FIRST_WORD, _LAST_WORD, _SENTENCE))
    yield from (one for one in shorter if one != text)
