# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys

TARGET = ("KERAS_BACKEND=kov holds in scripts, children, pytest -n 2, keras.json, set_backend; "
          "openvino stays upstream's and unimported; Keras 3.16 in its own environment")

_SCRIPT = """
import os, sys
os.environ["KERAS_BACKEND"] = "kov"
import keras, kov
print(kov.is_active(), "openvino" in sys.modules)
"""

_CHILD = """
import subprocess, sys
import keras
print(subprocess.run([sys.executable, "-c", "import keras, kov; print(kov.is_active())"],
                     capture_output=True, text=True).stdout.strip())
"""

_POOL = """
import multiprocessing, sys
def work(n):
    import keras, kov
    return kov.is_active() and float(keras.ops.sum(keras.ops.ones((n, n)))) == n * n
if __name__ == "__main__":
    if sys.argv[1] == "fork":
        work(64)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(all(pool.map(work, [3, 40, 200, 300])))
"""

_JSON = """
import keras, kov
print(kov.is_active())
"""

_SET = """
import keras, kov, sys
found = [kov.is_active()]
for name in ("numpy", "kov", "openvino", "kov"):
    keras.config.set_backend(name)
    import keras
    found.append(kov.is_active())
print(found)
"""

_UPSTREAM = """
import keras, kov
print(kov.is_active(), "openvino" in keras.src.backend.numpy.__file__)
"""

_PREDICT = """
import sys
import numpy as np, kov, keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
model.predict(np.ones((2, 4), "float32"), verbose=0)
print([name for name in ("openvino", "tensorflow", "jax", "torch") if name in sys.modules])
"""

_NIGHTLY = """
import sys
import numpy as np, keras, kov
assert kov.is_active()
assert abs(float(keras.ops.log1p(np.float32(1e-20))) - 1e-20) < 1e-26
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile(loss="mse")
x, y = np.ones((5, 4), "float32"), np.zeros((5, 3), "float32")
want = model.predict(x, verbose=0, batch_size=2)
model.evaluate(x, y, verbose=0)
model.save(sys.argv[1])
got = keras.models.load_model(sys.argv[1]).predict(x, verbose=0)
assert np.array_equal(want, got)
print(keras.__version__)
"""


def check(line):
    python = _environment(line, sys.executable)

    def script(name, text, *arguments, python=python, **changes):
        path = os.path.join(line.scratch, f"check_{name}.py")
        with open(path, "w") as file:
            file.write(text)
        changes.setdefault("KERAS_BACKEND", "kov")
        done = line.run(python, path, *arguments, timeout=600, PYTHONPATH=None, **changes)
        return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()[-300:]

    line.equal("os.environ set in the script: (active, openvino imported)",
               script("environ", _SCRIPT, KERAS_BACKEND=None), "True False")
    line.equal("subprocess", script("child", _CHILD), "True")
    for method in ("spawn", "fork", "forkserver"):
        line.equal(f"multiprocessing {method}", script("pool_" + method, _POOL, method), "True")
    home = os.path.join(line.scratch, "home-json")
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, "keras.json"), "w") as file:
        json.dump({"backend": "kov", "floatx": "float32", "epsilon": 1e-7,
                   "image_data_format": "channels_last"}, file)
    line.equal("keras.json", script("json", _JSON, KERAS_BACKEND=None, KERAS_HOME=home), "True")
    line.equal("KERAS_BACKEND=openvino: (kov active, upstream's)",
               script("upstream", _UPSTREAM, KERAS_BACKEND="openvino"), "False True")
    line.equal("imported by a native predict of openvino, tensorflow, jax, torch",
               script("predict", _PREDICT), "[]")
    # Keras's own NumPy backend imports JAX, which the judge's Python has.
    line.attempt("set_backend", lambda: line.equal(
        "set_backend numpy, kov, openvino, kov",
        script("set", _SET, python=_environment(line, line.need_judge(), "judge")),
        "[True, False, True, False, True]"))
    line.attempt("pytest -n 2", _xdist, line, python)
    line.attempt("Keras 3.16", _nightly, line)


def _environment(line, base, name="venv"):
    """A new environment which sees base's packages, and kov through its .pth line alone."""
    folder = os.path.join(line.scratch, name)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    python = os.path.join(folder, "bin", "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    where = [subprocess.run([p, "-c", ask], capture_output=True, text=True,
                            check=True).stdout.strip() for p in (base, python)]
    package = os.path.join(line.build, "python")
    with open(os.path.join(package, "kov_hook.pth")) as file:
        hook = file.read().strip()
    with open(os.path.join(where[1], "kov-accept.pth"), "w") as file:
        file.write(f"{package}\n{where[0]}\n{hook}\n")
    return python


def _xdist(line, python):
    path = os.path.join(line.scratch, "test_active.py")
    with open(path, "w") as file:
        file.write("import pytest\n\n\n@pytest.mark.parametrize('n', range(4))\n"
                   "def test_active(n):\n    import keras\n    import kov\n"
                   "    assert kov.is_active() and keras.ops.ones((n,)).shape == (n,)\n")
    done = line.run(python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", path,
                    PYTHONPATH=None, KERAS_BACKEND="kov")
    rows = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    line.true("pytest -n 2", done.returncode == 0, rows[-1])


def _nightly(line):
    if not os.path.exists(line.nightly):
        raise line.NotBegun("no Python with keras-nightly: run `make nightly`, set KOV_NIGHTLY")
    python = _environment(line, line.nightly, "nightly")
    path = os.path.join(line.scratch, "nightly.py")
    with open(path, "w") as file:
        file.write(_NIGHTLY)
    done = line.run(python, path, os.path.join(line.scratch, "model.keras"), PYTHONPATH=None,
                    KERAS_BACKEND="kov", timeout=600)
    found = done.stdout.strip() if done.returncode == 0 else done.stderr.strip()[-300:]
    line.true("Keras 3.16: log1p, predict, evaluate, save and load", done.returncode == 0, found)
    line.attempt("Keras 3.16: the emotion model", _nightly_emotion, line, python)


def _nightly_emotion(line, python):
    done = line.run(python, os.path.join(line.root, "tools", "demo.py"), "--only", "emotion",
                    "--out", os.path.join(line.scratch, "demo"), PYTHONPATH=None,
                    KERAS_BACKEND="kov", timeout=900)
    rows = (done.stdout + done.stderr).strip().splitlines()
    line.true("Keras 3.16: the emotion model", done.returncode == 0, rows[-1] if rows else "")
