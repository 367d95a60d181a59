"""The reference deployment: each file as far as it can be checked here, by the program that is to read it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tocsin.settings import SETTINGS, load

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "tocsin"
PROGRAM = Path(sys.executable).parent / "tocsin"
NAMES = {setting.name for setting in SETTINGS}
DATABASE = "TOCSIN_DATABASE_URL=postgresql://tocsin@postgres/tocsin"
KEY = "TOCSIN_SECRET_KEY=k1:" + "A" * 43 + "="


def files() -> list[Path]:
    return [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def variables(text: str, *more: str) -> dict[str, str]:
    """The variables in an environment file, those in comments too, and *more*."""
    lines = [*re.findall(r"^#?(TOCSIN_\w+=.*)$", text, re.MULTILINE), *more]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(DEPLOY).as_posix())
def test_every_setting_that_is_named_is_one(path):
    named = set(re.findall(r"\bTOCSIN_[A-Z_]*[A-Z]\b", path.read_text()))

    assert named - NAMES == set()


# --- systemd ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["tocsin.service", "tocsin-backup.service", "tocsin-backup.timer"])
def test_systemd_takes_the_units(tmp_path, unit):
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text().replace("/opt/tocsin/bin/tocsin", str(PROGRAM))
        (tmp_path / path.name).write_text(text)

    done = run("systemd-analyze", "verify", "--man=no", tmp_path / unit)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_settings_of_the_units_can_be_served_with():
    text = (DEPLOY / "systemd" / "tocsin.env").read_text()

    settings = load({**variables(text, KEY), "TOCSIN_DATA_DIR": "/var/lib/tocsin"})

    assert settings.public_url == "https://tocsin.example.org"


def test_a_unit_waits_longer_than_the_server_takes_to_end():
    unit = (DEPLOY / "systemd" / "tocsin.service").read_text()
    chart = (CHART / "templates" / "nodes.yaml").read_text()
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text())

    waits = [
        re.search(r"TimeoutStopSec=(\d+)", unit)[1],
        re.search(r"terminationGracePeriodSeconds: (\d+)", chart)[1],
        compose["services"]["one"]["stop_grace_period"].removesuffix("s"),
    ]
    assert all(int(wait) > 75 for wait in waits)


# --- containers -------------------------------------------------------------------------------------------


def test_the_image_is_made_of_what_is_there_and_starts_what_there_is():
    text = (DEPLOY / "Dockerfile").read_text()
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()

    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for word in line.split()
    ]
    assert copied
    assert all((ROOT / path).exists() for path in copied)
    assert {f"!{path}" for path in copied} == {line for line in ignored if line.startswith("!")}
    assert 'ENTRYPOINT ["tocsin"]' in text
    set_there = re.findall(r"\b(TOCSIN_\w+)=(\S+)", text)
    assert load(dict(set_there)).host == "0.0.0.0"


def test_the_compose_file_names_nothing_that_is_not_there():
    folder = DEPLOY / "compose"
    compose = yaml.safe_load((folder / "compose.yml").read_text())
    services = compose["services"]
    told = set(re.findall(r"^#?([A-Z_]+)=", (folder / "env.example").read_text(), re.MULTILINE))

    wanted = set(re.findall(r"\$\{([A-Z_]+)", (folder / "compose.yml").read_text()))
    assert wanted == told
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        if build := service.get("build"):
            assert (folder / build["context"] / build["dockerfile"]).exists()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (folder / source).exists()
    names = {each["environment"]["TOCSIN_NODE_NAME"] for each in services.values() if "NODE" in str(each)}
    assert len(names) == 2


def test_the_nodes_of_the_compose_file_can_be_served_with_what_they_are_given():
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text())
    given = {
        "POSTGRES_PASSWORD": "secret",
        "TOCSIN_SECRET_KEY": "k1:x",
        "TOCSIN_PUBLIC_URL": "http://localhost:8080",
    }

    def filled(text: str) -> str:
        return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: given.get(found[1], ""), text)

    for name in ("one", "two", "migrate", "init"):
        env = {key: filled(value) for key, value in compose["services"][name]["environment"].items()}
        settings = load({**env, "TOCSIN_DATA_DIR": "/var/lib/tocsin"})
        assert settings.database_url == "postgresql://tocsin:secret@postgres/tocsin"


def test_the_proxy_takes_its_configuration_and_asks_whether_nodes_are_ready():
    config = DEPLOY / "haproxy" / "haproxy.cfg"

    done = run("haproxy", "-c", "-f", config)

    assert done.returncode == 0, done.stderr
    assert "option httpchk GET /readyz" in config.read_text()
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text())
    servers = re.findall(r"^ +server \S+ (\w+):8080", config.read_text(), re.MULTILINE)
    assert set(servers) <= set(compose["services"])


# --- Kubernetes -------------------------------------------------------------------------------------------


def helm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("helm") or str(ROOT / "var" / "tools" / "helm")
    assert os.access(program, os.X_OK), "Helm is not installed: scripts/test-needs.sh does it"
    return run(program, *arguments)


def rendered(*options: str) -> list[dict[str, Any]]:
    done = helm("template", "pager", CHART, *options)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def pods(things: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each["spec"]["template"]["spec"] for each in things if each["kind"] in {"StatefulSet", "Job"}]


EVERYTHING = (
    "--set=ingress.enabled=true,ingress.tlsSecret=tls,ingress.className=nginx,ingress.annotations.a=b",
    "--set=roles={web,ingest}",
    "--set=settings.TOCSIN_LOG_LEVEL=debug,settings.TOCSIN_RATE_LIMIT=100",
    "--set=imagePullSecrets[0].name=registry,nodeSelector.disk=ssd,tolerations[0].operator=Exists",
)


def test_helm_finds_no_fault_with_the_chart():
    done = helm("lint", "--strict", CHART)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("options", [(), EVERYTHING], ids=["as it is", "with everything"])
def test_what_the_chart_makes_can_be_served_with(options):
    things = rendered(*options)

    for pod in pods(things):
        (container,) = pod["containers"]
        env = {each["name"]: each.get("value", "pager-0") for each in container["env"]}
        secret = variables("", DATABASE, KEY)
        settings = load({**env, **secret, "TOCSIN_DATA_DIR": "/var/lib/tocsin"})
        assert settings.public_url == "https://tocsin.example.org"
        assert container["args"][0] in {"serve", "migrate"}


def test_nothing_that_kubernetes_sets_by_itself_is_taken_for_a_setting():
    assert all(pod["enableServiceLinks"] is False for pod in pods(rendered()))


def test_pods_are_confined_and_can_write_where_they_must():
    for pod in pods(rendered()):
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        mounted = {each["name"] for each in container["volumeMounts"]}
        assert mounted <= {each["name"] for each in pod["volumes"]}
        assert "/var/lib/tocsin" in {each["mountPath"] for each in container["volumeMounts"]}


def test_everything_finds_what_it_speaks_of():
    things = rendered(*EVERYTHING)
    by_kind = {each["kind"]: each for each in things}
    services = {each["metadata"]["name"]: each for each in things if each["kind"] == "Service"}
    nodes = by_kind["StatefulSet"]["spec"]
    labels = nodes["template"]["metadata"]["labels"]

    assert nodes["serviceName"] in services
    backend = by_kind["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] in services
    ports = {each["name"] for each in nodes["template"]["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for each in services.values() for port in each["spec"]["ports"]} == ports
    selectors = [each["spec"]["selector"] for each in services.values()]
    selectors += [
        by_kind[kind]["spec"]["selector"]["matchLabels"] for kind in ("StatefulSet", "PodDisruptionBudget")
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    migrating = by_kind["Job"]["spec"]["template"]["metadata"]["labels"]
    assert not any(selector.items() <= migrating.items() for selector in selectors)


@pytest.mark.parametrize(
    "wrong", ["replicas=0", "settings.PORT=80", "roles={pager}", "existingSecret=", "image.tag=1,colour=red"]
)
def test_values_that_cannot_be_meant_are_refused(wrong):
    assert helm("template", "pager", CHART, f"--set={wrong}").returncode != 0
