"""What plays a run against a service of one's own works without the extras: it imports none of their packages."""

import re
import subprocess
import sys
import tomllib

from tests.running import ROOT

# The packages whose import has another name than the package.
NAMES = {"google_cloud_pubsub": "google.cloud.pubsub", "grpcio": "grpc", "import_linter": "importlinter"}
MODULES = (
    "stockstorm.api",
    "stockstorm.loadtests.cli.app",
    "stockstorm.loadtests.orchestrator.process",
    "stockstorm.loadtests.locustfile",
    "stockstorm.loadtests.subjects.own.subject",
)
BLOCKED = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {blocked!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import locust, importlib
for module in {modules!r}:
    importlib.import_module(module)
print("imported")
"""


def test_the_core_imports_no_package_of_an_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = {_name(entry) for entry in project["dependencies"]}
    extras = {_name(entry) for entries in project["optional-dependencies"].values() for entry in entries} - core
    blocked = {NAMES.get(name, name) for name in extras} - {"pytest"}  # Locust imports pytest itself
    program = BLOCKED.format(blocked=blocked, modules=MODULES)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "imported\n", done.stderr
    assert {"uvicorn", "boto3", "jmespath"} <= blocked


def _name(entry: str) -> str:
    return re.split(r"[\[<>=!~; ]", entry)[0].lower().replace("-", "_")
