# SPDX-License-Identifier: Apache-2.0
"""Checks that libkov.so exports what the public headers declare with KOV_API, and nothing else.

    python3 tools/check_exports.py BUILD_TREE
"""

import pathlib
import re
import subprocess
import sys

_DECLARED = re.compile(r"\bKOV_API\b[^;{]*?\b(kov_\w+)\s*(?:\(|;|\[)", re.S)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|^\s*#(?:\\\n|[^\n])*$", re.S | re.M)


def declared(text):
    """Names that a header's text declares with KOV_API."""
    return set(_DECLARED.findall(_COMMENT.sub("", text)))


def exported(library):
    """Names of the defined dynamic symbols of a shared library."""
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", str(library)], check=True, capture_output=True, text=True
    ).stdout
    return {line.split()[-1].split("@")[0] for line in listing.splitlines()}


def compare(declared_names, exported_names):
    """One line for each difference."""
    for name in sorted(exported_names - declared_names):
        yield f"{name} is exported but no public header declares it"
    for name in sorted(declared_names - exported_names):
        yield f"{name} is declared in a public header but not defined"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    tree = pathlib.Path(sys.argv[1])
    names = set()
    for folder in (root / "include" / "kov", tree / "gen" / "kov"):
        for header in sorted(folder.glob("*.h")):
            names |= declared(header.read_text("utf-8"))
    found = list(compare(names, exported(tree / "libkov.so")))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
