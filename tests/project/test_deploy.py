"""The set-up of several replicas in deploy/: readable, complete, with secrets by name only, and running what there is."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml
from film_app import PROJECT
from postgres_server import PASSWORD, programs

from recsys.cli import program
from recsys.settings import Settings
from recsys.visitors.profiles import Visitors

DEPLOY = PROJECT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OUTSIDE = {"postgres": "5432", "nginx": "80"}
"""Services that run the image of another project."""


def variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{(\w+)", text))


def test_every_service_is_made_of_what_there_is():
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"], volume
        if name in OUTSIDE:
            assert re.fullmatch(r"[a-z]+:[\d.]+[a-z-]*", service["image"]), "a version, so that an update is a decision"
        else:
            build = service["build"]
            assert (DEPLOY / build["context"] / build["args"]["REQUIREMENTS"]).is_file()
            assert service["image"] == ("recsys-spark" if "spark" in build["args"]["REQUIREMENTS"] else "recsys")


def test_commands_are_those_of_the_program_and_of_spark():
    parser, own = program.parser(), 0
    for service in SERVICES.values():
        command = service.get("command", [])
        if command[:1] == ["spark-class"]:
            assert re.fullmatch(r"org\.apache\.spark\.deploy\.(master\.Master|worker\.Worker)", command[1])
            continue
        lines = command[2].split(" && ") if command[:2] == ["sh", "-c"] else [" ".join(command)] if command else []
        for line in lines:
            start, _, rest = line.partition("python -m recsys ")
            assert start == "" and parser.parse_args(rest.split()).command
            own += 1
    assert own == 3
    (train,) = (one["command"] for one in SERVICES.values() if "--engine=spark" in one.get("command", ()))
    (address,) = (part.partition("=")[2] for part in train if part.startswith("--master="))
    workers = [one["command"][2] for one in SERVICES.values() if one.get("command", ["", ""])[1].endswith(".Worker")]
    assert workers == [address, address]


def test_settings_exist_and_secrets_come_from_the_environment():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    known = (PROJECT / "recsys" / "settings.py").read_text(encoding="utf-8")
    example = (DEPLOY / "example.env").read_text(encoding="utf-8")
    given = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    assert variables(text) == set(given)
    assert all(not value for name, value in given.items() if re.search("PASSWORD|KEY|TOKEN", name))
    replica = SERVICES["app1"]["environment"]
    assert all(f'"{name}"' in known for name in replica)
    made_up = {"RECSYS_HUB_REPO": "me/films"}
    filled = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: given[found[1]] or made_up.get(found[1], "x"), value)
        for name, value in replica.items()
    }
    settings = Settings.from_env({**filled, "RECSYS_ALLOWED_HOSTS": ""})
    assert settings.store_url == "postgresql://app:x@postgres/recsys" and not settings.background
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert settings.trusted_proxies == network["subnet"], "visitors' addresses are those that nginx sends"


def test_replicas_differ_only_in_their_name_and_nginx_knows_all():
    replicas = {name: dict(service) for name, service in SERVICES.items() if re.fullmatch(r"app\d", name)}
    assert [replicas[name].pop("hostname") for name in replicas] == list(replicas)
    first, *others = replicas.values()
    assert len(others) == 2 and all(other == first for other in others)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert re.findall(r"server (\w+:7860) ", text) == 2 * [f"{name}:7860" for name in replicas]


def test_the_configuration_of_nginx_is_the_documented_one():
    guide = (PROJECT / "docs" / "scaling.md").read_text(encoding="utf-8")
    (documented,) = re.findall(r"```nginx\n(.*?)```", guide, re.DOTALL)
    ours = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").split("\n", 1)[1]

    def without_names(text: str) -> str:
        return re.sub(r"server_name .*?;", "", re.sub(r" *server \S+:7860 .*\n", "", text))

    assert without_names(ours) == without_names(documented)


@pytest.mark.slow
def test_the_roles_are_enough_for_the_owner_and_the_replicas(postgres):
    folder = programs()
    assert folder is not None
    env = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGPASSWORD": PASSWORD,
        "POSTGRES_USER": "owner",
        "OWNER_PASSWORD": "it's one",
        "APP_PASSWORD": "other",
    }
    try:
        subprocess.run(["sh", DEPLOY / "roles.sh"], env=env, check=True, capture_output=True, text=True)
        Visitors.of(Settings(store_url=postgres.address("recsys_owner", "recsys", "it%27s%20one"))).close()
        replica = Visitors.of(Settings(store_url=postgres.address("app", "recsys", "other")))
        user, key = replica.join({"1": 5.0})
        replica.delete(user, key)
        replica.shared.choose("release", {"version": "v1", "pinned": False})
        replica.close()
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run(["sh", DEPLOY / "roles.sh"], env=env, check=True, capture_output=True)
    finally:
        postgres.execute("DROP DATABASE IF EXISTS recsys WITH (FORCE)", "DROP ROLE IF EXISTS recsys_owner, app")
