# SPDX-License-Identifier: Apache-2.0
"""Writes convert_table.inc: what NumPy's astype makes of floats in each integer type.

Run on x86-64 with NumPy: python convert_table.py > convert_table.inc
"""

import numpy as np

VALUES = [
    "0", "-0.0", "0.5", "-0.9999", "1.5", "-1", "-1.5", "127.9", "128", "-129", "255.5", "256", "300",
    "-300", "32768", "-32769", "65535.5", "65536", "70000", "2147483520", "2147483647.5", "2147483648",
    "-2147483648", "-2147483648.5", "-2147483904", "4294967040", "4294967296", "4294967301", "-4294967296",
    "1e15", "9223371487098961920", "9223372036854775808", "-9223372036854775808", "1.1e19",
    "18446742974197923840", "18446744073709551616", "3e19", "-1e19", "1e30", "-1e30", "inf", "-inf", "nan",
]
TARGETS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def main():
    np.seterr(all="ignore")
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print(f"/* Made by convert_table.py from NumPy {np.__version__} on x86-64; not edited. */")
    count = len(VALUES)
    print(f"enum {{ VALUE_COUNT = {count} }};")
    print("static const char *const value_texts[VALUE_COUNT] = {")
    for value in VALUES:
        print(f'    "{value}",')
    print("};")
    for source in ("float32", "float64"):
        values = np.array([float(v) for v in VALUES]).astype(source)
        print(f"static const uint64_t from_{source}[{len(TARGETS)}][VALUE_COUNT] = {{")
        for target in TARGETS:
            bits = np.dtype(target).itemsize * 8
            # One by one: in whole arrays NumPy's uint32 differs from its own scalars out of range.
            results = [int(values[i : i + 1].astype(target)[0]) % (1 << bits) for i in range(count)]
            whole = [int(v) % (1 << bits) for v in values.astype(target)]
            assert whole == results or target == "uint32", (source, target)
            print(f"    /* {target} */ {{")
            for i in range(0, count, 4):
                print("        " + " ".join(f"{value:#x}u," for value in results[i : i + 4]))
            print("    },")
        print("};")


main()
