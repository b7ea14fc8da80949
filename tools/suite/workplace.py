# SPDX-License-Identifier: Apache-2.0
"""The folder in which a run keeps its results, so that it can be stopped and continued."""

import fcntl
import os
import sys

_FOLDERS = ("results", "home", "site", "output")
_INI = """[pytest]
addopts = -p no:cacheprovider -p keras_suite_plugin -q --tb=short --no-header
filterwarnings =
    error
    ignore::DeprecationWarning
    ignore::ImportWarning
    ignore::RuntimeWarning
    ignore::PendingDeprecationWarning
    ignore::FutureWarning
    ignore::UserWarning
    ignore::pytest.PytestUnraisableExceptionWarning
markers =
    requires_trainable_backend
    multi_device
"""


class Workplace:
    """Belongs to one run at a time."""

    def __init__(self, path):
        self.path = path
        for folder in _FOLDERS:
            os.makedirs(os.path.join(path, folder), exist_ok=True)
        self._lock = open(os.path.join(path, "lock"), "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"keras_suite: another run writes to {path}")

    def prepare(self, key, on_kov, fresh=False, keep=False):
        """Results under another key are forgotten, unless they are kept."""
        write(self.configuration, _INI)
        # A child process of a test finds the backend as an installed kov would let it.
        write(os.path.join(self.site, "sitecustomize.py"), "import kov_hook\n" if on_kov else "")
        path = os.path.join(self.path, "key")
        if fresh or (not keep and key != read(path)):
            for name in os.listdir(os.path.join(self.path, "results")):
                os.remove(os.path.join(self.path, "results", name))
        write(path, key)

    configuration = property(lambda self: os.path.join(self.path, "pytest.ini"))
    home = property(lambda self: os.path.join(self.path, "home"))
    site = property(lambda self: os.path.join(self.path, "site"))

    def log(self, part):
        return os.path.join(self.path, "results", _flat(part) + ".jsonl")

    def done(self, part):
        return os.path.join(self.path, "results", _flat(part) + ".done")

    def output(self, part):
        return os.path.join(self.path, "output", _flat(part) + ".txt")


def _flat(part):
    name = part.file.replace("/", "__")
    return name if part.of == 1 else f"{name}.{part.index + 1}_of_{part.of}"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
