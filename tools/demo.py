#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows what kov does, with real weights on real input, on both engines.

    demo.py                    all three parts
    demo.py --only emotion     one of: log1p, emotion, sentences

1. log1p near zero: upstream's backend, kov on its own engine and through OpenVINO, and libm.
2. A trained convolutional net reads the emotion of a face.
3. A trained transformer compares a dozen sentences.

Each part runs in a process of its own per engine. Progress is on the terminal; build/demo gets
demo.html, which needs no other file, and demo.png. No TensorFlow and no JAX is used.
"""

import argparse
import json
import os
import subprocess
import sys
import time

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
PARTS = os.path.join(TOOLS, "demo")
sys.path.insert(0, PARTS)

import demo_files  # noqa: E402
import demo_page  # noqa: E402

ENGINES = (("NATIVE", "kov, own engine"), ("CPU", "kov, OpenVINO CPU"))
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
MARK = "DEMO-RESULT "


class Demo:
    def __init__(self, out):
        self.out = out
        self.started = time.time()
        self.problems = []
        os.makedirs(out, exist_ok=True)

    def say(self, text=""):
        print(f"[{time.time() - self.started:5.1f} s] {text}" if text else "", flush=True)

    def worker(self, script, *arguments, backend="kov", device="NATIVE"):
        """The worker's result as a dict, or None with a problem noted."""
        build = os.environ.get("KOV_BUILD", os.path.join(ROOT, "build", "cmake"))
        package = os.path.join(os.path.abspath(build), "python")
        path = [package] if os.path.isdir(package) else []
        path += [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
        environment = dict(os.environ, KERAS_BACKEND=backend, KOV_DEVICE=device,
                           KERAS_HOME=os.path.join(self.out, "keras-home"),
                           PYTHONPATH=os.pathsep.join(path), PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, os.path.join(PARTS, script), *arguments],
                              env=environment, capture_output=True, text=True)
        rows = [row for row in done.stdout.splitlines() if row.startswith(MARK)]
        if done.returncode == 0 and rows:
            result = json.loads(rows[-1][len(MARK):])
            foreign = result.pop("foreign", [])
            if foreign:
                self.problem(f"{script}: {', '.join(foreign)} was imported")
            return result
        words = (done.stderr.strip() or "no result").splitlines()[-1][:200]
        self.problem(f"{script} on {backend}, {device}: {words}")
        return None

    def problem(self, text):
        self.problems.append(text)
        self.say("PROBLEM " + text)

    # ---- parts -----------------------------------------------------------------------------------

    def log1p(self):
        self.say("1. log1p(x) = ln(1+x), exact where 1+x rounds x away")
        columns = [("upstream openvino", self.worker("worker_log1p.py", backend="openvino"))]
        columns += [(name, self.worker("worker_log1p.py", device=device))
                    for device, name in ENGINES]
        columns.append(("libm", self.worker("worker_log1p.py", "libm", backend="kov")))
        columns = [(name, result) for name, result in columns if result]
        if not columns:
            return None
        xs = columns[0][1]["x"]
        header = f"{'x':>10}" + "".join(f"{name:>22}" for name, _ in columns)
        self.say(header)
        for i, x in enumerate(xs):
            self.say(f"{x:>10}" + "".join(f"{show_ulp(result['ulp'][i]):>22}"
                                          for _, result in columns))
        self.say(f"{'us, 64x64':>10}" + "".join(f"{result['us']:>22.1f}"
                                                for _, result in columns))
        texts = next((result for _, result in columns if result.get("graph")), {})
        for title in ("graph", "plan"):
            if texts.get(title):
                self.say(f"log1p, its {title}:")
                print("\n".join("    " + row for row in texts[title].splitlines()))
        return {"xs": xs, "columns": columns, "texts": texts}

    def emotion(self, files):
        self.say("2. the emotion of a face (weights of the package fer)")
        face = os.path.join(self.out, "face.png")
        results = []
        for device, name in ENGINES:
            result = self.worker("worker_emotion.py", files["emotion"], files["astronaut"], face,
                                 device=device)
            if result:
                results.append((name, result))
                best = max(range(7), key=lambda i: result["probabilities"][i])
                self.say(f"   {name}: {EMOTIONS[best]} "
                         f"({100 * result['probabilities'][best]:.1f} %), load "
                         f"{result['load']:.2f} s, first {result['first'] * 1e3:.0f} ms, then "
                         f"{result['then'] * 1e3:.2f} ms")
        self.compare("emotion", [result["probabilities"] for _, result in results], 1e-4)
        return {"results": results, "face": face} if results else None

    def sentences(self, files):
        self.say("3. how alike are sentences (MiniLM, in keras-hub's BertBackbone)")
        results = []
        for device, name in ENGINES:
            result = self.worker("worker_sentences.py", files["minilm"], device=device)
            if result:
                results.append((name, result))
                self.say(f"   {name}: load {result['load']:.2f} s, first "
                         f"{result['first'] * 1e3:.0f} ms, then {result['then'] * 1e3:.1f} ms for "
                         f"{len(result['sentences'])} sentences")
        if not results:
            return None
        result = results[0][1]
        for i, row in enumerate(result["matrix"]):
            shades = "".join(" .:-=+*#%@"[max(0, min(9, int(value * 10)))] * 2 for value in row)
            self.say(f"   |{shades}| {result['sentences'][i]}")
        self.compare("sentences", [sum(result["matrix"], []) for _, result in results], 1e-4)
        return {"results": results}

    def compare(self, part, values, limit):
        """The engines sum in their own order; the outputs are probabilities and cosines."""
        if len(values) == 2:
            worst = max(abs(a - b) for a, b in zip(*values))
            self.say(f"   largest difference between the engines: {worst:.1e}")
            if not worst <= limit:
                self.problem(f"{part}: the engines differ by {worst:.1e}, more than {limit}")


def show_ulp(ulp):
    return "wrong" if ulp is None else f"{ulp:.2f} ulp" if ulp < 1e4 else f"{ulp:.2e} ulp"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("log1p", "emotion", "sentences"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "demo"))
    options = parser.parse_args()
    demo = Demo(os.path.abspath(options.out))
    wanted = (options.only,) if options.only else ("log1p", "emotion", "sentences")
    cache = os.environ.get("KOV_DEMO_FILES", os.path.join(ROOT, "build", "demo-files"))
    files = demo_files.fetch(wanted, cache, demo.say)
    found = {}
    if "log1p" in wanted:
        found["log1p"] = demo.log1p()
    if "emotion" in wanted:
        found["emotion"] = demo.emotion(files)
    if "sentences" in wanted:
        found["sentences"] = demo.sentences(files)
    page = demo_page.write(demo.out, found, EMOTIONS, demo.problems)
    demo.say(f"wrote {os.path.relpath(page)} and {os.path.relpath(demo.out)}/demo.png")
    if demo.problems:
        demo.say(f"{len(demo.problems)} problem(s):")
        for text in demo.problems:
            demo.say("   " + text)
    return 1 if demo.problems else 0


if __name__ == "__main__":
    sys.exit(main())
