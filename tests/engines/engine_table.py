# SPDX-License-Identifier: Apache-2.0
"""Every function of src/keras/keras_ops.def with its cases, and how the public interface calls it."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(pathlib.Path(__file__).parent)]

import case_kit  # noqa: E402
import cases_math  # noqa: E402
import cases_nn  # noqa: E402
import cases_numpy  # noqa: E402
import tables  # noqa: E402

SPECS = case_kit.specs(cases_numpy.CASES, cases_nn.CASES, cases_math.CASES)
_, ROWS = tables.read_tables(str(ROOT / "src/opset/opset.def"), str(ROOT / "src/keras/keras_ops.def"))


def functions():
    """module.name of each row."""
    return [f"{row.module}.{row.name}" for row in ROWS]


def _leave_out_complex():
    """Where the row says that a function is defined for real numbers alone."""
    for row in ROWS:
        spec = SPECS.get(f"{row.module}.{row.name}")
        if spec and row.real:
            spec.types = tuple(dtype for dtype in spec.types if dtype not in case_kit.COMPLEX)


_leave_out_complex()


def case_of(key):
    name, variant, dtype, shape = key
    return case_kit.Case(name, SPECS[name], variant, dtype, shape)


def public(keras, name, via):
    """What a user calls: a function of keras.ops or keras.random, or an expression."""
    module, _, function = name.partition(".")
    if via == "getitem":
        return lambda x, key: x[key]
    if via == "table":
        from kov import _core

        return _core.function(module, function)
    if via == "backend":
        from kov.activation import backend_module

        return getattr(backend_module("ops." + module), function)
    for home in {"random": [keras.random], "image": [keras.ops.image],
                 "linalg": [keras.ops.linalg, keras.ops]}.get(module, [keras.ops]):
        if hasattr(home, function):
            found = getattr(home, function)
            return (lambda *x, **k: found(*x, **k)) if via is None else found
    raise AttributeError(f"keras has no public function {name}")


def arrays(x, replace):
    """The arguments with replace(array) for each array in them."""
    import numpy

    if isinstance(x, numpy.ndarray):
        return replace(x)
    if isinstance(x, (list, tuple)):
        return type(x)(arrays(item, replace) for item in x)
    if isinstance(x, dict):
        return {name: arrays(item, replace) for name, item in x.items()}
    return x


def flat(results):
    """Nested results as a list, None left out."""
    if isinstance(results, (list, tuple)):
        return [leaf for item in results for leaf in flat(item)]
    if isinstance(results, dict):
        return [leaf for key in sorted(results) for leaf in flat(results[key])]
    return [] if results is None else [results]
