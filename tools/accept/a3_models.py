# SPDX-License-Identifier: Apache-2.0
TARGET = ("five calibrated models agree with Keras on JAX before the softmax, max|a-b|/max|b| <= "
          "5e-5, batches of different pictures, both engines; 1 % noise in one kernel breaks it")

LIMIT = 5e-5


def check(line):
    import models_common
    for name in models_common.names():
        line.attempt(name, _model, line, name)


def _model(line, name):
    import sys
    import models_common as common
    path = common.model(line, name)
    want = common.answers(line, path, "jax", line.need_judge())
    for count, array in want.items():
        if count > 1:
            spread = common.distance(array[0], array[1])
            line.true(f"{name}: outputs of different pictures differ", spread > 0.01,
                      f"{spread:.2g}")
    noise = common.answers(line, common.noisy(line, name), "jax", line.need_judge())
    line.true(f"{name}: 1 % noise in one kernel breaks the limit",
              common.distance(noise[8], want[8]) > LIMIT,
              f"{common.distance(noise[8], want[8]):.2g}")
    for device in ("NATIVE", "CPU"):
        line.attempt(f"{name} on {device}", _device, line, name, path, want, device)


def _device(line, name, path, want, device):
    import sys
    import models_common as common
    got = common.answers(line, path, "kov", sys.executable, KOV_DEVICE=device)
    for count in want:
        line.at_most(f"{name} on {device}, batch {count}",
                     common.distance(got[count], want[count]), LIMIT)
