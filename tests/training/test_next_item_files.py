"""Files of next items: found by name, checked, and measured as a catalogue."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from publish_table import as_json

from recsys.catalogue import building
from recsys.cli import main
from recsys.data.progress import quiet
from recsys.errors import BadData, SourceError
from recsys.evaluation import published, splits
from recsys.evaluation.published import Options, Table
from recsys.settings import Settings
from recsys.training import next_item_files

LINES = ["".join(f"{place} " for place in (user, *range(user % 7, user % 7 + 5))).strip() for user in range(1, 41)]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data" / "next-item" / "Small.txt"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(LINES) + "\n")
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_is_found_in_the_data_directory_or_by_its_path(file, tmp_path):
    assert next_item_files.find(Settings(data_dir=tmp_path / "data"), "Small", sha256(file)) == file
    assert next_item_files.find(Settings(dataset=str(file)), "Small", sha256(file)) == file
    with pytest.raises(SourceError, match="Get Other.txt from github.com"):
        next_item_files.find(Settings(data_dir=tmp_path / "data"), "Other", "")
    file.write_text("1 2 3\n")
    with pytest.raises(BadData, match="is not the Small.txt"):
        next_item_files.find(Settings(dataset=str(file)), "Small", "0" * 64)


def test_its_tables_have_the_items_of_each_user_in_order(file, tmp_path):
    folder = next_item_files.as_tables(file, tmp_path / "small")
    settings = Settings(catalogue=str(folder), data_dir=tmp_path / "data")
    catalogue = building.build(settings, quiet, db=tmp_path / "small.sqlite")
    data = catalogue.interactions()
    catalogue.close()
    assert len(data.users) == 40 and len(data.items) == 11 and data.times is not None
    assert list(data.history("9")) == LINES[8].split()[1:]
    split = splits.leave_one_out(data)
    assert split.test.history("9") == {"6": 1.0} and split.valid.history("9") == {"5": 1.0}


def test_a_line_without_items_is_an_error(tmp_path):
    (tmp_path / "bad.txt").write_text("1 2 3\n4\n")
    with pytest.raises(BadData, match="Line 2 of .*bad.txt has no items: '4'"):
        next_item_files.as_tables(tmp_path / "bad.txt", tmp_path / "tables")


@pytest.mark.slow
def test_reproduce_measures_a_file_of_next_items(file, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(published, "FOLDER", tmp_path)
    options = Options(split="leave-one-out", models=["popular"], pairs=True)
    table = Table("small", "Small", "Small", options, 1, "", [], sha256(file))
    (tmp_path / "small.json").write_text(as_json(table))
    assert main(["reproduce", "small", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert result["about"]["users"] == 40 and result["split"] == "leave-one-out"
    table = replace(table, figures=list(published.figures(result)))
    (tmp_path / "small.json").write_text(as_json(table))
    assert main(["reproduce", "small"]) == 0
    assert f"{len(table.figures)} of {len(table.figures)} figures" in capsys.readouterr().out
    file.write_text("1 2 3\n")
    assert main(["reproduce", "small"]) == 1
    assert "is not the Small.txt" in capsys.readouterr().err
