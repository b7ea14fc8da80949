# SPDX-License-Identifier: Apache-2.0
"""What kov's side and the judge's do alike: passing a drawn call's arguments, writing down results."""

LONG = 1 << 16


def leaves(value):
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def starred(row, arguments):
    """The call's positional arguments and the others: of functions that take *tensors."""
    name = {"einsum": "operands", "meshgrid": "x"}.get(row.name)
    if not isinstance(arguments.get(name), (list, tuple)):
        return [], arguments
    rest = {key: value for key, value in arguments.items() if key not in (name, "subscripts")}
    first = [arguments["subscripts"]] if "subscripts" in arguments else []
    return [*first, *arguments[name]], rest


def written(found, names):
    """(arrays, dtype names, shapes); of long arrays some elements, flat."""
    shapes = [x.shape for x in found]
    return [x.ravel()[:: x.size // LONG + 1] if x.size > LONG else x for x in found], names, shapes
