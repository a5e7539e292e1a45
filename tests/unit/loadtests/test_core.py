"""What plays a run against a service of one's own works without the extras: it imports none of their packages."""

import re
import subprocess
import sys
import tomllib

from tests.requirements import closure
from tests.running import ROOT

# The packages whose import has another name than the package.
NAMES = {
    "google_cloud_pubsub": "google.cloud.pubsub",
    "grpcio": "grpc",
    "import_linter": "importlinter",
}
# What only the reference service and its surroundings use. Each is a process of its own or is imported when chosen.
EXTRA = r"stockstorm\.(reference_service|loadtests\.(bus_publisher|backing\.(cloud|pubsub_double|postgres\.\w+)))\b"
PROGRAM = """
import importlib, pkgutil, re, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {blocked!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import locust, stockstorm
def names(package):
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if not re.match({extra!r}, found.name) and not found.name.endswith("__main__"):
            yield found.name
            module = importlib.import_module(found.name)
            if found.ispkg:
                yield from names(module)
print(*names(stockstorm), sep="\\n")
"""
COMMANDS = ("run", "compare", "check", "regress", "init", "doctor", "serve", "plan", "scenarios")


def test_all_that_needs_no_extra_imports_without_their_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = {name.replace("-", "_") for name in closure(project["dependencies"])}
    extras = {_name(entry) for entries in project["optional-dependencies"].values() for entry in entries} - core
    blocked = {NAMES.get(name, name) for name in extras}
    program = PROGRAM.format(blocked=blocked, extra=EXTRA)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    assert {f"stockstorm.loadtests.cli.{command}" for command in COMMANDS} <= imported
    assert {"stockstorm.api", "stockstorm.testing", "stockstorm.locust", "stockstorm.loadtests.locustfile"} <= imported
    assert "stockstorm.loadtests.orchestrator.process" in imported
    assert {"uvicorn", "asyncpg", "boto3", "jmespath", "plotly"} <= blocked


def _name(entry: str) -> str:
    return re.split(r"[\[<>=!~; ]", entry)[0].lower().replace("-", "_")
