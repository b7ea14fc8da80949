# SPDX-License-Identifier: Apache-2.0
"""KERAS_BACKEND=kov holds wherever Keras's other backend names do.

Each case is a fresh interpreter, with a folder of `.pth` files as an installed kov has one.
"""

import json
import os
import subprocess
import sys
import textwrap

import kov_hook
import pytest

HERE = os.path.dirname(os.path.abspath(kov_hook.__file__))

REPORT = """
import sys
import keras, kov
src = sys.modules["keras.src.backend"]
print(keras.backend.backend(), kov.is_active(),
      keras.src.models.Model.__mro__[1].__module__.split(".")[0], "openvino" in sys.modules)
"""
# 3.15 serves the trainer under Keras's name, 3.16 under that of a package.
ACTIVE = {"openvino True keras False", "openvino True keras_openvino False"}


@pytest.fixture
def run(tmp_path):
    """run(code, **environment): the last line that a new interpreter prints."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        f"import site\nsite.addsitedir({HERE!r})\n", encoding="utf-8"
    )

    def run(code, *arguments, path=None, check=True, **environment):
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(code), encoding="utf-8")
        env = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "PYTHONPATH")}
        env.update(KERAS_HOME=str(tmp_path / "keras"), PYTHONPATH=str(path or site), **environment)
        done = subprocess.run(
            [sys.executable, *(arguments or (str(script),))],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if not check:
            return done
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    run.tmp_path = tmp_path
    return run


def test_environment(run):
    assert run(REPORT, KERAS_BACKEND="kov") in ACTIVE


def test_environment_set_in_the_script(run):
    assert run('import os\nos.environ["KERAS_BACKEND"] = "kov"\n' + REPORT) in ACTIVE


def test_keras_json(run):
    home = run.tmp_path / "keras"
    home.mkdir()
    config = {
        "backend": "kov",
        "floatx": "float32",
        "epsilon": 1e-7,
        "image_data_format": "channels_last",
    }
    (home / "keras.json").write_text(json.dumps(config), encoding="utf-8")
    assert run(REPORT) in ACTIVE


PLANNED = """
import keras
from kov import _core
trace = _core.Trace()
trace.enter()
y = _core.function("numpy", "log1p")(trace.input("float32", (4,), "x"))
trace.exit()
text = trace.finish([y]).compile().text()
print([word for word in text.split() if "=" in word and word.isupper()] or text.split()[2])
"""


def test_device_and_properties_in_keras_json(run):
    needs_upstream()
    home = run.tmp_path / "keras"
    home.mkdir()
    settings = {"device": "CPU", "properties": {"INFERENCE_NUM_THREADS": 1}}
    config = {"backend": "kov", "kov": settings}
    (home / "keras.json").write_text(json.dumps(config), encoding="utf-8")
    assert "INFERENCE_NUM_THREADS=1" in run(PLANNED)
    assert run(PLANNED, KOV_DEVICE="NATIVE") == "native,"


@pytest.mark.parametrize(
    "settings,reason",
    [
        ({"devise": "CPU"}, "not 'devise'"),
        ({"device": 3}, "device is a str, not 3"),
        ("CPU", "an object of settings, not 'CPU'"),
    ],
)
def test_wrong_settings_in_keras_json_are_named(run, settings, reason):
    home = run.tmp_path / "keras"
    home.mkdir()
    config = {"backend": "kov", "kov": settings}
    (home / "keras.json").write_text(json.dumps(config), encoding="utf-8")
    assert reason in run("import keras", check=False).stderr


def test_subprocess_inherits_the_name(run):
    code = f"""
        import os, subprocess, sys
        import keras
        print(os.environ["KERAS_BACKEND"])
        sys.stdout.flush()
        subprocess.run([sys.executable, "-c", {REPORT!r}], check=True)
    """
    assert run(code, KERAS_BACKEND="kov") in ACTIVE


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_multiprocessing(run, method):
    code = f"""
        import multiprocessing

        def child(queue):
            import keras, kov
            queue.put((keras.backend.backend(), kov.is_active()))

        if __name__ == "__main__":
            import keras
            context = multiprocessing.get_context({method!r})
            queue = context.Queue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            print(queue.get(timeout=240))
            process.join()
    """
    assert run(code, KERAS_BACKEND="kov") == "('openvino', True)"


def needs_upstream():
    pytest.importorskip("openvino")
    if not os.path.exists(upstream_backend()):
        pytest.skip("this Keras has no backend of its own for openvino")


def test_set_backend_back_and_forth(run):
    needs_upstream()
    code = """
        import warnings
        import keras, kov
        warnings.simplefilter("ignore")
        seen = []
        for name in ("openvino", "kov"):
            keras.config.set_backend(name)
            import keras
            trainer = keras.src.models.Model.__mro__[1].__name__
            seen.append((keras.backend.backend(), kov.is_active(), trainer))
        print(seen)
    """
    expected = "[('openvino', False, 'OpenVINOTrainer'), ('openvino', True, 'Trainer')]"
    assert run(code, KERAS_BACKEND="kov") == expected


def test_the_name_openvino_is_left_alone(run):
    needs_upstream()
    code = """
        import os, keras, kov
        module = __import__("sys").modules["keras.src.backend.openvino"]
        ours = os.path.dirname(kov.__file__) + os.sep
        print(kov.is_active(), module.__file__.startswith(ours))
    """
    assert run(code, KERAS_BACKEND="openvino") == "False False"


def upstream_backend():
    import importlib.util

    keras = importlib.util.find_spec("keras")
    return os.path.join(os.path.dirname(keras.origin), "src", "backend", "openvino")


def test_other_backends_are_left_alone(run):
    pytest.importorskip("jax")  # Keras's numpy backend imports it
    code = """
        import keras, kov
        print(keras.backend.backend(), kov.is_active())
    """
    assert run(code, KERAS_BACKEND="numpy") == "numpy False"


def test_pytest_processes(run):
    test = run.tmp_path / "test_inner.py"
    test.write_text(
        "import keras, kov\n\n"
        "def test_a():\n    assert kov.is_active()\n\n"
        "def test_b():\n    assert keras.backend.backend() == 'openvino'\n",
        encoding="utf-8",
    )
    pytest.importorskip("xdist")
    line = run("", "-m", "pytest", "-q", "-n", "2", str(test), KERAS_BACKEND="kov")
    assert line.startswith("2 passed")


def test_module_kov_runs_a_script_without_pth(run):
    script = run.tmp_path / "asks.py"
    script.write_text(REPORT, encoding="utf-8")
    assert run("", "-m", "kov", str(script), path=HERE) in ACTIVE


def test_isolated_interpreter_finds_no_hook_and_does_not_mind(run):
    assert run("", "-S", "-c", "print('fine')", KERAS_BACKEND="kov") == "fine"


def test_interpreter_start_imports_little(run):
    code = "import sys; print(sorted(m for m in sys.modules if m.split('.')[0] in ('kov', 'keras')))"
    assert run("", "-c", code, KERAS_BACKEND="kov") == "[]"


def test_kov_alone_imports_neither_keras_nor_openvino(run):
    code = "import sys, kov; kov.devices(); print('keras' in sys.modules, 'openvino' in sys.modules)"
    assert run("", "-c", code) == "False False"


def test_broken_native_part_is_named(run):
    """Keras turns import errors of a backend into advice to install another one."""
    done = run(
        "import sys; sys.modules['kov._core'] = None\nimport keras\n",
        KERAS_BACKEND="kov",
        check=False,
    )
    assert done.returncode != 0
    assert "the native part of kov cannot be loaded" in done.stderr


def test_unknown_submodule_does_not_fall_through(run):
    code = """
        import keras
        base = "keras.src.backend.openvino"
        base = base if base in __import__("sys").modules else "keras_openvino.src"
        try:
            __import__(base + ".no_such_module")
        except ModuleNotFoundError as error:
            print(error)
    """
    assert run(code, KERAS_BACKEND="kov").startswith("kov has no module")
