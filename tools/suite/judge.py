# SPDX-License-Identifier: Apache-2.0
"""The Python that has Keras and the frameworks with which Keras's tests compare."""

import hashlib
import json
import os
import subprocess
import sys

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TOOLS)

_NAMES = ("keras", "numpy", "jax", "tensorflow", "torch", "openvino")
_VERSIONS = """
import importlib.metadata as metadata, json
found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
found["tensorflow"] = found.get("tensorflow", found.get("tensorflow-cpu", found.get("tensorflow_cpu")))
print(json.dumps({name: found.get(name) for name in %r}))
""" % (_NAMES,)

# What a test sees besides kov.
_PLUGIN = ("keras_suite_plugin.py", "suite/jit.py", "suite/nursery.py", "suite/upstream.py")
_MODULES = ("core", "numpy", "nn", "math", "linalg", "image", "random", "rnn")
# A file of a test that the wheel carries without its data.
_BATTLE_DATA = ("saving/test_data", "pre_pr22362_nested_container.keras")


class Judge:
    """Environment: KOV_JUDGE is the Python, KOV_BUILD the build tree of kov (python/ in it)."""

    def __init__(self, on_kov):
        self.python = os.environ.get("KOV_JUDGE") or sys.executable
        build = os.environ.get("KOV_BUILD", os.path.join(ROOT, "build", "cmake"))
        self.package = os.path.join(os.path.abspath(build), "python")
        self.on_kov = on_kov
        if on_kov and not os.path.isdir(os.path.join(self.package, "kov")):
            sys.exit(f"keras_suite: no package kov in {self.package}: run `make build` first")
        if not os.path.exists(self.python):
            sys.exit(f"keras_suite: no Python at {self.python}: run `make judge` first")
        self.keras = self._ask("import importlib.util as u; "
                               "print(u.find_spec('keras').submodule_search_locations[0])")
        self.source = os.path.join(self.keras, "src")

    def _ask(self, code):
        answer = subprocess.run([self.python, "-c", code], capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"keras_suite: {self.python} has no Keras: run `make judge`\n{answer.stderr}")
        return answer.stdout.strip().splitlines()[-1]

    def versions(self):
        return json.loads(self._ask(_VERSIONS))

    def functions(self):
        """Names (module.name) of the functions that are there, asked of the extension itself."""
        if not self.on_kov:
            return set()
        code = (f"import sys, json; sys.path.insert(0, {self.package!r}); from kov import _core; "
                f"print(json.dumps([m + '.' + f for m in {_MODULES!r} for f in _core.functions(m)]))")
        return set(json.loads(self._ask(code)))

    def place_data(self):
        folder, name = _BATTLE_DATA
        target = os.path.join(self.source, folder, name)
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(os.path.join(ROOT, "tests", "data", name), "rb") as source:
                with open(target, "wb") as copy:
                    copy.write(source.read())

    def key(self):
        """Changes with everything that a test can see: kov, and the packages installed beside it."""
        packages = self._ask("import importlib.metadata as m; print(sorted("
                             "{(d.name, d.version) for d in m.distributions()}))")
        digest = hashlib.sha256((self.python + packages).encode())
        paths = [os.path.join(TOOLS, name) for name in _PLUGIN]
        if self.on_kov:
            paths.append(os.path.join(self.package, "..", "libkov.so.0"))
        for folder, _, names in os.walk(self.package if self.on_kov else "", followlinks=True):
            paths += [os.path.join(folder, name) for name in names if name.endswith((".py", ".so"))]
        for path in sorted(path for path in paths if os.path.exists(path)):
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()
