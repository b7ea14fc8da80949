# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom against the table of docs/architecture.md.

    python3 tools/check_includes.py [ROOT]

Prints one line for each forbidden or unresolvable include; exits 1 if there is one.
"""

import pathlib
import re
import sys

_TO_GRAPH = ("base", "tensor", "graph")
_TO_OPSET = _TO_GRAPH + ("opset",)

# What a room of src/ may include besides itself: rooms, or "room/prefix" for a part of one.
ROOMS = {
    "base": (),
    "tensor": ("base",),
    "graph": ("base", "tensor"),
    "opset": _TO_GRAPH,
    "keras": _TO_OPSET,
    "layers": _TO_OPSET + ("keras",),
    "passes": _TO_OPSET,
    "autodiff": _TO_OPSET,
    "formats": _TO_OPSET,
    "native": _TO_OPSET + ("passes",),
    "openvino": _TO_OPSET + ("passes", "formats/ir"),
    "runtime": _TO_OPSET
    + ("keras", "layers", "passes", "autodiff", "formats", "native", "openvino"),
}
# What tools/tables.py writes, and the lowest room that may include it.
GENERATED = {
    "opset_ids.h": "graph",
    "opset_build.h": "graph",
    "keras_functions.h": "keras",
}
# Folders that see the public headers alone, and files beside the including one.
PUBLIC_ONLY = ("include/kov", "cli", "python", "examples")
# Folders that may look inside every room.
FREE = ("tests", "fuzz", "bench")

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def includes(path):
    """The (line number, bracket, name) of every include of a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match[1], match[2]


def _allowed(room, name):
    target = name.split("/")[0]
    if target == room:
        return True
    return any(
        name.startswith(rule) if "/" in rule else target == rule for rule in ROOMS[room]
    )


def _check_src(root, path, relative):
    room = relative.parts[1]
    if room not in ROOMS:
        yield f"{relative}: no room of the include table is called {room}"
        return
    for number, bracket, name in includes(path):
        where = f"{relative}:{number}"
        target = name.split("/")[0]
        if bracket == "<":
            if target in ROOMS and (root / "src" / name).exists():
                yield f"{where}: <{name}> is internal, include it with quotes"
            elif target == "kov" and not (root / "include" / name).exists():
                yield f"{where}: there is no public header {name}"
        elif name in GENERATED:
            if not _allowed(room, GENERATED[name]):
                yield f"{where}: {room} may not include {name}"
        elif target not in ROOMS:
            yield f'{where}: "{name}" does not start with a room (relative to src/)'
        elif not _allowed(room, name):
            yield f"{where}: {room} may not include {name}"


def _check_public(root, path, relative, folder):
    for number, bracket, name in includes(path):
        where = f"{relative}:{number}"
        target = name.split("/")[0]
        if bracket == "<":
            if target == "kov" and not (root / "include" / name).exists():
                yield f"{where}: there is no public header {name}"
            elif target in ROOMS and (root / "src" / name).exists():
                yield f"{where}: {folder} may include public headers alone, not {name}"
        elif folder == "include/kov":
            yield f'{where}: public headers include <kov/...> and the system alone, not "{name}"'
        elif name in GENERATED or (root / "src" / name).exists():
            yield f"{where}: {folder} may include public headers alone, not {name}"


def check(root):
    """The list of violations in the tree at root."""
    root = pathlib.Path(root)
    found = []
    for pattern in ("*.c", "*.h", "*.def"):
        for path in sorted((root / "src").rglob(pattern)):
            found.extend(_check_src(root, path, path.relative_to(root)))
        for folder in PUBLIC_ONLY:
            for path in sorted((root / folder).rglob(pattern)):
                found.extend(_check_public(root, path, path.relative_to(root), folder))
    return found


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    found = check(root)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
