# SPDX-License-Identifier: Apache-2.0
"""Counts the outcomes of Keras's tests by file and by function, and writes docs/keras-suite.md."""

import collections
import json
import os
import re

from suite import collection

# Complete runs on other backends: by backend the versions, the totals and the tally by folder.
OTHERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "other_backends.json")
_NAMES = {"openvino": "upstream", "jax": "JAX"}
OUTCOMES = ("passed", "failed", "skipped", "xfailed", "xpassed")
_WORST = {name: rank for rank, name in enumerate(("passed", "xpassed", "xfailed", "skipped",
                                                  "failed"))}
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


def rows(path):
    """The log of one file; a line that was cut off by a crash is left out."""
    if not os.path.exists(path):
        return []
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
    return found


def outcomes(log):
    """One row per test: the worst of its reports (call, set-up, tear-down, subtests)."""
    tests = {}
    for row in log:
        if "test" in row:
            known = tests.get(row["test"])
            if known is None or _WORST[row["outcome"]] > _WORST[known["outcome"]]:
                tests[row["test"]] = row
    return list(tests.values())


def tally(tests):
    count = collections.Counter(test["outcome"] for test in tests)
    return ", ".join(f"{count[name]} {name}" for name in OUTCOMES if count[name]) or "no test"


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
    """`present`: the functions which are there, as module.name. A complete run is held against the
    list of Keras's tests."""

    def __init__(self, logs, present, complete=False):
        self.present = present
        found = {}
        for log in logs.values():
            found.update(collection.of_log(log))
        self.collected = sum(count for count, _ in found.values())
        self.other_tests = collection.differing(found) if complete else []
        self.files = {file: outcomes(log) for file, log in logs.items()}
        self.unfinished = [file for file, log in logs.items()
                           if not any("finished" in row for row in log)]
        self.all = [(file, test) for file, tests in self.files.items() for test in tests]
        self.failures = [(file, test) for file, test in self.all if test["outcome"] == "failed"]
        self.not_there = [(file, test) for file, test in self.failures if self._is_absent(test)]
        self.failed = len(self.failures)
        self.failed_there = self.failed - len(self.not_there)

    def _is_absent(self, test):
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
            "functions not there": self._absent_functions(),
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

    def _absent_functions(self):
        return dict(collections.Counter(test["missing"] for _, test in self.not_there)
                    .most_common())

    def summary(self):
        lines = [f"keras-suite: {tally([test for _, test in self.all])}"]
        if self.not_there:
            lines.append(f"  {len(self.not_there)} failed for want of a function: "
                         + ", ".join(self._absent_functions()))
            lines.append(f"  {self.failed_there} failed among what is there")
        lines += [f"  not the tests of Keras's list: {text}" for text in self.other_tests]
        if self.unfinished:
            lines.append(f"  not finished: {', '.join(self.unfinished)}")
        there = [(file, test) for file, test in self.failures if not self._is_absent(test)]
        for file, test in there[:40]:
            lines.append(f"  FAILED {file}::{test['test'].partition('::')[2]}: "
                         f"{test.get('error', '')[:140]}")
        if len(there) > 40:
            lines.append(f"  and {len(there) - 40} more")
        return "\n".join(lines)

    # ---- docs/keras-suite.md ---------------------------------------------------------------------

    def page(self, versions):
        total = self.counts([test for _, test in self.all])
        lines = [
            "# Keras's own tests on kov",
            "",
            "Written by `make keras-suite`; not edited by hand.",
            "",
            f"The tests in the wheel of keras {versions['keras']} with `KERAS_BACKEND=kov`, on the "
            f"native engine (compared by the tests with numpy {versions['numpy']}, jax "
            f"{versions['jax']}, tensorflow {versions['tensorflow']}). No test is excluded; "
            "skips that name Keras's upstream OpenVINO backend are lifted.",
            "",
            f"**{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped, "
            f"{total['xfailed']} expected failures, {total['xpassed']} unexpected passes.** "
            f"Of the failures, {len(self.not_there)} ask for a function that kov does not have "
            f"yet; {self.failed_there} do not.",
            "",
        ]
        lines += self._folder_table()
        lines += self._section("Collected", self._collection_lines())
        lines += self._section("Lifted, by reason", self._lifted_lines())
        lines += self._section("Functions not there yet", [
            f"- `{name}`: {count} tests" for name, count in self._absent_functions().items()])
        lines += self._section("Failures among functions that are there", self._failure_lines())
        lines += self._section("Skips", self._skip_lines())
        return "\n".join(lines)

    def _folder_table(self):
        """With the tests that pass on other backends, where they were run."""
        known = others()
        names = [name for name in _NAMES if name in known]
        heads = [*OUTCOMES, *(f"passed on {_NAMES[name]}" for name in names)]
        lines = ["| folder | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
        for folder, tests in self.folders():
            count = self.counts(tests)
            cells = [count[name] for name in OUTCOMES]
            cells += [known[name]["folders"].get(folder, {}).get("passed", "") for name in names]
            lines.append(f"| {folder} | " + " | ".join(map(str, cells)) + " |")
        for name in names:
            total = known[name]["totals"]
            versions = known[name]["versions"]
            lines += ["", f"On {_NAMES[name]}, measured in the same way with keras "
                      f"{versions['keras']} and {name} {versions.get(name)}: "
                      + ", ".join(f"{total[outcome]} {outcome}" for outcome in OUTCOMES) + "."]
        return lines + [""]

    def _collection_lines(self):
        lines = [f"{self.collected} tests were collected. tools/suite/keras_tests.tsv holds Keras's "
                 "own list, by file the number and a digest of the ids."]
        if self.other_tests:
            return lines + ["They are not the same:", "", *(f"- {text}" for text in self.other_tests)]
        return lines + ["They are the same."]

    def _lifted_lines(self):
        lines = ["Tests that upstream's backend skips or Keras's repository excludes for it.", "",
                 "| reason | passed | other outcomes |", "|---|---|---|"]
        for reason, count in self.lifted().items():
            rest = ", ".join(f"{number} {name}" for name, number in count.items()
                             if number and name != "passed")
            lines.append(f"| {reason} | {count['passed']} | {rest or 'none'} |")
        return lines

    def _failure_lines(self):
        groups = collections.defaultdict(list)
        for file, test in self.failures:
            if not self._is_absent(test):
                groups[file].append(test)
        lines = []
        for file, tests in sorted(groups.items()):
            names = [test["test"].rpartition("::")[2] for test in tests]
            shown = ", ".join(f"`{name}`" for name in names[:8])
            more = f" and {len(names) - 8} more" if len(names) > 8 else ""
            lines.append(f"- {file}: {len(names)}: {shown}{more}")
        return lines

    def _skip_lines(self):
        reasons = collections.Counter(test.get("reason", "") for _, test in self.all
                                      if test["outcome"] == "skipped")
        return [f"- {count}: {reason or '(no reason given)'}"
                for reason, count in reasons.most_common()]

    @staticmethod
    def _section(title, lines):
        return [f"## {title}", "", *(lines or ["None."]), ""]
