# SPDX-License-Identifier: Apache-2.0
"""Runs pytest in forks of a process that has imported Keras and the frameworks once.

    python -m suite.nursery

A request is a line of JSON on standard input: `arguments` of pytest, more `environment`, and a path
for the `output`. Two lines answer it: the fork's `pid` when it has begun, its `status` when it has
ended. The first line of all says `ready`.

The imports take some eight seconds, most files' tests less than one. A fork shares nothing that a
test changes (dtype policy, floatx, image data format, seeds, names of layers, a Variable's device),
which files in one process would. Importing starts no thread but those of OpenBLAS, which it stops
before a fork; no framework has computed anything by then, so none has threads of its own.
"""

import gc
import importlib
import json
import os
import signal
import sys
import traceback

# As Keras's repository does, torch before TensorFlow.
_IMPORTED = ("torch", "tensorflow", "jax", "scipy", "pandas", "sklearn", "pytest", "keras")


def main():
    # A test that writes to standard output or reads from standard input must not disturb requests.
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    _import()
    _write(answers, ready=True)
    for line in requests:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            requests.close()
            answers.close()
            _be_child(request)
        _write(answers, pid=pid)
        _write(answers, status=_wait(pid))


def _import():
    if os.environ["KERAS_BACKEND"] == "kov":
        import kov_hook

        kov_hook.install()
    for name in _IMPORTED:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    gc.collect()
    gc.freeze()


def _write(answers, **row):
    answers.write(json.dumps(row) + "\n")
    answers.flush()


def _wait(pid):
    """The exit status, negative for a signal. What the fork itself has started ends with it."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _be_child(request):
    """Ends without the interpreter's own end: the tests have run, and a thread may still wait."""
    status = 1
    try:
        os.setsid()
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.update(request["environment"])
        import pytest

        status = int(pytest.main(request["arguments"]))
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
