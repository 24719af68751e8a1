"""Text and tags of items as weighted TF-IDF terms."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np
from scipy import sparse

from recsys.data import ItemFeatures

WORD = re.compile(r"[a-z0-9]{3,}")
STOP = frozenset(
    "about after all also and another any are becomes been before being between both but can comes could does down "
    "each finds for from gets goes had has have her hers him his how into its itself just learns makes man may more "
    "most must named new not now off old one only other others our out over own she set sets some such take takes "
    "than that the their them then there these they this those through too tries two under until upon very was way "
    "were what when where which while who whom whose will with woman would year years young you your".split()
)
# Words that count in a comparison but say nothing as a reason.
FILLER = frozenset(
    "able applied basic become beneficial best better build come course create different easy enable end everything "
    "explore free future general get give good great help important include introduce introduction know large learn "
    "learning lesson level like look many need provide teach teache use used useful using want well wide work write "
    "writing".split()
)
YEAR_STEP = 5.0
TEXT, YEAR, MIX, BAG = "text", "year", "genre mix", "bag of words"
WRITTEN = (TEXT, BAG)


def fold(text: str) -> str:
    """Lower case without accents.

    >>> fold("Amélie")
    'amelie'
    """
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Words of three letters or more that carry meaning, a plural s taken off.

    >>> words("The toys of a young boy come to life")
    ['toy', 'boy', 'come', 'life']
    """
    return [_stem(word) for word in WORD.findall(fold(text)) if word not in STOP]


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def item_terms(features: ItemFeatures) -> list[dict[str, Counter]]:
    """For each item, its terms by block: each tag facet, `text` (words of text and keywords), `genre mix` and `year`.

    Where the catalogue comes with bags of words, these are the block `bag of words` and the text has none; where no
    item has a text, the titles stand for it.
    The mix holds the pairs of genres: a family cartoon is more than a cartoon and a family film. The year is
    spread over its two nearest marks of a five-year grid, so that near years share a term.
    """
    rows: list[dict[str, Counter]] = []
    keywords = features.tags.get("keywords", [[]] * len(features.ids))
    # a table with nothing but titles has at least their words
    for row, text in enumerate(features.texts if any(features.texts) else features.titles):
        blocks = {facet: Counter(tag for tag in lists[row]) for facet, lists in features.tags.items()}
        if features.bags:
            blocks[BAG] = Counter(_stem(fold(word)) for word in features.bags[row] if fold(word) not in STOP)
        else:
            blocks[TEXT] = Counter(words(" ".join([text, *keywords[row]])))
        blocks[MIX] = Counter(" + ".join(pair) for pair in combinations(sorted(blocks.get("genres", ())), 2))
        blocks[YEAR] = _year(features.years[row] if len(features.years) else np.nan)
        rows.append({block: counts for block, counts in blocks.items() if counts})
    return rows


def _year(year: float) -> Counter:
    if not np.isfinite(year):
        return Counter()
    low = YEAR_STEP * np.floor(year / YEAR_STEP)
    part = (year - low) / YEAR_STEP
    return Counter({str(int(low)): 1.0 - part} | ({str(int(low + YEAR_STEP)): part} if part else {}))


class Vocabulary:
    """Columns for (block, term) pairs and their inverse document frequency.

    idf_t = ln((1 + n_items) / (1 + n_t)) + 1 (Salton and Buckley 1988, smoothed); the year has idf 1.
    """

    def __init__(self, terms: list[tuple[str, str]], idf: np.ndarray):
        self.terms, self.idf = terms, idf
        self.columns = {term: column for column, term in enumerate(terms)}

    @classmethod
    def of(cls, rows: list[dict[str, Counter]], min_items: Mapping[str, int]) -> Vocabulary:
        """The terms that stand in at least `min_items[block]` items (default 1)."""
        found: Counter = Counter((block, term) for row in rows for block, counts in row.items() for term in counts)
        terms = sorted(term for term, count in found.items() if count >= min_items.get(term[0], 1))
        counts = np.array([found[term] for term in terms], dtype=np.float64)
        idf = np.log((1 + len(rows)) / (1 + counts)) + 1
        idf[[block == YEAR for block, _ in terms]] = 1.0
        return cls(terms, idf.astype(np.float32))

    def matrix(
        self, rows: Iterable[Mapping[str, Mapping[str, float]]], weights: Mapping[str, float]
    ) -> sparse.csr_array:
        """CSR (n_rows, n_terms) float32 of (1 + ln tf) idf, each block of a row scaled to length sqrt(weight).

        The product of two rows is then the weighted sum of their blocks' cosines; a block that a row lacks adds
        nothing, so an item of which little is known is never more alike than one that is known to be.
        """
        data, indices, indptr = [], [], [0]
        for row in rows:
            for block, counts in row.items():
                pairs = [(self.columns.get((block, term)), count) for term, count in counts.items()]
                known = [(column, count) for column, count in pairs if column is not None]
                if not known or not weights.get(block, 0.0):
                    continue
                columns = [column for column, _ in known]
                count = np.array([count for _, count in known], dtype=np.float64)
                tf = count if block == YEAR else 1.0 + np.log(count)
                values = tf * self.idf[columns]
                indices.extend(columns)
                data.append(values * (np.sqrt(weights[block]) / np.linalg.norm(values)))
            indptr.append(len(indices))
        matrix = sparse.csr_array(
            (
                np.concatenate(data).astype(np.float32) if data else np.empty(0, np.float32),
                np.array(indices, dtype=np.int32),
                np.array(indptr, dtype=np.int32),
            ),
            shape=(len(indptr) - 1, len(self.terms)),
        )
        matrix.sort_indices()
        return matrix
