"""Names of the columns of plain tables, in English and in the languages in which people export them."""

from __future__ import annotations

THINGS = (
    "beer wine whisky coffee cheese drink song track album artist podcast show recipe dish restaurant place hotel app"
    " product manga comic play"
).split()
TITLES = (
    *("title", "name", "film", "movie", "movie title", "film title", "movie name", "film name", "primary title"),
    *("item", "item title", "item name", "course", "course title", "course name"),
    *("titel", "filmtitel", "titre", "titre du film", "título", "titulo", "película", "pelicula", "filme"),
    *("titolo", "tytuł", "tytul", "název", "nazev", "cím", "elokuva", "nimi", "başlık", "название", "фильм"),
    *("book title", "anime title", "series title", "program title", "objectname", "game", "game title"),
    *("title name", "标题", "片名", "电影", "タイトル", "제목"),
    *(f"{thing} {what}" for thing in THINGS for what in ("name", "title")),
)
YEARS = (
    *("year", "release year", "released", "release date", "movie year", "film year"),
    *("original publication year", "production year", "year of production", "year published", "yearpublished"),
    *("publication year", "first published", "produktionsjahr", "年份", "上映日期", "公開年"),
    *("jahr", "erscheinungsjahr", "année", "annee", "año", "ano", "anno", "jaar", "rok", "år", "yıl", "год"),
    *("vuosi", "év", "έτος", "рік", "연도"),
)
STARS, THUMBS = "star value", "thumbs value"
"""Netflix's names of its ratings."""
RATINGS = (
    "your rating",  # before "rating", which beside it is that of other people
    "my rating",
    "user rating",
    "userrating",
    "rating",
    "score",
    "my score",
    STARS,
    "stars",
    "rating10",
    "vote",
    "grade",
    "your score",
    "my vote",
    "my grade",
    *("my stars", "your vote", "star rating", "hodnocení", "hodnoceni"),
    *("个人评分", "我的评分", "评分", "評価", "평점", "별점"),
    *("bewertung", "meine bewertung", "deine bewertung", "ihre bewertung", "wertung", "sterne"),
    *("ma note", "votre note", "mi nota", "tu nota", "nota", "minha nota", "sua nota", "puntuación", "puntuacion"),
    *("karakter", "értékelés", "notă", "βαθμολογία"),
    *("calificación", "calificacion", "valoración", "avaliação", "avaliacao", "voto", "valutazione"),
    *("beoordeling", "cijfer", "ocena", "moja ocena", "betyg", "arvosana", "puan", "оценка", "моя оценка"),
)
OWN = (
    "your ",
    "my ",
    "user",
    "meine ",
    "deine ",
    "ihre ",
    "ma ",
    "votre ",
    "mi ",
    "tu ",
    "minha ",
    "sua ",
    "moja ",
    "моя ",
)
"""Beginnings of the names of RATINGS beside which ratings without such a word are those of other people."""
FRENCH_RATING, FRENCH_TITLES = "note", ("titre", "film")
"""A column `note` is a rating only beside a French title: in other tables it is a remark, or a grade of a school."""
SITES = {
    "imdb": ("imdb id", "imdb", "imdbid", "tconst", "const", "url"),
    "tmdb": ("tmdb id", "tmdb", "tmdbid"),
    "item": ("item id", "course id"),
}
OWN_IDS = (
    *("id", "isbn", "asin", "sku", "book id", "course id", "item id", "product id", "recipe id", "game id"),
    *("song id", "track id", "artist id", "restaurant id", "place id", "podcast id", "show id"),
)
"""Names of the ids of a catalogue in a table that has no titles, such as the ratings of an own catalogue."""
USERS = ("user id", "user", "userid", "reader", "reader id", "learner", "learner id", "customer id", "member id")
TIMES = ("timestamp", "time")
DATES = (
    *("date", "watched date", "watcheddate", "watched at", "rated at", "date rated", "date read", "打分日期"),
    *("watched on", "seen on", "date watched", "date seen", "datum", "fecha", "data", "дата", "gesehen am"),
    *("gelesen am", "vu le", "lu le", "visto el", "visto il", "bekeken op", "日期", "日付", "날짜", "tarih", "dato"),
    *("last date read", "date finished", "last watched", "last watched at", "last viewed at"),
)
ORIGINALS = (
    *("original title", "originaltitel", "titre original", "título original", "titolo originale"),
    *("tytuł oryginalny", "originální název", "оригинальное название", "原名"),
)
TYPES = ("type", "title type", "media type")
NO_FILM = frozenset("tv show shows series season episode tvshow tvseries tvepisode tvseason anime".split())
"""Types, without spaces, of what has identifiers of its own that may be those of other films."""
SEEN = (
    *("seen", "watched", "watched?", "seen?", "checked", "played", "is played", "is watched", "is seen", "view count"),
    *("play count", "playcount", "plays", "playtime", "playtime forever"),
    *("watched on", "seen on", "date watched", "date seen"),
    *("gesehen", "gelesen", "gespielt", "gesehen am", "vu", "lu", "vu le", "visto", "visto el", "visto il"),
    *("assistido", "obejrzane", "zhlédnuto", "просмотрено", "gezien", "bekeken op", "sedd", "sett", "nähty"),
    *("izlendi", "看过", "視聴済み"),
)
"""Columns in which a row without a cell is not seen, because others have a mark there."""
STATUS = ("exclusive shelf", "read status", "watch status", "my status", "status", *SEEN)
WANTED = (
    *("watchlist", "wishlist", "want to watch", "want to see", "want to read", "want to play", "want to buy"),
    *("wanttobuy", "wanttoplay", "on watchlist", "on wishlist", "merkliste", "wunschliste", "à voir", "por ver"),
)
"""Columns in which a title that the person wants to see has a mark."""
MARKED = frozenset("yes y true 1 x ✓ ✔ ✅ ☑ ja oui sí si sim wahr vrai verdadero".split())
VERDICTS = ("liked", "like", "liked it", "liked it?", "did you like it?", "recommended", "recommend", "thumb", "thumbs")
"""Columns that say whether the person liked a title; they are read where there are no ratings."""
LIKED = MARKED | frozenset("like liked love loved up good recommended 👍 ❤ ❤️ ♥".split())
DISLIKED = frozenset("no n false 0 ✗ ✘ nein non nee dislike disliked down bad 👎".split())
UNSEEN = frozenset(
    (
        "no|n|false|0|✗|not seen|unseen|unwatched|to-read|to read|to-watch|to watch|plan to watch"
        "|plan-to-watch|plantowatch|planned|planning|watchlist|wishlist|want to read|want to watch"
        "|want to see|to see|tbr|backlog|not started|not watched|not read|unread|unplayed|to do|todo|pending"
        "|queued|upcoming|nein|non|nee|nej|nei|não|nao|nie|ne|ei|nem|nu|hayır|нет|ні|όχι|falsch|faux|falso"
        "|fałsz|nepravda|onwaar|falskt|usann|epätosi|hamis|yanlış|ложь|否|いいえ|아니요|想看|未看|nicht gesehen"
        "|noch nicht gesehen|ungesehen|merkliste|pas vu|à voir|no visto|por ver|pendiente|non visto|da vedere"
        "|não visto|para ver|nie obejrzane|do obejrzenia|chci vidět|не смотрел|хочу посмотреть"
    ).split("|")
)
"""Cells of a column of STATUS that say that the person has not seen the title yet."""
OF_OTHERS = (
    "average",
    "avg",
    "community",
    "critic",
    "imdb",
    "tmdb",
    "vote",
    "count",
    "season",
    "episode",
    "rank",
    "position",
    "number",
    "thumb",
    "#",
)
"""Parts of the names of columns with small numbers that are no ratings by the person."""
KNOWN = frozenset((*TITLES, *(name for names in SITES.values() for name in names if name != "url")))
"""Names that tell a header: those of a title or an identifier."""
READ = frozenset(
    (
        *TITLES,
        *YEARS,
        *RATINGS,
        *DATES,
        *ORIGINALS,
        *TYPES,
        *STATUS,
        *(name for names in SITES.values() for name in names),
    )
)
"""Names of all columns that are read."""
