"""The registry of sources: one entry for each value of RECSYS_CATALOGUE, and folders for all others."""

from __future__ import annotations

from recsys.catalogue.sources import SOURCES, OwnTables, source_of
from recsys.catalogue.sources.films.movielens import BUNDLED, DATA_SETS
from recsys.settings import CATALOGUES, Settings


def test_the_registry_and_the_legal_values_of_the_setting_are_the_same():
    assert tuple(SOURCES) == tuple(CATALOGUES)
    assert all(source(Settings()).wording(True).name == name for name, source in SOURCES.items())


def test_every_data_set_that_is_downloaded_by_name_is_pinned():
    names = set(CATALOGUES["films"])
    assert {name for name, data_set in DATA_SETS.items() if len(data_set.sha256) == 64} == names - {BUNDLED}
    assert BUNDLED in names & DATA_SETS.keys()


def test_any_other_value_is_a_folder_with_tables(tmp_path):
    source = source_of(Settings(catalogue=str(tmp_path / "books")))
    assert isinstance(source, OwnTables) and source.folder == tmp_path / "books"
    assert source.wording(True).done == "rated" and source.wording(False).done == "picked"
