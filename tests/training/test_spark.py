"""Training on Spark: the same models as on this machine, served the same, whatever happens to a worker."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from film_app import environment
from postgres_server import running_postgres
from progress_lines import Lines
from scipy import sparse

from recsys import Interactions, models
from recsys import release as releases
from recsys.catalogue.building import ensure
from recsys.catalogue.sources.own.source import OwnTables
from recsys.cli import main
from recsys.data import IdMap
from recsys.data.progress import quiet
from recsys.data.working_folders import remove_abandoned_scratch
from recsys.errors import BadData, BadInput, MissingExtra, SourceError
from recsys.evaluation import lists, protocol
from recsys.models import registry
from recsys.ranking import metrics
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.training.spark import (
    failures,
    holdout,
    measuring,
    products,
    progress,
    ratings,
    reading,
    sample,
    session,
    sources,
)
from recsys.training.spark.als import EPOCHS, FOLD_IN, SparkAls
from recsys.training.spark.ease import SparkEase
from recsys.training.spark.hybrid import SparkHybrid
from recsys.training.spark.neighbours import SparkItemKnn
from recsys.training.spark.popular import SparkPopular
from recsys.training.train import train

REQUIRED = os.environ.get("RECSYS_REQUIRE_SPARK") == "1"
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
LACKING = [name for name in ("pyspark", "pyarrow") if not importlib.util.find_spec(name)] + ["Java"] * (not JAVA)
# Where it is required, a lack of it is a failure and no reason to skip.
without = pytest.mark.skipif(bool(LACKING) and not REQUIRED, reason=f"needs {', '.join(LACKING)}")


def needs_spark(test):
    """Mark a test as slow, and skip it without Spark."""
    return pytest.mark.slow(without(test))


CLUSTER = "local-cluster[2,1,1024]"
# Jobs of a second: compiling them well would take most of the time.
LIGHT = {
    f"spark.{place}.defaultJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" for place in ("driver", "executor")
}
LIGHTLY = [word for name, value in LIGHT.items() for word in ("--conf", f"{name}={value}")]
REAL = os.environ.get("RECSYS_TEST_DATA")
DRIVER = Path(os.environ.get("RECSYS_TEST_JDBC_DRIVER", "/usr/share/java/postgresql.jar"))
needs_driver = pytest.mark.skipif(not DRIVER.exists() and not REQUIRED, reason=f"needs {DRIVER}")


@pytest.fixture(scope="module")
def cluster():
    """Two workers, and what was said."""
    lines = Lines()
    conf = LIGHT | ({"spark.jars": str(DRIVER)} if DRIVER.exists() else {})
    with session.opened(CLUSTER, conf=conf, progress=lines) as opened:
        yield opened, lines


@pytest.fixture
def work(cluster, tmp_path):
    """The same session with intermediate results of its own."""
    opened, _ = cluster
    return session.Session(opened.spark, tmp_path.as_uri(), quiet)


def written(frame: pd.DataFrame, folder: Path, parts: int = 1) -> str:
    """A folder of Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    folder.mkdir(parents=True)
    for place, rows in enumerate(np.array_split(np.arange(len(frame)), parts)):
        part = pa.Table.from_pandas(frame.iloc[rows], preserve_index=False)
        parquet.write_table(part, folder / f"part-{place}.parquet")
    return str(folder)


def on_spark(work: session.Session, frame: pd.DataFrame, folder: Path, items=None, **options) -> ratings.Ratings:
    work = replace(work, work=f"{work.work}/{folder.name}-work")
    rows = reading.read(work, written(frame, folder, parts=3))
    return ratings.numbered(work, reading.check(work, rows, items or reading.item_ids(work, rows), **options))


def kept(folder: Path) -> list[str]:
    """What a failed training must leave alone: releases and working folders."""
    return sorted(path.name for path in (folder / "releases").rglob("*")) if (folder / "releases").exists() else []


# -- without Spark ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "spark", "--ratings", "r"], "--engine spark needs --master"),
        (["--engine", "spark", "--master", "local[2]"], "--engine spark needs --ratings"),
        (["--engine", "spark", "--master", "sparky://u:pw@h", "--ratings", "r"], "The master is 'sparky://…@h'. Use"),
        (
            ["--engine", "spark", "--master", "spark://h:7077", "--ratings", "r"],
            "needs --work, the address of a folder",
        ),
        (
            ["--engine", "spark", "--master", "local", "--ratings", "r", "--models", "content"],
            "Spark trains popular, item_knn, ease, als, hybrid",
        ),
        (["--engine", "spark", "--master", "local", "--ratings", "r", "--set", "als.rank=3"], "als has no setting"),
        (["--engine", "spark", "--master", "local", "--ratings", "r", "--conf", "sw0rdfish"], "Write KEY=VALUE"),
        (["--ratings", "r"], "--ratings needs --engine spark"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_starts(arguments, sentence, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    assert main(["train", *arguments]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert "pw" not in said and "sw0rdfish" not in said
    assert not kept(tmp_path)


def test_a_missing_extra_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    needs = r'needs pyspark, which is not installed: pip install "pyspark>=4,<5" pyarrow'
    with pytest.raises(MissingExtra, match=needs), session.opened("local"):
        pass


def test_secrets_are_not_shown():
    said = "no s3a://AKIA1:sec/ret@b/x?sig=abc&token=q fs.s3a.secret.key=K1 password: K2, spark.app=3"
    assert failures.without_secrets(said) == (
        "no s3a://…@b/x?sig=…&token=… fs.s3a.secret.key=… password: …, spark.app=3"
    )


@pytest.fixture
def mixed(film_folder, tmp_path):
    """Settings and catalogue with a release whose item_knn says that Spark has trained it, on more ratings."""
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    catalogue = ensure(settings, quiet)
    made = train(settings, catalogue, ("popular", "item_knn"), quiet)
    report = {"engine": "spark", "learnt_from": {"ratings": 10**9, "users": 10**7, "digest": "d"}, "fitted_on": None}
    return settings, catalogue, releases.add(made, {}, {"item_knn": report})


def test_what_spark_has_trained_stays_when_others_are_trained(mixed):
    settings, catalogue, made = mixed
    lines = Lines()
    more = train(settings, catalogue, ("item_knn", "content"), lines)
    assert set(more.names) == {"popular", "item_knn", "content"}
    assert more.manifest["models"]["item_knn"] == made.manifest["models"]["item_knn"]
    again = train(settings, catalogue, ("item_knn",), lines)
    assert again.version == more.version
    assert lines[-1].startswith("nothing to train")
    assert "`item_knn` was trained by Spark on 1,000,000,000 ratings by 10,000,000 users" in (
        more.path / "README.md"
    ).read_text(encoding="utf-8")


def test_what_spark_has_trained_stays_when_visitors_have_rated(mixed):
    from recsys.visitors.profiles import Visitors

    settings, catalogue, made = mixed
    visitors = Visitors.open(settings.visitors_database, "films")
    visitors.join({"1": 5.0, "6": 0.5})
    new = train(settings, catalogue, ("content",), quiet, visitors)
    assert new.info["n_profiles"] == 1
    assert set(new.names) == {"popular", "item_knn", "content"}
    files = "models/item_knn.safetensors"
    assert new.manifest["models"]["item_knn"]["files"][files] == made.manifest["models"]["item_knn"]["files"][files]
    assert new.manifest["models"]["item_knn"]["engine"] == "spark"
    assert new.manifest["models"]["popular"]["fitted_on"] != made.manifest["models"]["popular"]["fitted_on"]


def test_the_local_engine_replaces_it_where_it_is_named(mixed):
    settings, catalogue, _ = mixed
    new = train(settings, catalogue, ("item_knn",), quiet, replace=True)
    assert "engine" not in new.manifest["models"]["item_knn"]
    assert set(new.names) == {"popular", "item_knn"}


def test_measurements_of_this_machine_are_not_put_down_to_spark(mixed):
    from recsys.training.measure import Measurement, measure

    settings, catalogue, _ = mixed
    measure(settings, catalogue, Measurement(names=["popular", "item_knn"]), quiet)
    records = releases.current(settings.releases).manifest["models"]
    assert records["popular"]["metrics"]
    assert not records["item_knn"].get("metrics")


# -- on two workers -----------------------------------------------------------------------------


@needs_spark
@pytest.mark.parametrize("most", [products.RATINGS_OF_A_TASK, 1000], ids=["all users at once", "users in parts"])
def test_neighbours_are_those_of_the_local_engine(work, tastes, tmp_path, monkeypatch, most):
    monkeypatch.setattr(products, "RATINGS_OF_A_TASK", most)
    frame = tastes.to_frame()
    local = models.create("item_knn").fit(tastes)
    found = SparkItemKnn().fit(on_spark(work, frame, tmp_path / "in"))
    # items that share one user are no neighbours here
    wanted = local.weights.weights.toarray()
    seen = np.asarray((tastes.matrix != 0).astype(np.float64).todense())
    wanted[seen.T @ seen < 2] = 0.0
    np.testing.assert_allclose(found.weights.weights.toarray(), wanted, rtol=2e-5, atol=1e-7)
    assert found.items == local.items
    np.testing.assert_array_equal(found.popularity, local.popularity)
    np.testing.assert_array_equal(found.rated, local.rated)
    np.testing.assert_allclose(found.idf, local.idf)
    assert (found.scale, found.has_ratings, found.ordered) == (local.scale, True, True)
    assert found.mean == pytest.approx(local.mean)
    found.save(tmp_path / "saved")
    again = models.load(tmp_path / "saved")
    assert type(again) is type(local)
    assert again.recommend({"i100": 5.0}, 5) == found.recommend({"i100": 5.0}, 5)


@needs_spark
@pytest.mark.parametrize("most", [products.RATINGS_OF_A_TASK, 1000], ids=["all users at once", "users in parts"])
@pytest.mark.parametrize(
    "limits", [{}, {"full_items": 10, "dense_items": 12, "weights_per_item": 8}], ids=["whole", "largest weights"]
)
def test_ease_and_popular_are_those_of_the_local_engine(work, tastes, tmp_path, monkeypatch, limits, most):
    monkeypatch.setattr(products, "RATINGS_OF_A_TASK", most)
    data = on_spark(work, tastes.to_frame(), tmp_path / "in")
    local, found = models.create("ease", **limits).fit(tastes), SparkEase(**limits).fit(data)
    one_each = sparse.csr_array(np.eye(len(tastes.items), dtype=np.float32))
    wanted, got = (np.asarray(one.weights.apply(one_each)) for one in (local, found))
    if limits:  # equal weights at the cut may be chosen differently
        assert np.isclose(got, wanted, rtol=1e-3, atol=1e-5).mean() > 0.97
    else:
        np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=2e-5)
    assert found.sd == pytest.approx(local.sd, rel=1e-4)
    popular = models.create("popular", half_life_days=0.0).fit(tastes)
    np.testing.assert_allclose(SparkPopular().fit(data).item_scores, popular.item_scores, rtol=1e-5)


@needs_spark
def test_the_hybrid_is_as_good_as_that_of_the_local_engine(work, tmp_path):
    split = protocol.make_split("random", people_of_six_tastes(), 0)
    data = on_spark(work, split.fit_data.to_frame(), tmp_path / "in", split.fit_data.items)
    local = models.create("hybrid").fit(split.fit_data)
    assert ndcg(SparkHybrid().fit(data), split) >= 0.98 * ndcg(local, split)


@needs_spark
def test_users_are_drawn_whole_and_in_order(work, tastes, tmp_path):
    data = on_spark(work, tastes.to_frame(), tmp_path / "in", tastes.items)
    whole = sample.of_some_users(data, data.n_ratings, 0)
    assert histories(whole) == histories(tastes)
    some = sample.of_some_users(data, data.n_ratings // 2, 0)
    drawn = histories(some)
    assert 0.3 * data.n_ratings < some.matrix.nnz < 0.7 * data.n_ratings
    assert all(one in histories(tastes) for one in drawn)
    assert histories(sample.of_some_users(data, data.n_ratings // 2, 0)) == drawn
    assert histories(sample.of_some_users(data, data.n_ratings // 2, 1)) != drawn


def histories(data: Interactions) -> list[list[tuple[int, float, int]]]:
    """Item, rating and time of the ratings of each user, without the user's name."""
    bounds, rows = data.matrix.indptr, zip(data.matrix.indices.tolist(), data.matrix.data.tolist(), data.times.tolist())
    cells = list(rows)
    return sorted(cells[low:high] for low, high in zip(bounds[:-1], bounds[1:]))


@needs_spark
def test_hidden_ratings_are_those_of_the_protocol_in_number_and_the_metrics_are_near(work, tmp_path):
    whole = people_of_six_tastes()
    data = on_spark(work, whole.to_frame(), tmp_path / "in")
    held = holdout.split(data)
    again = protocol.make_split("random", whole, 0)
    assert held.target.matrix.nnz == again.test.matrix.nnz and held.known.n_ratings == again.fit_data.matrix.nnz
    assert sorted(held.target.user_counts) == sorted(again.test.user_counts[again.test.user_counts > 0])
    assert held.history.matrix.multiply(held.target.matrix).nnz == 0
    found = measuring.measured(SparkEase(), held, None, None, 0)
    local = models.create("ease").fit(again.fit_data)
    ours, theirs = found["metrics"]["random"]["ndcg@10"], ndcg(local, again)
    low, high = found["intervals"]["random"]["ndcg@10"]
    assert low <= ours <= high and ours == pytest.approx(theirs, rel=0.15), "another draw of the hidden ratings"
    assert found["calibration"] and found["ms_single"] > 0


@needs_spark
def test_only_the_latest_of_repeated_ratings_counts_and_ids_may_be_numbers(work, tmp_path):
    rows = [
        (7, 30, 5.0, 20),
        (7, 30, 1.0, 10),
        (7, 4, 3.0, 5),
        (1000, 4, 2.0, 6),
        (1000, 30, 2.0, 6),
        (1000, 30, 4.0, 6),
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])
    data = on_spark(work, frame, tmp_path / "in")
    assert data.items.ids.tolist() == ["4", "30"]
    assert data.n_ratings == 4 and len(data.users) == 2 and data.squares == 8
    assert sorted((row["item"], row["rating"]) for row in data.frame.collect()) == [
        (0, 2.0),
        (0, 3.0),
        (1, 4.0),
        (1, 5.0),
    ]
    again = on_spark(
        work, frame.sample(frac=1, random_state=1).astype({"user_id": str, "item_id": str}), tmp_path / "b"
    )
    assert again.digest == data.digest


@needs_spark
def test_long_histories_are_drawn_from(work, tastes, tmp_path, monkeypatch):
    monkeypatch.setattr(products, "LONGEST_HISTORY", 6)
    data = on_spark(work, tastes.to_frame(), tmp_path / "in")
    model = SparkItemKnn().fit(data)
    drawn = [row["count"] for row in model._weighted(data).groupBy("user").count().collect()]
    assert max(drawn) == 6 and len(drawn) == len(tastes.users)
    again = SparkItemKnn().fit(data)
    np.testing.assert_array_equal(model.weights.weights.indices, again.weights.weights.indices)
    np.testing.assert_allclose(model.weights.weights.data, again.weights.weights.data, rtol=1e-6)
    assert len(model.weights.weights.data)


BAD = pd.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "y"], "rating": ["4", "good"], "timestamp": [1, 2]})


@needs_spark
@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (
            BAD[["user_id", "rating"]],
            r"lacks the column item_id\. There are user_id, rating\. Needed: user_id, item_id",
        ),
        (BAD, r"rating is not a number \(such as 'good'\) in 1 of 2 rows\. Correct them, or skip such rows"),
        (BAD.assign(user_id=["a", None], rating=1.0), "user_id is empty in 1 of 2 rows"),
        (BAD.assign(rating=[1.0, np.nan]), r"rating is not a number \(such as '(NaN|)'\) in 1 of 2 rows"),
        (BAD.assign(rating=1.0, timestamp=["soon", "then"]), r"timestamp is not a time \(such as 'soon'\) in 2 of 2"),
        (BAD.assign(rating=1.0, item_id=["x", "z"]), r"the item is not in the catalogue \(such as 'z'\) in 1 of 2"),
        (BAD.assign(rating=[True, False]), r"rating has the type boolean\. Use numbers"),
        (BAD.iloc[:0].astype({"rating": float}), "contains no ratings"),
    ],
)
def test_bad_ratings_are_refused_in_one_sentence(work, frame, sentence, tmp_path):
    with pytest.raises(BadData, match=sentence) as refused:
        on_spark(work, frame, tmp_path / "in", IdMap(["x", "y"]))
    assert "\n" not in str(refused.value)


@needs_spark
def test_bad_ratings_are_left_out_where_asked(work, tmp_path):
    lines = Lines()
    said = session.Session(work.spark, work.work, lines)
    frame = pd.concat([BAD, BAD.assign(item_id="z", rating="5")])
    data = on_spark(said, frame, tmp_path / "in", IdMap(["x", "y"]), skip_bad=True)
    assert data.n_ratings == 1
    assert any("skipped: the item is not in the catalogue (such as 'z') in 2 of 4 rows" in line for line in lines)


@needs_spark
def test_a_rating_without_a_time_gets_the_median_time_as_in_tables(work, tmp_path):
    rows = [
        ("a", "x", "100"),
        ("a", "y", "300"),
        ("a", "z", "then"),
        ("b", "x", ""),
        ("b", "y", "NaN"),
        ("c", "x", "200"),
    ]
    rows += [("d", item, str(time)) for item, time in (("x", 150), ("y", 200), ("z", 250))]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    (tmp_path / "items.csv").write_text("item_id,title\nx,X\ny,Y\nz,Z\n")
    frame.to_csv(tmp_path / "ratings.csv", index=False)
    raw = OwnTables(Settings(catalogue=str(tmp_path))).read()
    local = pd.concat(list(raw.ratings))[["user_id", "item_id", "timestamp"]]
    items, lines = IdMap(["x", "y", "z"]), Lines()
    said = session.Session(work.spark, work.work, lines)
    checked = reading.check(said, reading.read(said, str(tmp_path / "ratings.csv")), items)
    found = [(row["user_id"], items.ids[row["item"]], row["timestamp"]) for row in checked.frame.collect()]
    assert sorted(found) == sorted(local.itertuples(index=False, name=None))
    assert any("3 times are missing or not a time" in line for line in lines)


@needs_spark
def test_times_of_which_most_are_empty_are_not_used(work, tmp_path):
    rows = [("a", "x", 100.0), ("b", "x", np.nan), ("c", "y", np.nan)]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    data = on_spark(work, frame, tmp_path / "in", IdMap(["x", "y"]))
    assert data.times is None and data.n_ratings == 3


@needs_spark
def test_csv_is_read_like_parquet_and_ratings_of_profiles_are_added(work, tmp_path):
    text = "user_id,item_id,rating,timestamp\na,x,4,2020-01-01\nb,y,2.5,17\n"
    (tmp_path / "ratings.csv").write_text(text)
    items = IdMap(["x", "y"])
    rows = reading.read(work, str(tmp_path / "ratings.csv"))
    profiles = pd.DataFrame(
        [("guest-1", "y", 5.0, 30), ("guest-1", "gone", 1.0, 31)], columns=["user_id", "item_id", "rating", "timestamp"]
    )
    both = reading.with_profiles(work, rows, profiles, items)
    checked = reading.check(work, both, items)
    assert sorted(map(tuple, checked.frame.collect())) == [
        ("a", 0, 4.0, 1577836800),
        ("b", 1, 2.5, 17),
        ("guest-1", 1, 5.0, 30),
    ]
    assert reading.with_profiles(work, rows, profiles[1:], items) is rows


@needs_spark
@needs_driver
def test_a_table_of_postgresql_is_read_like_parquet(work, tmp_path):
    import psycopg
    from psycopg import conninfo

    with running_postgres() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE bought (user_id text, item_id bigint, rating real, timestamp timestamptz)")
            connection.execute("INSERT INTO bought VALUES ('a', 7, 4, '2020-01-01 00:00+00'), ('b', 12, 2.5, NULL)")
        made = conninfo.conninfo_to_dict(server.url)
        address = f"jdbc:postgresql://{made['host']}:{made['port']}/{made['dbname']}"
        with pytest.raises(
            SourceError, match="refuses the connection. Check the address, spark.recsys.jdbc.user and"
        ) as refused:
            reading.read(work, f"{address}#bought")
        assert "\n" not in str(refused.value)
        for key, name in ((sources.USER, "user"), (sources.PASSWORD, "password")):
            work.spark.conf.set(key, str(made[name]))
        try:
            rows = reading.read(work, f"{address}#bought")
            found = sorted(map(tuple, rows.frame.select("user_id", "item_id", "rating", "timestamp").collect()))
            assert found == [("a", "7", 4.0, 1577836800), ("b", "12", 2.5, None)]
            with pytest.raises(SourceError, match="nowhere"):
                reading.read(work, f"{address}#nowhere")
        finally:
            for key in (sources.USER, sources.PASSWORD):
                work.spark.conf.unset(key)
    with pytest.raises(BadInput, match="names no table. Write jdbc:postgresql://HOST:PORT/DATABASE#TABLE"):
        reading.read(work, f"{address}?password=hush")
    with pytest.raises(SourceError, match="Spark has no driver for jdbc:nothing://…@h"):
        reading.read(work, "jdbc:nothing://u:p@h/db#t")


@needs_spark
def test_what_is_no_parquet_is_said(work, tmp_path):
    with pytest.raises(SourceError, match="There is no .*nowhere.parquet. --ratings takes a Parquet file"):
        reading.read(work, str(tmp_path / "nowhere.parquet"))
    (tmp_path / "text.parquet").write_text("user_id,item_id\n1,2\n")
    with pytest.raises(SourceError, match="text.parquet cannot be read") as refused:
        reading.read(work, str(tmp_path / "text.parquet"))
    assert "\n" not in str(refused.value)
    with pytest.raises(SourceError, match=r"Spark cannot read s3a://…@b/r. Add the package") as refused:
        reading.read(work, "s3a://KEY:SECRET@b/r")


def executors() -> set[int]:
    """Process ids of the executors below this process's JVM."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            above = int((Path("/proc") / str(parent) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if b"CoarseGrainedExecutorBackend" in command and os.getpid() in (parent, above):
            found.add(int(folder.name))
    return found


def structured() -> Interactions:
    """Real ratings where there are any, else people of six tastes."""
    if REAL:
        frame = pd.read_csv(Path(REAL) / "ml-latest-small" / "ratings.csv")
        return Interactions.from_frame(frame.set_axis(["user_id", "item_id", "rating", "timestamp"], axis=1))
    return people_of_six_tastes()


def people_of_six_tastes() -> Interactions:
    rng = np.random.default_rng(0)
    rows = []
    for user in range(600):
        weights = np.where(np.arange(300) % 6 == user % 6, 8.0, 1.0) / (10 + np.arange(300))
        chosen = rng.choice(300, size=40, replace=False, p=weights / weights.sum())
        rows += [(f"u{user}", f"i{item}", float(rng.integers(1, 6))) for item in chosen]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "rating"]))


@needs_spark
@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker's process below /proc")
def test_a_killed_worker_costs_neither_the_job_nor_quality(work, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "FIRST_S", 0.5)
    split = protocol.make_split("random", structured(), 0)
    killed: list[int] = []

    def kill(line: str) -> None:
        if line.startswith("als: ") and "done" not in line and not killed:
            killed.append(min(executors()))
            os.kill(killed[0], signal.SIGKILL)

    data = on_spark(
        session.Session(work.spark, work.work, kill), split.fit_data.to_frame(), tmp_path / "in", split.fit_data.items
    )
    models_here = {"als": SparkAls(n_epochs=EPOCHS), "item_knn": SparkItemKnn()}
    for name, model in models_here.items():
        local = models.create(name).fit(split.fit_data)
        model.fit(data)
        if name == "als":
            assert model.reg == pytest.approx(local.reg * FOLD_IN) and model.sd == pytest.approx(local.sd, rel=1e-4)
        assert ndcg(model, split) >= 0.98 * ndcg(local, split), name
    assert killed and killed[0] not in executors()


def ndcg(model, split) -> float:
    found = lists.rank(model, split.test_history, split.test)
    return float(np.mean(metrics.ndcg(found.hits, found.sizes, 10)))


def listening(processes: set[int]) -> set[str]:
    """Addresses that processes listen on, as the kernel writes them."""
    sockets = set()
    for process in processes:
        for link in Path(f"/proc/{process}/fd").glob("*"):
            try:
                sockets.add(str(link.readlink()))
            except OSError:
                continue
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


@needs_spark
@pytest.mark.skipif(sys.platform != "linux", reason="reads what is listened on from /proc")
def test_nothing_is_listened_on_beyond_this_machine(cluster):
    opened, _ = cluster
    opened.spark.range(10).count()
    jvm = opened.spark.sparkContext._gateway.proc.pid
    found = listening(executors() | {jvm})
    # 127.0.0.1, plain and within IPv6
    assert found and found <= {"0100007F", "0000000000000000FFFF00000100007F"}


# -- the command --------------------------------------------------------------------------------


def command(*arguments: str, data_dir: Path, dataset: Path, **changes: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "recsys", "train", "--engine", "spark", *LIGHTLY, *arguments],
        env=environment(data_dir, dataset, TMPDIR=str(data_dir / "tmp"), **changes),
        cwd=data_dir,
        capture_output=True,
        text=True,
        timeout=600,
    )


@needs_spark
def test_the_app_serves_what_the_command_has_made(film_folder, tmp_path):
    (tmp_path / "tmp").mkdir()
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    catalogue = ensure(settings, quiet)
    path = written(catalogue.interactions().to_frame(), tmp_path / "ratings")
    run = command(
        "--master", "local[2]", "--ratings", path, "--set", "als.n_epochs=2", data_dir=tmp_path, dataset=film_folder
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith(": popular, item_knn, ease, als, hybrid\n")
    assert not any(word in run.stderr for word in ("WARN", "Warning", "log4j"))
    assert not list((tmp_path / "tmp").iterdir())
    made = releases.current(settings.releases)
    assert set(made.names) == {"popular", "item_knn", "ease", "als", "hybrid"}
    for name in made.names:
        record = made.manifest["models"][name]
        assert record["engine"] == "spark" and 0 < record["metrics"]["random"]["ndcg@10"] <= 1, name
        assert record["calibration"] and len(record["intervals"]["random"]["ndcg@10"]) == 2
    assert made.manifest["models"]["als"]["settings"]["n_epochs"] == 2
    assert made.manifest["models"]["als"]["learnt_from"]["ratings"] == made.info["n_ratings"] > 0
    assert made.info["digest"] == catalogue.info["digest"]
    assert type(made.model("als")) is registry.get("als")
    lines = Lines()
    service = ready(settings, lines)
    try:
        assert service.release.version == made.version and not any("training" in line for line in lines)
        for name in made.names:
            assert len(service.recommend("1", 5, name)) == 5
            assert service.similar("Toy Story (1995)", 3, name)[0]["title"]
    finally:
        service.events.close()
    more = train(settings, catalogue, ("content", "item_knn"), lines)
    assert set(more.names) == {"popular", "als", "item_knn", "ease", "hybrid", "content"}
    assert more.manifest["models"]["als"]["engine"] == more.manifest["models"]["item_knn"]["engine"] == "spark"
    assert more.info["data_digest"] != made.info["data_digest"]


@needs_spark
def test_a_failure_is_one_sentence_and_leaves_nothing(film_folder, tmp_path):
    (tmp_path / "tmp").mkdir()
    path = written(BAD, tmp_path / "ratings")
    run = command("--master", "local[2]", "--ratings", path, data_dir=tmp_path, dataset=film_folder)
    assert run.returncode == 1 and not run.stdout
    assert run.stderr.splitlines()[-1].startswith("recsys train: ") and "rating is not a number" in run.stderr
    assert not any(word in run.stderr for word in ("Traceback", "java.", "py4j", "WARN", "\tat "))
    assert not kept(tmp_path) and not list((tmp_path / "tmp").iterdir())


KILLED = """
import time
from recsys.training.spark import session

def starting(master, conf, temporary, progress):
    (temporary / "spark.log").write_text("started")
    print(temporary.name, flush=True)
    time.sleep(60)

session.failures.import_spark = lambda: None
session._started = starting
with session.opened("local"):
    pass
"""


def test_files_of_a_killed_training_are_removed_by_the_next_process(tmp_path, monkeypatch):
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", KILLED], env=env, stdout=subprocess.PIPE, text=True) as process:
        name = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / name / "spark.log").exists()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert remove_abandoned_scratch() == [name] and not list(tmp_path.iterdir())


@pytest.mark.skipif(bool(set(LACKING) - {"Java"}), reason="needs pyspark, pyarrow")
def test_missing_java_is_said(film_folder, tmp_path):
    (tmp_path / "tmp").mkdir()
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "env", "ps", "rm", "sh", "python3"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    run = command(
        "--master", "local", "--ratings", "x", data_dir=tmp_path, dataset=film_folder, PATH=str(tools), JAVA_HOME=""
    )
    assert run.returncode == 1
    assert "Spark needs Java 17 or later and found none: install one (Debian: apt-get install" in run.stderr
    assert "Traceback" not in run.stderr and not list((tmp_path / "tmp").iterdir())
