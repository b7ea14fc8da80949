# SPDX-License-Identifier: Apache-2.0
"""Random functions. The extension calls `draw_seed` for each argument named `seed`."""

from kov import _core

from keras.src.random.seed_generator import SeedGenerator  # noqa: F401
from keras.src.random.seed_generator import draw_seed
from keras.src.random.seed_generator import make_default_seed  # noqa: F401

from .functions import module_getattr
from .functions import table

_core.set_draw_seed(draw_seed)
globals().update(table("random"))
__getattr__ = module_getattr("random")

_drop = globals().get("dropout")


def dropout(inputs, rate, noise_shape=None, seed=None):
    """None in `noise_shape` stands for the size of `inputs`."""
    if isinstance(noise_shape, (list, tuple)) and any(size is None for size in noise_shape):
        inputs = _core.convert_to_tensor(inputs)
        sizes = _core.shape(inputs)
        if len(sizes) != len(noise_shape):
            raise ValueError(
                "dropout: `noise_shape` must have as many entries as `inputs` has dimensions. "
                f"Received: noise_shape={noise_shape} and inputs of shape {inputs.shape}"
            )
        noise_shape = [own if size is None else size for size, own in zip(noise_shape, sizes)]
    return _drop(inputs, rate, noise_shape, seed)
