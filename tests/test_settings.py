"""Settings: read once, checked, and silent about secrets."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from recsys.errors import BadSetting
from recsys.settings import Settings


def test_defaults():
    settings = Settings.from_env({})
    assert (settings.catalogue, settings.dataset, settings.server_port) == ("films", "auto", None)
    assert settings.server_name == "127.0.0.1"
    assert settings.database.as_posix() == "data/films.sqlite"


def test_a_space_serves_to_everybody():
    assert Settings.from_env({"SPACE_ID": "me/x"}).server_name == "0.0.0.0"


def test_empty_values_are_defaults_and_addresses_lose_their_slash():
    settings = Settings.from_env({"HF_TOKEN": " ", "MOVIELENS_URL": "http://127.0.0.1:1/x/"})
    assert settings.hf_token is None
    assert settings.movielens_url == "http://127.0.0.1:1/x"


def test_candidates_are_off_unless_their_number_is_given():
    assert [Settings.from_env({"RECSYS_CANDIDATES": value}).candidates for value in ("", "off", "2000")] == [0, 0, 2000]


def test_secrets_are_not_shown():
    secrets = {"HF_TOKEN": "hf_very", "TMDB_API_KEY": "secret-key", "RECSYS_ADMIN_KEY": "open-sesame"}
    text = repr(Settings.from_env(secrets))
    assert not any(secret in text for secret in secrets.values())


def test_an_own_folder_names_the_catalogue(tmp_path):
    folder = tmp_path / "books"
    folder.mkdir()
    settings = Settings.from_env({"RECSYS_CATALOGUE": str(folder)})
    assert settings.catalogue_name == "books"
    assert settings.releases.name == "books"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"RECSYS_CATALOGUE": "flims"}, "RECSYS_CATALOGUE is 'flims'. Use films, courses, or the path"),
        (
            {"RECSYS_DATASET": "ml-2m"},
            "RECSYS_DATASET is 'ml-2m'. Use auto, ml-latest-small, ml-100k, ml-1m, ml-32m, movietweetings",
        ),
        ({"GRADIO_SERVER_PORT": "http"}, "GRADIO_SERVER_PORT is 'http'"),
        ({"GRADIO_SERVER_PORT": "70000"}, "from 0 to 65535"),
        ({"RECSYS_ALLOWED_HOSTS": "https://films.test"}, "RECSYS_ALLOWED_HOSTS holds 'https://films.test'. Use names"),
        ({"RECSYS_ALLOWED_HOSTS": "films.test:80"}, "without scheme and port"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.0/99"}, "FORWARDED_ALLOW_IPS holds '10.0.0.0/99'. Use IP addresses"),
        ({"RECSYS_RATE_LIMITS": "some"}, "RECSYS_RATE_LIMITS is 'some'. Use on or off."),
        ({"RECSYS_CANDIDATES": "on"}, "RECSYS_CANDIDATES is 'on'. Use off, or a number of items from 500 to 100000"),
        ({"RECSYS_CANDIDATES": "499"}, "from 500 to 100000, such as 2000."),
        ({"RECSYS_EVENT_DAYS": "-1"}, "RECSYS_EVENT_DAYS is '-1'. Use a number of days"),
        ({"RECSYS_STORE_URL": "mysql://u:hush@host/db"}, "RECSYS_STORE_URL is not the address of a PostgreSQL server."),
        (
            {"RECSYS_STORE_URL": "postgresql://u:hu/sh@host/db"},
            "RECSYS_STORE_URL is not a valid address. Write postgres",
        ),
        ({"RECSYS_STORE_URL": "postgresql://u:hush@host"}, "RECSYS_STORE_URL names no database, or an invalid port."),
        ({"RECSYS_STORE_URL": "postgresql://u:hush@host/db#1"}, "with %23 for #, %25 for %, %2F for /"),
        (
            {"RECSYS_STORE_URL": "postgresql://u:hu@sh@host/db"},
            "has an @ too many, a % that encodes nothing, or a space",
        ),
        (
            {"RECSYS_STORE_URL": "postgresql://u:hush%@host/db"},
            "has an @ too many, a % that encodes nothing, or a space",
        ),
        ({"RECSYS_STORE_URL": "postgresql://u:hush%zz@host/db"}, "has an @ too many, a % that encodes nothing"),
        ({"RECSYS_STORE_URL": "postgresql://u:hush%00@host/db"}, "has an @ too many, a % that encodes nothing"),
        ({"RECSYS_STORE_URL": "postgresql://u:hush hush@host/db"}, "or a space. Write postgresql://USER:PASSWORD"),
        (
            {"RECSYS_STORE_URL": "postgresql://u:hush@host/db", "RECSYS_FEEDBACK_DIR": "/mnt"},
            "RECSYS_STORE_URL and RECSYS_FEEDBACK_DIR are both set. Back up PostgreSQL with its own tools",
        ),
        ({"RECSYS_DATA_DIR": '"/data"'}, "RECSYS_DATA_DIR is written in quotes. Leave them out."),
        ({"RECSYS_ADMIN_KEY": "'hush'"}, "RECSYS_ADMIN_KEY is written in quotes. Leave them out."),
        (
            {"RECSYS_DATA_DIR": "$HOME/data"},
            r"'\$HOME/data', and \$HOME in it is not replaced by its value. Write the fold",
        ),
        ({"RECSYS_FEEDBACK_DIR": "${BACKUP}"}, r"and \$\{BACKUP\} in it is not replaced"),
        ({"RECSYS_DATA_DIR": "%APPDATA%/x"}, "and %APPDATA% in it is not replaced"),
        ({"HF_ENDPOINT": "https://hub.test/?x=1"}, "Use an address such as https://example.org."),
        ({"MONGODB_URI": "me:hush@host"}, "MONGODB_URI is not the address of a MongoDB server. Write mongodb://USER"),
        ({"RECSYS_PROFILE_DAYS": "1e3"}, "RECSYS_PROFILE_DAYS is '1e3'. Use a number of days"),
    ],
)
def test_bad_values_are_named(environ, message):
    with pytest.raises(BadSetting, match=message) as error:
        Settings.from_env(environ)
    assert "hush" not in str(error.value) and "hu/sh" not in str(error.value)


@pytest.mark.parametrize("target", ["gone", "data"], ids=["nothing", "itself"])
def test_a_link_to_nothing_is_called_that(target, tmp_path):
    (tmp_path / "data").symlink_to(tmp_path / target)
    with pytest.raises(
        BadSetting, match="a link whose target does not exist. Mount or create the target, or use another"
    ):
        Settings.from_env({"RECSYS_DATA_DIR": str(tmp_path / "data")})


def test_the_store_is_named_without_its_password():
    url = "postgresql://me:p%40ss@db.test:5433/films?sslmode=verify-full&password=other"
    settings = Settings.from_env({"RECSYS_STORE_URL": url})
    assert settings.store_name == "PostgreSQL at db.test:5433/films"
    assert settings.secrets() == [url, "p%40ss", "p@ss", "other"] and "p%40ss" not in repr(settings)
    assert Settings(data_dir=PurePosixPath("d")).store_name == "d/visitors.sqlite"
    socket = Settings.from_env({"RECSYS_STORE_URL": "postgresql:///films?host=/run/postgresql"})
    assert socket.store_name == "PostgreSQL at /run/postgresql/films"


def test_a_folder_that_is_a_file_is_named(tmp_path):
    file = tmp_path / "data"
    file.write_text("")
    for name in ("RECSYS_DATA_DIR", "RECSYS_FEEDBACK_DIR"):
        with pytest.raises(BadSetting, match=f"{name} is '{file}', which is a file. Use a folder."):
            Settings.from_env({name: str(file)})


def test_a_dotenv_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"HF_TOKEN=caf\xe9\n")
    with pytest.raises(BadSetting, match=r"The file \.env cannot be read .* Save it as UTF-8, or remove it\."):
        Settings.from_env()


def test_the_environment_counts_more_than_the_dotenv_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("RECSYS_DATASET=ml-1m\nRECSYS_HUB_REPO=me/films\n")
    monkeypatch.setenv("RECSYS_DATASET", "ml-100k")
    settings = Settings.from_env()
    assert (settings.dataset, settings.hub_repo) == ("ml-100k", "me/films")


def test_every_secret_is_listed_and_hidden():
    secrets = {
        "HF_TOKEN": "hf_very",
        "TMDB_API_KEY": "secret-key",
        "RECSYS_ADMIN_KEY": "open-sesame",
        "OAUTH_CLIENT_SECRET": "oauth-secret",
        "MONGODB_URI": "mongodb://u:pw@host",
    }
    settings = Settings.from_env(secrets)
    assert set(settings.secrets()) == set(secrets.values())
    assert not any(value in repr(settings) for value in secrets.values())
    assert Settings().secrets() == []


def test_who_may_reach_the_server():
    local = Settings.from_env({"RECSYS_ALLOWED_HOSTS": "Films.Test, other.test ,"})
    assert local.allowed_hosts == ("films.test", "other.test") and local.is_open
    assert not Settings.from_env({"RECSYS_ADMIN_KEY": "k"}).is_open, "a set key is always demanded"
    assert not Settings.from_env({"GRADIO_SERVER_NAME": "0.0.0.0"}).is_open
    assert not Settings.from_env({"SPACE_ID": "me/x", "GRADIO_SERVER_NAME": "127.0.0.1"}).is_open
    assert Settings.from_env({}).trusted_proxies == "127.0.0.1"
    assert Settings.from_env({"FORWARDED_ALLOW_IPS": "*"}).trusted_proxies == "*"
    assert "10.0.0.0/8" in Settings.from_env({"SPACE_ID": "me/x"}).trusted_proxies


ODD = [
    *(
        "~nobody-here/x",
        "x" * 5000,
        "9" * 5000,
        "-1",
        "1e9",
        "nan",
        "²",
        "on\x00",
        "a\nb",
        "\udcff",
        "\ud800",
        "ü",
        "{}",
    ),
    *("../../etc", "/dev/null", "http://", "http://[::1", "http://x:99999", "ftp://x", "*", "[::1]", "a,b,,", "a b/c"),
]
NAMES = [
    *("COURSES_URL", "FORWARDED_ALLOW_IPS", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "HF_ENDPOINT", "HF_TOKEN"),
    *("MONGODB_URI", "MOVIELENS_URL", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "RECSYS_ADMIN_KEY"),
    *("RECSYS_ALLOWED_HOSTS", "RECSYS_BACKGROUND", "RECSYS_CATALOGUE", "RECSYS_DATASET", "RECSYS_DATA_DIR"),
    *("RECSYS_EVENT_DAYS", "RECSYS_FEEDBACK_DIR", "RECSYS_FEEDBACK_MINUTES", "RECSYS_FEEDBACK_REPO", "RECSYS_HUB_REPO"),
    *("RECSYS_HUB_REVISION", "RECSYS_LOG_FORMAT", "RECSYS_METRICS_KEY", "RECSYS_PROFILE_DAYS", "RECSYS_RATE_LIMITS"),
    *("RECSYS_REPLICA_NAME", "RECSYS_STORE_URL", "SPACE_HOST", "TMDB_API_KEY", "TMDB_API_URL"),
]


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_value_is_used_or_refused_in_a_sentence(name):
    for value in ODD:
        try:
            Settings.from_env({name: value})
        except BadSetting as error:
            assert name in str(error) and len(str(error)) < 700 and "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RECSYS_DATA_DIR", "~nobody-here/x", "is no usable path (there is no such user)"),
        ("RECSYS_DATA_DIR", "x" * 5000, "is no usable path (File name too long)"),
        ("RECSYS_CATALOGUE", "~nobody-here/x", "is no usable path (there is no such user)"),
        ("GRADIO_SERVER_PORT", "9" * 5000, "Use a port number from 0 to 65535."),
        ("HF_ENDPOINT", "huggingface.co", "HF_ENDPOINT is 'huggingface.co'. Use an address such as https://"),
        ("TMDB_API_URL", "ftp://x", "Use an address such as https://example.org."),
        ("RECSYS_HUB_REPO", "me/my/films", "Use the name of a repository on the Hub: USER"),
        ("RECSYS_FEEDBACK_REPO", "https://hub.test/me/feedback", "Use the name of a repository on the Hub: USER/REPO."),
        ("RECSYS_FEEDBACK_REPO", "feedback", "RECSYS_FEEDBACK_REPO is 'feedback'. Use the name of a repository"),
        ("HF_TOKEN", "hf_ü", "HF_TOKEN has a space or a letter that no key has. Copy it again."),
        ("RECSYS_ADMIN_KEY", "open\udcffsesame", "RECSYS_ADMIN_KEY has a control character or is not UTF-8."),
    ],
)
def test_a_value_that_would_fail_later_is_refused_at_once(name, value, message):
    with pytest.raises(BadSetting) as error:
        Settings.from_env({name: value})
    assert message in str(error.value) and "sesame" not in str(error.value)


def test_a_file_of_settings_may_begin_with_a_mark(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECSYS_EVENT_DAYS", raising=False)
    (tmp_path / ".env").write_text("\ufeffRECSYS_EVENT_DAYS=7\n", encoding="utf-8")
    assert Settings.from_env().event_days == 7


def test_a_mistake_in_a_name_is_said(caplog):
    Settings.from_env({"RECSYS_FEEDBACK_REPOS": "me/x", "RECSYS_TEST_DATA": "x", "RECSYS_REQUIRE_BROWSER": "1"})
    assert caplog.messages == ["There is no setting RECSYS_FEEDBACK_REPOS. Did you mean RECSYS_FEEDBACK_REPO?"]
