# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that a machine can check.

    python3 tools/check_house.py [ROOT]

Every source starts with its SPDX line; file names are unique; no file is longer than 900 lines;
nothing names a machine's path, a package registry's host or who wrote it; nothing is left to be
done later; relative links of Markdown pages lead to files. Violations are printed and exit 1; what is merely large is a line with "warning:".
"""

import collections
import pathlib
import re
import subprocess
import sys

SPDX = "SPDX-License-Identifier: Apache-2.0"
# Kinds of files that carry the line; others (data, Markdown, LICENSE) do not.
SOURCES = {".c", ".h", ".inc", ".def", ".py", ".pyi", ".sh", ".cmake", ".yml", ".toml", ".in"}
SOURCE_NAMES = {"Makefile", "CMakeLists.txt", "run", ".clang-format", ".gitignore"}
# Files whose format has no comments, by name.
NO_COMMENTS = {"kov.pc.in"}

# Names that a tool or Python's package layout imposes.
SHARED_NAMES = {"__init__.py", "__main__.py", "CMakeLists.txt", "README.md", "conftest.py",
                ".clang-format"}
# Names under these folders are unique together with their folder's name: Python modules are named
# for the modules of Keras that they answer for, and a public header may share the name of the
# internal one behind it (<kov/graph.h>, "graph/graph.h").
MIRRORED = ("python/", "include/")

MAX_LINES = 900
MANY_LINES = 500
MANY_FILES = 15
BINARY = {".png", ".jpg", ".keras", ".h5", ".hdf5", ".npy", ".npz", ".bin", ".zip", ".ico"}


def _words(*parts):
    # Written in pieces, so that this file does not hold what it looks for.
    return re.compile("|".join("".join(part) for part in parts))


FORBIDDEN = (
    ("a path of one machine", _words(("/wo", r"rk/"), ("/tmp/", "kov"), ("/ro", r"ot/\."), (r"/ho", r"me/\w"))),
    (
        "the host of a package registry",
        _words(
            ("py", r"pi\.org"), ("python", r"hosted\.org"), ("deb", r"\.debian\.org"),
            ("npm", r"js\.(com|org)"), ("proxy\\.golang", r"\.org"),
        ),
    ),
    (
        "a mention of who or what wrote it",
        _words((r"(?i:\bcl", r"aude\b)"), (r"(?i:\banth", r"ropic\b)"), (r"(?i:\bco", r"pilot\b)"),
               (r"(?i:\bchat", r"gpt\b)"), (r"\bA", r"I\b"), (r"(?i:\bag", r"ents?\b)"),
               (r"(?i:\bl", r"lms?\b)")),
    ),
)
LATER = _words((r"\bTO", r"DO\b"), (r"\bFIX", r"ME\b"), (r"\bXX", r"X\b"), (r"\bHA", r"CK\b"))
# These words are fine in text about other things (an ONNX placeholder, a message that Keras gives
# in the same words), not in the comments and names of our C.
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
# [text](page.md#part): the page, unless it is an address of the web or a part of the same page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
UNFINISHED = _words((r"(?i:\bstu", r"b(s|bed)?\b)"), (r"(?i:\bplace", r"holders?\b)"))


def files(root):
    """Paths relative to root of all files that are or could be committed."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True,
        ).stdout.split("\0")
        names = {name for name in listed if name}
    except (OSError, subprocess.CalledProcessError):
        names = {
            str(path.relative_to(root))
            for path in root.rglob("*")
            if not {"build", "__pycache__", ".git"} & set(path.relative_to(root).parts)
        }
    return sorted(name for name in names if (root / name).is_file())


def _is_source(name):
    path = pathlib.PurePath(name)
    return (path.suffix in SOURCES or path.name in SOURCE_NAMES) and path.name not in NO_COMMENTS


def check_spdx(name, lines):
    if _is_source(name) and not any(SPDX in line for line in lines[:2]):
        yield f"{name}: the first line is not the SPDX line"


def check_length(name, lines):
    if _is_source(name) and len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines, more than {MAX_LINES}: split it"


def check_words(name, lines):
    if name == "LICENSE":
        return
    for number, line in enumerate(lines, 1):
        for what, pattern in FORBIDDEN:
            match = pattern.search(line)
            if match:
                yield f'{name}:{number}: {what}: "{match[0]}"'
        if _is_source(name):
            match = LATER.search(line)
            if not match and name.endswith((".c", ".h")):
                match = UNFINISHED.search(STRING.sub('""', line))
            if match:
                yield f'{name}:{number}: unfinished work: "{match[0]}"'


def check_links(root, name, lines):
    """Relative links of Markdown pages lead to files that are there."""
    if not name.endswith(".md"):
        return
    for number, line in enumerate(lines, 1):
        for target in LINK.findall(line):
            if not (root / name).parent.joinpath(target).exists():
                yield f"{name}:{number}: the link leads nowhere: {target}"


def check_names(names):
    places = collections.defaultdict(list)
    for name in names:
        path = pathlib.PurePath(name)
        key = path.name
        if key in SHARED_NAMES:
            continue
        if name.startswith(MIRRORED):
            key = "/".join(path.parts[-2:])
        places[key].append(name)
    for key, found in sorted(places.items()):
        if len(found) > 1:
            yield f"{key}: the name is not unique: {', '.join(found)}"


def warnings(root, names):
    folders = collections.Counter(str(pathlib.PurePath(name).parent) for name in names)
    for folder, count in sorted(folders.items()):
        if count > MANY_FILES and folder.startswith(("src", "include", "cli", "python", "tools")):
            yield f"warning: {folder} has {count} files, more than about {MANY_FILES}"
    for name in names:
        if _is_source(name):
            count = (root / name).read_bytes().count(b"\n")
            if MANY_LINES < count <= MAX_LINES:
                yield f"warning: {name} has {count} lines, more than about {MANY_LINES}"


def check(root):
    """The list of violations in the tree at root."""
    root = pathlib.Path(root)
    names = files(root)
    found = list(check_names(names))
    for name in names:
        if pathlib.PurePath(name).suffix in BINARY:
            continue
        try:
            lines = (root / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            found.append(f"{name}: neither UTF-8 text nor a known kind of binary file")
            continue
        for rule in (check_spdx, check_length, check_words):
            found.extend(rule(name, lines))
        found.extend(check_links(root, name, lines))
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = check(root)
    print(*warnings(root, files(root)), *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
