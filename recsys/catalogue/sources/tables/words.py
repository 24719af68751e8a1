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


# In French, Spanish, Portuguese, Italian, Dutch, German, Polish, Czech, Turkish, Swedish, Russian, Ukrainian, Chinese,
# Japanese and Korean. Words that also mean something else in a table, such as the Italian "prezzo", are left out.
_ID = """
référence réf código códigodoproduto codice codiceprodotto codicearticolo artikelnummer artikelnr artnr productcode
produktnummer produktnr bestellnummer bestellnr idprodotto idproduit idproducto idarticulo idlivre idlibro idpelicula
kod kodproduktu idproduktu код артикул номер идентификатор 商品编号 商品id 物品id 电影id 图书id 书籍id 作品id
商品コード 商品番号 アイテムid 映画id 상품번호 상품코드 상품id 영화id 작품id
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
vevő felhasználó χρήστης المستخدم משתמש לקוח
"""
_TITLE = """
désignation libellé titredulivre intitulé nomduproduit nomproduit descripción nombredelproducto nombreproducto
título nomedoproduto nomeproduto nomeprodotto nome denominazione descrizione omschrijving productnaam naam titel
bezeichnung artikelbezeichnung produktname buchtitel filmtitel spieltitel tytuł nazwa nazwaproduktu název başlık
ürünadı namn наименование название назва 片名 名称 标题 书名 商品名称 歌名 电影名 タイトル 作品名 商品名 題名 名前
제목 상품명 영화제목 이름
megnevezés cím τίτλος العنوان الاسم כותרת שם
"""
_YEAR = """
annéedeparution annéedesortie annéedepublication parution añodepublicación anodelançamento anodepublicação
annodipubblicazione jaar jaarvanuitgave uitgavejaar erscheinungsjahr produktionsjahr rok rokwydania rokprodukcji
rokvydání yıl år год годвыпуска годиздания рік 年 年份 年代 出版年 上映年份 公開年 発売年 制作年 연도 년도 개봉년도
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
értékelés βαθμολογία التقييم דירוג
"""
_TIME = """
datedachat datecommande datedecommande datedelanote datedecompra fechadecompra fechacompra
datadacompra datadecompra dataacquisto datadiacquisto data besteldatum aankoopdatum bestelldatum kaufdatum
bewertetam bewertungsdatum gekauftam zeitpunkt zeitstempel horodatage fechayhora marcadetiempo dataeora dataora
datahora dataehora tijdstip tijd czas dataiczas čas tidpunkt zaman время датаивремя 时间戳 タイムスタンプ
datazakupu datum tarih дата датапокупки датаоценки 日期 时间 购买日期
评分日期 评分时间 购买时间 日付 購入日 日時 날짜 구매일 일시
dátum ημερομηνία التاريخ תאריך
"""
_TEXT = """
résumé descripción descrição sinopsis sinopse trama handlung inhalt opis popis описание 简介 描述 説明 あらすじ 설명
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
PRODUCTS = _words(_PRODUCT)
"""Words for an item, which may name the column of its titles."""
YES = frozenset(
    "ja oui si sí sim tak ano evet igen да так はい 是 예 wahr vrai vero verdadero verdadeiro ✓ ✔ ☑ ✅".split()
)
NO = frozenset("nein non não nie ne hayır nem нет ні いいえ 否 아니요 nee falsch faux falso ✗ ✘ ✕ ☐ ❌".split())
"""Words and marks for yes and no beside the English ones, in lower case."""
