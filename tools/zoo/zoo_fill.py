# SPDX-License-Identifier: Apache-2.0
"""Random weights under which an error anywhere reaches the output.

Keras's own initial values will not do: scales of one, offsets of zero, layer scales of a millionth
hide what is behind them.
"""

import numpy as np


def fill(model, row, x):
    """A net of keras.applications is calibrated on its pictures as in A3 (tools/models.py); others
    get normal kernels whose size keeps that of their input, and scales and offsets that differ."""
    if row.calibrated:
        import models
        for layer in model.layers:
            if type(layer).__name__ == "LayerScale":
                layer.set_weights([np.random.default_rng(9).uniform(0.1, 0.5, w.shape)
                                   for w in layer.get_weights()])
        models.he(model)
        models.calibrate(model, x, steady=0.5)
        return
    for i, variable in enumerate(model.weights):
        rng = np.random.default_rng([row.seed, i])
        value = _value(variable, rng)
        if value is not None:
            variable.assign(value.astype(variable.dtype))


def _value(variable, rng):
    shape, name = tuple(variable.shape), variable.path.rpartition("/")[2]
    if "float" not in variable.dtype:
        return None
    if name == "moving_variance":
        return rng.uniform(0.5, 1.5, shape)
    if name == "moving_mean":
        return rng.normal(0, 0.1, shape)
    if not variable.trainable:
        return None
    if len(shape) < 2 and "box_head" in variable.path:
        return rng.normal(0, 0.1, shape)  # keras-hub's own puts all boxes beside the picture
    if len(shape) < 2:
        return np.asarray(variable) + rng.normal(0, 0.1, shape)
    if "embedding" in name:
        return rng.normal(0, 0.5, shape)
    return rng.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape)
