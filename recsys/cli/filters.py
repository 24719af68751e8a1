"""Filter options of the commands that print a list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.cli.arguments import fraction, positive, typed, year
from recsys.cli.command import Argument, argument
from recsys.errors import BadInput

if TYPE_CHECKING:
    from recsys.serving.filters import Filters

GROUP = "limits of the list"


def _limit(name: str, **settings: Any) -> Argument:
    return argument(name, group=GROUP, **settings)


FILTERS = (
    _limit(
        "--genre", type=typed, action="append", default=[], metavar="GENRE", help="one of these genres; may be repeated"
    ),
    _limit(
        "--not-genre",
        type=typed,
        action="append",
        default=[],
        metavar="GENRE",
        help="none of these genres; may be repeated",
    ),
    _limit("--from", dest="year_from", type=year, metavar="YEAR", help="first year"),
    _limit("--to", dest="year_to", type=year, metavar="YEAR", help="last year"),
    _limit(
        "--language", type=typed, action="append", default=[], metavar="CODE", help="such as en or fr; may be repeated"
    ),
    _limit(
        "--person", type=typed, action="append", default=[], metavar="NAME", help="a director or actor; may be repeated"
    ),
    _limit("--runtime-to", type=positive, metavar="MINUTES", help="longest running time; unknown ones are left out"),
    _limit(
        "--certificate", type=typed, action="append", default=[], metavar="NAME", help="such as PG-13; may be repeated"
    ),
    _limit("--popularity", type=fraction(-1), metavar="P", help="from -1 (hidden gems) to 1 (well known)"),
    _limit("--diversity", type=fraction(0), metavar="D", help="from 0 (as ranked) to 1 (as varied as possible)"),
    _limit("--recency", type=fraction(0), metavar="R", help="from 0 (a whole history) to 1 (the latest ratings)"),
    _limit(
        "--less",
        type=typed,
        action="append",
        default=[],
        metavar="WHAT",
        help="fewer items like this: a title, person:NAME or theme:KEYWORD; may be repeated",
    ),
    _limit("--only-file", metavar="FILE", help="a text file of item ids, one per line; list only these items"),
    _limit("--hide-file", metavar="FILE", help="a text file of item ids, one per line; leave out these items"),
)


NUMBERS = ("year_from", "year_to", "runtime_to", "popularity", "diversity", "recency")


def filters_from(options: dict[str, Any]) -> Filters:
    """Create filters from the options declared above.

    Raises:
        BadInput: a value is out of range, or a file cannot be read.
    """
    from recsys.serving.filters import Filters

    return Filters.from_dict(
        {
            "genres_in": options["genre"],
            "genres_out": options["not_genre"],
            "languages": options["language"],
            "people": options["person"],
            "certificates": options["certificate"],
            "less": options["less"],
            "only": _ids(options["only_file"], "--only-file"),
            "hide": _ids(options["hide_file"], "--hide-file"),
        }
        | {name: options[name] for name in NUMBERS}
    )


def _ids(path: str | None, option: str) -> list[str]:
    if path is None:
        return []
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{option} {path} cannot be read ({error}). Name a text file of item ids.") from None
    found = [line.strip() for line in text.split("\n") if line.strip()]
    if not found:
        raise BadInput(f"{option} {path} has no item ids. Write one id per line.")
    return found
