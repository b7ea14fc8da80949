#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the cases of tests/engines for OpenVINO's CPU and records what it computes of each function
in docs/openvino.json, from which docs/ops.md has its column.

    probe_openvino.py                 every function; names what differs from the record
    probe_openvino.py --write         ... and records it
    probe_openvino.py --write numpy.log1p nn.relu
    probe_openvino.py --write --new   functions that are not recorded
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "engines"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--new", action="store_true")
    options = parser.parse_args()
    from engine_table import functions
    from openvino_probe import cases, probe, recorded, write

    record, every = recorded(), functions()
    wanted = options.names or [name for name in every if not (options.new and name in record)]
    differ = 0
    for name in wanted:
        found = sorted(set().union(*(probe(case) for case in cases(name))))
        if record.get(name) != found:
            print(f"{name}: {', '.join(found) or 'whole'}", flush=True)
            differ += 1
        record[name] = found
    record = {name: found for name, found in record.items() if name in every}
    if options.write:
        write(record)
    whole = sum(not found for found in record.values())
    print(f"{whole} of {len(record)} functions whole on OpenVINO")
    return 1 if differ and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
