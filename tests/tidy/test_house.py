"""The repository as a newcomer sees it: the README's commands work, the lock is complete, imports run downhill."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.scenarios import list_scenarios

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/installing.md", "docs/own_service.md", "docs/cloud_backings.md")
# Hosts of package registries, in two parts each, so that this file does not name them either.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb.debian", "org"),
        ("archive.ubuntu", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy.golang", "org"),
        ("conda.anaconda", "org"),
    )
]


def test_no_file_names_the_host_of_a_package_registry(texts: dict[str, str]) -> None:
    assert [(name, host) for name, text in texts.items() for host in HOSTS if host in text] == []


ROOT_FILES = {
    ".dockerignore", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile",
    "LICENSE", "Makefile", "README.md", "SECURITY.md", "pyproject.toml", "requirements-demo.lock", "requirements.lock",
}  # fmt: skip


def test_no_file_that_a_command_left_behind_is_kept(root: Path) -> None:
    """A fuzzed `--out` writes files with any name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    names = [name.decode() for name in listed.split(b"\0") if name]
    assert {name for name in names if "/" not in name} - ROOT_FILES == set()
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9_./-]+", name)] == []


def test_no_file_has_conflict_markers(texts: dict[str, str]) -> None:
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [name for name, text in texts.items() if marks.search(text)] == []


def test_no_installed_package_is_kept_in_the_repository(root: Path) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert sum("node_modules/" in name or "site-packages/" in name for name in tracked) == 0


def test_every_make_command_of_the_documents_is_in_the_makefile(texts: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z]+):", texts["Makefile"], re.MULTILINE))
    named = {
        word
        for name, text in texts.items()
        if name.endswith(".md")
        for word in re.findall(r"`?make ([a-z]+)\b`?", text)
    }
    commands = {
        word
        for text in (texts["README.md"], texts["CONTRIBUTING.md"])
        for word in re.findall(r"^make ([a-z]+)", text, re.M)
    }
    assert {"demo", "test", "check", "bench", "setup"} <= targets
    assert commands <= targets
    assert {"demo", "test"} <= named


def test_make_test_is_bounded_as_a_whole(root: Path) -> None:
    lines = subprocess.run(
        ["make", "-n", "test"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    suites = [line.split() for line in lines if "-m pytest" in line and "--collect-only" not in line]
    assert len(suites) == 2
    assert all(words[0] == "timeout" and words[3].isdecimal() for words in suites), suites


def test_every_stockstorm_command_of_the_readme_is_one(texts: dict[str, str]) -> None:
    named = set(re.findall(r"^stockstorm ([a-z]+)", texts["README.md"], re.MULTILINE))
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0
    assert named == {command for command in named if re.search(rf"\b{command}\b", shown.output)}
    assert {"run", "plan", "check", "scenarios"} <= named


def test_every_option_of_the_documents_is_one(texts: dict[str, str]) -> None:
    lines = [
        found
        for name in DOCUMENTS
        for found in re.findall(r"^ *stockstorm ([a-z]+)([^#\n]*)", texts[name], re.MULTILINE)
    ]
    named = {(command, option) for command, rest in lines for option in re.findall(r"--[a-z][a-z-]*", rest)}
    options = {command: options_of(command) for command, _ in named}
    assert [pair for pair in sorted(named) if pair[1] not in options[pair[0]]] == []
    assert {("run", "--seconds"), ("run", "--api-port"), ("compare", "--subjects")} <= named


def options_of(command: str) -> set[str]:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    return set(re.findall(r"--[a-z][a-z-]*", shown.output))


def test_every_subject_is_named_in_the_readme(texts: dict[str, str]) -> None:
    assert [name for name in ARCHITECTURES if f"`{name}`" not in texts["README.md"]] == []


def test_every_source_that_is_named_is_in_the_list_of_sources(texts: dict[str, str]) -> None:
    rows = set(re.findall(r'<a id="s\d+"></a>(S\d+) ', texts["docs/sources.md"]))
    named = {
        (name, row)
        for name, text in texts.items()
        for rest in re.findall(r"docs/sources\.md, (S\d+(?:(?:,| and) S\d+)*)", text)
        for row in re.findall(r"S\d+", rest)
    }
    assert len(named) > 10
    assert [pair for pair in sorted(named) if pair[1] not in rows] == []


def test_decisions_are_numbered_dated_and_say_how_they_stand(texts: dict[str, str]) -> None:
    pages = {name.rpartition("/")[2]: text for name, text in texts.items() if name.startswith("docs/decisions/")}
    assert len({name[:4] for name in pages}) == len(pages)
    opening = re.compile(r"# (\d+)\. \S.*\n\n\d{4}-\d\d-\d\d, (accepted|undone by \[\d{4}\])")
    openings = {name: opening.match(text) for name, text in pages.items()}
    assert [name for name, found in openings.items() if found is None or int(found[1]) != int(name[:4])] == []


def test_the_readme_lists_every_scenario(texts: dict[str, str]) -> None:
    assert [scenario.name for scenario in list_scenarios() if f"| `{scenario.name}` |" not in texts["README.md"]] == []


def test_documents_link_to_files_that_exist(texts: dict[str, str], root: Path) -> None:
    links = [
        (name, target)
        for name, text in texts.items()
        if name.endswith(".md")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    ]
    assert links
    assert [(name, target) for name, target in links if not (root / name).parent.joinpath(target).exists()] == []


def test_every_package_folder_is_one_that_is_installed(root: Path, packages: tuple[str, ...]) -> None:
    folders = {path.parent for package in packages for path in (root / package).rglob("*.py")}
    assert [str(folder.relative_to(root)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_imports_run_downhill(root: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.lock", ".ci/run"])
def test_the_files_that_a_repository_should_have_are_there(texts: dict[str, str], name: str) -> None:
    assert texts[name].strip()


def test_every_wheel_that_the_documents_install_is_of_the_present_version(texts: dict[str, str]) -> None:
    version: str = tomllib.loads(texts["pyproject.toml"])["project"]["version"]
    wheels = {found for name in DOCUMENTS for found in re.findall(r"stockstorm-(\S+?)-py3-none-any\.whl", texts[name])}
    assert wheels == {version}


def test_the_changelog_has_a_section_for_the_present_version(texts: dict[str, str]) -> None:
    version: Any = tomllib.loads(texts["pyproject.toml"])["project"]["version"]
    assert f"## [{version}]" in texts["CHANGELOG.md"]
