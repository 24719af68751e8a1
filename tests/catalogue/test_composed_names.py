"""Names of columns that are put together in other languages, and in a code page of their own beside a table in UTF-8."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from movielens_files import folder

from recsys.catalogue.sources.own.source import OwnTables
from recsys.settings import Settings

TABLES = [
    ("N° notice;Titre;Année", "N° lecteur;N° notice;Date de prêt"),
    ("Mediennummer;Titel;Erscheinungsjahr", "Lesernummer;Mediennummer;Ausleihdatum"),
    ("Artikelnr;Benämning;Utgivningsår", "Kundnr;Artikelnr;Köpdatum"),
    ("Id książki;Tytuł;Rok wydania", "Id czytelnika;Id książki;Data wypożyczenia"),
    ("ID knihy;Název knihy;Rok vydání", "Číslo čtenáře;ID knihy;Datum výpůjčky"),
    ("Kitap Kodu;Kitap Adı;Yayın Yılı", "Üye No;Kitap Kodu;Ödünç Tarihi"),
    ("Артикул;Наименование товара;Год", "Код клиента;Артикул;Дата заказа"),
    ("Código del libro;Título del libro;Año", "Número de socio;Código del libro;Fecha de préstamo"),
    ("Codice libro;Titolo del libro;Anno", "Codice utente;Codice libro;Data prestito"),
    ("商品コード;商品名;発売日", "会員番号;商品コード;購入日"),
    ("도서번호;도서명;출판일", "회원번호;도서번호;대출일자"),
    ("Tuotenumero;Nimi;Vuosi", "Asiakasnumero;Tuotenumero;Päivämäärä"),
    ("Код;Назва книги;Рік видання", "Номер читача;Код;Дата видачі"),
    ("Boeknummer;Titel;Jaar van uitgave", "Lidnummer;Boeknummer;Uitleendatum"),
    ("Kode;Judul;Tahun", "Pengguna;Kode;Tanggal"),
    ("Mã sách;Tên sách;Năm", "Bạn đọc;Mã sách;Ngày"),
    ("Cod;Titlu;An", "Utilizator;Cod;Data"),
    ("Nº registro;Título;Año edición", "Nº lector;Nº registro;Fecha préstamo"),
    ("Codice;Titolo;Anno di edizione", "Cod. cliente;Codice;Data ordine"),
    ("Film No;Film Adı;Yapım Yılı", "Üye No;Film No;İzleme Tarihi"),
    ("Šifra;Naslov;Godina", "Korisnik;Šifra;Datum"),
    ("Код;Заглавие;Година", "Потребител;Код;Дата"),
    ("Kodas;Pavadinimas;Metai", "Vartotojas;Kodas;Data"),
    ("lesson_code;lesson_title;movie_release_year", "learner_hash;lesson_code;rating_timestamp_utc"),
    ("book_id;title;publication_date", "reviewer_name;book_id;reviewed_on"),
    ("Track URI;Track Name;Release Date", "Added By;Track URI;Added At"),
    ("biblionumber;title;copyrightdate", "buyer-email;biblionumber;issuedate"),
    ("Varenummer;Varenavn;År", "Kundenummer;Varenummer;Ordredato"),
]


def read(path: Path, items: bytes, ratings: bytes):
    files = {"items.csv": items, "ratings.csv": ratings}
    raw = OwnTables(Settings(catalogue=str(folder(path / "shop", files)))).read()
    return raw.items, pd.concat(list(raw.ratings)).to_dict("records"), " ".join(raw.notes)


@pytest.mark.parametrize(("items", "ratings"), TABLES, ids=range(len(TABLES)))
def test_names_that_are_put_together(items, ratings, tmp_path):
    items, ratings = f"{items}\n007;Alpha;1999\n012;Beta;2001\n", f"{ratings}\n44;007;13.02.2024\n45;012;14.02.2024\n"
    found, rows, _ = read(tmp_path, items.encode(), ratings.encode())
    assert [(one["item_id"], one["title"], one["year"]) for one in found] == [
        ("007", "Alpha", 1999),
        ("012", "Beta", 2001),
    ]
    assert [(row["user_id"], row["item_id"], row["timestamp"]) for row in rows] == [
        ("44", "007", 1707782400),
        ("45", "012", 1707868800),
    ]


@pytest.mark.parametrize("name", ["Geburtsdatum", "Fecha de nacimiento", "Date d'inscription", "Data urodzenia"])
def test_dates_of_people_are_no_times_of_ratings(name, tmp_path):
    ratings = f"user_id;item_id;{name}\nu;a1;13.02.2004\nv;b2;14.02.2004\n"
    _, rows, notes = read(tmp_path, b"item_id;title\na1;Alpha\nb2;Beta\n", ratings.encode())
    assert "timestamp" not in rows[0] and f"{name} is not used" in notes


@pytest.mark.parametrize(
    ("title", "names", "encoding"),
    [
        ("Başlık", "Kişi;Kod;Puan", "cp1254"),
        ("Başlık", "Kullanıcı;Kod;Değerlendirme", "cp1254"),
        ("Başlık", "user;Kod;Değerlendirme", "cp857"),
        ("Tytuł", "Użytkownik;Kod;Ocena", "cp1250"),
        ("Название", "Читатель;Код;Оценка", "cp866"),
        ("Title", "Müşteri No;Kod;Puan", "cp1254"),
    ],
)
def test_names_in_a_code_page_beside_a_table_in_utf_8(title, names, encoding, tmp_path):
    code = names.split(";")[1]
    items, ratings = f"{code};{title}\n111;Alpha\n112;Beta\n", f"{names}\nu;111;4\nv;112;5\n"
    for place, codecs in enumerate((("utf-8", encoding), (encoding, "utf-8"))):
        found, rows, _ = read(tmp_path / str(place), items.encode(codecs[0]), ratings.encode(codecs[1]))
        assert [(one["item_id"], one["title"]) for one in found] == [("111", "Alpha"), ("112", "Beta")]
        assert [(row["user_id"], row["item_id"], row["rating"]) for row in rows] == [("u", "111", 4), ("v", "112", 5)]
