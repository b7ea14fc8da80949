# SPDX-License-Identifier: Apache-2.0
"""What the package may use: of NumPy a way in and out, of Keras no other backend, no scipy."""

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "python"
FILES = sorted(PACKAGE.rglob("*.py"))
NUMPY_ALLOWED = {"array", "asarray", "frombuffer", "dtype", "ndarray", "generic"}
FORBIDDEN = ("scipy", "tensorflow", "jax", "torch", "keras.src.backend.numpy",
             "keras.src.backend.jax", "keras.src.backend.tensorflow", "keras.src.backend.torch",
             "keras.src.backend.mlx", "keras.src.backend.paddle")


def _imports(tree):
    """(line, module, names, bound name) for each import; names is None for `import module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, None, alias.asname or alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "", [alias.name for alias in node.names], None


def numpy_uses(source):
    """Attributes of NumPy that the source uses, with their lines."""
    tree, names, found = ast.parse(source), set(), []
    for line, module, members, bound in _imports(tree):
        if module.split(".")[0] == "numpy":
            if members is None:
                names.add(bound)
            else:
                found += [(line, member) for member in members]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in names:
                found.append((node.lineno, node.attr))
    return found


def forbidden_imports(source):
    found = []
    for line, module, members, _ in _imports(ast.parse(source)):
        full = [module] + [f"{module}.{member}" for member in members or []]
        found += [(line, name) for name in full for root in FORBIDDEN
                  if name == root or name.startswith(root + ".")]
    return found


def test_there_are_files():
    assert len(FILES) > 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_numpy_is_a_way_in_and_out(path):
    source = path.read_text(encoding="utf-8")
    assert [use for use in numpy_uses(source) if use[1] not in NUMPY_ALLOWED] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_other_backend(path):
    assert forbidden_imports(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", [
    "import numpy as np\nnp.log1p(1)",
    "import numpy\nnumpy.add(1, 2)",
    "from numpy import einsum",
    "import numpy.linalg as la\nla.svd(1)",
    "def f():\n    import numpy as n\n    return n.zeros(3)",
])
def test_the_rule_sees_numpy(source):
    assert [use for use in numpy_uses(source) if use[1] not in NUMPY_ALLOWED]


@pytest.mark.parametrize("source", [
    "import scipy.special",
    "from keras.src.backend import numpy",
    "from keras.src.backend.jax import core",
    "import torch",
])
def test_the_rule_sees_backends(source):
    assert forbidden_imports(source)
