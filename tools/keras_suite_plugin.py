# SPDX-License-Identifier: Apache-2.0
"""pytest plugin with which Keras's own tests run on kov.

It stands for the `conftest.py` of Keras's repository, which the wheel lacks: the module `conftest`
with `skip_if_backend`, and the two marks that the repository's file acts upon. Beyond that it only
*lifts* skips which name Keras's upstream backend "openvino" and do not hold for kov. It never adds
a skip, an expected failure, a deselection or a repetition of its own.

Each test's start and outcome go to KOV_SUITE_LOG as JSON lines, so that a run which crashed or was
stopped is continued behind the test that was running; tests that KOV_SUITE_DONE lists have their
outcome already. KOV_SUITE_PART "1/4" asks for the second quarter of a file's tests. A row also says
which skip was lifted for the test.

With another KERAS_BACKEND nothing is lifted: the backend is seen as Keras's own runs see it, with
the tests that Keras's repository excludes for "openvino" skipped there.
"""

import functools
import hashlib
import json
import os
import re
import sys
import types
import unittest

import pytest

from suite.upstream import EXCLUDED

BACKEND = os.environ.get("KERAS_BACKEND", "kov")
ON_KOV = BACKEND == "kov"
if ON_KOV:
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
    "Backend does not support jvp operation",
)
# A reason that is lifted for one test alone: the others under it call `fit`.
LIFTED_FOR = {"remat not supported on OpenVino and Numpy": "test_remat_with_kwargs"}

_TRAINING = "Trainer not implemented for NumPy and OpenVINO backend."
_DEVICES = "Requires multiple devices"
_EXCLUDED = "Excluded by name in Keras's repository"
# A skip of Keras's that a flag of the backend decides, and that is untrue for kov.
_BY_FLAG = "backend doesn't support complex dtypes"


def _why_lifted(reason, name=""):
    """The reason as it is listed above, or None if the skip stays."""
    if not ON_KOV:
        return None
    reason = " ".join(str(reason).split())
    for text in LIFTED:
        if text in reason:
            return text
    for text, only in LIFTED_FOR.items():
        if text in reason and only in name:
            return text
    return None


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
    if os.environ.get("KOV_SUITE_COMPLEX"):  # for the list of tests: see suite/collection.py
        from keras.src import backend

        backend.SUPPORTS_COMPLEX_DTYPES = True
    if ON_KOV:
        _lift_in_bodies()
    if os.environ.get("KOV_SUITE_DEVICE"):
        from suite import jit

        jit.install(os.environ["KOV_SUITE_DEVICE"])


_lifted = {}  # by test: why its skip was lifted
_running = None


def _lift_in_bodies():
    skip_test, skip = unittest.TestCase.skipTest, pytest.skip

    @functools.wraps(skip_test)
    def lifted_test(self, reason):
        why = _why_lifted(reason, self.id())
        if why is None:
            skip_test(self, reason)
        _lifted[_running] = why

    class Lifted(type(skip)):
        def __call__(self, reason="", **options):
            why = None if options else _why_lifted(reason)
            if why is None:
                skip(reason, **options)
            _lifted[_running] = why

    unittest.TestCase.skipTest = lifted_test
    pytest.skip = Lifted()


# ---- marks ---------------------------------------------------------------------------------------


def _lift_marks(items):
    """A mark may stand on the function, its class or its module, for several tests: a lifted one is
    taken away there and given back to those tests for which it stays."""
    marks = [(item, node, mark) for item in items for node in item.listchain()
             for mark in node.own_markers if mark.name == "skipif"]
    taken = set()
    for item, node, mark in marks:
        reason = mark.kwargs.get("reason", "")
        why = _why_lifted(reason, item.name)
        if why is None:
            continue
        taken.add((id(node), id(mark)))
        if mark in node.own_markers:
            node.own_markers.remove(mark)
        if any(mark.args):
            _lifted[item.nodeid] = why
    for item, node, mark in marks:
        if (id(node), id(mark)) in taken and not _why_lifted(mark.kwargs["reason"], item.name):
            item.add_marker(getattr(pytest.mark, mark.name)(*mark.args, **mark.kwargs))


def _note_unneeded(item):
    """Tests that run on kov, and on upstream's backend would not, without a skip being lifted."""
    if any(name in item.nodeid for name in EXCLUDED):
        _lifted.setdefault(item.nodeid, _EXCLUDED)
    for mark in item.iter_markers("skipif"):
        if _BY_FLAG in str(mark.kwargs.get("reason", "")):
            _lifted.setdefault(item.nodeid, _BY_FLAG)


def pytest_collection_modifyitems(config, items):
    if _LOG:
        for row in _collections(items):
            _LOG.write(**row)
    done = _done()
    items[:] = [item for item in _part(items) if item.nodeid not in done]
    if ON_KOV:
        _lift_marks(items)
    for item in items:
        if ON_KOV:
            _note_unneeded(item)
        elif BACKEND == "openvino" and any(name in item.nodeid for name in EXCLUDED):
            item.add_marker(pytest.mark.skipif(True, reason=_EXCLUDED))
        if _is_for_training(item):
            item.add_marker(pytest.mark.skipif(True, reason=_TRAINING))
        if item.get_closest_marker("multi_device"):
            item.add_marker(pytest.mark.skipif(True, reason=_DEVICES))


def _part(items):
    """Neighbours stay together: they share classes, and functions that the judges have compiled."""
    index, of = map(int, os.environ.get("KOV_SUITE_PART", "0/1").split("/"))
    return items[len(items) * index // of:len(items) * (index + 1) // of]


def _is_for_training(item):
    """The tests of applications carry the mark, too, but train nothing."""
    return (BACKEND in ("kov", "openvino") and item.get_closest_marker("requires_trainable_backend")
            and not (ON_KOV and "keras/src/applications/" in item.nodeid))


def _collections(items):
    """By file the number of its tests and a digest of their ids, without the addresses in some."""
    files = {}
    for item in items:
        file = item.nodeid.partition("::")[0].partition("keras/src/")[2]
        files.setdefault(file, []).append(re.sub(r"0x[0-9a-f]+", "0x", item.nodeid.partition("::")[2]))
    for file, ids in files.items():
        digest = hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]
        yield {"file": file, "collected": len(ids), "digest": digest}


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
    global _running
    _running = nodeid
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
    if report.nodeid in _lifted:
        row["lifted"] = _lifted[report.nodeid]
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
