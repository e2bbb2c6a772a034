"""Compose and Kubernetes files: what they start exists, what they set is a setting, and images are pinned."""

from __future__ import annotations

import subprocess
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from pipeline.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("demarche:")}
KUBERNETES = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf8"))
CUSTOM_KINDS = {"ScaledObject"}
"""Kinds that Kubernetes itself does not know; their schema comes with KEDA."""


def resources() -> list[Any]:
    return [
        pytest.param(document, id=f"{document['kind']}-{document['metadata']['name']}")
        for name in KUSTOMIZATION["resources"]
        for document in yaml.safe_load_all((KUBERNETES / name).read_text("utf8"))
    ]


def containers() -> dict[str, dict[str, Any]]:
    pods = {
        document.values[0]["metadata"]["name"]: document.values[0]["spec"]["template"]["spec"]
        for document in resources()
        if document.values[0]["kind"] in ("Deployment", "Job")
    }
    return {name: pod["containers"][0] for name, pod in pods.items()}


COMMAND_LINES = {
    **{f"compose {name}": service["command"] for name, service in OURS.items()},
    **{f"kubernetes {name}": container["args"] for name, container in containers().items()},
}


@pytest.mark.parametrize("name", COMMAND_LINES)
def test_a_container_starts_a_command_that_exists(name: str) -> None:
    first, *rest = COMMAND_LINES[name]
    (entry,) = entry_points(group="demarche.commands", name=first)
    command = entry.load()
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    assert command.make_context(first, rest), "its options are understood"


def environments() -> dict[str, dict[str, str]]:
    settings = yaml.safe_load((KUBERNETES / "settings.yaml").read_text("utf8"))["data"]
    return {"kubernetes": settings, **{name: service["environment"] for name, service in OURS.items()}}


@pytest.mark.parametrize("name", environments())
def test_a_container_sets_what_is_a_setting(name: str) -> None:
    unknown = {key.removeprefix(PREFIX).lower() for key in environments()[name]} - set(Settings.model_fields)
    assert not unknown


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_limited_and_waits_for_what_is_there(name: str) -> None:
    service = SERVICES[name]
    assert service["image"].rpartition(":")[2] not in ("", "latest")
    assert service["mem_limit"]
    assert service["cpus"]
    for other, condition in service.get("depends_on", {}).items():
        wanted = condition["condition"]
        assert wanted == "service_completed_successfully" or "healthcheck" in SERVICES[other]
        assert (wanted == "service_completed_successfully") == (SERVICES[other]["restart"] == "no")
    assert service["restart"] == "no" or "healthcheck" in service


def test_elasticsearch_and_kibana_are_of_one_version() -> None:
    versions = {
        service["image"].rpartition(":")[2] for service in SERVICES.values() if "elastic.co" in service["image"]
    }
    assert versions == {Settings.model_fields["elasticsearch_version"].default}


def test_every_secret_is_in_the_sample_file() -> None:
    sample = (ROOT / ".env.example").read_text("utf8")
    named = {line.partition("=")[0] for line in sample.splitlines() if "=" in line and not line.startswith("#")}
    text = (ROOT / "docker-compose.yml").read_text("utf8")
    assert {part.partition(":")[0] for part in text.split("${")[1:]} == named


def test_the_image_gets_every_folder_that_it_copies() -> None:
    kept = (ROOT / ".dockerignore").read_text("utf8").splitlines()
    lines = (ROOT / "deploy" / "docker" / "Dockerfile").read_text("utf8").splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert copied
    assert [name for name in copied if f"!{name}" not in kept] == []


def test_the_users_script_is_sound() -> None:
    done = subprocess.run(["bash", "-n", ROOT / "deploy" / "docker" / "users.sh"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", resources())
def test_a_resource_fits_the_schema_of_kubernetes(document: dict[str, Any]) -> None:
    if document["kind"] in CUSTOM_KINDS:
        pytest.skip("the schema of this kind is not Kubernetes' own")
    kubernetes_validate.validate(document, "1.34", strict=True)


@pytest.mark.parametrize("name", containers())
def test_a_container_may_do_little(name: str) -> None:
    container = containers()[name]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    assert {source.get("secretRef", source.get("configMapRef"))["name"] for source in container["envFrom"]} == {
        "demarche"
    }


def test_scaling_stops_at_the_number_of_partitions() -> None:
    scaled = next(document.values[0] for document in resources() if document.values[0]["kind"] == "ScaledObject")
    from pipeline.settings import load_settings
    from pipeline.topics import topics

    raw = topics(load_settings()).articles_raw
    assert scaled["spec"]["maxReplicaCount"] == raw.partitions
    assert scaled["spec"]["triggers"][0]["metadata"]["topic"] == raw.name
