# SPDX-License-Identifier: Apache-2.0
"""What is said of a report (suite/report.py): a summary for the terminal, and docs/keras-suite.md."""

import collections

from suite.report import OUTCOMES, others

_SHOWN = 40  # failures in the summary
_NAMES = {"openvino": "upstream", "jax": "JAX"}
_THERE = ("passed", "failed", "skipped")  # on other backends
# Where Keras's tests ask the backend named openvino for something else than others, and what kov does.
_ASKED_APART = (
    "`ops/math_test.py`, `segment_max`: a segment without elements is the least finite number, as on "
    "TensorFlow; minus infinity elsewhere. kov: the least finite number.",
    "`ops/linalg_test.py`, `cholesky`: a matrix that is not positive definite need not be an error. "
    "kov: the error that the other backends are asked for; NaN where OpenVINO computes it.",
    "`ops/math_test.py`, `stft` and `istft`: a twentieth at each end is not compared, as on NumPy, JAX "
    "and torch.",
    "`backend/common/variables_test.py`: types are promoted without complex64.",
    "`ops/ops_test.py`: a function may be missing. kov has all of them.",
)


def tally(tests):
    count = collections.Counter(test["outcome"] for test in tests)
    return ", ".join(f"{count[name]} {name}" for name in OUTCOMES if count[name]) or "no test"


def summary(report):
    lines = [f"keras-suite: {tally([test for _, test in report.all])}"]
    if report.not_there:
        lines.append(f"  {len(report.not_there)} failed for want of a function: "
                     + ", ".join(report.absent_functions()))
        lines.append(f"  {report.failed_there} failed among what is there")
    lines += [f"  not the tests of Keras's list: {text}" for text in report.other_tests]
    if report.unfinished:
        lines.append(f"  not finished: {', '.join(report.unfinished)}")
    there = [(file, test) for file, test in report.failures if not report.is_absent(test)]
    for file, test in there[:_SHOWN]:
        lines.append(f"  FAILED {file}::{test['test'].partition('::')[2]}: "
                     f"{test.get('error', '')[:140]}")
    if len(there) > _SHOWN:
        lines.append(f"  and {len(there) - _SHOWN} more")
    return "\n".join(lines)


def text(report, versions):
    """docs/keras-suite.md."""
    total = report.counts([test for _, test in report.all])
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
        f"Of the failures, {len(report.not_there)} ask for a function that kov does not have "
        f"yet; {report.failed_there} do not.",
        "",
    ]
    lines += _folder_table(report)
    lines += _section("Collected", _collection_lines(report))
    lines += _section("Lifted, by reason", _lifted_lines(report))
    lines += _section("Asked of this backend apart", [f"- {line}" for line in _ASKED_APART])
    lines += _section("Functions not there yet", [
        f"- `{name}`: {count} tests" for name, count in report.absent_functions().items()])
    lines += _section("Failures among functions that are there", _failure_lines(report))
    lines += _section("Skips", _skip_lines(report))
    return "\n".join(lines)


def _folder_table(report):
    """Beside the same tests on other backends, where they were run."""
    known = others()
    names = [name for name in _NAMES if name in known]
    heads = ["folder", *OUTCOMES, *(f"{_NAMES[name]}: {outcome}" for name in names
                                    for outcome in _THERE)]
    rows = [(folder, report.counts(tests), [known[name]["folders"].get(folder, {}) for name in names])
            for folder, tests in report.folders()]
    rows.append(("**all**", report.counts([test for _, test in report.all]),
                 [known[name]["totals"] for name in names]))
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for folder, count, there in rows:
        cells = [count[name] for name in OUTCOMES]
        cells += [counts.get(outcome, "") for counts in there for outcome in _THERE]
        lines.append(f"| {folder} | " + " | ".join(map(str, cells)) + " |")
    for name in names:
        total, versions = known[name]["totals"], known[name]["versions"]
        lines += ["", f"On {_NAMES[name]}, measured in the same way with keras {versions['keras']} "
                  f"and {name} {versions.get(name)}: "
                  + ", ".join(f"{total[outcome]} {outcome}" for outcome in OUTCOMES) + "."]
    return lines + [""]


def _collection_lines(report):
    lines = [f"{report.collected} tests were collected. tools/suite/keras_tests.tsv holds Keras's "
             "own list, by file the number and a digest of the ids."]
    if report.other_tests:
        return lines + ["They are not the same:", "", *(f"- {line}" for line in report.other_tests)]
    return lines + ["They are the same."]


def _lifted_lines(report):
    lines = ["Tests that upstream's backend skips or Keras's repository excludes for it.", "",
             "| reason | passed | other outcomes |", "|---|---|---|"]
    for reason, count in report.lifted().items():
        rest = ", ".join(f"{number} {name}" for name, number in count.items()
                         if number and name != "passed")
        lines.append(f"| {reason} | {count['passed']} | {rest or 'none'} |")
    return lines


def _failure_lines(report):
    groups = collections.defaultdict(list)
    for file, test in report.failures:
        if not report.is_absent(test):
            groups[file].append(test)
    lines = []
    for file, tests in sorted(groups.items()):
        names = [test["test"].rpartition("::")[2] for test in tests]
        shown = ", ".join(f"`{name}`" for name in names[:8])
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        lines.append(f"- {file}: {len(names)}: {shown}{more}")
    return lines


def _skip_lines(report):
    reasons = collections.Counter(test.get("reason", "") for _, test in report.all
                                  if test["outcome"] == "skipped")
    return [f"- {count}: {reason or '(no reason given)'}" for reason, count in reasons.most_common()]


def _section(title, lines):
    return [f"## {title}", "", *(lines or ["None."]), ""]
