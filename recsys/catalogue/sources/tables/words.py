"""Names of columns, and yes and no, in other languages than English, and the form in which names are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping


def folded(name: str) -> str:
    """Return the name of a column in lower case without accents and punctuation.

    The type that RecBole appends, and a unit or scale in parentheses at the end, are left out.

    >>> folded("User-ID"), folded("item_id:token"), folded("Título"), folded("Rating (1-5)")
    ('userid', 'itemid', 'titulo', 'rating')
    """
    name = re.sub(r":(?:token|float|token_seq|float_seq)$|(?<=\w)\s*(?:\([^()]*\)|\[[^][]*\])$", "", name.strip())
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in plain if char.isalnum())


# In French, Spanish, Portuguese, Italian, Dutch, German, Polish, Czech, Turkish, Swedish, Danish, Norwegian, Finnish,
# Hungarian, Romanian, Slovak, Croatian, Slovenian, Lithuanian, Latvian, Estonian, Indonesian, Vietnamese, Russian,
# Ukrainian, Bulgarian, Greek, Arabic, Hebrew, Chinese, Japanese and Korean.
# Words that also mean something else in a table, such as the Italian "prezzo", are left out.
_ID = """
référence réf código códigodoproduto codice codiceprodotto codicearticolo artikelnummer artikelnr artnr productcode
produktnummer produktnr bestellnummer bestellnr idprodotto idproduit idproducto idarticulo idlivre idlibro idpelicula
kod kodproduktu idproduktu код артикул номер идентификатор 商品编号 商品id 物品id 电影id 图书id 书籍id 作品id
商品コード 商品番号 アイテムid 映画id 상품번호 상품코드 상품id 영화id 작품id
varenummer varenr tuotenumero tuotekoodi barkod
šifra kodas kods kood cod codprodus kode kodebarang mã mãsách mãsp
cikkszám azonosító κωδικός رقم المعرف מזהה קוד
"""
_PRODUCT = """
articolo prodotto artículo producto produto produit article artikel produkt товар фильм книга игра książka gra kniha hra
kitap oyun boek spel bok 商品 作品 상품
"""
_PERSON = """
cliente clientes cpf cpfdocliente idcliente códigocliente clienteid idclient codeclient client numclient utilisateur
idutilisateur usuário usuarioid idusuario idusuário usuario klant klantnummer klantnr klantid gebruiker gebruikerid
kundennummer kundennr kundenid kunden kunde nutzerid nutzer benutzerid benutzer leserid teilnehmer utente idutente
użytkownik idużytkownika klient idklienta uživatel zákazník kullanıcı kullanıcıid müşteri användare kund пользователь
идпользователя idпользователя клиент покупатель користувач 用户 用户id 用户编号 客户 客户id 会员id 使用者
ユーザー ユーザーid 会員id 会員番号 顧客id 顧客番号 사용자 사용자id 회원id 회원번호 고객id
leser hörer spieler zuschauer kritiker mitglied auditeur joueur spectateur membre abonné oyente jugador espectador
socio miembro ascoltatore giocatore spettatore ouvinte jogador membro lezer luisteraar speler kijker czytelnik
słuchacz gracz widz čtenář posluchač hráč divák läsare lyssnare spelare читатель слушатель игрок зритель
czytelnika klienta użytkownika uživatele zákazníka čtenáře читателя клиента пользователя покупателя okuyucu üye kişi
emprunteur emprunteuse lecteur lectrice lector lettore leitor adhérent élève étudiant prestatario alumna aluno
studente entleiher ausleiher schüler
låntagare medlem bruker bruger asiakas käyttäjä jäsen elev uczeń kundnr kundnummer
používateľ čitateľ korisnik čitatelj kupac uporabnik bralec vartotojas skaitytojas lietotājs lasītājs kasutaja lugeja
потребител читател читача покупця користувача lidnummer lidnr utilizator pengguna pelanggan anggota ngườidùng kháchhàng
bạnđọc vevő felhasználó olvasó χρήστης المستخدم משתמש לקוח
"""
_TITLE = """
désignation libellé titredulivre intitulé nomduproduit nomproduit descripción nombredelproducto nombreproducto
título nomedoproduto nomeproduto nomeprodotto nome denominazione descrizione omschrijving productnaam naam titel
bezeichnung artikelbezeichnung produktname buchtitel filmtitel spieltitel tytuł nazwa nazwaproduktu název başlık
ürünadı namn наименование название назва 片名 名称 标题 书名 商品名称 歌名 电影名 タイトル 作品名 商品名 題名 名前
제목 상품명 영화제목 이름
benämning artikelnamn produktnamn tittel navn nimi nimike otsikko adı isim
názov naslov naziv pavadinimas nosaukums pealkiri заглавие titlu denumire judul judulbuku tên têntác tênsách tênsảnphẩm
megnevezés cím τίτλος العنوان الاسم כותרת שם
"""
_YEAR = """
annéedeparution annéedesortie annéedepublication parution añodepublicación anodelançamento anodepublicação
annodipubblicazione jaar jaarvanuitgave uitgavejaar erscheinungsjahr produktionsjahr rok rokwydania rokprodukcji
rokvydání yıl år год годвыпуска годиздания рік 年 年份 年代 出版年 上映年份 公開年 発売年 制作年 연도 년도 개봉년도
datedesortie datedeparution datedepublication fechadepublicación fechadeestreno fechadelanzamiento datadiuscita
datadipubblicazione datadelançamento datadepublicação erscheinungsdatum erscheinungstermin veröffentlichungsdatum
verschijningsdatum datapremiery datawydania datumvydání datumpremiéry utgivningsdatum julkaisupäivä yayıntarihi
датавыхода 发行日期 出版日期 发行日 上映日期 発売日 公開日 出版日 出版年月日 발매일 출간일 출판일 개봉일 megjelenés
godina leto metai gads aasta година vuosi рік ріквидання an anulapariției tahun tahunterbit năm nămxuấtbản
utgivningsår utgivelsesår julkaisuvuosi yayınyılı basımyılı
év kiadáséve έτος السنة שנה
"""
_GENRES = """
catégorie catégories género géneros genero categoría categorías categoria categorias genere generi
rubriek categorie genre kategorie kategorien gattung gatunek gatunki kategoria žánr žánry tür kategori жанр жанры
категория категории 类型 类别 分类 题材 ジャンル カテゴリ カテゴリー 장르 카테고리
"""
_RATING = """
évaluation appréciation valoración calificación puntaje avaliação classificação pontuação valutazione voto
punteggio waardering beoordeling cijfer wertung punkte punktzahl sterne ocena hodnocení puan betyg оценка рейтинг
оцінка 评分 打分 分数 得分 評価 評点 点数 평점 점수 별점
değerlendirme vurdering arvosana arvio karakter
hodnotenie ocjena įvertinimas vērtējums hinne notă nilai điểm đánhgiá
értékelés βαθμολογία التقييم דירוג
"""
_TIME = """
datedachat datecommande datedecommande datedelanote datedecompra fechadecompra fechacompra
datadacompra datadecompra dataacquisto datadiacquisto data besteldatum aankoopdatum bestelldatum kaufdatum
bewertetam bewertungsdatum gekauftam zeitpunkt zeitstempel horodatage fechayhora marcadetiempo dataeora dataora
datahora dataehora tijdstip tijd czas dataiczas čas tidpunkt zaman время датаивремя 时间戳 タイムスタンプ
datazakupu datum tarih дата датапокупки датаоценки 日期 时间 购买日期
评分日期 评分时间 购买时间 日付 購入日 日時 날짜 구매일 일시
päivä päivämäärä dato tanggal ngày дата
dátum ημερομηνία التاريخ תאריך
"""
_TEXT = """
résumé descripción descrição sinopsis sinopse trama handlung inhalt opis popis описание 简介 描述 説明 あらすじ 설명
"""


_THINGS = """
produit article livre film jeu cours chanson recette notice exemplaire producto artículo libro película juego curso
articolo prodotto libro gioco corso produto livro jogo artikel buch spiel kurs produkt medien medium exemplar
książk gra gry film produkt kniha knihy hra hry výrobek kitap ürün oyun bok bøker vare tuote kirja elokuva könyv termék
товар книг фильм игр курс продукт 商品 作品 图书 书籍 电影 本 映画 상품 도서 영화
"""
_NAMES_OF_THINGS = """
titre nom intitulé libellé désignation título nombre nome titolo titel name bezeichnung naam omschrijving nazwa tytuł
název ad adı isim ismi namn navn tittel nimi cím név название наименование назва 名 名称 제목 이름 명
"""
_YEARS = """
year année año ano anno jahr jaar rok roku yıl yılı år vuosi év год рік
"""
_RELEASES = """
release publication publishing production edition issue parution sortie édition publicación edición lanzamiento estreno
lançamento edição publicação uscita pubblicazione edizione erscheinung erscheinen ausgabe produktion uitgave
wydania produkcji vydání výroby yapım yayın basım çıkış utgivning utgivelse julkaisu kiadás издания выпуска видання
"""
_DATES = """
date jour fecha data datum dato päivä päivämäärä dátum dátuma tarih tarihi дата 日期 时间 日 日時 날짜 일자 일 일시
"""
_DOING = """
prêt emprunt achat commande vente facture note avis écoute visite visionnage location
préstamo compra pedido venta valoración reseña visita alquiler acquisto ordine vendita prestito valutazione
empréstimo venda avaliação locação ausleih leih verleih kauf bestell verkauf rechnung bewertung buchung besuch
wypożyczeni zakup zamówieni sprzedaż oceny výpůjčk nákup objednávk hodnocení prodej uitleen leen aankoop bestel verkoop
beoordeling půjčen izleme okuma kiralama видач lån köp kjøp køb order ordre bestilling utlån udlån vurdering
laina osto tilaus kölcsönzés vásárlás rendelés értékelés
satınalma alışveriş sipariş ödünç satış değerlendirme puan покупк заказ выдач продаж оценк просмотр
借阅 购买 下单 评论 评分 观看 借出 貸出 注文 購入 評価 視聴 구매 주문 대출 평가 시청
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(map(folded, text.split()))


IN_OTHER_LANGUAGES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "items": {
        "item_id": _words(_ID),
        "title": _words(_TITLE),
        "year": _words(_YEAR),
        "text": _words(_TEXT),
        "genres": _words(_GENRES),
    },
    "ratings": {
        "user_id": _words(_PERSON),
        "item_id": _words(_ID + _PRODUCT),
        "rating": _words(_RATING),
        "timestamp": _words(_TIME),
    },
}
"""Folded names by table and standard column; a name in English comes first."""
PEOPLE, THINGS, NAMES_OF_THINGS = _words(_PERSON), _words(_THINGS + _PRODUCT), _words(_NAMES_OF_THINGS)
DATES, DOING, YEARS, RELEASES = _words(_DATES), _words(_DOING), _words(_YEARS), _words(_RELEASES)
"""Parts of names that are put together."""
PRODUCTS = _words(_PRODUCT)
"""Words for an item, which may name the column of its titles."""
YES = frozenset(
    "ja oui si sí sim tak ano evet igen да так はい 是 예 wahr vrai vero verdadero verdadeiro ✓ ✔ ☑ ✅".split()
)
NO = frozenset("nein non não nie ne hayır nem нет ні いいえ 否 아니요 nee falsch faux falso ✗ ✘ ✕ ☐ ❌".split())
"""Words and marks for yes and no beside the English ones, in lower case."""
