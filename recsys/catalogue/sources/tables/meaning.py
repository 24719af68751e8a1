"""Guess what the columns of a table mean from their names: `userId`, `User-ID`, `Book-Title`, `Item_ID`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from recsys.catalogue.sources.tables.composed_names import is_composed
from recsys.catalogue.sources.tables.words import IN_OTHER_LANGUAGES, folded

_THING = (
    r"(?:item|movie|film|book|product|prod|track|song|music|artist|album|anime|manga|game|app|course|business|place|venue"
    r"|restaurant|recipe|dish|food|beer|wine|article|news|paper|post|video|show|series|episode|podcast|joke|job|hotel"
    r"|poi|location|event|offer|object|thing|content|media|document|page|work|asset|brand|merchant|listing|property|lesson|lecture|tutorial|workshop|module|quiz|exercise|coffee|tea|whisky|perfume|plant|toy"
    r"|artikel|produkt|kunstler|artiste|artista|artiest|buch|spiel|rezept|kurs|lied|articulo|producto|libro|pelicula|receta|curso|juego|cancion"
    r"|livre|produit|recette|cours|jeu|chanson|ricetta|corso|gioco|livro|receita|jogo|musica)"
)
_PERSON = (
    r"(?:user|reviewer|customer|client|visitor|member|person|people|profile|account|reader|viewer|listener|player"
    r"|learner|student|lecteur|lectrice|lector|leitor|lettore|estudiante|alumno|rater|buyer|consumer|subscriber|shopper|guest|author|borrower|owner|session|taster|applicant|patron|respondent|participant)"
)
_ID = r"(?:id|ids|uid|guid|uuid|no|nr|num|number|code|key|idx|index|sku|hash)"

_DOING = (
    r"(?:order|purchase|buy|sale|sold|transaction|invoice|payment|rating|rated?|review|vote|view|watch|watched|read"
    r"|play|listen|visit|click|session|interaction|action|activity|event|enrol(?:l|led|lment|ment)?|registration|completion"
    r"|completed|finish|start|begin|checkin|booking|rental|rent|loan|issue|borrow|checkout|return|download|install"
    r"|log|entry|record|recorded|post|posted|comment|submission|submit|like|liked|added|last|first)"
)
"""What people do with an item, in the names of columns of times."""
_WHEN = r"(?:date|datetime|time|timestamp|ts|at|on|day)"

_MAKER = re.compile(
    rf"(?:{_THING})?(author|artist|creator|writer|developer|designer|instructor|teacher|brand)(?:s|names?)?"
)

# For each standard column, patterns of folded names in order of preference.
ITEMS: Mapping[str, tuple[str, ...]] = {
    "item_id": (
        "itemid",
        rf"{_THING}{_ID}",
        rf"id{_THING}",
        "id",
        "asin|isbn|isbn10|sku|stockcode|tconst|mbid|doi|ean|upc|appid|steamappid",
        "parentasin|isbn13|imdbid|tmdbid|uid|guid|uuid|mid|aid|bid|pid|iid",
        rf"{_ID}",
        rf"{_THING}",
    ),
    "title": (
        "title",
        rf"{_THING}title|title{_THING}|titleen|titleenglish|englishtitle|primarytitle|displaytitle|maintitle",
        "name",
        rf"{_THING}(?:full|long)?(?:name|titel|label)|longname|(?:name|nom|nombre|nome|titre|titulo|titolo)(?:d[aeiou]|del|dela)?{_THING}|nameen|englishname|displayname|fullname|label|headline|titre|titel|titulo|titolo|nombre|nom",
        rf"originaltitle|(?:{_THING})?short(?:name|title)",
        rf"{_THING}",
        rf"description|{_THING}(?:description|text)",  # where nothing else names an item
    ),
    "year": (
        "year",
        "releaseyear|yearofrelease|publicationyear|yearofpublication|yearpublished|publishyear|pubyear|startyear|yr"
        "|originalpublicationyear|releasedyear|yearreleased|productionyear|jahr|annee|ano|anno|vintage|seasonyear",
        "releasedate|publicationdate|publishdate|publisheddate|datepublished|airdate|aired|copyright(?:date|year)|released|published|release"
        "|premiered|premieredate|originalreleasedate|firstairdate|startdate|datereleased?|dateofrelease|dateofpublication",
    ),
    "text": (
        "text|description|overview|summary|synopsis|plot|abstract|blurb|logline|storyline|about|desc|body|content"
        rf"|{_THING}description|{_THING}text|{_THING}summary|(?:short|long|full|detail|detailed)desc(?:ription)?|beschreibung|plotsummary",
    ),
    "genres": (
        "genres?",
        rf"categor(?:y|ies)|{_THING}genres?|genrenames?|{_THING}categor(?:y|ies)|listedin|maincategory|topics?|subjects?"
        "|class|themes?|genrelist|kategorien?|cuisines?",
    ),
    "keywords": (r"keywords?", r"tags?|plotkeywords|labels|taglist|keywordlist"),
    "director": ("directors?|directedby|directornames?",),
    "cast": ("cast", "actors?|stars|starring|actresses|maincast|castnames|topcast"),
    "language": ("languages?|lang|languagecode|originallanguage|sprache|spokenlanguages?",),
    "alternatives": ("alternatives|alternativetitles?|aka|akas|synonyms|othertitles?|alternatenames?|alttitles?",),
    "image": (
        "image",
        "imageurl|imageurll|imageurllarge|largeimageurl|poster|posterurl|cover|coverurl|coverimage|picture|pictureurl",
        rf"img|imgurl|thumbnail|thumbnailurl|headerimage|photo|photourl|{_THING}(?:image|cover|poster|picture)|coverart"
        "|imageuri|bild|posterpath|imageurlm|mediumimageurl",
        "imageurls|smallimageurl",
    ),
    "url": (rf"url|link|website|homepage|href|permalink|web|webpage|siteurl|pageurl|{_THING}(?:url|link|page)|uri",),
}
RATINGS: Mapping[str, tuple[str, ...]] = {
    "user_id": (
        "userid",
        rf"{_PERSON}{_ID}",
        rf"id{_PERSON}",
        rf"{_PERSON}s?",
        rf"(?:review|rating)?{_PERSON}name|username|usr|uid|nickname|login|e?mail(?:address)?|benutzer|nutzer|usuario|utilisateur|utente|kunde|leser",
        rf"{_PERSON}e?mail(?:address)?|{_PERSON}(?:unique)?(?:{_ID}|md5|sha1|sha256|token|ref)|(?:{_PERSON}|screen|display|nick|critic|rater)(?:display)?name"
        "|(?:reviewed|rated|added|posted|submitted|borrowed|bought|purchased|watched|created)by|critic",
        "who|steamid",
    ),
    "item_id": (
        *ITEMS["item_id"][:3],
        *ITEMS["item_id"][4:6],
        rf"{_THING}",
        "id",
        rf"{_THING}(?:title|name)|title|name|titel|titre|titulo|titolo",
    ),
    "rating": (
        "ratings?",
        rf"{_PERSON}ratings?|reviewoverall|{_PERSON}score|{_THING}ratings?|starrating|ratingvalue|ratingscore|overallrating|overall"
        "|yourrating|myrating|userscore|reviewscore|reviewrating",
        rf"rate|rating(?:val|number|num|stars?|points?|given)|(?:{_PERSON}|review)(?:rate|stars?|grade)",
        "score(?:pct|percent(?:age)?)?|stars?|grade|points|note|bewertung|nota|vote|mark|preference|puntuacion|value",
        "liked|isliked|verdict|reviewtype|thumbs?|recommended|isrecommended|reaction|sentiment",
    ),
    "timestamp": (
        "timestamp",
        rf"unixreviewtime|unixtime|epoch|ts|datetime|time|unixtimestamp|eventtime|timestamps|utc|uts|utctime|{_DOING}*(?:timestamp|datetime|date|time)utc|time(?:created|modified|start|started|added|enrolled)",
        "date|reviewdate|datereviews?|dateofreview|ratingdate|rateddate|daterated|reviewtime|ratedat|reviewedat|createdat|created|dateadded"
        "|watchedat|watcheddate|datewatched|viewedat|viewdate|visitdate|purchasedate|orderdate|eventdate|submitted"
        "|datesubmitted|reviewed|dateread|lastplayed|playedat|datum|fecha|zeit|when|at|added|addedat|updatedat"
        "|transactiondate|impressiontime|loaned|loandate|borrowed|startdate|userreviewdate|day",
        # where its cells are times, and not "yes" or "no"
        "(?:finished|completed|enrolled|reviewed|rated|read|watched|viewed|played|visited|bought|purchased|ordered|returned|cooked)(?:at|on)?"
        rf"|(?:date)?(?:finished|completed|enrolled)(?:date)?|{_DOING}+{_WHEN}",
    ),
}
KNOWN = {"items": ITEMS, "ratings": RATINGS}
_IN_TWO_LANGUAGES = re.compile(r"\s+[/|]\s+|\n")
YEAR_ITSELF = 2
"""The first names of a year, in order of preference, say that it is one; the others, as "published", may be a mark."""
AS_THING = 5
"""Rank of a title that is called like the item, as `book`."""
REQUIRED = {"items": ("item_id", "title"), "ratings": ("user_id", "item_id")}


def facet(name: str) -> str:
    """Return the name of the facet of a column; columns of creators get standard names, which similarity uses.

    >>> facet("Book-Author"), facet("Authors"), facet("Mood")
    ('author', 'author', 'Mood')
    """
    found = _MAKER.fullmatch(folded(name))
    return found[1] if found else name


def rank(table: str, standard: str, name: str) -> int | None:
    """Return how well a name fits a standard column: 0 is best, None if it does not fit.

    A name in two languages, as `title / Titel`, fits as well as the better one.

    >>> rank("items", "title", "title / Titel"), rank("items", "title", "Titel"), rank("items", "title", "price")
    (0, 3, None)
    """
    patterns, words = KNOWN[table][standard], IN_OTHER_LANGUAGES[table].get(standard, frozenset())
    parts = [folded(part) for part in _IN_TWO_LANGUAGES.split(name)]
    fitting = [place for place, one in enumerate(patterns) for part in parts if re.fullmatch(one, part)]
    in_other = words.intersection(parts) or any(is_composed(standard, part) for part in parts)
    return min(fitting, default=len(patterns) if in_other else None)


def candidates(table: str, standard: str, names: Sequence[str]) -> list[str]:
    """Return the names that fit a standard column, best first."""
    ranked = [(place, at, name) for at, name in enumerate(names) if (place := rank(table, standard, name)) is not None]
    return [name for _, _, name in sorted(ranked)]


def guess(
    table: str,
    names: Sequence[str],
    taken: Mapping[str, str],
    doubtful: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, str]:
    """Guess the column of a table for each standard column.

    Args:
        names: the columns of the table.
        taken: the columns that are already known, by standard column.
        doubtful: columns that a standard column is not, whatever their names.

    >>> guess("ratings", ["User-ID", "ISBN", "Book-Rating"], {})
    {'user_id': 'User-ID', 'item_id': 'ISBN', 'rating': 'Book-Rating'}
    """
    found = dict(taken)
    parts = _parts_of_dates(names) if "timestamp" in KNOWN[table] and "timestamp" not in found else set()
    free = [name for name in names if name not in found.values() and name not in parts]
    for standard in KNOWN[table]:
        if standard in names and standard not in found and standard in free:
            found[standard] = standard
            free.remove(standard)
    for standard in KNOWN[table]:
        usable = [name for name in free if name not in doubtful.get(standard, ())]
        if standard not in found and (fitting := candidates(table, standard, usable)):
            best = [name for name in fitting if rank(table, standard, name) == rank(table, standard, fitting[0])]
            found[standard] = _of_the_item(best, found.get("item_id", "")) if standard == "title" else best[0]
            free.remove(found[standard])
    return {standard: found[standard] for standard in KNOWN[table] if standard in found}


def _of_the_item(names: Sequence[str], item_id: str) -> str:
    """The name with the word of the ids: beside `track_id`, `track_name` and not `album_name`; else the first."""
    word = re.sub(rf"{_ID}$", "", folded(item_id))
    return next((name for name in names if len(word) > 1 and folded(name).startswith(word)), names[0])


def _parts_of_dates(names: Sequence[str]) -> set[str]:
    """The columns with a part of a time: the day beside a month and a year, and the time of day beside a date."""
    known = {folded(name): name for name in names}
    parts = {known[one] for one in ("year", "month", "day") if {"month", "day"} <= known.keys() and one in known}
    return parts | ({known["time"]} if "time" in known and "date" in known else set())
