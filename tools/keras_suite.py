#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests that Keras's wheel carries (`*_test.py`) on kov.

    keras_suite.py                        everything; continues a run that was stopped
    keras_suite.py -k log1p               tests by name (a pytest expression)
    keras_suite.py --folder layers/core   files below keras/src/layers/core
    keras_suite.py ops/numpy_test.py      one file
    keras_suite.py --device CPU --folder ops
                                          eager calls as graphs that OpenVINO compiles
    keras_suite.py --backend jax          on another backend, for the table in docs/keras-suite.md
    keras_suite.py --page                 docs/keras-suite.md anew, of results that are there
    keras_suite.py --write-list           the list of Keras's tests that a run must collect
    keras_suite.py --functions-present-only
                                          counts apart what fails only because kov lacks a function

Each file in a process of its own, two at a time, large files in parts; the processes are forks of
one that has imported the frameworks (suite/nursery.py). Nothing is excluded: keras_suite_plugin.py
only lifts skips. A test that crashes or hangs its process counts as failed, and the rest of its file
runs in a new process. Results: build/keras-suite.json, by file and by function; a complete run also
writes docs/keras-suite.md. Complete runs on other backends write tools/suite/other_backends.json
instead.

Environment: KOV_BUILD is the build tree (python/ in it), KOV_JUDGE a Python that has Keras and the
frameworks that its tests compare with.
"""

import argparse
import json
import os
import re
import resource
import sys
import time

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
sys.path.insert(0, TOOLS)

from suite import collection, page, selection  # noqa: E402
from suite import log as logs  # noqa: E402
from suite.judge import Judge  # noqa: E402
from suite.report import Report, keep_other  # noqa: E402
from suite.runner import Runner  # noqa: E402
from suite.workplace import Workplace, write  # noqa: E402


def main():
    options = arguments()
    judge = Judge(on_kov=options.backend == "kov" and not options.write_list)
    judge.place_data()
    place = Workplace(os.path.join(os.path.abspath(options.out), name_of(options)))
    if not options.page:
        place.prepare(judge.key(), judge.on_kov, options.fresh, options.keep)
    if options.write_list:
        return write_list(judge, place)
    files = selection.files(judge.source, options.files, options.folder, options.expression)
    if not files:
        sys.exit("keras_suite: no test file matches")
    times = {} if options.page else run(options, judge, place, files)
    return conclude(options, judge, place, files, times)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="paths below keras/src")
    parser.add_argument("-k", dest="expression", default="", help="tests by name, as in pytest")
    parser.add_argument("--folder", action="append", default=[], help="a folder below keras/src")
    parser.add_argument("--functions-present-only", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--keep", action="store_true", help="keep results of another build of kov")
    parser.add_argument("--device", help="eager calls are compiled as graphs for this device of OpenVINO")
    parser.add_argument("--backend", default="kov", help="kov, or openvino (upstream's), jax, numpy ...")
    parser.add_argument("--write-list", action="store_true", help="collect on upstream's backend")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--idle", type=float, default=600, help="seconds without an outcome")
    parser.add_argument("--out", default=os.path.join(ROOT, "build"), help="folder of the results")
    return parser.parse_args()


def name_of(options):
    """Runs of different kinds keep their results apart."""
    kinds = [re.sub(r"\W+", "_", options.expression), (options.device or "").lower(),
             "" if options.backend == "kov" else options.backend, "list" * options.write_list]
    return "-".join(["keras-suite", *filter(None, kinds)])


def run(options, judge, place, files):
    """Its minutes and those of processors; none if it continued an earlier run."""
    parts = [part for file in files for part in selection.parts(judge.source, file)]
    anew = not any(os.path.exists(place.log(part)) for part in parts)
    started, done = time.monotonic(), 0

    def minutes():
        return (time.monotonic() - started) / 60

    def tell(part, log):
        nonlocal done
        done += 1
        name = part.file + (f" {part.index + 1}/{part.of}" if part.of > 1 else "")
        print(f"[{done}/{len(parts)}, {minutes():.0f} min] {name}: {page.tally(logs.outcomes(log))}",
              flush=True)

    runner = Runner(judge, place, options.backend, options.device, options.expression, options.idle,
                    options.processes)
    runner.run(parts, tell)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{minutes():.1f} minutes, {(used.ru_utime + used.ru_stime) / 60:.1f} of processors")
    return {"minutes": minutes(),
            "minutes of processors": (used.ru_utime + used.ru_stime) / 60} if anew else {}


def write_list(judge, place):
    """Collects every file in one process."""
    os.environ["KOV_SUITE_COMPLEX"] = "1"
    part = selection.Part("all", 0, 1)
    log = Runner(judge, place, "openvino").collect(
        part, [judge.source, "--ignore", os.path.join(judge.source, selection.IGNORED_FOLDER)])
    if not any(row.get("finished") == 0 for row in log):
        print(f"keras_suite: the tests were not collected, see {place.output(part)}")
        return 1
    collection.write(judge.versions()["keras"], collection.of_log(log))
    return 0


def conclude(options, judge, place, files, times):
    found = {file: [logs.rows(place.log(part)) for part in selection.parts(judge.source, file)]
             for file in files}
    complete = not (options.device or options.expression or options.folder or options.files)
    report = Report(found, present=judge.functions(), complete=complete)
    versions = judge.versions()
    print(page.summary(report))
    if not judge.on_kov:
        if complete:
            keep_other(options.backend, versions, report)
        return 0
    path = (os.path.join(os.path.abspath(options.out), "keras-suite.json") if complete
            else place.path + "-part.json")
    if complete:
        write(os.path.join(ROOT, "docs", "keras-suite.md"), page.text(report, versions))
    if not options.page:
        figures = dict(report.as_dict(), versions=versions, complete=complete, times=times)
        write(path, json.dumps(figures, indent=1))
        print(f"results: {os.path.relpath(path)}")
    failed = report.failed_there if options.functions_present_only else report.failed
    return 1 if failed or report.other_tests else 0


if __name__ == "__main__":
    sys.exit(main())
