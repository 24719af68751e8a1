"""The public course catalogue: 307 courses with topics, descriptions and bags of words, and who enrolled."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from pathlib import Path

from recsys.catalogue.sources.download import fetch
from recsys.catalogue.sources.files import Files, folders
from recsys.catalogue.sources.ratings_file import RatingsFile
from recsys.catalogue.sources.raw import Raw
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, SourceError
from recsys.settings import Settings

NAMES = ("course_genre.csv", "course_processed.csv", "courses_bows.csv", "ratings.csv")
FOLDER = "course-files"
ENROLLED = (0.0, 3.0)
# The words that title case in the files has spoilt, as their owners write them.
_SPELT = """
AI API APIs AWS BI CSS CUDA DB2 ETL GPU GPUs HTML IBM IoT JAX JSON JSP JVM MLOps NLP NoSQL OCR ODBC REST
RS SDK SPSS SQL SQLite TDD UI URL VM XML ADS ML DBMS CI CD CLI RDBMS RDD CICD HDFS YARN SAS UX CRUD HTTP
JavaScript TypeScript MySQL PostgreSQL MongoDB OpenAI OpenShift OpenCV PyTorch TensorFlow GraphQL GitHub
DevOps DataOps CouchDB TJBot MapReduce HBase ggplot2 PHP SystemML MQTT BigQuery LinkedIn
MicroProfile WebSphere iOS ReactJS NodeJS NumPy SciPy DataStax JanusGraph II III
Python Apache Hadoop Watson Kubernetes Istio Docker Java Scala Jupyter RStudio Linux Google Nvidia
"""
SPELLING = {word.casefold(): word for word in _SPELT.split()}
_LITTLE = "a an and as at by for from in into of on or the to using via vs with your"
LITTLE = frozenset(_LITTLE.split())
WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
# What the files lost: apostrophes became spaces, other marks became two.
SHORT = re.compile(r"(?<=\w) (ll|re|ve|s|t|d|m)\b", re.IGNORECASE)
_GOES_ON = "and or but which including then as such with without while where like"
GOES_ON = frozenset(_GOES_ON.split())
MISREAD = str.maketrans({"‚": " ", "‘": " ", "’": "'", "≠": "", "¬": "-"})


def read(settings: Settings, progress: Progress = quiet) -> Raw:
    """The courses from the folder or zip of `settings.dataset`, the data directory, or the web.

    Raises:
        SourceError: the files cannot be had; says what to do.
        BadData: a file is not what it should be; names file, line and column.
    """
    files = _files(settings, progress)
    items = _courses(files)
    known = {item["item_id"] for item in items}
    ratings = RatingsFile(files, "ratings.csv", ",", ("user", "item", "rating"), numeric_ids=False, scale=ENROLLED)
    return Raw(
        dataset="courses",
        title="IBM's public course catalogue",
        items=items,
        ratings=ratings.chunks(known),
        licence="public course material of IBM Skills Network; no licence to pass it on is stated",
        licence_url="https://skills.network",
        source=files.path.name,
        fingerprint=files.fingerprint,
    )


def find(path: Path) -> Files:
    """The four files in a folder or zip.

    Raises:
        SourceError: one is missing.
    """
    seen: set[str] = set()
    for files in folders(path):
        if set(NAMES) <= files.members.keys():
            return files
        seen |= files.members.keys()
    missing = [name for name in NAMES if name not in seen]
    raise SourceError(
        f"{path} lacks {', '.join(missing) or 'the four course files in one folder'}; needed: {', '.join(NAMES)}."
    )


def fingerprint(path: Path) -> str:
    """What a folder or zip holds now; changes when its files do.

    Raises:
        SourceError: one of the files is missing.
    """
    return find(path).fingerprint


def _files(settings: Settings, progress: Progress) -> Files:
    if settings.dataset != "auto":
        return find(Path(settings.dataset).expanduser())
    if settings.data_dir.is_dir():
        for path in sorted(settings.data_dir.iterdir()):
            if path.is_dir() or path.suffix == ".zip":
                try:
                    return find(path)
                except SourceError:
                    continue  # another folder of the data directory; the next one may be it
    folder = settings.data_dir / FOLDER
    try:
        for name in NAMES:
            if not (folder / name).exists():
                fetch(f"{settings.courses_url}/{name}", folder / name, progress=progress)
                progress(f"{name}: downloaded")
    except SourceError as error:
        raise SourceError(
            f"the course files could not be had: {error} Connect to the internet and try again, or put the four files "
            f"({', '.join(NAMES)}) into {folder}, or set RECSYS_DATASET to their folder."
        ) from error
    return find(folder)


def _courses(files: Files) -> list[dict]:
    rows = _rows(files, "course_genre.csv", ("COURSE_ID", "TITLE"))
    topics = [name for name in (rows[0] if rows else {}) if name not in ("COURSE_ID", "TITLE")]
    texts = {
        row["COURSE_ID"]: row["DESCRIPTION"]
        for row in _rows(files, "course_processed.csv", ("COURSE_ID", "DESCRIPTION"))
    }
    bags: dict[str, list[str]] = defaultdict(list)
    for number, row in enumerate(_rows(files, "courses_bows.csv", ("doc_id", "token", "bow")), start=2):
        if not row["bow"].strip().isdecimal():
            raise BadData(f"courses_bows.csv, line {number}, column bow: {row['bow']!r} is not a whole number.")
        # A word stands as often as it was counted, so that a list of tags carries the counts.
        bags[row["doc_id"]] += [row["token"].casefold()] * int(row["bow"])
    items = {}
    for number, row in enumerate(rows, start=2):
        course = row["COURSE_ID"].strip()
        if course in items:
            raise BadData(f"course_genre.csv, line {number}, column COURSE_ID: {course!r} stands twice.")
        items[course] = {
            "item_id": course,
            "title": tidy(row["TITLE"]),
            "genres": [WORDS.sub(" ", topic) for topic in topics if (row[topic] or "").strip() in ("1", "1.0")],
            "overview": sentence(texts.get(course, "")),
            "facets": {"words": bags[course]} if bags.get(course) else {},
        }
    return list(items.values())


def tidy(title: str) -> str:
    """A course title with usual spelling and single spaces.

    >>> tidy("Robots Are Coming  Build Iot Apps With Watson  Swift  And Node Red")
    'Robots Are Coming Build IoT Apps with Watson Swift and Node Red'
    """
    words = [SPELLING.get(word.casefold(), word) for word in title.split()]
    return " ".join(
        word.lower() if place and word.lower() in LITTLE and word.istitle() else word
        for place, word in enumerate(words)
    )


def sentence(text: str) -> str:
    """A description whose words all begin with a capital and whose marks are gone, as running text.

    Two spaces stand for a lost mark: a comma where a fragment is short or goes on, else a full stop.

    >>> sentence("Have Fun With Iot And Learn Along The Way  If You Re A Swift Developer")
    "Have fun with IoT and learn along the way. If you're a swift developer."
    """
    parts = [_running(part) for part in re.split(r"\s{2,}", text.translate(MISREAD).strip()) if part.strip()]
    joined = ""
    for part in parts:
        first, short = part.split()[0].lower(), len(part.split()) < 3
        if joined and (first in GOES_ON or short or len(joined.rpartition(", ")[2].split()) < 2):
            joined += f", {part}"
        else:
            joined += (". " if joined else "") + part[0].upper() + part[1:]
    return f"{joined}." if joined else ""


def _running(part: str) -> str:
    words = []
    for word in part.split():
        upper = word.isupper() and (len(word) > 1 or word in "IR")
        words.append(SPELLING.get(word.casefold(), word if upper else word.lower()))
    return SHORT.sub(r"'\1", " ".join(words))


def _rows(files: Files, name: str, needed: tuple[str, ...]) -> list[dict]:
    reader = csv.DictReader(io.StringIO(files.text(name)))
    there = reader.fieldnames or []
    missing = [column for column in needed if column not in there]
    if missing:
        raise BadData(f"{name}, line 1: column {missing[0]} is missing; there are {', '.join(there) or 'none'}.")
    rows = []
    for row in reader:
        empty = next((column for column in needed[:1] if not (row[column] or "").strip()), None)
        if empty or any(row[column] is None for column in needed):
            raise BadData(
                f"{name}, line {reader.line_num}, column {empty or needed[-1]}: missing; every row needs one."
            )
        rows.append(row)
    return rows
