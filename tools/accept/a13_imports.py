# SPDX-License-Identifier: Apache-2.0
TARGET = ("python/ uses no NumPy function beyond array, asarray, frombuffer, dtype; no scipy, no "
          "other Keras backend (tests/python/import_rules_test.py)")


def check(line):
    from a10_defects import tests
    line.true("tests/python/import_rules_test.py", *tests(line, "tests/python/import_rules_test.py"))
