# SPDX-License-Identifier: Apache-2.0
"""Counts the outcomes of Keras's tests by file, by folder and by function."""

import collections
import json
import os
import re

from suite import collection
from suite.log import is_finished, outcomes

# Complete runs on other backends: by backend the versions, the totals and the tally by folder.
OTHERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "other_backends.json")
OUTCOMES = ("passed", "failed", "skipped", "xfailed", "xpassed")
# Files whose tests carry the names of functions, and the backend modules they test.
_MODULES = {
    "ops/core_test.py": ("core",),
    "ops/numpy_test.py": ("numpy",),
    "ops/nn_test.py": ("nn",),
    "ops/math_test.py": ("math",),
    "ops/linalg_test.py": ("linalg",),
    "ops/image_test.py": ("image",),
    "random/random_test.py": ("random",),
}


def function_of(file, test, names):
    """The longest name of a function that the test's own name begins with."""
    modules = _MODULES.get(file)
    if modules is None:
        return None
    words = re.sub(r"^test_+", "", test.rpartition("::")[2].partition("[")[0])
    best = None
    for name in names:
        module, _, function = name.partition(".")
        if module in modules and (words == function or words.startswith(function + "_")
                                  or re.match(re.escape(function) + r"\d", words)):
            if best is None or len(function) > len(best.partition(".")[2]):
                best = name
    return best


def others():
    if not os.path.exists(OTHERS):
        return {}
    with open(OTHERS, encoding="utf-8") as file:
        return json.load(file)


def keep_other(backend, versions, report):
    known = dict(others(), **{backend: {
        "versions": versions, "totals": report.counts([test for _, test in report.all]),
        "folders": {folder: report.counts(tests) for folder, tests in report.folders()}}})
    with open(OTHERS, "w", encoding="utf-8") as file:
        file.write(json.dumps(known, indent=1, sort_keys=True) + "\n")


class Report:
    """`logs`: by file the log of each of its parts; `present`: the functions which are there, as
    module.name. A complete run is held against the list of Keras's tests."""

    def __init__(self, logs, present, complete=False):
        self.present = present
        self.unfinished = [file for file, parts in logs.items() if not all(map(is_finished, parts))]
        logs = {file: sum(parts, []) for file, parts in logs.items()}
        found = {}
        for log in logs.values():
            found.update(collection.of_log(log))
        self.collected = sum(count for count, _ in found.values())
        self.other_tests = collection.differing(found) if complete else []
        self.files = {file: outcomes(log) for file, log in logs.items()}
        self.all = [(file, test) for file, tests in self.files.items() for test in tests]
        self.failures = [(file, test) for file, test in self.all if test["outcome"] == "failed"]
        self.not_there = [(file, test) for file, test in self.failures if self.is_absent(test)]
        self.failed = len(self.failures)
        self.failed_there = self.failed - len(self.not_there)

    def is_absent(self, test):
        """Failed only since kov says that it has not the function, and truly has it not."""
        name = test.get("missing")
        return bool(name) and not any(there.partition(".")[2] == name for there in self.present)

    def counts(self, tests):
        count = collections.Counter(test["outcome"] for test in tests)
        return {name: count[name] for name in OUTCOMES}

    def by_function(self):
        table = collections.defaultdict(list)
        for file, test in self.all:
            name = function_of(file, test["test"], self.present)
            if name:
                table[name].append(test)
        return {name: self.counts(tests) for name, tests in sorted(table.items())}

    def as_dict(self):
        return {
            "totals": self.counts([test for _, test in self.all]),
            "failed, of functions that are there": self.failed_there,
            "failed for want of a function": len(self.not_there),
            "unfinished files": self.unfinished,
            "collected": self.collected,
            "other tests than in Keras's list": self.other_tests,
            "lifted": self.lifted(),
            "files": {file: self.counts(tests) for file, tests in sorted(self.files.items())},
            "functions": self.by_function(),
            "functions not there": self.absent_functions(),
            "skips": collections.Counter(test.get("reason", "") for _, test in self.all
                                         if test["outcome"] == "skipped"),
            "failures": [dict({key: test[key] for key in ("test", "error", "where", "missing")
                               if key in test}, file=file) for file, test in self.failures],
        }

    def lifted(self):
        """By reason, the outcomes of the tests that run although upstream's backend skips them."""
        table = collections.defaultdict(list)
        for _, test in self.all:
            if "lifted" in test:
                table[test["lifted"]].append(test)
        ordered = sorted(table.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        return {reason: self.counts(tests) for reason, tests in ordered}

    def folders(self):
        found = collections.defaultdict(list)
        for file, test in self.all:
            found[file.partition("/")[0]].append(test)
        return sorted(found.items())

    def absent_functions(self):
        return dict(collections.Counter(test["missing"] for _, test in self.not_there)
                    .most_common())
