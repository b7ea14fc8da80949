# SPDX-License-Identifier: Apache-2.0
"""What a row of the zoo's tables says, and how a model and its inputs come from it.

A table (`TABLE` of zoo_applications.py, zoo_text.py, ...) has one row per class: the arguments of its
constructor and its inputs. Arguments may hold `Of("Name")`, the model of another row. Inputs name a
kind and sizes (`tokens(16)`); a Functional model needs none where its own input shapes are whole.
"""

import dataclasses
import os

import numpy as np

BATCH = 2
POLICIES = ("mixed_float16", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True)
class Of:
    """The model of another row, or of that row with some arguments changed; `filled`: its weights
    filled at once, where the model around it takes their values as they are while it is built."""

    name: str
    changes: dict = dataclasses.field(default_factory=dict)
    filled: bool = False


@dataclasses.dataclass
class Row:
    """`make`: a function that builds; `arguments`: its keywords; `inputs`: name -> Input, or one
    Input; `generate`: length of the result, of the prompt, and vocabulary, for a text model;
    `prompt`: what else that asks for; `policies`: of 16 bits, under which it is run too;
    `seed`: of its weights; `part`: a layer that is an argument of other rows."""

    make: object
    arguments: dict = dataclasses.field(default_factory=dict)
    inputs: object = None
    generate: object = None
    prompt: dict = dataclasses.field(default_factory=dict)
    calibrated: bool = False
    policies: tuple = POLICIES
    seed: int = 6
    part: bool = False


@dataclasses.dataclass(frozen=True)
class Input:
    kind: str
    shape: tuple
    high: int = 100


def tokens(length, high=100):
    return Input("tokens", (length,), high)


def mask(length):
    return Input("mask", (length,))


def ones(*shape):
    return Input("ones", shape)


def integers(*shape, high):
    return Input("integers", shape, high)


def picture(size, low=-1):
    """Photographs of size x size, from `low` to 1; low=None: 0 to 255."""
    return Input("raw picture" if low is None else "picture", (size, size, 3))


def numbers(*shape):
    return Input("numbers", shape)


def array(entry, rng, pictures, batch):
    """The data of one input, `batch` rows."""
    shape = (batch, *entry.shape)
    if entry.kind == "tokens":
        return rng.integers(3, entry.high, shape).astype("int32")
    if entry.kind == "integers":
        return rng.integers(0, entry.high, shape).astype("int32")
    if entry.kind == "mask":
        lengths = np.maximum(1, entry.shape[0] - 3 * np.arange(batch))
        return (np.arange(entry.shape[0])[None] < lengths[:, None]).astype("int32")
    if entry.kind == "positions":
        return np.broadcast_to(np.arange(entry.shape[0], dtype="int32"), shape).copy()
    if entry.kind == "zeros":
        return np.zeros(shape, "int32")
    if entry.kind == "ones":
        return np.ones(shape, "int32")
    if entry.kind in ("picture", "raw picture"):
        whole = pictures[str(entry.shape[0])][:batch].astype("float32")
        return whole if entry.kind == "raw picture" else whole / 127.5 - 1
    return rng.normal(0, 1, shape).astype("float32")


def inputs(row, pictures, batch=BATCH):
    rng = np.random.default_rng(12)
    if isinstance(row.inputs, dict):
        return {name: array(entry, rng, pictures, batch)
                for name, entry in sorted(row.inputs.items())}
    return array(row.inputs, rng, pictures, batch)


def build(name, /, **changes):
    """The model of a row, its weights as Keras makes them."""
    row = find(name)
    arguments = {key: _resolve(value) for key, value in {**row.arguments, **changes}.items()}
    return row.make(**arguments)


def _resolve(value):
    if isinstance(value, Of):
        model = build(value.name, **value.changes)
        if value.filled:
            import zoo_fill
            zoo_fill.fill(model, find(value.name), None)
        return model
    if isinstance(value, (list, tuple)):
        return type(value)(_resolve(item) for item in value)
    if isinstance(value, dict):
        return {key: _resolve(item) for key, item in value.items()}
    return value


def tables():
    """name -> Row, of every table, in the order of the report; keras-hub's only if it is there."""
    import importlib
    import importlib.util
    modules = ["zoo_applications"]
    if importlib.util.find_spec("keras_hub"):
        modules += sorted(file.removesuffix(".py") for file in os.listdir(os.path.dirname(__file__))
                          if file.startswith("zoo_hub_"))
    found = {}
    for module in modules:
        found.update(importlib.import_module(module).TABLE)
    return found


_FOUND = {}


def find(name):
    if not _FOUND:
        _FOUND.update(tables())
    return _FOUND[name]


def hub(name, arguments, inputs=None, module="keras_hub.models", **options):
    """The row of a keras-hub class: {name: Row}."""
    def make(**keywords):
        import importlib
        import keras_hub  # noqa: F401  registers its classes
        return getattr(importlib.import_module(module), name)(**keywords)

    return {name: Row(make, arguments, inputs, **options)}
