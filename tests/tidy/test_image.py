"""The image for CI has what the wheel is made of and nothing else, and runs without rights."""

import re
import tomllib


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Each with its words, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE)).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word]


def test_it_is_copied_what_the_wheel_is_made_of(texts: dict[str, str], packages: tuple[str, ...]) -> None:
    lines = [line for line in texts[".dockerignore"].splitlines() if line and not line.startswith("#")]
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    top = {project["readme"], *(name for name in project["license-files"] if "/" not in name)}
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == {
        *packages, *top, "docs/*.md", "stockstorm", "pyproject.toml", "requirements.lock",
    }  # fmt: skip
    assert lines[-2:] == ["**/__pycache__", "**/node_modules"]


def test_it_runs_the_command_line_as_a_user_without_rights(texts: dict[str, str]) -> None:
    found = instructions(texts["Dockerfile"])
    last = dict(found)
    assert last["USER"] == "stockstorm"
    assert last["ENTRYPOINT"] == '["stockstorm"]'
    words = [word for word, _ in found]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert not any(word in {"ADD", "EXPOSE"} or "curl" in rest for word, rest in found)


def test_it_is_built_on_an_interpreter_that_the_wheel_takes(texts: dict[str, str]) -> None:
    python = re.search(r"^ARG PYTHON=3\.(\d+)-slim$", texts["Dockerfile"], re.MULTILINE)
    needed = re.fullmatch(r">=3\.(\d+)", tomllib.loads(texts["pyproject.toml"])["project"]["requires-python"])
    assert python is not None
    assert needed is not None
    assert int(python[1]) >= int(needed[1])
