"""Children are started without fork handlers, which could hang, and end with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.processes.launch import launched
from tests.running import ROOT

FORK_HANDLER = """
import ctypes, os, sys
from pathlib import Path
called = []
handler = ctypes.CFUNCTYPE(None)(lambda: called.append("prepare"))
ctypes.CDLL(None).__register_atfork(handler, None, None, None)  # as gRPC registers its own
"""
STARTS = {
    "child": """
from stockstorm.loadtests.processes.child import Child
child = Child("sleeper", ["sleep", "0"], dict(os.environ), Path(sys.argv[1]) / "log")
child._process.wait(20)
""",
    "database": """
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
with EmbeddedPostgres():
    pass
""",
    "supervisor, by Locust": """
from gevent import monkey
monkey.patch_all()
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.generator import session
session.SUPERVISOR = "platform"
sys.stdout.flush()
out, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
os.dup2(null, 1)
session.OrchestratorProcess(make_spec(RunOptions(scenario="smoke", runs=Path(sys.argv[1])))).wait()
os.dup2(out, 1)
""",
}
FORKS = "pid = os.fork() or os._exit(0)\nos.waitpid(pid, 0)\n"


def handlers_called(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", f"{FORK_HANDLER}{program}\nprint(called)", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_a_fork_handler_of_a_library_is_called_by_fork(tmp_path: Path) -> None:
    assert handlers_called(FORKS, tmp_path) == "['prepare']"


@pytest.mark.parametrize("start", STARTS)
def test_no_fork_handler_is_called_when_a_child_is_started(start: str, tmp_path: Path) -> None:
    assert handlers_called(STARTS[start], tmp_path) == "[]"


def test_the_child_becomes_the_command_with_the_same_process_id_and_heeds_sigint() -> None:
    code = "import os, signal; print(os.getpid(), signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    with subprocess.Popen(launched([sys.executable, "-c", code]), stdout=subprocess.PIPE, text=True) as child:
        out, _ = child.communicate(timeout=20)
    assert out.split() == [str(child.pid), "True"]


def test_the_child_ends_when_its_parent_is_killed() -> None:
    code = (
        "import subprocess, sys, time\n"
        "from stockstorm.loadtests.processes.launch import launched\n"
        "print(subprocess.Popen(launched(['sleep', '60'])).pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        until = time.monotonic() + 20
        while child.name() != "sleep" and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(parent.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs([child], timeout=20)
    assert alive == []


def test_a_stopped_child_ends_with_its_parent_too(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from stockstorm.loadtests.processes.child import Child\n"
        "child = Child('worker', ['sleep', '60'], dict(os.environ), Path(sys.argv[1]) / 'log')\n"
        "while Path(f'/proc/{child.pid}/comm').read_text() != 'sleep\\n': time.sleep(0.01)\n"
        "os.kill(child.pid, signal.SIGSTOP)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=20)
    assert alive == []


def test_a_command_that_cannot_be_started_is_named() -> None:
    done = subprocess.run(launched(["/nowhere/program"]), capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (1, "/nowhere/program cannot be started: No such file or directory\n")
