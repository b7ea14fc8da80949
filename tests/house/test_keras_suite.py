# SPDX-License-Identifier: Apache-2.0
"""tools/suite runs test files in forks: a crash or a hang is blamed on its test alone, files share no
state, a run goes on where an earlier one ended. Keras is a folder of small files here."""

import pathlib
import sys
import types

import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from suite import log as logs  # noqa: E402
from suite import runner as runners  # noqa: E402
from suite import selection, workplace  # noqa: E402

CRASH = """
import os, signal

def test_before(): pass
def test_crash(): os.kill(os.getpid(), signal.SIGSEGV)
def test_after(): pass
"""
PARENT = """
import os, signal

def test_before(): pass
def test_parent():
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
def test_after(): pass
"""
HANG = """
import time

def test_before(): pass
def test_hang(): time.sleep(600)
def test_after(): pass
"""
STATE = """
import keras

def test_state():
    assert not hasattr(keras, "changed")
    keras.changed = True
"""
MANY = "".join(f"def test_{i}(): pass\n" for i in range(7))
BROKEN = "import there_is_no_such_module\n"
FILES = {"crash_test.py": CRASH, "hang_test.py": HANG, "parent_test.py": PARENT,
         "broken_test.py": BROKEN, "many_test.py": MANY,
         "first/state_test.py": STATE, "second/state_test.py": STATE}


@pytest.fixture
def place(tmp_path):
    source = tmp_path / "packages" / "keras" / "src"
    for name, text in FILES.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source.parent / "__init__.py").write_text("")
    # What the machine has of the frameworks is not looked for.
    for name in ("torch", "tensorflow", "jax", "scipy", "pandas", "sklearn"):
        (tmp_path / "packages" / f"{name}.py").write_text("")
    made = workplace.Workplace(str(tmp_path / "work"))
    made.prepare("key", on_kov=False)
    return made


def run(place, monkeypatch, parts, idle=60.0):
    packages = pathlib.Path(place.path).parent / "packages"
    monkeypatch.setenv("PYTHONPATH", str(packages))
    judge = types.SimpleNamespace(python=sys.executable, keras=str(packages / "keras"),
                                  source=str(packages / "keras" / "src"), package="", on_kov=False)
    found = {}
    runners.Runner(judge, place, "numpy", idle=idle).run(parts, found.__setitem__)
    return {part: {row["test"].rpartition("::")[2]: row for row in logs.outcomes(log)}
            for part, log in found.items()}


def outcomes(tests):
    return {name: row["outcome"] for name, row in tests.items()}


def whole(name):
    return selection.Part(name, 0, 1)


def test_blame(place, monkeypatch):
    crash, hang, broken = whole("crash_test.py"), whole("hang_test.py"), whole("broken_test.py")
    found = run(place, monkeypatch, [crash, hang, broken], idle=15.0)
    assert outcomes(found[crash]) == {"test_before": "passed", "test_crash": "failed",
                                      "test_after": "passed"}
    assert "SIGSEGV" in found[crash]["test_crash"]["error"]
    assert outcomes(found[hang]) == {"test_before": "passed", "test_hang": "failed",
                                     "test_after": "passed"}
    assert "no outcome" in found[hang]["test_hang"]["error"]
    assert list(outcomes(found[broken]).values()) == ["failed"]


def test_the_process_of_the_imports_ends(place, monkeypatch):
    part = whole("parent_test.py")
    found = run(place, monkeypatch, [part, whole("many_test.py")])
    assert outcomes(found[part]) == {"test_before": "passed", "test_parent": "failed",
                                     "test_after": "passed"}
    assert set(outcomes(found[whole("many_test.py")]).values()) == {"passed"}


def test_files_share_no_state(place, monkeypatch):
    parts = [whole("first/state_test.py"), whole("second/state_test.py")]
    found = run(place, monkeypatch, parts)
    assert all(outcomes(found[part]) == {"test_state": "passed"} for part in parts)


def test_parts_are_the_file(place, monkeypatch):
    parts = [selection.Part("many_test.py", index, 3) for index in range(3)]
    found = run(place, monkeypatch, parts)
    names = [name for part in parts for name in found[part]]
    assert names == [f"test_{i}" for i in range(7)]
    collected = {row["collected"] for part in parts for row in logs.rows(place.log(part))
                 if "collected" in row}
    assert collected == {7}


def test_a_stopped_run_goes_on(place, monkeypatch):
    part = whole("many_test.py")
    for i in range(4):
        logs.append(place.log(part), test=f"keras/src/many_test.py::test_{i}", outcome="passed")
    run(place, monkeypatch, [part])
    started = [row["start"].rpartition("::")[2] for row in logs.rows(place.log(part))
               if "start" in row]
    assert started == ["test_4", "test_5", "test_6"]
    before = pathlib.Path(place.log(part)).read_text()
    run(place, monkeypatch, [part])
    assert pathlib.Path(place.log(part)).read_text() == before
    place.prepare("another key", on_kov=False)
    assert not pathlib.Path(place.log(part)).exists()
