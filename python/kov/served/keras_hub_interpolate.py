# SPDX-License-Identifier: Apache-2.0
"""Stands for `keras_hub.src.models.depth_anything.interpolate`, which knows three backends by name
and refuses others."""

from keras import config
from keras import ops


def interpolate(x, size, data_format=None):
    """Pictures brought to `size` = (height, width), bilinear, their corner pixels staying corners.

    Along each axis that is a product with a matrix of at most two entries per row.
    """
    if (data_format or config.image_data_format()) == "channels_last":
        height_axis, products = 1, ("hi,bijc->bhjc", "wj,bhjc->bhwc")
    else:
        height_axis, products = 2, ("hi,bcij->bchj", "wj,bchj->bchw")
    sizes = ops.shape(x)[height_axis : height_axis + 2]
    for product, old, new in zip(products, sizes, size):
        x = ops.einsum(product, ops.cast(_matrix(old, new), x.dtype), x)
    return x


def _matrix(old, new):
    """(new, old): how much each old place adds to each new one."""
    last = ops.cast(old - 1, "float32")
    places = ops.arange(new, dtype="float32") * (last / max(new - 1, 1))
    distance = ops.abs(ops.expand_dims(places, 1) - ops.arange(old, dtype="float32"))
    return ops.maximum(1.0 - distance, 0.0)
