"""Names of the columns of plain tables, in English and in the languages in which people export them."""

from __future__ import annotations

TITLES = (
    *("title", "name", "film", "movie", "movie title", "film title", "movie name", "film name", "primary title"),
    *("item", "item title", "item name", "course", "course title", "course name"),
    *("titel", "filmtitel", "titre", "titre du film", "título", "titulo", "película", "pelicula", "filme"),
    *("titolo", "tytuł", "tytul", "název", "nazev", "cím", "elokuva", "nimi", "başlık", "название", "фильм"),
)
YEARS = (
    *("year", "release year", "released", "release date", "movie year", "film year"),
    *("jahr", "erscheinungsjahr", "année", "annee", "año", "ano", "anno", "jaar", "rok", "år", "yıl", "год"),
)
RATINGS = (
    "your rating",  # before "rating", which beside it is that of other people
    "my rating",
    "rating",
    "user rating",
    "score",
    "my score",
    "stars",
    "rating10",
    "vote",
    "grade",
    "your score",
    "my vote",
    "my grade",
    *("my stars", "your vote"),
    *("bewertung", "meine bewertung", "deine bewertung", "ihre bewertung", "wertung", "sterne"),
    *("ma note", "votre note", "mi nota", "tu nota", "nota", "minha nota", "sua nota", "puntuación", "puntuacion"),
    *("calificación", "calificacion", "valoración", "avaliação", "avaliacao", "voto", "valutazione"),
    *("beoordeling", "cijfer", "ocena", "moja ocena", "betyg", "arvosana", "puan", "оценка", "моя оценка"),
)
FRENCH_RATING, FRENCH_TITLES = "note", ("titre", "film")
"""A column `note` is a rating only beside a French title: in other tables it is a remark, or a grade of a school."""
SITES = {
    "imdb": ("imdb id", "imdb", "imdbid", "tconst", "const", "url"),
    "tmdb": ("tmdb id", "tmdb", "tmdbid"),
    "item": ("item id", "course id"),
}
DATES = ("date", "watched date", "watcheddate", "watched at", "rated at", "date rated")
ORIGINALS = ("original title",)
KNOWN = frozenset((*TITLES, *(name for names in SITES.values() for name in names if name != "url")))
"""Names that tell a header: those of a title or an identifier."""
