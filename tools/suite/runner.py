# SPDX-License-Identifier: Apache-2.0
"""Runs parts of test files in forks of nurseries, one nursery per thread, and blames the very test
that crashes or hangs its fork."""

import concurrent.futures
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time

from suite import log as logs
from suite import workplace as places
from suite.judge import TOOLS

_LOOK = 2.0  # seconds between two looks at a running fork


class Runner:
    """`idle`: seconds without an outcome after which a test hangs."""

    def __init__(self, judge, place, backend, device=None, expression="", idle=600.0, processes=2):
        self._judge, self._place = judge, place
        self._backend, self._device = backend, device
        self._expression, self._idle, self._processes = expression, idle, processes
        self._lock = threading.Lock()
        self._own = threading.local()
        self._nurseries = []
        self._stopping = False

    def run(self, parts, tell):
        """tell(part, its log) after each part. A run that is stopped ends the process."""
        # A child started with signals ignored (nohup, &) can still be stopped.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with concurrent.futures.ThreadPoolExecutor(self._processes) as pool:
            futures = {pool.submit(self._run_part, part): part for part in parts}
            try:
                for future in concurrent.futures.as_completed(futures):
                    tell(futures[future], future.result())
            except KeyboardInterrupt:
                self._stop(futures)
                sys.exit("keras_suite: stopped; the same command continues")
            finally:
                for nursery in self._nurseries:
                    nursery.close()

    def collect(self, part, arguments):
        """The log of the tests that pytest's arguments select, which are collected and not run."""
        path = self._place.log(part)
        places.write(path, "")
        self._fork(part, [*arguments, "--collect-only"], path)
        for nursery in self._nurseries:
            nursery.close()
        return logs.rows(path)

    def _stop(self, futures):
        for future in futures:
            future.cancel()
        with self._lock:
            self._stopping = True  # so that no test is blamed for it
            for nursery in self._nurseries:
                nursery.kill()

    def _run_part(self, part):
        """Runs what has no outcome yet, in new forks until all tests of the part have one."""
        path = self._place.log(part)
        while True:
            before = logs.rows(path)
            if logs.is_finished(before):
                return before
            # Tests with an outcome are not run a second time after a crash.
            done = sorted({row["test"] for row in before if "test" in row})
            places.write(self._place.done(part), json.dumps(done))
            why = self._fork(part, [os.path.join(self._judge.source, part.file)], path)
            os.remove(self._place.done(part))
            after = logs.rows(path)
            if self._stopping or logs.is_finished(after):
                return after
            test = logs.running(after)
            if test is None:
                logs.append(path, test="(whole file)", outcome="failed", error=why)
                logs.append(path, finished=-1)
            else:
                logs.append(path, test=test, outcome="failed", error=why, crash=True)

    def _fork(self, part, arguments, path):
        """Says why the fork ended."""
        nursery = getattr(self._own, "nursery", None)
        if nursery is None or nursery.has_ended():
            with self._lock:
                if self._stopping:
                    return "stopped"
                nursery = self._own.nursery = Nursery(self._command(), self._environment(),
                                                      self._place.path)
                self._nurseries.append(nursery)
        arguments = ["-c", self._place.configuration, "--rootdir", os.path.dirname(self._judge.keras),
                     *arguments] + (["-k", self._expression] if self._expression else [])
        environment = {"KOV_SUITE_LOG": path, "KOV_SUITE_DONE": self._place.done(part),
                       "KOV_SUITE_PART": f"{part.index}/{part.of}"}
        return nursery.run(arguments, environment, self._place.output(part), path, self._idle)

    def _command(self):
        return [self._judge.python, "-m", "suite.nursery"]

    def _environment(self):
        path = [self._place.site, TOOLS] + [self._judge.package] * self._judge.on_kov
        more = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
        environment = dict(
            os.environ, KERAS_BACKEND=self._backend, KERAS_HOME=self._place.home,
            PYTHONPATH=os.pathsep.join(path + more), PYTHONDONTWRITEBYTECODE="1",
            TF_CPP_MIN_LOG_LEVEL="3", JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="-1",
            PYTHONFAULTHANDLER="1")
        if self._device:
            environment.update(KOV_SUITE_DEVICE=self._device, KOV_DEVICE=self._device)
        return environment


class Nursery:
    """A process of suite/nursery.py; used by one thread."""

    def __init__(self, command, environment, folder):
        self._output = os.path.join(folder, "output", "nursery.txt")
        with open(self._output, "ab") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=output, start_new_session=True)
        self._held = b""
        self._child = None  # 0 between two forks
        self._lock = threading.Lock()

    def has_ended(self):
        return self._process.poll() is not None

    def run(self, arguments, environment, output, log, idle):
        """Says why the fork ended."""
        try:
            if self._child is None:
                self._answer()  # ready
        except EOFError:
            raise RuntimeError(f"keras_suite: no nursery, see {self._output}") from None
        request = {"arguments": arguments, "environment": environment, "output": output}
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            self._set_child(self._answer()["pid"])
            hangs, ended = self._watch(log, idle)
        except (EOFError, OSError):
            self.kill()
            self._process.wait()
            return "the nursery ended"
        self._set_child(0)
        return (f"no outcome within {idle:.0f} s" if hangs
                else f"the process ended with {exit_text(ended['status'])}")

    def _set_child(self, pid):
        with self._lock:
            self._child = pid

    def _answer(self, seconds=None):
        """The next line; None if there is none within `seconds`."""
        while b"\n" not in self._held:
            if not select.select([self._process.stdout], [], [], seconds)[0]:
                return None
            piece = os.read(self._process.stdout.fileno(), 4096)
            if not piece:
                raise EOFError
            self._held += piece
        line, _, self._held = self._held.partition(b"\n")
        return json.loads(line)

    def _watch(self, log, idle):
        """Whether the fork had to be ended since its log had not grown for `idle` seconds, and the
        answer at its end."""
        size, changed = -1, time.monotonic()
        while True:
            ended = self._answer(_LOOK)
            if ended:
                return False, ended
            now = os.path.getsize(log) if os.path.exists(log) else 0
            if now != size:
                size, changed = now, time.monotonic()
            elif time.monotonic() - changed > idle:
                _kill(self._child)
                return True, self._answer()

    def kill(self):
        with self._lock:
            if self._child:
                _kill(self._child)
        self._process.kill()

    def close(self):
        """Ends the process, which runs nothing."""
        self._process.stdin.close()
        self._process.wait()


def _kill(child):
    """A fork leads a group of its own."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass


def exit_text(code):
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
