# SPDX-License-Identifier: Apache-2.0
"""Computes one small case of every public function of Keras on the backend of the environment, and
writes the results to a file: tools/accept/b3_nightly.py compares two backends of Keras's next version.

    contract_worker.py OUT [FOLDER]    FOLDER: further packages, behind the interpreter's own
"""

import pickle
import sys
import warnings

if len(sys.argv) > 2:
    sys.path.append(sys.argv[2])

import keras  # noqa: E402
import numpy as np  # noqa: E402

from case_kit import Kit, cases_of  # noqa: E402
from engine_table import SPECS, flat, functions, public  # noqa: E402

ops = keras.ops
KIT = Kit("contract", (3, 4), "float32", None, None)
X, Y, FLAGS = KIT(), KIT(low=0.5), KIT.flags()
IMAGE = KIT(2, 6, 8, 3, low=0, high=1)
ROUNDS = np.array(3, "int32")


def _rnn(layer):
    def call():
        keras.utils.set_random_seed(3)
        made = layer(4, kernel_initializer="ones", recurrent_initializer="ones", return_sequences=True)
        return made(KIT.of((2, 5, 3), -0.1, 0.1))

    return call


# What has no row in the table, or more behind its name than the row.
MORE = {
    "ops.associative_scan": lambda: ops.associative_scan(ops.add, X),
    "ops.cond": lambda: ops.cond(ops.sum(X) > 0, lambda: ops.add(X, 1), lambda: ops.multiply(X, 2)),
    "ops.convert_to_numpy": lambda: ops.convert_to_numpy(X),
    "ops.convert_to_tensor": lambda: ops.convert_to_tensor([[1, 2], [3, 4]], "float32"),
    "ops.custom_gradient": lambda: ops.custom_gradient(lambda x: (x * 2, lambda *a, upstream: upstream))(
        ops.convert_to_tensor(X)),
    "ops.dtype": lambda: np.array(str(ops.dtype(ops.convert_to_tensor(X))) == "float32"),
    "ops.fori_loop": lambda: ops.fori_loop(0, ROUNDS, lambda i, x: x * 2, ops.convert_to_tensor(X)),
    "ops.get_item": lambda: ops.get_item(ops.convert_to_tensor(X), 1),
    "ops.hard_swish": lambda: ops.hard_swish(X),
    "ops.is_tensor": lambda: np.array(ops.is_tensor(ops.convert_to_tensor(X))),
    "ops.map": lambda: ops.map(lambda x: x * 2, X),
    "ops.normalize": lambda: ops.normalize(X),
    "ops.polar": lambda: ops.polar(Y, X),
    "ops.rearrange": lambda: ops.rearrange(X, "a b -> b a"),
    "ops.saturate_cast": lambda: ops.saturate_cast(X * 100, "uint8"),
    "ops.scan": lambda: ops.scan(lambda c, x: (c + x, c), ops.convert_to_tensor(np.zeros(4, "float32")), X),
    "ops.shape": lambda: np.array(ops.shape(X)),
    "ops.swish": lambda: ops.swish(X),
    "ops.switch": lambda: ops.switch(np.array(1, "int32"), [lambda x: x + 1, lambda x: x * 3], X),
    "ops.vectorize": lambda: ops.vectorize(lambda x: x * 2)(X),
    "ops.vectorized_map": lambda: ops.vectorized_map(lambda x: ops.sum(x), X),
    "ops.view_as_complex": lambda: ops.view_as_complex(KIT(3, 2)),
    "ops.view_as_real": lambda: ops.view_as_real((X + 1j * Y).astype("complex64")),
    "ops.while_loop": lambda: ops.while_loop(lambda i, x: i < ROUNDS, lambda i, x: (i + 1, x * 2),
                                             (np.array(0, "int32"), X)),
    "ops.eig": lambda: ops.sort(ops.real(ops.eig(np.diag([1.0, 2, 3]).astype("float32"))[0])),
    "ops.image.crop_images": lambda: ops.image.crop_images(IMAGE, 1, 1, target_height=3, target_width=4),
    "ops.image.extract_patches": lambda: ops.image.extract_patches(IMAGE, 2),
    "ops.image.extract_patches_3d": lambda: ops.image.extract_patches_3d(IMAGE[None], 2),
    "ops.image.pad_images": lambda: ops.image.pad_images(IMAGE, 1, 1, target_height=9, target_width=11),
    "ops.image.reconstruct_patches": lambda: ops.image.reconstruct_patches(
        ops.image.extract_patches(IMAGE, 2), 2, (6, 8)),
    "ops.image.ssim": lambda: ops.image.ssim(KIT(1, 16, 16, 3, low=0, high=1), KIT(1, 16, 16, 3, low=0, high=1), 1.0),
    "layers.SimpleRNN": _rnn(keras.layers.SimpleRNN),
    "layers.LSTM": _rnn(keras.layers.LSTM),
    "layers.GRU": _rnn(keras.layers.GRU),
    "layers.Bidirectional": lambda: _rnn(lambda *a, **k: keras.layers.Bidirectional(keras.layers.LSTM(*a, **k)))(),
}
# Not of the backend's contract before it trains, or no function.
LEFT = {"ops.grad", "ops.jvp", "random.SeedGenerator"}


def untried():
    """Public functions that neither the table's cases nor MORE name."""
    rows, found = {name.partition(".")[2] for name in functions()}, []
    for home, prefix in ((ops, "ops."), (keras.random, "random."), (ops.image, "ops.image."),
                         (ops.linalg, "ops."), (ops.nn, "ops."), (ops.numpy, "ops.")):
        for name in dir(home):
            if name.startswith("_") or not callable(getattr(home, name)) or name in rows:
                continue
            if prefix + name not in MORE and prefix + name not in LEFT and "ops.image." + name not in MORE:
                found.append(prefix + name)
    return sorted(set(found))


def small_case(name):
    """Neither empty nor of rank 5; a scalar only where there is no other."""
    for case in cases_of(name, SPECS[name]):
        if all(case.shape) and len(case.shape) < 5:
            best = case
            if case.shape:
                return case
    return best


def computed(call):
    try:
        return [np.asarray(ops.convert_to_numpy(x)) for x in flat(call())]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def of_row(name):
    case = small_case(name)
    call = case.call()
    via = None if case.spec.via == "backend" else case.spec.via
    return computed(lambda: public(keras, name, via)(*call.args, **call.kwargs))


def main():
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    # A function of the backend's own is no part of the contract.
    found = {name: of_row(name) for name in functions() if SPECS[name].judge != "backend"}
    found.update({name: computed(call) for name, call in MORE.items()})
    with open(sys.argv[1], "wb") as file:
        pickle.dump({"results": found, "untried": untried(), "version": keras.__version__,
                     "backend": keras.backend.backend()}, file)


if __name__ == "__main__":
    main()
