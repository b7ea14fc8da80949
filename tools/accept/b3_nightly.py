# SPDX-License-Identifier: Apache-2.0
TARGET = "keras-nightly 3.16: every function of its contract, once, against its own NumPy backend"

# argv: where the tables of cases are, two files of results. Answers what differs.
_COMPARE = """
import pickle
sys.path.insert(0, sys.argv[1])
from contract_worker import small_case
from case_kit import Spec, WIDE
from engine_runs import difference
from engine_table import SPECS
ours, theirs = [pickle.load(open(path, "rb")) for path in sys.argv[2:]]
rough = Spec(lambda t: None, ulp=256, of_largest=True, why="many additions in another order")
shapes = Spec(lambda t: None, judge="shapes")
wrong, refused, judged = {}, {}, 0
for name, want in theirs["results"].items():
    have, spec = ours["results"][name], SPECS.get(name, rough)
    if callable(spec.judge) and not isinstance(want, str):
        call = small_case(name).call()
        made = spec.judge(*call.args, **call.kwargs)
        want = list(made) if isinstance(made, (list, tuple)) else [made]
    if isinstance(have, str):
        refused[name] = have
    elif not isinstance(want, str):
        judged += 1
        # NumPy counts in 64 bits; and where another backend is the judge of values, shapes remain.
        want = [b.astype(a.dtype) if WIDE.get(b.dtype.name) == a.dtype.name else b
                for a, b in zip(have, want)] + want[len(have):]
        # Where all eigenvalues are real, NumPy's are floats; Keras says that they are complex.
        if name == "linalg.eig":
            want = [b.astype(a.dtype) for a, b in zip(have, want)]
        spec = shapes if spec.judge == "jax" else spec
        found = difference(have, want, spec, judged=True)
        if found:
            wrong[name] = found
answer({"wrong": wrong, "refused": refused, "judged": judged, "tried": len(theirs["results"]),
        "untried": ours["untried"], "version": ours["version"],
        "mute": {n: w for n, w in theirs["results"].items() if isinstance(w, str)},
        "backends": [ours["backend"], theirs["backend"]]})
"""


def check(line):
    import os
    import subprocess
    if not os.path.exists(line.nightly):
        raise line.NotBegun("no Python with keras-nightly: run `make nightly`, set KOV_NIGHTLY")
    line.need_judge()
    folder = os.path.join(line.root, "tests", "engines")
    packages = subprocess.run([line.judge, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                              capture_output=True, text=True, check=True).stdout.strip()
    files = []
    for backend in ("kov", "numpy"):
        files.append(os.path.join(line.scratch, backend + ".pickle"))
        # Keras's NumPy backend borrows from JAX, which is among the judge's packages.
        more = [packages] if backend == "numpy" else []
        done = line.run(line.nightly, os.path.join(folder, "contract_worker.py"), files[-1], *more,
                        KERAS_BACKEND=backend)
        if done.returncode:
            line.true(f"calls on {backend}", False, (done.stderr.strip() or "no output")[-300:])
            return
    found = line.python(_COMPARE, folder, *files)
    line.note("Keras", found["version"])
    line.note("functions called", str(found["tried"]))
    line.note("compared", str(found["judged"]))
    line.note("not computed by the NumPy backend", ", ".join(found["mute"]) or "none")
    line.equal("public functions without a call", found["untried"], [])
    line.equal("refused by kov", found["refused"], {})
    line.equal("differ", found["wrong"], {})
