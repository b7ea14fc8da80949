# SPDX-License-Identifier: Apache-2.0
"""`x[key]` with arrays, lists, tensors or boolean masks in the key, as NumPy defines it.

Keys of ints, slices, None and Ellipsis alone never come here.
"""

from kov import _core


def _numpy(name):
    return _core.function("numpy", name)


def get_item(x, key):
    if isinstance(key, list) and any(_is_place(item) for item in key):
        # A list with a slice in it can be no array: as in TensorFlow and torch it is a tuple.
        return x[tuple(key)]
    key = list(key) if isinstance(key, tuple) else [key]
    key = [item if _is_basic(item) else _core.convert_to_tensor(item) for item in key]
    key = _without_masks(_without_ellipsis(x, key))
    # First all that a strided slice can do. Where an array stands, the whole dimension stays.
    basic, arrays, axis = [], [], 0
    for item in key:
        if _core.is_tensor(item):
            arrays.append((axis, item))
            basic.append(slice(None))
            axis += 1
        else:
            basic.append(item)
            axis += 0 if isinstance(item, int) else 1
    if any(item != slice(None) for item in basic):
        x = x[tuple(basic)]
    return _gather(x, arrays)


def _is_basic(item):
    return _is_place(item) or (isinstance(item, int) and not isinstance(item, bool))


def _is_place(item):
    return item is None or item is Ellipsis or isinstance(item, slice)


def _dimensions_used(item):
    if item is None or item is Ellipsis:
        return 0
    return len(item.shape) if _is_mask(item) else 1


def _is_mask(item):
    return _core.is_tensor(item) and item.dtype == "bool"


def _without_ellipsis(x, key):
    """The key with one item per dimension of x, and the Nones."""
    places = [i for i, item in enumerate(key) if item is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    rest = len(x.shape) - sum(_dimensions_used(item) for item in key)
    if rest < 0:
        raise IndexError(f"too many indices for a tensor of {len(x.shape)} dimensions")
    at = places[0] if places else len(key)
    return key[:at] + [slice(None)] * rest + key[at + len(places) :]


def _without_masks(key):
    """A mask of n dimensions is n arrays: where it is true."""
    result = []
    for item in key:
        result.extend(_numpy("nonzero")(item) if _is_mask(item) else [item])
    return result


def _gather(x, arrays):
    """x indexed by arrays at these axes, which broadcast with each other."""
    axes = [axis for axis, _ in arrays]
    if len(arrays) == 1:
        return _numpy("take")(x, arrays[0][1], axis=axes[0])
    # Several: with their axes in front and made one, a single index does.
    sizes = [_core.shape(x)[axis] for axis in axes]
    others = [axis for axis in range(len(x.shape)) if axis not in axes]
    other_sizes = [_core.shape(x)[axis] for axis in others]
    x = _numpy("transpose")(x, axes + others)
    x = _numpy("reshape")(x, (-1, *other_sizes))
    index = None
    for (_, array), size in zip(arrays, sizes):
        array = _core.cast(array, "int64")
        array = _numpy("where")(array < 0, array + size, array)
        index = array if index is None else index * size + array
    result = _numpy("take")(x, index, axis=0)
    if axes != list(range(axes[0], axes[0] + len(axes))):
        return result
    # Neighbouring arrays: their dimensions stand where the first of them stood.
    depth = len(index.shape)
    front, rest = list(range(depth)), list(range(depth, depth + len(others)))
    order = rest[: axes[0]] + front + rest[axes[0] :]
    return result if order == sorted(order) else _numpy("transpose")(result, order)
