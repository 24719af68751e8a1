"""Repair the text of the public course files: title case, lost punctuation, lost apostrophes."""

from __future__ import annotations

import re

# Correct spelling of names that the files write in title case.
_SPELLING = """
AI API APIs AWS BI CSS CUDA DB2 ETL GPU GPUs HTML IBM IoT JAX JSON JSP JVM MLOps NLP NoSQL OCR ODBC REST
RS SDK SPSS SQL SQLite TDD UI URL VM XML ADS ML DBMS CI CD CLI RDBMS RDD CICD HDFS YARN SAS UX CRUD HTTP
JavaScript TypeScript MySQL PostgreSQL MongoDB OpenAI OpenShift OpenCV PyTorch TensorFlow GraphQL GitHub
DevOps DataOps CouchDB TJBot MapReduce HBase ggplot2 PHP SystemML MQTT BigQuery LinkedIn
MicroProfile WebSphere iOS ReactJS NodeJS NumPy SciPy DataStax JanusGraph II III
Python Apache Hadoop Watson Kubernetes Istio Docker Java Scala Jupyter RStudio Linux Google Nvidia
"""
SPELLING = {word.casefold(): word for word in _SPELLING.split()}
SMALL_WORDS = frozenset("a an and as at by for from in into of on or the to using via vs with your".split())
CONTINUES = frozenset("and or but which including then as such with without while where like".split())
"""First words of a fragment that continues a sentence."""
# In the files one space replaces an apostrophe and two spaces any other punctuation mark.
_CONTRACTION = re.compile(r"(?<=\w) (ll|re|ve|s|t|d|m)\b", re.IGNORECASE)
_WRONG_DECODING = str.maketrans({"‚": " ", "‘": " ", "’": "'", "≠": "", "¬": "-"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def tidy(title: str) -> str:
    """Return a course title with usual spelling and single spaces.

    >>> tidy("Robots Are Coming  Build Iot Apps With Watson  Swift  And Node Red")
    'Robots Are Coming Build IoT Apps with Watson Swift and Node Red'
    """
    words = [SPELLING.get(word.casefold(), word) for word in title.split()]
    return " ".join(
        word.lower() if place and word.lower() in SMALL_WORDS and word.istitle() else word
        for place, word in enumerate(words)
    )


def spaced(topic: str) -> str:
    """Return a column name such as `BackendDev` as words.

    >>> spaced("BackendDev")
    'Backend Dev'
    """
    return _CAMEL.sub(" ", topic)


def sentence(text: str) -> str:
    """Return a description in title case without punctuation as running text.

    Two spaces mark lost punctuation: a comma if a fragment is short or continues a sentence, otherwise a full stop.

    >>> sentence("Have Fun With Iot And Learn Along The Way  If You Re A Swift Developer")
    "Have fun with IoT and learn along the way. If you're a swift developer."
    """
    fragments = re.split(r"\s{2,}", text.translate(_WRONG_DECODING).strip())
    joined = ""
    for part in (_running(fragment) for fragment in fragments if fragment.strip()):
        first, short = part.split()[0].lower(), len(part.split()) < 3
        if joined and (first in CONTINUES or short or len(joined.rpartition(", ")[2].split()) < 2):
            joined += f", {part}"
        else:
            joined += (". " if joined else "") + part[0].upper() + part[1:]
    return f"{joined}." if joined else ""


def _running(fragment: str) -> str:
    words = []
    for word in fragment.split():
        upper = word.isupper() and (len(word) > 1 or word in "IR")
        words.append(SPELLING.get(word.casefold(), word if upper else word.lower()))
    return _CONTRACTION.sub(r"'\1", " ".join(words))
