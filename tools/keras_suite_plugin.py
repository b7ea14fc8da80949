# SPDX-License-Identifier: Apache-2.0
"""pytest plugin with which Keras's own tests run on kov.

It stands for the `conftest.py` of Keras's repository, which the wheel lacks: the module `conftest`
with `skip_if_backend`, and the two marks that the repository's file acts upon. Beyond that it only
*lifts* skips which name Keras's upstream backend "openvino" and do not hold for kov. It never adds
a skip, an expected failure, a deselection or a repetition of its own.

Each test's start and outcome go to KOV_SUITE_LOG as JSON lines, so that a run which crashed or was
stopped is continued behind the test that was running; tests that KOV_SUITE_DONE lists have their
outcome already.
"""

import functools
import json
import os
import sys
import types
import unittest

import pytest

import kov_hook

kov_hook.install()

# Reasons of skips that name "openvino" (or are true of it alone) and that kov does not need.
LIFTED = (
    "Can not constant fold eltwise node by CPU plugin",
    "`floor_divide` is not supported with openvino backend",
    "openvino backend does not support dtype complex",
    "openvino backend does not support `eye`",
    "openvino backend does not support `arange`",
    "openvino backend does not support `qr`",
    "openvino backend does not support `uniform` with None seed",
    "Dynamic dimensions not supported by OpenVino",
    "Test operation not supported by openvino",
    "OpenVINO and JAX TPU don't support this",
    "openvino doesn't implement custom ops for einsum",
    "Key/Value broadcasting is not supported on numpy and openvino backends.",
    "Complex dtype is not supported on OpenVINO backend.",
    "Resizing with Bicubic interpolation does not match TensorFlow strict numeric parity in the "
    "OpenVINO backend",
    "OpenVINO's bfloat16 fails this test",
    "sobel_edges is not supported with openvino backend",
    "OpenVINO does not support lanczos.",
)
# A reason that is lifted for one test alone: the others under it call `fit`.
LIFTED_FOR = {"remat not supported on OpenVino and Numpy": "test_remat_with_kwargs"}

_TRAINING = "Trainer not implemented for NumPy and OpenVINO backend."
_DEVICES = "Requires multiple devices"


def _is_lifted(reason, name=""):
    reason = " ".join(str(reason).split())
    if any(text in reason for text in LIFTED):
        return True
    return any(text in reason and only in name for text, only in LIFTED_FOR.items())


# ---- the module `conftest` of Keras's repository -------------------------------------------------


def skip_if_backend(given_backend, reason):
    from keras.src import backend

    return pytest.mark.skipif(backend.backend() == given_backend, reason=reason)


def _install_conftest():
    module = types.ModuleType("conftest")
    module.skip_if_backend = skip_if_backend
    sys.modules["conftest"] = module


def pytest_configure(config):
    config.addinivalue_line("markers", "requires_trainable_backend: needs `fit`")
    config.addinivalue_line("markers", "multi_device: needs more than one device")
    _install_conftest()
    _lift_in_bodies()
    if os.environ.get("KOV_SUITE_DEVICE"):
        from suite import jit

        jit.install(os.environ["KOV_SUITE_DEVICE"])


def _lift_in_bodies():
    skip_test = unittest.TestCase.skipTest

    @functools.wraps(skip_test)
    def lifted(self, reason):
        if not _is_lifted(reason, self.id()):
            skip_test(self, reason)

    unittest.TestCase.skipTest = lifted


# ---- marks ---------------------------------------------------------------------------------------


def _lift_marks(item):
    """A mark may stand on the function, its class or its module; a lifted one becomes untrue."""
    for node in item.listchain():
        marks = node.own_markers
        for mark in [m for m in marks if m.name == "skipif"]:
            if _is_lifted(mark.kwargs.get("reason", ""), item.name):
                marks.remove(mark)
    # unittest classes also carry the marks as `pytestmark` of the class
    for holder in (getattr(item, "cls", None), getattr(item, "obj", None)):
        for mark in getattr(holder, "pytestmark", []):
            if mark.name == "skipif" and _is_lifted(mark.kwargs.get("reason", ""), item.name):
                _remove_everywhere(item, mark)


def _remove_everywhere(item, mark):
    for node in item.listchain():
        if mark in node.own_markers:
            node.own_markers.remove(mark)


def pytest_collection_modifyitems(config, items):
    done = _done()
    items[:] = [item for item in items if item.nodeid not in done]
    for item in items:
        _lift_marks(item)
        if item.get_closest_marker("requires_trainable_backend"):
            item.add_marker(pytest.mark.skipif(True, reason=_TRAINING))
        if item.get_closest_marker("multi_device"):
            item.add_marker(pytest.mark.skipif(True, reason=_DEVICES))


# ---- the log -------------------------------------------------------------------------------------


def _done():
    path = os.environ.get("KOV_SUITE_DONE")
    if not path or not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as file:
        return set(json.load(file))


class _Log:
    def __init__(self, path):
        self._file = open(path, "a", encoding="utf-8")

    def write(self, **row):
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


_LOG = _Log(os.environ["KOV_SUITE_LOG"]) if "KOV_SUITE_LOG" in os.environ else None


def _missing_function(error):
    """The name of the function which kov does not have and whose absence raised this error."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        words = str(error).partition("kov does not have the function ")[2].split()
        if isinstance(error, NotImplementedError) and words:
            return words[0].removeprefix("keras.ops.")
        error = error.__cause__ or error.__context__
    return None


def pytest_runtest_logstart(nodeid, location):
    if _LOG:
        _LOG.write(start=nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.excinfo is not None:
        report.kov_missing = _missing_function(call.excinfo.value)
        report.kov_error = f"{call.excinfo.typename}: {call.excinfo.value}"[:600]
        report.kov_where = _where(call.excinfo)


def _where(excinfo):
    """The last frame of Keras's tests and the last frame at all, as file:line."""
    frames = [(str(entry.path), entry.lineno + 1) for entry in excinfo.traceback]
    tests = [frame for frame in frames if frame[0].endswith("_test.py")]
    short = lambda frame: "%s:%d" % (frame[0].rpartition("site-packages/")[2], frame[1])
    return [short(frame) for frame in tests[-1:] + frames[-1:]]


def pytest_runtest_logreport(report):
    if _LOG is None:
        return
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xpassed" if outcome == "passed" else "xfailed"
    if report.when != "call" and outcome == "passed":
        return
    row = {"test": report.nodeid, "outcome": outcome, "seconds": round(report.duration, 3)}
    if outcome == "failed":
        row["error"] = getattr(report, "kov_error", "")
        row["where"] = getattr(report, "kov_where", [])
        if getattr(report, "kov_missing", None):
            row["missing"] = report.kov_missing
    elif outcome == "skipped" and isinstance(report.longrepr, tuple):
        row["reason"] = " ".join(str(report.longrepr[2]).removeprefix("Skipped: ").split())
    _LOG.write(**row)


def pytest_collectreport(report):
    if _LOG and report.failed:
        _LOG.write(test=report.nodeid, outcome="failed", error=str(report.longrepr)[-600:],
                   collection=True)


def pytest_sessionfinish(session, exitstatus):
    if _LOG:
        _LOG.write(finished=int(exitstatus))
