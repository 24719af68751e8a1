"""Tags are spelled as most texts write them, wherever in a text they are; parts of words do not count."""

from __future__ import annotations

import pytest

from recsys.catalogue.capitals import Spelling

TEXTS = [
    "Rome burns. Caesar leaves rome, then Rome again, for a sci-fi Rome.",
    "The romeo of Roma meets Romeo.",
    "A trip to Monte Carlo; later monte carlo, and Monte Carlo!",
    "",
    "In the '70s a Sci-Fi film, then another Sci-Fi film.",
    "A vineyard near Martha's Vineyard, seen from Martha's Vineyard.",
    "Two French thieves, a French cook, old French wine and new wine by New Wine.",
]


@pytest.mark.parametrize(
    ("tag", "spelling"),
    [
        ("rome", "Rome"),  # three times against one, without the first word of the text
        ("monte carlo", "Monte Carlo"),
        ("carlo", "carlo"),  # with a capital only in a longer name
        ("sci-fi", "Sci-Fi"),
        ("'70s", "'70s"),
        ("rom", "rom"),  # only a part of words
        ("romeo of roma", "romeo of Roma"),
        ("monte rome", "monte rome"),  # both words, never together
        ("vineyard", "vineyard"),  # as a part of a longer name it has a capital
        ("martha's vineyard", "Martha's Vineyard"),
        ("french new wave", "French New Wave"),
        ("french thriller", "French thriller"),  # in no text as a whole
        ("franco-french wine bar", "franco-French wine bar"),
        ("new thriller", "new thriller"),
        ("roma thriller", "roma thriller"),  # once is no proof
        ("retired fbi agent", "retired FBI agent"),
        ("nowhere", "nowhere"),
        ("!", "!"),
        ("Rome", "Rome"),
        ("fbi", "FBI"),
        ("leonardo da vinci", "Leonardo da Vinci"),
        ("hitchcock homage", "Hitchcock homage"),
    ],
)
def test_spelling_of_most_texts(tag, spelling):
    assert Spelling(TEXTS).of(tag) == spelling
