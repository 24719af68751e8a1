"""Read a wish: a small grammar over titles, directions, genres, languages, years, people and keywords.

No language model is needed. The text is read once from left to right; each step takes the longest phrase that names
something. A critique such as "funnier" or "less violent" is a unit critique (Burke, Hammond and Young 1997; McGinty and
Reilly 2011): it changes one direction and keeps the rest.
"""

from __future__ import annotations

from recsys.catalogue.database import Catalogue
from recsys.catalogue.titles import FIRST_YEAR, LAST_YEAR, fold, label, split_year
from recsys.errors import UnknownItem
from recsys.serving.filters import Facets
from recsys.serving.people import People
from recsys.serving.search_facets import BY, Understood, language_name, take_years
from recsys.serving.wishes import lexicon
from recsys.serving.wishes.lexicon import AND, Lexicon, Word, begins
from recsys.serving.wishes.state import Reading, duration, split_words, take_grammar, with_year
from recsys.serving.wishes.table import directions
from recsys.serving.wishes.values import ItemValues
from recsys.serving.wishes.wish import MORE_LIKE, Kind, Part, Wish

LONGEST_TITLE = 14  # words
MOST_GUESSES = 3  # names that are searched with typos, because each takes milliseconds
AT_MOST = (
    "no longer than", "not longer than", "shorter than", "less than", "at most", "up to", "under", "below", "max",
    "maximum", "within",
)  # fmt: skip
NO_NAME, NO_COUNTRIES = "no title is close to it", "languages are known here, countries are not"
CANNOT_TELL = {"minutes": "running times are not known here"}


class WishReader:
    """Reader of the wishes for one catalogue."""

    def __init__(self, catalogue: Catalogue, facets: Facets, people: People, values: ItemValues):
        self._catalogue, self._facets, self._people, self._values = catalogue, facets, people, values
        self._lexicon = Lexicon(facets)

    def wanted(self, text: str) -> Wish | None:
        """The wish that a text expresses; None if the text is the title of an item or nothing in it is understood.

        An exact title wins, and so does the beginning of one: "Romeo and Juliet" and "Like Water for Chocolate" are
        films. So does a misspelt title, unless the text asks for something like an item.
        """
        if not text.strip() or self._catalogue.is_title(text):
            return None
        wish = self.read(text)
        if not wish.asks and self._is_title_with_year(text):
            return None
        if not any(part.used and part.kind is not Kind.ABOUT for part in wish.parts):
            return wish if wish.asks else None
        if wish.asks or (wish.of(Kind.SEED) and wish.is_clear and len(wish.parts) > 1):
            return wish
        if self._is_nearly_a_title(text):
            return None
        return self.read(text, titles=False) if wish.of(Kind.SEED) else wish

    def _is_title_with_year(self, text: str) -> bool:
        """Whether a text is a title with a year, though no item has both: "Parasite (2019)", where only 1982 is known.

        What stands before a year in parentheses is a title unless it is a wish: "korean thrillers (1990)".
        """
        title, year = split_year(text)
        if year is not None:
            return self.wanted(title) is None
        title, _, last = text.strip().rpartition(" ")
        return last.isdecimal() and len(last) == 4 and bool(self._catalogue.titled([fold(title)]))

    def is_more_than_a_search(self, wish: Wish) -> bool:
        """Whether a search for the text would miss something: items to be like, directions, or what must not be."""
        if wish.asks or wish.of(Kind.SEED):
            return True
        return not wish.of(Kind.ABOUT) and not wish.is_only_facets

    def read(self, text: str, *, titles: bool = True) -> Wish:
        """Read the parts of a text.

        Args:
            titles: whether an item may be named without "like" before it.
        """
        words, breaks = split_words(text)
        state = Reading(words, breaks, self._titles_in(words), seeds_may_follow=titles)
        place = 0
        while place < len(words):
            place += self._take(state, place)
        self._describe(state)
        return Wish(tuple(state.parts), state.asks)

    # -- one step -------------------------------------------------------------------------------

    def _take(self, state: Reading, place: int) -> int:
        """Read what begins at a word; return the number of words that were used, at least one."""
        word = state.words[place]
        if place in state.breaks:
            state.forget()
            state.seeds_may_follow, state.due = state.seeds_may_follow and not state.due, False
        for step in (self._intro, self._seed, self._minutes, self._years, self._phrase, self._person):
            if used := step(state, place):
                return used
        if used := take_grammar(state, place):
            return used
        if used := self._theme(state, place):
            return used
        if word not in lexicon.JOINS:
            state.seeds_may_follow = state.due
        if word not in lexicon.SMALL and word not in lexicon.JOINS:
            state.left.append((place, word, -1 if state.negation or state.mode == "less" else 1))
        return 1

    def _intro(self, state: Reading, place: int) -> int:
        unlike = begins(lexicon.UNLIKE, state.words, place)
        used = unlike or begins(lexicon.INTROS, state.words, place)
        if not used or place + used >= len(state.words):
            return 0
        state.seed_sign = -1 if unlike or state.negation or state.mode == "less" else 1
        state.seed_weight = 2.0 if state.mode == "more" and state.parts else 1.0
        state.seeds_may_follow = state.due = state.asks = True
        state.forget()
        return used

    def _seed(self, state: Reading, place: int) -> int:
        if not state.seeds_may_follow:
            return 0
        known = self._lexicon.at(state.words, place)
        no_names = frozenset() if state.due else lexicon.ENDS if state.parts else lexicon.ENDS | lexicon.SMALL
        for length in range(min(LONGEST_TITLE, len(state.words) - place), 0, -1):
            # a word such as "dark" is a title only if "like" is before it
            if known and (known[0] > length or (known[0] == length and not state.due)):
                break
            phrase = state.phrase(place, length)
            if (named := state.titles.get(phrase)) and phrase not in no_names:
                item_id, used = with_year(named, state.words, place + length)
                return self._seeded(state, item_id, length + used)
        return self._guess(state, place) if state.due else 0

    def _guess(self, state: Reading, place: int) -> int:
        """Find the announced item by a name with typos, or a person or other phrase in its place."""
        if self._person_at(state, place):
            return 0
        is_other = self._lexicon.at(state.words, place) or take_years(state.words, place, Understood())
        if is_other or state.words[place] in lexicon.SMALL | lexicon.ENDS:
            state.due = state.due and state.words[place] in lexicon.SMALL
            return 0
        state.due = False
        most = next(
            (at for at in range(place, len(state.words)) if at > place and state.words[at] in lexicon.ENDS),
            len(state.words),
        )
        most = state.until_break(place, most - place)
        joins = [at for at in range(1, most) if state.words[place + at] in lexicon.AND]
        for length in (most, *joins[:1]):
            if state.guesses < MOST_GUESSES:
                state.guesses += 1
                if item_id := self._nearest(state.phrase(place, length)):
                    return self._seeded(state, item_id, length)
        length = joins[0] if joins else most
        state.add(Part(Kind.UNKNOWN, phrase := state.phrase(place, length), phrase, why=NO_NAME))
        state.seeds_may_follow = True
        return length

    def _seeded(self, state: Reading, item_id: str, used: int) -> int:
        item = self._catalogue.item(item_id)
        name = label(item["title"], item["year"])
        sign = -1 if state.negation or state.mode == "less" else state.seed_sign
        weight = state.seed_weight
        words = f"not like {name}" if sign < 0 else f"{MORE_LIKE}{name}" if weight > 1 else name
        state.add(Part(Kind.SEED, item_id, words, sign, weight))
        state.due, state.seed_weight = False, 1.0
        return used

    def _nearest(self, phrase: str) -> str:
        try:
            return self._catalogue.find(phrase)
        except UnknownItem:
            return ""

    def _minutes(self, state: Reading, place: int) -> int:
        used = begins(AT_MOST, state.words, place)
        if not used or not (read := duration(state.words, place + used)):
            return 0
        minutes, more = read
        why = "" if self._facets.facts.has_runtimes else CANNOT_TELL["minutes"]
        state.add(Part(Kind.MINUTES, str(minutes), f"at most {minutes} minutes", why=why))
        state.forget()
        return used + more

    def _years(self, state: Reading, place: int) -> int:
        words, skipped = list(state.words[place:]), 0
        if words[:1] in (["older"], ["newer"]) and words[1:2] == ["than"]:
            words, skipped = ["before" if words[0] == "older" else "after", *words[2:]], 1
        found = Understood()
        used = take_years(words, 0, found)
        if not used or found.years is None:
            return 0
        self._dated(state, found.years)
        return used + skipped

    def _dated(self, state: Reading, years: tuple[int, int]) -> None:
        first, last = years
        negated = bool(state.negation)
        if negated and (first == FIRST_YEAR or last == LAST_YEAR):  # "not before 2000" is "since 2000"
            first, last = (last + 1, LAST_YEAR) if first == FIRST_YEAR else (FIRST_YEAR, first - 1)
            negated = False
        span = f"{first} to {last}" if first < last else str(first)
        span = f"until {last}" if first == FIRST_YEAR else f"since {first}" if last == LAST_YEAR else span
        words = f"not {span}" if negated else span
        state.add(Part(Kind.YEARS, f"{first} {last}", words, -1 if negated else 1, excludes=negated))
        state.forget()
        state.seeds_may_follow = False

    def _phrase(self, state: Reading, place: int) -> int:
        """Read a direction, genre or language."""
        found = self._lexicon.at(state.words, place)
        if found is None:
            return 0
        length, meaning = found
        state.add(self._meant(state, meaning, state.phrase(place, length)))
        state.due = state.seeds_may_follow = False
        if meaning.kind is Kind.DIRECTION:
            if _is_last_negated_adjective(state, place, length):
                state.forget()
            elif not state.negation:
                state.mode = ""
        return length

    def _meant(self, state: Reading, meaning: Word, phrase: str) -> Part:
        sign = -1 if state.negation or state.mode == "less" else 1
        if meaning.kind is Kind.DIRECTION:
            row = directions()[meaning.value]
            sign *= meaning.sign
            comparative = phrase == row.more or phrase.endswith("er")  # "not funnier" leaves no comedy out
            can_exclude = meaning.sign > 0 and not comparative and bool(row.no_genres or row.no_themes)
            excludes = bool(state.negation) and can_exclude
            plain = not state.negation and not state.mode  # the visitor's own word
            words = f"{state.negation} {phrase}" if excludes else phrase if plain else row.label(sign)
            why = "" if self._values.along(row.name) is not None else _cannot_tell(row.measure)
            return Part(Kind.DIRECTION, row.name, words, sign, excludes=excludes, why=why)
        if meaning.kind is Kind.GENRE:
            if state.mode:
                return Part(Kind.MORE_GENRE, meaning.value, f"{state.mode} {meaning.value.lower()}", sign)
            words = meaning.value.lower() if sign > 0 else f"no {meaning.value.lower()}"
            return Part(Kind.GENRE, meaning.value, words, sign, excludes=sign < 0)
        name = language_name(meaning.value)
        why = (
            f"no {self._catalogue.wording.item} here is in it"
            if sign > 0 and not self._has_language(meaning.value)
            else ""
        )
        return Part(Kind.LANGUAGE, meaning.value, name if sign > 0 else f"not {name}", sign, excludes=sign < 0, why=why)

    def _has_language(self, code: str) -> bool:
        return code in self._facets.languages

    def _person(self, state: Reading, place: int) -> int:
        found = self._person_at(state, place)
        if not found:
            return 0
        length, name = found
        sign = -1 if state.negation or state.mode == "less" else 1
        words = f"{'with' if sign > 0 else 'without'} {self._people.written(name)}"
        state.add(Part(Kind.PERSON, name, words, sign, excludes=sign < 0))
        state.due = state.seeds_may_follow = False
        return length

    def _person_at(self, state: Reading, place: int) -> tuple[int, str] | None:
        """A full name, or a last name after a word such as "by" or "like"."""
        before = state.words[place - 1] if place else ""
        for length in range(min(lexicon.LONGEST, len(state.words) - place), 0, -1):
            phrase = state.phrase(place, length)
            if length > 1 and self._people.numbers(phrase) is not None:
                return length, fold(phrase)
            if length == 1 and (before in BY or state.due) and phrase not in lexicon.SMALL:
                name = self._people.full_name(phrase)
                if name and not self._values.themes.known(phrase):
                    return 1, name
        return None

    def _theme(self, state: Reading, place: int) -> int:
        for length in range(state.until_break(place, lexicon.LONGEST), 0, -1):
            phrase = state.phrase(place, length)
            if length == 1 and (len(phrase) < 3 or phrase in lexicon.SMALL):
                continue
            if self._values.themes.known(phrase):
                state.add(_themed(state, phrase))
                state.due = state.seeds_may_follow = False
                return length
        return 0

    def _describe(self, state: Reading) -> None:
        """Add the words that are left: those of descriptions, and those that nothing here has."""
        countries = [word for _, word, _ in state.left if word in lexicon.NATIONALITIES]
        left = [(word, sign) for _, word, sign in state.left if word not in countries]
        for sign in (1, -1):
            words = [word for word, own in left if own == sign and self._values.describes(word)]
            if words:
                text = " ".join(dict.fromkeys(words))
                state.add(Part(Kind.ABOUT, text, f"about {text}" if sign > 0 else f"not about {text}", sign))
        unknown = " ".join(dict.fromkeys(word for word, _ in left if not self._values.describes(word)))
        for text, why in ((" ".join(dict.fromkeys(countries)), NO_COUNTRIES), (unknown, "")):
            if text:
                state.add(Part(Kind.UNKNOWN, text, text, why=why))

    # -- titles ---------------------------------------------------------------------------------

    def _titles_in(self, words: list[str]) -> dict[str, list[tuple[str, int | None]]]:
        """Ids and years of the items that some run of the words names, by run; an article may be missing."""
        runs = {
            " ".join(words[start:end])
            for start in range(len(words))
            for end in range(start + 1, min(start + LONGEST_TITLE, len(words)) + 1)
        }
        found = self._catalogue.titled([*runs, *(f"the {run}" for run in runs)])
        return {run: named for run in runs if (named := found.get(run) or found.get(f"the {run}"))}

    def _is_nearly_a_title(self, text: str) -> bool:
        return bool(self._nearest(text))


def _is_last_negated_adjective(state: Reading, place: int, length: int) -> bool:
    """Whether a negation ends after a direction, because it belongs to what is wanted: "not violent mafia films".

    It continues after "or" ("not violent or gory"), and reaches further from another word ("no violent films").
    """
    state.negates_adjectives = state.negates_adjectives or state.words[max(0, place - 1)] == "not"
    after = place + length
    return state.negates_adjectives and after < len(state.words) and state.words[after] not in AND


def _themed(state: Reading, phrase: str) -> Part:
    if state.negation:
        return Part(Kind.THEME, phrase, f"without {phrase}", -1, excludes=True)
    if state.mode == "less":
        return Part(Kind.THEME, phrase, f"less {phrase}", -1)
    return Part(Kind.THEME, phrase, f"with {phrase}")


def _cannot_tell(measure: str) -> str:
    return CANNOT_TELL.get(measure, "nothing here tells")
