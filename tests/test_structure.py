"""What the folders promise: who imports whom, and that every command and setting is documented."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from pipeline.settings import Settings

ROOT = Path(__file__).parents[1]
SERVERS = {"kafka", "faust", "mode", "aiokafka", "elasticsearch", "fastapi", "starlette"}
PURE = ["pipeline/enrich", "pipeline/alerts", "pipeline/actors", "pipeline/language"]
OPEN_TO_CONNECTORS = {"records", "settings", "errors", "topics", "inputs", "dead_letters"}


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"nothing in {folder}"
    return found


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, with its package's full name."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def offenders(folder: str, forbidden: set[str]) -> list[str]:
    return sorted(
        {
            f"{path.relative_to(ROOT)}: {module}"
            for path in sources(folder)
            for module in imports(path)
            if module.split(".")[0] in forbidden
        }
    )


def test_imports_are_found_wherever_they_stand(tmp_path):
    path = ROOT / "pipeline" / "enrich" / "__init__.py"
    assert "pipeline.enrich.statements" in set(imports(path))
    assert "pipeline.language" in set(imports(path)), "an import inside a function counts"


def test_no_modules_of_the_enrichment_import_each_other_in_a_circle():
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sources("pipeline/enrich")}
    graph = {name: {module for module in imports(path) if module in modules} for name, path in modules.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_the_pipeline_imports_neither_connectors_nor_deploy():
    assert offenders("pipeline", {"connectors", "deploy"}) == []


def test_connectors_import_not_deploy():
    assert offenders("connectors", {"deploy"}) == []


@pytest.mark.parametrize("folder", PURE)
def test_pure_parts_know_no_server(folder):
    assert offenders(folder, SERVERS) == []


@pytest.mark.parametrize("folder", ["pipeline/enrich", "pipeline/actors", "pipeline/alerts", "pipeline/language"])
def test_pure_parts_import_no_part_that_knows_a_server(folder):
    parts = {"stream", "index", "web", "topics", "dead_letters", "commands", "metrics", "cli"}
    found = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in sources(folder)
        for module in imports(path)
        if module.startswith("pipeline.") and module.split(".")[1] in parts
    ]
    assert found == []


def test_connectors_import_only_the_front_of_the_pipeline():
    found = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in sources("connectors")
        for module in imports(path)
        if module.startswith("pipeline.") and module.split(".")[1] not in OPEN_TO_CONNECTORS
    ]
    assert found == []


# -- commands and settings ------------------------------------------------------------------------------------------


def commands() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    return project["entry-points"]["demarche.commands"]


@pytest.fixture(scope="module")
def documentation() -> str:
    return "\n".join(path.read_text("utf8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])


@pytest.mark.parametrize("name", commands())
def test_a_command_loads_and_says_what_it_does(name):
    command = EntryPoint(name, commands()[name], "demarche.commands").load()
    assert isinstance(command, click.Command)
    assert command.help


@pytest.mark.parametrize("name", commands())
def test_a_command_is_documented(name, documentation):
    assert f"demarche {name}" in documentation


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented(name):
    page = (ROOT / "docs" / "settings.md").read_text("utf8")
    assert f"`{name}`" in page
    assert Settings.model_fields[name].description


def test_no_setting_is_documented_that_is_not_there():
    page = (ROOT / "docs" / "settings.md").read_text("utf8")
    rows = [line.split("|")[1].strip().strip("`") for line in page.splitlines() if line.startswith("| `")]
    assert [row for row in rows if row not in Settings.model_fields] == []
