"""The public course catalogue of IBM Skills Network: 307 courses with topics and bags of words, and enrolments."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from recsys.catalogue.sources.courses.text import sentence, spaced, tidy
from recsys.catalogue.sources.download import fetch
from recsys.catalogue.sources.files import Files, folders
from recsys.catalogue.sources.source import Raw, Source
from recsys.catalogue.sources.tables.finding import named_rows
from recsys.catalogue.sources.tables.known import Ratings, frames, refuse
from recsys.catalogue.sources.tables.report import Report
from recsys.catalogue.wording import Wording
from recsys.data.progress import Progress, quiet
from recsys.errors import SourceError

FILES = ("course_genre.csv", "course_processed.csv", "courses_bows.csv", "ratings.csv")
FOLDER = "course-files"
"""Folder of the downloaded files in the data directory."""
SCALE = (0.0, 3.0)
WORDING = Wording(
    "courses",
    item="course",
    items="courses",
    person="learner",
    people="learners",
    done="completed",
    rating="enrolment",
    ratings="enrolments",
    genre="topic",
    genres="topics",
    like="Completed",
    seen="Audited",
    ask="Which of these courses have you completed?",
    liked_at=3.0,
    worth=((3.0, "completed"), (2.0, "audited")),
    # "Not for me" is not an enrolment: the course is only left out of the recommendations.
    marks=(("like", 3.0), ("seen", 2.0)),
    images="",
    text_facet="words",
)


class Courses(Source):
    """Source of courses from a folder or zip file, from the data directory, or from a download."""

    name = "courses"

    def wording(self, rated: bool) -> Wording:
        """The words for courses; they do not depend on `rated`."""
        return WORDING

    def read(self, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
        """Read the four files; see `Source.read`."""
        files = self._files(progress)
        report = Report(str(files.path))
        items = read_courses(files, report)
        refuse(report, skip_bad)
        columns = {"user_id": "user", "item_id": "item", "rating": "rating"}
        where = Ratings("ratings.csv", columns=columns, scale=SCALE)
        return Raw(
            dataset="courses",
            title="IBM's public course catalogue",
            items=items,
            ratings=frames(files, where, [item["item_id"] for item in items], report, progress, skip_bad),
            notes=report.notes,
            licence="Public course material of IBM Skills Network; no licence to pass it on is stated",
            licence_url="https://skills.network",
            source=files.path.name,
            fingerprint=files.fingerprint,
        )

    def find(self, path: Path) -> Files:
        """Find the four files in a folder or zip file; see `Source.find`."""
        seen: set[str] = set()
        for files in folders(path):
            if set(FILES) <= files.members.keys():
                return files
            seen |= files.members.keys()
        missing = [name for name in FILES if name not in seen]
        raise SourceError(
            f"{path} lacks {', '.join(missing) or 'the four course files in one folder'}; needed: {', '.join(FILES)}."
        )

    def local(self) -> Files | None:
        """The first folder or zip file of the data directory that has the four files."""
        folder = self.settings.data_dir
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_dir() or path.suffix == ".zip":
                try:
                    return self.find(path)
                except SourceError:
                    continue  # another folder of the data directory
        return None

    def _files(self, progress: Progress) -> Files:
        if self.settings.dataset != "auto":
            return self.find(Path(self.settings.dataset).expanduser())
        return self.local() or self._download(progress)

    def _download(self, progress: Progress) -> Files:
        folder = self.settings.data_dir / FOLDER
        try:
            for name in FILES:
                if not (folder / name).exists():
                    fetch(f"{self.settings.courses_url}/{name}", folder / name, progress=progress)
                    progress(f"{name}: downloaded")
        except SourceError as error:
            raise SourceError(
                f"Could not download the course files: {error} Connect to the internet and try again, or put the four "
                f"files ({', '.join(FILES)}) into {folder}, or set RECSYS_DATASET to their folder."
            ) from error
        return self.find(folder)


def read_courses(files: Files, report: Report) -> list[dict]:
    """Read the courses as items, with topics as genres and a bag of words as a facet; add bad rows to the report.

    Raises:
        BadData: a column is missing.
    """
    rows = list(named_rows(files, "course_genre.csv", ("COURSE_ID", "TITLE"), report))
    topics = [name for name in (rows[0][1] if rows else {}) if name not in ("COURSE_ID", "TITLE")]
    texts = {
        row["COURSE_ID"]: row["DESCRIPTION"]
        for _, row in named_rows(files, "course_processed.csv", ("COURSE_ID", "DESCRIPTION"), report)
    }
    bags: dict[str, list[str]] = defaultdict(list)
    for line, row in named_rows(files, "courses_bows.csv", ("doc_id", "token", "bow"), report):
        if not row["bow"].strip().isdecimal():
            report.add("courses_bows.csv", line, "bow", "is not a whole number", repr(row["bow"]))
            continue
        # Each word is repeated as often as it occurs, so that the list of tags holds the counts.
        bags[row["doc_id"]] += [row["token"].casefold()] * int(row["bow"])
    items: dict[str, dict] = {}
    for line, row in rows:
        course = row["COURSE_ID"].strip()
        if course in items:
            report.add("course_genre.csv", line, "COURSE_ID", "is a duplicate; keep one of the rows", repr(course))
            continue
        items[course] = {
            "item_id": course,
            "title": tidy(row["TITLE"]),
            "genres": [spaced(topic) for topic in topics if row[topic].strip() in ("1", "1.0")],
            "overview": sentence(texts.get(course, "")),
            "facets": {"words": bags[course]} if bags.get(course) else {},
        }
    return list(items.values())
