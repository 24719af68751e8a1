"""Convert item features (tags, words, pairs of genres, years) to blocks of TF-IDF vectors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import chain, combinations, compress
from typing import NamedTuple

import numpy as np
from scipy import sparse

from recsys.data import ItemFeatures, csr
from recsys.models.reason import TEXT

WORD = re.compile(r"[a-z0-9]{3,}")
STOP = frozenset(
    "about after all also and another any are becomes been before being between both but can comes could does down "
    "each finds for from gets goes had has have her hers him his how into its itself just learns makes man may more "
    "most must named new not now off old one only other others our out over own she set sets some such take takes "
    "than that the their them then there these they this those through too tries two under until upon very was way "
    "were what when where which while who whom whose will with woman would year years young you your".split()
)
# Words that are used in comparisons but are too general for a reason.
FILLER = frozenset(
    "able applied basic become beneficial best better build come concept course create different easy enable end "
    "everything explore free fundamental future general get give good great help hour important include introduce "
    "introduction know large learn learning lesson level like look many minute module need overview provide skill "
    "teach teache topic use used useful using want week well wide work write writing".split()
)
YEAR_STEP = 5.0  # years between the points of the grid
YEAR, MIX, BAG = "year", "genre mix", "bag of words"
WRITTEN = (TEXT, BAG)
PAIR = " + "  # between the two genres of a term of MIX
# Names of facets, in users' own tables, for the people who made an item.
MAKERS = tuple(
    "director author authors artist artists creator creators writer writers developer developers designer instructor "
    "instructors teacher brand".split()
)


def fold(text: str) -> str:
    """Lower case without accents.

    >>> fold("Amélie")
    'amelie'
    """
    text = text.lower()
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Words of three letters or more without stop words and without a plural s.

    >>> words("The toys of a young boy come to life")
    ['toy', 'boy', 'come', 'life']
    """
    return [_stem(word) for word in WORD.findall(fold(text)) if word not in STOP]


def _stem(word: str) -> str:
    if word[-1:] != "s":
        return word  # most words
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    return word if word.endswith(("ss", "us", "is")) or len(word) <= 3 else word[:-1]


def item_terms(features: ItemFeatures) -> dict[str, list[list[str]]]:
    """Terms of each item by block: each tag facet, `text` (words of text and keywords) and `genre mix`.

    If the catalogue has bags of words, they are the block `bag of words` and there is no `text`. If no item has a
    text, the words of the titles replace it. The block `genre mix` contains pairs of genres, because a combination such
    as animation and horror describes an item better than each genre alone.
    """
    blocks = dict(features.tags)
    if features.bags:
        folded = ([fold(word) for word in bag] for bag in features.bags)
        blocks[BAG] = [[_stem(word) for word in bag if word not in STOP] for bag in folded]
    else:
        texts = features.texts if any(features.texts) else features.titles
        keywords = features.tags.get("keywords", [[]] * len(features.ids))
        blocks[TEXT] = [words(" ".join([text, *more])) for text, more in zip(texts, keywords, strict=True)]
    genres = features.tags.get("genres", [])
    blocks[MIX] = [[PAIR.join(pair) for pair in combinations(sorted(set(tags)), 2)] for tags in genres]
    return {block: lists for block, lists in blocks.items() if any(lists)}


def pair_of(term: str) -> list[str]:
    """The two genres of a term of the block `genre mix`."""
    return term.split(PAIR)


class Block(NamedTuple):
    """Vectors of one block.

    Attributes:
        terms: column names, sorted.
        idf: (n_terms,) float32.
        vectors: CSR (n_items, n_terms) float32, rows of length 1 or empty.
    """

    terms: list[str]
    idf: np.ndarray
    vectors: sparse.csr_array


def tfidf(lists: list[list[str]], min_items: int = 1) -> Block:
    """TF-IDF vectors, (1 + ln tf) idf, of the terms that at least `min_items` items have.

    idf_t = ln((1 + n_items) / (1 + n_t)) + 1 (Salton and Buckley 1988, smoothed).
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    terms, counts = _counted(lists)
    frequent = np.bincount(counts.indices, minlength=counts.shape[1]) >= min_items
    if not frequent.any():
        return Block([], np.empty(0, np.float32), csr.empty(len(lists), 0))
    transformer = TfidfTransformer(sublinear_tf=True)
    vectors = sparse.csr_array(transformer.fit_transform(sparse.csr_matrix(counts[:, frequent])))
    return Block(list(compress(terms, frequent)), transformer.idf_.astype(np.float32), vectors)


def _counted(lists: list[list[str]]) -> tuple[list[str], sparse.csr_array]:
    """The distinct terms, sorted, and how often each item has each of them: CSR (n_items, n_terms) float32.

    For lists of terms this takes a third of the time of scikit-learn's CountVectorizer, which is made for texts.
    """
    flat = list(chain.from_iterable(lists))
    terms = sorted(set(flat))
    number = {term: place for place, term in enumerate(terms)}
    columns = np.fromiter(map(number.__getitem__, flat), np.int32, len(flat))
    indptr = csr.pointers(np.fromiter(map(len, lists), np.int64, len(lists))).astype(np.int32)
    counts = sparse.csr_array((np.ones(len(flat), np.float32), columns, indptr), shape=(len(lists), len(terms)))
    counts.sum_duplicates()
    return terms, counts


def spread_years(years: np.ndarray) -> Block:
    """Each year (n_items,) as weights on the two nearest points of a five-year grid, so close years share a term."""
    rows = np.flatnonzero(np.isfinite(years))
    low = np.floor(years[rows] / YEAR_STEP)
    share = years[rows] / YEAR_STEP - low
    marks = np.concatenate([low, low + 1]).astype(np.int64)
    values = np.concatenate([1 - share, share]) / np.tile(np.hypot(1 - share, share), 2)
    used = values > 0
    terms, columns = np.unique([str(int(mark * YEAR_STEP)) for mark in marks[used]], return_inverse=True)
    places = (np.tile(rows, 2)[used], columns)
    vectors = sparse.csr_array((values[used].astype(np.float32), places), shape=(len(years), len(terms)))
    return Block(terms.tolist(), np.ones(len(terms), np.float32), vectors)


class Vocabulary:
    """Columns of (block, term) pairs and their inverse document frequency.

    Attributes:
        terms: (block, term) of each column, sorted.
        idf: (n_terms,) float32.
        columns: (block, term) -> column.
    """

    def __init__(self, terms: list[tuple[str, str]], idf: np.ndarray):
        self.terms, self.idf = terms, idf
        self.columns = {term: column for column, term in enumerate(terms)}

    @classmethod
    def of(cls, blocks: Mapping[str, Block]) -> Vocabulary:
        """The vocabulary of some blocks."""
        names = sorted(blocks)
        terms = [(name, term) for name in names for term in blocks[name].terms]
        return cls(terms, np.concatenate([np.empty(0, np.float32), *(blocks[name].idf for name in names)]))

    def vector(self, query: Mapping[str, Collection[str]], weights: Mapping[str, float]) -> np.ndarray:
        """A query of terms by block as a vector (n_terms,) float32, comparable with `weighted`."""
        result = np.zeros(len(self.terms), dtype=np.float32)
        for block, terms in query.items():
            columns = [self.columns[block, term] for term in terms if (block, term) in self.columns]
            if columns:
                result[columns] = self.idf[columns] * np.sqrt(weights[block]) / np.linalg.norm(self.idf[columns])
        return result


def weighted(blocks: Mapping[str, Block], weights: Mapping[str, float], n_items: int) -> sparse.csr_array:
    """CSR (n_items, n_terms) float32 in the columns of `Vocabulary.of`, each block of a row of length sqrt(weight).

    The product of two rows is then the weighted sum of their blocks' cosines. A missing block adds 0, so missing
    features never make an item more similar.
    """
    parts = [csr.empty(n_items, 0)]
    for name in sorted(blocks):
        vectors, weight = blocks[name].vectors, weights.get(name, 0.0)
        parts.append(vectors * np.float32(np.sqrt(weight)) if weight else csr.empty(*vectors.shape))
    matrix = sparse.csr_array(sparse.hstack(parts, format="csr", dtype=np.float32))
    matrix.sort_indices()
    return matrix
