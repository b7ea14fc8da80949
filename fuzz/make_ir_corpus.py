# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of ir_fuzz: the models of tests/openvino/ir_cases.py as OpenVINO saves them.

    python3 fuzz/make_ir_corpus.py FOLDER
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "openvino"))

import ir_cases
import openvino as ov


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    models = {name: model for name, (model, _) in ir_cases.CASES.items()}
    models |= {"if": ir_cases.if_model(), "loop": ir_cases.loop_model(), "loop_3": ir_cases.loop_model(3)}
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "m.xml"
        for name, model in models.items():
            ov.save_model(model, path, compress_to_fp16=False)
            seed = path.read_bytes() + b"\0" + path.with_suffix(".bin").read_bytes()
            (folder / name).write_bytes(seed)
    print(f"{len(models)} seeds in {folder}")


if __name__ == "__main__":
    main(sys.argv[1])
