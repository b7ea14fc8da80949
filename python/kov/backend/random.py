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
