"""The real client against a local Hub: one commit, the same answers, and every fault in one sentence."""

from __future__ import annotations

import copy
import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from releases import INFO, answers, fit, write, write_database

from hub.conftest import REPO, TOKEN
from recsys import hub, release
from recsys.errors import BadInput, BrokenRelease, HubError, NotAllowed
from recsys.hub import client
from recsys.hub import repo as repositories
from recsys.release import manifest as manifests

PULLING, PUSHING = f"Pulling from {REPO} failed: ", f"Pushing to {REPO} failed: "
AWAY = "the Hub cannot be reached or cut the connection. Check the network and HF_ENDPOINT, then try again."
NO_REPO = (
    "there is no such repository, or it is private and HF_TOKEN does not give access to it. "
    "Check the name and the token."
)


@pytest.fixture
def waits(monkeypatch):
    """The pauses asked for between attempts, none of them made."""
    made = []
    monkeypatch.setattr(client, "sleep", made.append)
    monkeypatch.setattr(repositories, "sleep", made.append)
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory, tastes, facts):
    """A release that no test changes."""
    root = tmp_path_factory.mktemp("source")
    return write(root, tastes, facts, names=("popular", "content", "item_knn", "user_knn"), version="v1.0")


@pytest.fixture
def there(server, pushed):
    """The server with the release pushed to it."""
    server.repos, server.lfs = copy.deepcopy(pushed)
    return server


@pytest.fixture
def repo(there):
    return there.repos["model", REPO]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pulled"


def push(server, source, repo_id=REPO, token=TOKEN, **more):
    return hub.push(source, repo_id, token=token, endpoint=server.url, **more)


def pull(server, root, **more):
    return hub.pull(REPO, root, endpoint=server.url, **more)


def refused(kind, call, *given, **more):
    with pytest.raises(kind) as error:
        call(*given, **more)
    assert TOKEN not in str(error.value)
    return str(error.value)


# -- what is sent and what comes back -------------------------------------------------------------


def test_push_is_one_commit_and_pull_gives_the_same_answers(server, source, root, caplog):
    caplog.set_level(logging.DEBUG)
    sent = push(server, source)
    repo = server.repos["model", REPO]
    assert [commit.title for commit in repo.commits] == ["initial commit", "Release v1.0"]
    assert sent["commit"] == repo.head.id == repo.tags["v1.0"] and sent["tag"] == "v1.0"
    assert sent["url"] == f"{server.url}/{REPO}/tree/v1.0" and sent["left_out"] == ["user_knn"]
    assert sorted(sent["files_sent"]) == sorted(set(repo.files) - {".gitattributes"})
    assert sum(path.endswith("/commit/main") for _, path, _ in server.requests) == 1

    pulled = pull(server, root, revision="v1.0")
    assert pulled.version == "v1.0" and pulled.revision == sent["commit"]
    assert pulled.origin == {"repo": REPO, "revision": "v1.0", "commit": sent["commit"]}
    expected = answers(source)
    del expected["user_knn"]
    assert answers(pulled) == expected and pulled.titles == source.titles
    assert release.current(root).path == pulled.path
    release.verify(pulled.path)
    assert not list(root.glob(".pull-*")) and not (pulled.path / ".cache").exists()
    assert TOKEN not in caplog.text


def test_the_card_in_the_repo_is_read_by_the_client(repo):
    from huggingface_hub import ModelCard

    card = ModelCard(repo.files["README.md"].decode())
    assert card.data.library_name == "recsys" and card.data.license == "other"
    assert f'hub.pull("{REPO}", "releases")' in card.text


def test_nothing_of_this_machine_goes_along(repo):
    manifest = json.loads(repo.files["manifest.json"])
    assert "local.json" not in repo.files and "asked" not in manifest["info"]
    assert b"/home/somebody" not in b"".join(repo.files.values())


def test_pushing_again_changes_nothing(there, source, repo):
    before = repo.head.id
    again = push(there, source)
    assert again["files_sent"] == [] and again["commit"] == before == repo.head.id and len(repo.commits) == 2
    assert not there.count("POST .*/(preupload|commit|tag)")


def test_only_changed_files_travel_and_those_gone_are_deleted(there, repo, tmp_path, tastes, facts):
    there.put(REPO, {"notes.txt": b"by hand", "models/stray.bin": b"old"})
    other = write(tmp_path / "next", tastes, facts, names=("popular", "content"), version="v2.0")
    uploads = there.count("PUT /lfs/")
    sent = push(there, other)
    assert sent["files_sent"] == ["README.md", "manifest.json"] and sent["replaced"] == "v1.0"
    assert there.count("PUT /lfs/") == uploads
    assert set(repo.files) == {
        ".gitattributes",
        "notes.txt",
        "README.md",
        "items.json",
        "manifest.json",
        "models/popular.json",
        "models/popular.safetensors",
        "models/content.json",
        "models/content.safetensors",
    }
    assert len(repo.commits) == 4 and repo.tags["v1.0"] != repo.tags["v2.0"]


def test_versions_are_listed_newest_first(there, tmp_path, tastes, facts):
    there.page_size = 1
    push(there, write(tmp_path / "next", tastes, facts, version="v2.0"))
    found = hub.versions(REPO, endpoint=there.url)
    assert [line["tag"] for line in found] == ["v2.0", "v1.0"]
    assert found[0]["date"] == "2026-01-01T00:02:00+00:00" and len(found[0]["commit"]) == 40


def test_a_long_tree_is_read_to_its_end(there, root):
    there.page_size = 2
    assert pull(there, root).version == "v1.0"


def test_an_older_version_is_pinned_and_the_newer_comes_back_without_download(there, root, tmp_path, tastes, facts):
    push(there, write(tmp_path / "next", tastes, facts, version="v2.0"))
    assert pull(there, root).version == "v2.0"
    there.requests.clear()
    assert pull(there, root, revision="v1.0").version == "v1.0" and release.current(root).version == "v1.0"
    fetched = {path.rsplit("/", 1)[-1] for method, path, _ in there.requests if method == "GET" and "/resolve/" in path}
    assert fetched == {"manifest.json", "README.md", "item_knn.json", "item_knn.safetensors"}
    there.requests.clear()
    assert pull(there, root).version == "v2.0"
    assert [path for _, path, _ in there.requests] == [f"/api/models/{REPO}/revision/main"]


def test_pulling_back_what_was_trained_here_downloads_no_model(there, source, tmp_path, tastes, facts):
    names = ("popular", "content", "item_knn", "user_knn")
    here = tmp_path / "here"
    shutil.copytree(source.path.parent, here)
    assert pull(there, here).names == tuple(name for name in source.names if name in names)
    assert there.count("GET .*/resolve/.*safetensors") == 0
    assert release.versions(here) == ["v1.0"] and release.current(here).revision == there.repos["model", REPO].head.id


def test_another_release_of_the_same_name_is_kept_apart(there, repo, root, tastes, facts):
    write(root, tastes, facts, names=("item_knn",), version="v1.0", info=INFO | {"title": "something else"})
    here = fit(tastes, facts, ("popular",))
    here["popular"].item_scores = here["popular"].item_scores * 0.5
    release.write(
        root, catalogue="films", info={}, models=here, titles=[""] * len(tastes.items), reports={}, version="v1.1"
    )
    pulled = pull(there, root)
    assert pulled.version == f"v1.0-{repo.head.id[:7]}" and release.current(root).version == pulled.version
    assert set(release.versions(root)) == {"v1.0", "v1.1", pulled.version}


def test_a_damaged_installed_release_is_fetched_again(there, root):
    pulled = pull(there, root)
    (pulled.path / "models" / "popular.safetensors").write_bytes(b"x")
    again = pull(there, root)
    assert again.version == "v1.0" and release.versions(root) == ["v1.0"]
    release.verify(again.path)


# -- personal data and licences -------------------------------------------------------------------


def test_models_that_hold_ratings_go_only_when_asked_for(server, source, root):
    sent = push(server, source, include_ratings=True)
    assert sent["left_out"] == [] and "models/user_knn.safetensors" in sent["files_sent"]
    assert b"`user_knn` contains the ratings" in server.repos["model", REPO].files["README.md"]
    assert answers(pull(server, root)) == answers(source)


def test_a_release_of_such_models_alone_is_refused(server, tmp_path, tastes, facts):
    only = write(tmp_path / "only", tastes, facts, names=("user_knn",), version="v3")
    assert refused(NotAllowed, push, server, only) == (
        "All models of release v3 hold users' ratings. Push them with include_ratings=True if the data may be shared."
    )


@pytest.fixture
def database(tmp_path, tastes):
    path = write_database(tmp_path / "films.sqlite", tastes)
    connection = sqlite3.connect(path)
    connection.execute("update info set value = '\"in the log\"' where name = 'title'")
    connection.commit()
    yield path  # left open, so that the change is still in the write-ahead log
    connection.close()


def facts_of(path) -> dict:
    with closing(sqlite3.connect(path)) as db:
        return {name: json.loads(value) for name, value in db.execute("select name, value from info")}


def test_the_database_goes_along_as_a_snapshot(server, source, root, database):
    push(server, source, database=database)
    pulled = pull(server, root)
    assert facts_of(pulled.database)["title"] == "in the log"
    assert push(server, source, database=database)["files_sent"] == []
    push(server, source, tag="without")
    assert "catalogue.sqlite" not in server.repos["model", REPO].files


def test_the_snapshot_names_no_folder_of_this_machine(server, source, root, database):
    push(server, source, database=database)
    assert facts_of(database)["asked"] == "/home/somebody/data"
    assert facts_of(pull(server, root).database)["asked"] == "a release"
    assert b"/home/somebody" not in b"".join(server.repos["model", REPO].files.values())


def test_a_database_of_other_data_is_not_pushed(server, source, tmp_path, checkerboard):
    other = write_database(tmp_path / "other.sqlite", checkerboard)
    assert refused(BrokenRelease, push, server, source, database=other) == (
        "catalogue.sqlite has other data than the models of the release were trained on."
    )
    assert server.repos == {}


@pytest.mark.parametrize("what", ["database", "ratings"])
def test_data_whose_licence_forbids_it_stays_here(server, tmp_path, tastes, facts, database, what):
    info = INFO | {"dataset": "ml-1m", "redistributable": False}
    closed = write(tmp_path / "closed", tastes, facts, names=("popular", "user_knn"), info=info)
    more, thing = (
        ({"database": database}, "the ratings database")
        if what == "database"
        else ({"include_ratings": True}, "user_knn")
    )
    assert refused(NotAllowed, push, server, closed, **more) == (
        f"The licence of ml-1m forbids sharing its ratings, so {thing} cannot be pushed."
    )
    assert server.repos == {} and server.requests == []


def test_ratings_of_visitors_never_leave(server, tmp_path, tastes, facts):
    seen = write(tmp_path / "v", tastes, facts, names=("popular", "user_knn"), info=INFO | {"n_profiles": 3})
    assert refused(NotAllowed, push, server, seen, include_ratings=True) == (
        "user_knn hold the ratings of 3 visitors, which are never pushed. Train them only on the data set."
    )
    assert push(server, seen)["left_out"] == ["user_knn"]


def test_private_means_private(server, source):
    push(server, source, private=True)
    assert server.repos["model", REPO].private
    server.create("me/open")
    assert refused(HubError, push, server, source, "me/open", private=True) == (
        "Pushing to me/open failed: it is public, and --private was given. Make the repository private first."
    )
    assert len(server.repos["model", "me/open"].commits) == 1


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "kind", "sentence"),
    [
        (
            {"token": None},
            HubError,
            f"Pushing to {REPO} needs a token. Set HF_TOKEN to one with write access to the repository.",
        ),
        (
            {"token": "hf_wrong"},
            HubError,
            PUSHING
            + "the Hub does not accept the token. Set HF_TOKEN to a valid one (huggingface.co/settings/tokens).",
        ),
        (
            {"token": "hf_reader"},
            HubError,
            f"Creating the repository {REPO} failed: the token has no permission for this. Set HF_TOKEN to one with write access to the repository.",
        ),
        ({"repo_id": "films"}, BadInput, "'films' is not a legal repository name. Write USER/REPO."),
        ({"repo_id": "me/../x"}, BadInput, "'me/../x' is not a legal repository name. Write USER/REPO."),
        ({"tag": "a b"}, BadInput, "'a b' is not a legal tag. Use letters, digits, '.', '_' and '-', such as v1.0."),
    ],
    ids=["no token", "wrong token", "read token", "no user", "escaping", "tag"],
)
def test_pushes_refused(server, source, more, kind, sentence):
    assert refused(kind, push, server, source, **more) == sentence
    assert server.repos == {}


def test_a_repo_of_somebody_else(there, source, repo):
    assert refused(HubError, push, there, source, token="hf_reader", tag="mine") == (
        f"Tagging mine in {REPO} failed: the token has no permission for this. Set HF_TOKEN to one with write access "
        f"to the repository. The release is there as commit {repo.head.id}. Push again to tag it."
    )
    there.put(REPO, {"models/popular.json": b"{}"})
    assert refused(HubError, push, there, source, token="hf_reader", tag="mine") == PUSHING + (
        "the token has no permission for this. Set HF_TOKEN to one with write access to the repository."
    )


def test_a_tag_that_stands_for_something_else(there, source, repo, tmp_path, tastes, facts):
    other = write(tmp_path / "other", tastes, facts, names=("popular",), version="v2")
    assert refused(HubError, push, there, other, tag="v1.0") == (
        PUSHING + "the tag 'v1.0' names another commit there. Choose another one with --tag."
    )
    assert len(repo.commits) == 2


def test_a_repo_of_another_catalogue(there, repo, tmp_path, tastes, facts):
    models = fit(tastes, facts, ("popular",))
    courses = release.write(
        tmp_path / "c", catalogue="courses", info={}, models=models, titles=[""] * len(tastes.items), reports={}
    )
    assert refused(HubError, push, there, courses) == (
        PUSHING + "it holds a release of films, and this one is of courses. Use another repository."
    )
    assert len(repo.commits) == 2


def test_a_broken_release_is_never_pushed(server, tmp_path, tastes, facts):
    broken = write(tmp_path / "b", tastes, facts, names=("popular",), version="v1")
    (broken.path / "items.json").unlink()
    assert refused(BrokenRelease, push, server, broken) == (
        "items.json of release v1 is missing. Pull or train the release again."
    )
    assert server.repos == {}


def test_pulls_refused(there, repo, root):
    assert refused(HubError, hub.pull, "me/none", root, endpoint=there.url) == (
        "Pulling from me/none failed: there is no such repository, or it is private. Check the name, or set HF_TOKEN."
    )
    assert refused(HubError, hub.pull, "me/none", root, token=TOKEN, endpoint=there.url) == (
        f"Pulling from me/none failed: {NO_REPO}"
    )
    repo.private = True
    assert refused(HubError, pull, there, root, token="hf_reader") == PULLING + NO_REPO
    assert refused(HubError, pull, there, root, token="hf_wrong") == (
        PULLING + "the Hub does not accept the token. Set HF_TOKEN to a valid one (huggingface.co/settings/tokens)."
    )
    assert pull(there, root, token=TOKEN).version == "v1.0"
    assert refused(HubError, pull, there, root, token=TOKEN, revision="v9") == (
        PULLING + "it has no revision 'v9'. There are main, v1.0."
    )
    assert refused(BadInput, hub.pull, "https://huggingface.co/me/x", root) == (
        "'https://huggingface.co/me/x' is not a legal repository name. Write USER/REPO."
    )
    assert release.current(root).version == "v1.0"


def test_a_repo_without_a_release(server, root):
    server.create(REPO)
    assert refused(BrokenRelease, pull, server, root) == (
        f"{REPO} at main was not installed: it has no manifest.json. Push a release first."
    )


# -- releases on the Hub that must not come into service -----------------------------------------


def edited(repo, change):
    manifest = json.loads(repo.files["manifest.json"])
    change(manifest)
    return json.dumps(manifest).encode()


def listed(manifest, name, data):
    import hashlib

    records = manifest["files"] if name in manifest["files"] else manifest["models"]["popular"]["files"]
    records[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def attack(server, repo, kind):
    """Change the repo behind the manifest's back, or with it; returns the sentence the pull must end in."""
    weights = "models/popular.safetensors"
    data = repo.files[weights]
    if kind == "tampered weights":
        server.put(REPO, {weights: data[:-1] + bytes([data[-1] ^ 1])})
        return f"{weights} is not the file the manifest lists (SHA-256 differs)."
    if kind == "tampered text":
        text = repo.files["items.json"]
        server.put(REPO, {"items.json": text.replace(b"Film", b"Flim", 1)})
        return "items.json is not the file its manifest lists (SHA-256 differs). Pull it again."
    if kind == "truncated":
        server.put(REPO, {weights: data[:-7]})
        return f"{weights} has {len(data) - 7:,} bytes in the repository, and its manifest lists {len(data):,}."
    if kind == "missing":
        server.put(REPO, {weights: None})
        return f"its manifest lists {weights}, which the repository does not have."
    if kind == "later format":
        server.put(REPO, {"manifest.json": edited(repo, lambda manifest: manifest.update(format=9))})
        return "The release has format 9, and this version of recsys reads format 1. Update recsys."
    if kind == "escaping":
        entry = {"../../../x.json": {"size": 1, "sha256": "0" * 64}}
        server.put(REPO, {"manifest.json": edited(repo, lambda manifest: manifest["files"].update(entry))})
        return (
            "The release lists the file '../../../x.json'. Names must stay inside the folder and end in "
            ".safetensors, .json, .md, .sqlite, .png, .svg, .csv."
        )
    if kind == "version escapes":
        server.put(REPO, {"manifest.json": edited(repo, lambda manifest: manifest.update(version="../../x"))})
        return "The release calls itself '../../x', which is not a legal version name."
    if kind == "oversized":
        size = 9 << 30
        server.put(REPO, {"manifest.json": edited(repo, lambda m: m["files"]["items.json"].update(size=size))})
        return f"items.json has {size:,} bytes; JSON files of up to {256 << 20:,} are read."
    if kind == "pickle named safetensors":
        import pickle

        fake = pickle.dumps({"w": list(range(100))})
        server.put(REPO, {weights: fake, "manifest.json": edited(repo, lambda m: listed(m, weights, fake))})
        claimed = int.from_bytes(fake[:8], "little")
        return (
            f"popular.safetensors is not a usable safetensors file: its header claims {claimed} bytes of {len(fake)}; "
            "train or pull it again."
        )
    if kind == "unknown model":
        server.put(
            REPO,
            {
                "models/oracle.safetensors": data,
                "models/oracle.json": repo.files["models/popular.json"],
                "manifest.json": edited(
                    repo,
                    lambda m: m["models"].update(
                        oracle={
                            "files": {
                                name.replace("popular", "oracle"): record
                                for name, record in m["models"]["popular"]["files"].items()
                            }
                        }
                    ),
                ),
            },
        )
        return "it needs a later version of recsys: There is no model 'oracle'; there are "
    raise AssertionError(kind)


ATTACKS = (
    "tampered weights",
    "tampered text",
    "truncated",
    "missing",
    "later format",
    "escaping",
    "version escapes",
    "oversized",
    "pickle named safetensors",
    "unknown model",
)


@pytest.mark.parametrize("kind", ATTACKS)
def test_what_does_not_verify_is_refused_and_the_last_good_release_stays(there, repo, root, tastes, facts, kind):
    good = write(root, tastes, facts, names=("popular",), version="v0", label="Good film")
    sentence = attack(there, repo, kind)
    said = refused(BrokenRelease, pull, there, root)
    assert said.startswith(f"{REPO} at main was not installed: {sentence}")
    assert kind == "unknown model" or said.endswith(sentence)
    assert release.current(root).path == good.path and release.versions(root) == ["v0"]
    assert not list(root.glob(".pull-*/")) and not (root.parent / "x.json").exists()
    release.verify(good.path)


def test_sizes_are_refused_before_the_download(there, repo, root, monkeypatch):
    monkeypatch.setattr(manifests, "LIMITS", manifests.Limits(total_bytes=1000))
    assert "at most 1,000 are read" in refused(BrokenRelease, pull, there, root)
    assert there.count("GET .*safetensors") == 0
    monkeypatch.setattr(manifests, "LIMITS", manifests.Limits(manifest_bytes=10))
    assert "its manifest.json has" in refused(BrokenRelease, pull, there, root)


# -- faults ---------------------------------------------------------------------------------------

PUSH_CALLS = {
    "look": f"GET /api/models/{REPO}$",
    "create": "POST /api/repos/create",
    "refs": f"GET /api/models/{REPO}/refs",
    "tree": f"GET /api/models/{REPO}/tree",
    "card": "POST /api/validate-yaml",
    "preupload": f"POST /api/models/{REPO}/preupload",
    "batch": "POST .*info/lfs/objects/batch",
    "commit": f"POST /api/models/{REPO}/commit",
    "tag": f"POST /api/models/{REPO}/tag",
}
PULL_CALLS = {
    "look": f"GET /api/models/{REPO}/revision/main",
    "tree": f"GET /api/models/{REPO}/tree",
    "head": "HEAD .*popular.safetensors",
    "file": "GET .*/resolve/.*popular.safetensors",
}


@pytest.mark.parametrize("call", PUSH_CALLS)
@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429, "headers": {"Retry-After": "1"}}, {"cut_after": -1}]
)
def test_a_push_survives_one_fault_anywhere(server, source, waits, call, fault):
    server.fail(PUSH_CALLS[call], **fault)
    push(server, source)
    repo = server.repos["model", REPO]
    assert [commit.title for commit in repo.commits] == ["initial commit", "Release v1.0"]
    assert repo.tags == {"v1.0": repo.head.id}
    assert len(waits) == 1 and (1.0 in waits if fault.get("status") == 429 else waits[0] < 1)


def test_a_large_file_whose_upload_is_cut(server, source, waits, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", waits.append)
    server.fail("PUT /lfs/", times=2, cut_after=-1)
    server.fail("PUT /lfs/", status=500)
    push(server, source)
    assert len(server.repos["model", REPO].commits) == 2 and len(waits) == 3


@pytest.mark.parametrize("call", ["create", "commit", "tag"])
def test_an_answer_that_is_lost_is_not_done_twice(server, source, waits, call):
    server.fail(PUSH_CALLS[call], lose_answer=True)
    sent = push(server, source)
    repo = server.repos["model", REPO]
    assert len(repo.commits) == 2 and repo.tags == {"v1.0": sent["commit"]} and sent["commit"] == repo.head.id


@pytest.mark.parametrize("call", PULL_CALLS)
@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429, "headers": {"Retry-After": "1"}}, {"cut_after": -1}]
)
def test_a_pull_survives_one_fault_anywhere(there, root, waits, monkeypatch, call, fault):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", waits.append)
    there.fail(PULL_CALLS[call], **fault)
    assert pull(there, root).version == "v1.0"
    assert waits or call == "head", "the client itself asks for the head of a file a second time"


@pytest.mark.parametrize("half", [0.5, 0.01])
def test_a_connection_cut_in_the_middle_of_a_file(there, root, waits, half):
    size = len(there.repos["model", REPO].files["models/content.safetensors"])
    there.fail("GET .*content.safetensors", cut_after=int(size * half), times=2)
    assert answers(pull(there, root))["popular"]
    release.verify(root / "v1.0")


def test_a_file_that_is_always_cut(there, root, waits, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    there.fail("GET .*content.safetensors", cut_after=100, times=10**6)
    assert refused(HubError, pull, there, root) == PULLING + AWAY
    assert release.current(root) is None and len(waits) == client.FULL_RETRIES.attempts - 1
    monkeypatch.undo()
    there.faults.clear()
    there.requests.clear()
    assert pull(there, root).version == "v1.0"
    fetched = [path for method, path, _ in there.requests if method == "GET" and "/resolve/" in path]
    assert not any(path.endswith("items.json") for path in fetched), "what had arrived is not fetched again"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 503}, "the Hub has an internal error (HTTP 503). Try again later."),
        ({"status": 500}, "the Hub has an internal error (HTTP 500). Try again later."),
        ({"status": 429}, "too many requests (HTTP 429). Try again in a few minutes."),
        ({"cut_after": -1}, AWAY),
    ],
    ids=["503", "500", "429", "cut"],
)
def test_faults_that_last_end_in_one_sentence(there, source, root, tmp_path, tastes, facts, waits, fault, sentence):
    there.fail(PULL_CALLS["tree"], times=10**6, **fault)
    assert refused(HubError, pull, there, root) == PULLING + sentence
    assert len(waits) == client.FULL_RETRIES.attempts - 1 and sum(waits) < client.FULL_RETRIES.seconds
    there.faults.clear()
    there.fail(PUSH_CALLS["commit"], times=10**6, **fault)
    other = write(tmp_path / "other", tastes, facts, names=("popular",), version="v2")
    assert refused(HubError, push, there, other) == PUSHING + sentence
    assert len(there.repos["model", REPO].commits) == 2


def test_a_retry_after_beyond_patience_is_not_waited_for(there, root, waits):
    there.fail(PULL_CALLS["tree"], times=10**6, status=429, headers={"Retry-After": "3600"})
    assert refused(HubError, pull, there, root) == (
        PULLING + "too many requests (HTTP 429). Try again in 3600 seconds."
    )
    there.faults.clear()
    there.fail(PULL_CALLS["tree"], times=10**6, status=429, headers={"Retry-After": "1" + "0" * 400})
    assert refused(HubError, pull, there, root) == PULLING + "too many requests (HTTP 429). Try again later."
    limited = {"ratelimit": '"api";r=0;t=270'}
    there.faults.clear()
    there.fail(PULL_CALLS["file"], times=10**6, status=429, headers=limited)
    assert refused(HubError, pull, there, root) == (PULLING + "too many requests (HTTP 429). Try again in 270 seconds.")
    assert waits == []


def test_nobody_there(root, waits, source):
    for call in (hub.pull, hub.push):
        given = (REPO, root) if call is hub.pull else (source, REPO)
        doing = PULLING if call is hub.pull else PUSHING
        assert refused(HubError, call, *given, token=TOKEN, endpoint="http://127.0.0.1:9") == doing + AWAY
    assert len(waits) == 2, "the first call is tried twice, so that an unreachable Hub is known within seconds"


def test_offline_mode(there, root, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert refused(HubError, pull, there, root) == PULLING + "HF_HUB_OFFLINE is set, so no request was made. Unset it."


def test_a_disk_that_is_full(there, root, monkeypatch, waits):
    import shutil
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**6))
        said = refused(HubError, pull, there, root)
    assert said.startswith(PULLING + "the disk is full (") and said.endswith("Free some space and try again.")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("huggingface_hub.file_download.http_get", full)
        assert refused(HubError, pull, there, root) == (PULLING + "the disk is full. Free some space and try again.")
    assert release.current(root) is None and waits == []
    assert pull(there, root).version == "v1.0"


def test_an_endpoint_that_is_no_hub(server, root, waits):
    server.create(REPO)
    server.fail(PULL_CALLS["look"], answer={"hello": "world"})
    assert refused(HubError, pull, server, root) == (
        PULLING + "the server did not answer like a Hub (KeyError: 'id'). Check HF_ENDPOINT."
    )


# -- at the same time -----------------------------------------------------------------------------


def test_another_push_in_between_is_not_lost(there, repo, tmp_path, tastes, facts, waits):
    mine = write(tmp_path / "mine", tastes, facts, names=("popular",), version="v2-mine")
    theirs = write(tmp_path / "theirs", tastes, facts, names=("popular", "content"), version="v2-theirs")
    there.fail(PUSH_CALLS["commit"], then=lambda: push(there, theirs, token="hf_other"))
    sent = push(there, mine)
    assert [commit.title for commit in repo.commits][2:] == ["Release v2-theirs", "Release v2-mine"]
    assert sent["replaced"] == "v2-theirs" and sent["commit"] == repo.head.id
    assert set(repo.tags) == {"v1.0", "v2-theirs", "v2-mine"}
    for version, names in (("v2-theirs", ("popular", "content")), ("v2-mine", ("popular",)), ("v1.0", None)):
        pulled = hub.pull(REPO, tmp_path / "check", revision=version, endpoint=there.url)
        assert pulled.version == version and (names is None or pulled.names == names)


def test_two_pushes_at_once(server, tmp_path, tastes, facts, waits):
    both = [write(tmp_path / name, tastes, facts, version=name) for name in ("v1", "v2")]
    failed = []

    def run(one):
        try:
            push(server, one)
        except Exception as error:  # shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    repo = server.repos["model", REPO]
    assert not failed and sorted(commit.title for commit in repo.commits[1:]) == ["Release v1", "Release v2"]
    assert {repo.at(version).title for version in ("v1", "v2")} == {"Release v1", "Release v2"}


def test_one_who_is_always_late_gives_up(there, repo, tmp_path, tastes, facts, waits):
    mine = write(tmp_path / "mine", tastes, facts, names=("popular",), version="v2")
    there.fail(PUSH_CALLS["commit"], times=10**6, then=lambda: there.put(REPO, {"x.txt": os.urandom(4)}))
    assert refused(HubError, push, there, mine) == PUSHING + "8 other commits came first. Try again later."
    assert "v2" not in repo.tags


def test_two_pulls_at_once(there, root):
    there.fail(PULL_CALLS["file"], delay=0.2)
    found = []
    threads = [threading.Thread(target=lambda: found.append(pull(there, root).path)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [root / "v1.0"] * 3 and there.count("GET .*popular.safetensors") == 1


# -- killed ---------------------------------------------------------------------------------------

PROGRAM = """
import sys
from recsys import hub, release
verb, url, folder = sys.argv[1:]
if verb == "pull":
    hub.pull("me/films", folder, endpoint=url)
else:
    hub.push(release.open_release(folder), "me/films", token="hf_writer", endpoint=url)
"""


def killed_at(server, pattern, verb, folder):
    """Run a pull or push in a process of its own and kill it while the server holds one of its requests."""
    held = threading.Event()
    server.fail(pattern, then=lambda: (held.set(), time.sleep(0.3)))
    environment = {**os.environ, "PYTHONPATH": str(Path(hub.__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, verb, server.url, str(folder)], env=environment)
    assert held.wait(30)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    server.faults.clear()


def test_killed_while_pulling(there, root, tastes, facts):
    write(root, tastes, facts, names=("content",), version="v0")
    killed_at(there, PULL_CALLS["file"], "pull", root)
    assert release.current(root).version == "v0" and release.versions(root) == ["v0"]
    assert pull(there, root).version == "v1.0"
    assert not list(root.glob(".pull-*/"))


@pytest.mark.parametrize("call", ["commit", "tag"])
def test_killed_while_pushing(there, repo, source, root, tmp_path, tastes, facts, call):
    other = write(tmp_path / "other", tastes, facts, names=("popular",), version="v2")
    killed_at(there, PUSH_CALLS[call], "push", other.path)
    time.sleep(0.4)  # the server may still finish what it had been sent
    assert pull(there, root).version in ("v1.0", "v2")
    sent = push(there, other)
    assert [commit.title for commit in repo.commits][2:] == ["Release v2"] and repo.tags["v2"] == sent["commit"]
    assert pull(there, root).version == "v2"
