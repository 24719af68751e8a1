"""Recognize lines of a text that are no rows of its table: drawn rules, and what databases print below a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

BOX = "│┃║"
"""Characters that some programs draw between cells."""
_SHOWN_BY_SPARK = re.compile(r"only showing top \d+ rows?\s*")
_OF_FEATURES = re.compile(r"[+-]?\d+(?:\.\d+)?(?: \d+:[+-]?\d+(?:\.\d+)?)+\s*")
MOST_ABOVE = 5
"""Lines in which a print of a table is recognized."""
_DRAWN = frozenset("-+|=: \t\r\n")
_RULE = re.compile(r"[-=]{3}|[\u2500-\u257f]{3}")
_FOOTER = re.compile(
    r"\(\d[\d,.]*\s+(?:rows?|row\(s\)|zeilen?|lignes?|filas?|строк[аи]?)(?:\s+affected)?\)"
    r"|\d[\d,.]*\s+rows?\s+(?:in\s+set|selected|returned|affected)\b.*"
    r"|\d[\d,.]*\s+rows?\s+(?:\([^()]*\)\s+)?\d+\s+columns?"
    r"|(?:total|rows?|count|total rows?|row count)\s*[:=]\s*\d[\d,.]*(?:\s+rows?)?"
    r"|time:\s+[\d.,]+\s+ms.*|query ok\b.*|shape: \([\d_]+, \d+\)|\[\d+ rows x \d+ columns\]|\\\.",
    re.IGNORECASE,
)


def printed_by(lines: Sequence[str]) -> str:
    """What a text is that shows a table but is no file of it, with what to do instead; "" for other texts.

    >>> printed_by(["# A tibble: 2 × 3", "  id title", "<int> <chr>"])
    'a table as R prints a tibble, which shortens it; save it with write_csv'
    """
    if lines and re.match(r"\ufeff?#\s+A (?:tibble|data frame|grouped_df)", lines[0]):
        return "a table as R prints a tibble, which shortens it; save it with write_csv"
    if any(map(_SHOWN_BY_SPARK.fullmatch, lines)):
        return "a table as Spark shows it, without its other rows; save it with df.write.csv"
    if any(line.rstrip().endswith("\\\\") and " & " in line for line in lines[:MOST_ABOVE]):
        return "a table in LaTeX; save it as CSV"
    if len(lines) > 1 and all(_OF_FEATURES.fullmatch(line) for line in lines[:MOST_ABOVE] if line.strip()):
        return "a table of features in the form of LIBSVM, which has no ids; save user_id,item_id,rating as CSV"
    if any("┆" in line and line.lstrip().startswith("│") for line in lines[:MOST_ABOVE]):
        return "a table as Polars prints it, which shortens texts and leaves out rows; save it with write_csv"
    return ""


def is_no_row(line: str) -> bool:
    """Whether a line is a drawn rule or what a database prints below a table."""
    return is_rule(line) or is_footer(line)


def is_rule(line: str) -> bool:
    """Whether a line is drawn around the names of a table, as `+----+----+`.

    >>> is_rule("+----+----+"), is_rule("├────┼────┤"), is_rule("a-b")
    (True, True, False)
    """
    return bool(_RULE.search(line)) and (_DRAWN.issuperset(line) or all(map(_is_box, line)))


def _is_box(character: str) -> bool:
    return character.isspace() or "\u2500" <= character <= "\u257f"


def is_footer(line: str) -> bool:
    r"""Whether a line is one that a database prints below a table, as `(2 rows)`.

    >>> is_footer("(2 rows)"), is_footer("2 rows in set (0.00 sec)"), is_footer("(2 rows) of seats"), is_footer("\\.")
    (True, True, False, True)
    """
    return bool(_FOOTER.fullmatch(line.strip(f" \t,;|{BOX}")))
