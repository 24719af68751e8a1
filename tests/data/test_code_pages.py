"""Tables in legacy code pages, of a few titles only: the letters are those that were meant."""

from __future__ import annotations

import io

import pytest

from recsys.data.tables.encoding import detect, open_text
from recsys.imports import read

RUSSIAN = "Сталкер|Солярис|Андрей Рублёв|Летят журавли|Москва слезам не верит|Служебный роман|Брат"
POLISH = "Człowiek z żelaza|Popiół i diament|Ręce do góry|Nóż w wodzie|Krótki film o miłości|Chłopaki nie płaczą"
FRENCH = "Amélie|Léon|Les Misérables|Le Père Noël est une ordure|À bout de souffle|Être et avoir|Garçon"
CASES = [
    *((one, RUSSIAN) for one in ("cp1251", "koi8-r", "cp866", "iso8859-5")),
    ("cp1251", "Козият рог|Време разделно|Оркестър без име"),
    ("cp1251", "Тіні забутих предків|Пропала грамота|Білий птах з чорною ознакою"),
    *((one, POLISH) for one in ("cp1250", "iso8859-2")),
    *((one, FRENCH) for one in ("cp1252", "cp850", "mac-roman")),
    *((one, "כנפיים של תקווה|ואלס עם באשיר|ביקור התזמורת") for one in ("cp1255", "iso8859-8")),
    *((one, "باب الحديد|المومياء|الأرض|عمارة يعقوبيان") for one in ("cp1256", "iso8859-6")),
    *(("cp932", "東京物語|羅生門|七人の侍"), ("cp949", "기생충|올드보이|살인의 추억")),
    ("cp1252", "Das Leben der Anderen|Die Blechtrommel|Lola rennt|Der Untergang|Fühlen|Größe|Übermut"),
    ("cp1252", "Festen|Jagten|Blinkende lygter|Rød|Æbler|På spanden|Så længe"),
    ("cp1252", "Todo sobre mi madre|¿Quién puede matar a un niño?|Año bisiesto|Corazón"),
    *((one, "Hoří, má panenko|Ostře sledované vlaky|Vesničko má středisková|Kolja") for one in ("cp1250", "cp852")),
    *((one, "Bűn és bűnhődés|A kőszívű ember fiai|Üvegtigris") for one in ("cp1250", "iso8859-2")),
    *((one, "Moartea domnului Lăzărescu|După dealuri|Poliţist, adjectiv") for one in ("cp1250", "iso8859-2")),
    ("cp1250", "Kráľ Drozdia brada|Tisícročná včela|Perinbaba|Ľalie poľné"),
    ("cp1250", "Što je Iva snimila 21. listopada|Čovjek ispod stola|Ćaća|Kako je počeo rat"),
    *((one, "Kış Uykusu|Züğürt Ağa|Eşkıya|Çöpçüler Kralı") for one in ("cp1254", "cp857")),
    ("cp1257", "Gražuolė|Miegančių drugelių tvirtovė|Ką tu kalbi|Šventasis"),
    ("cp1252", "Tenkû no shiro Rapyuta|Yûki no akashi wa sû-shin-chû|Un monstre à Paris"),
    ("cp1252", "Hverfisgata|Nói albínói|Börn náttúrunnar|Með allt á hreinu"),
    ("cp1252", "Tõde ja õigus|Põrgupõhja uus Vanapagan|Õnne 13"),
    *((one, "Ο θίασος|Στέλλα|Νύφες|Κυνόδοντας") for one in ("cp1253", "iso8859-7")),
    *(("gb18030", one) for one in ("活着|霸王别姬", "重庆森林|花样年华", "英雄|功夫")),
    *(("cp949", "기생충|괴물"), ("euc-jp", "東京物語|七人の侍"), ("big5", "霸王別姬|悲情城市")),
    ("cp932", "バトル・ロワイアル|ゴジラ|サマーウォーズ"),
    ("cp1251", "Брат|Война и мир"),
    ("cp1252", "247°F|Área 51 ½|Cidade de Deus|Corações Sujos|São Paulo"),
]


@pytest.mark.parametrize(("encoding", "titles"), CASES, ids=[f"{one} {titles[:8]}" for one, titles in CASES])
def test_a_few_titles_tell_the_code_page(encoding, titles):
    rows = "".join(f"{number},{title}\n" for number, title in enumerate(titles.split("|")))
    data = f"item_id,title\n{rows}".encode(encoding)
    with open_text(io.BytesIO(data), detect(lambda: io.BytesIO(data))) as text:
        assert text.read() == f"item_id,title\n{rows}"


@pytest.mark.parametrize(("encoding", "titles"), CASES, ids=[f"{one} {titles[:8]}" for one, titles in CASES])
def test_imports_are_read_alike(encoding, titles):
    rows = "".join(f'"{title}",4\n' for title in titles.split("|"))
    found = read(f"title,rating\n{rows}".encode(encoding))
    assert [entry.title for entry in found.ratings] == titles.split("|")
    [note] = found.notes()
    assert note.startswith("The file: it is read as ")
    assert note.endswith("; if letters are wrong, save it as UTF-8.")


@pytest.mark.parametrize("titles", ["Größe|Reünie", "¡Átame!", "Ööbik", "Çöpçüler krali", "Château", "Así"])
def test_one_western_title_is_read_as_such(titles):
    rows = "".join(f"{number},{title}\n" for number, title in enumerate(titles.split("|")))
    data = f"item_id,title\n{rows}".encode("cp1252")
    found = detect(lambda: io.BytesIO(data))
    with open_text(io.BytesIO(data), found) as text:
        assert text.read() == f"item_id,title\n{rows}"
    assert "if letters are wrong, save the file as UTF-8" in found.note


@pytest.mark.parametrize("wrong", [b"\xc0\xaf", b"\xff", b"\xf5\x80"])
def test_a_few_wrong_bytes_do_not_make_another_text(wrong):
    data = b"item_id,title\na1," + wrong + b"x\nb2,Beta\n"
    with open_text(io.BytesIO(data), detect(lambda: io.BytesIO(data))) as text:
        assert text.read().splitlines()[::2] == ["item_id,title", "b2,Beta"]


def test_surrogates_in_utf_8_are_characters():
    title = "Title \N{GRINNING FACE}"
    rows = "".join(f"{number},{title}\n" for number in range(200_000))
    data = f"item_id,title\n{rows}".encode().replace("\N{GRINNING FACE}".encode(), b"\xed\xa0\xbd\xed\xb8\x80")
    found = detect(lambda: io.BytesIO(data))
    with open_text(io.BytesIO(data), found) as text:
        assert text.read() == f"item_id,title\n{rows}"
    assert found.note == ""


@pytest.mark.parametrize(("encoding", "page"), [("cp1252", "windows-1252"), ("mac-roman", "mac-roman")])
def test_line_ends_of_old_macs_do_not_decide_the_code_page_alone(encoding, page):
    data = "item_id,title\ra1,Amélie\rb2,„Über uns“\r".encode(encoding)
    assert detect(lambda: io.BytesIO(data)).page == page
