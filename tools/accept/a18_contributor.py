# SPDX-License-Identifier: Apache-2.0
TARGET = "with docs/adding-an-op.md alone, one missing function is one row and one function"


def check(line):
    import os
    path = os.path.join(line.root, "docs", "adding-an-op.md")
    if not os.path.exists(path):
        raise line.NotBegun("docs/adding-an-op.md is not written")
    # A person's trial: its time and diff belong in the note that closes the work.
    raise line.NotBegun("tried by a person; no record of the trial is in docs/adding-an-op.md")
