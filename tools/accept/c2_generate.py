# SPDX-License-Identifier: Apache-2.0
TARGET = ("generate on a GPT-2 of 6 layers x 768: at least 3 times the tokens per second of Keras's own "
          "OpenVINO backend, memory flat over 1,000 tokens")

# argv: length of the text, of which 8 tokens are given. Times a second call: the first compiles.
_RUN = """
import os, sys, threading, time
import numpy as np, keras, keras_hub
length, given = int(sys.argv[1]), 8
keras.utils.set_random_seed(3)
backbone = keras_hub.models.GPT2Backbone(
    vocabulary_size=50257, num_layers=6, num_heads=12, hidden_dim=768, intermediate_dim=3072,
    max_sequence_length=length)
model = keras_hub.models.GPT2CausalLM(backbone=backbone, preprocessor=None)
model.compile(sampler="greedy")
tokens = np.random.default_rng(1).integers(1, 50000, (1, length)).astype("int32")
mask = np.arange(length)[None] < given
prompt = lambda: {"token_ids": tokens * mask, "padding_mask": mask}
model.generate(prompt(), stop_token_ids=None)
resident, going = [], True
def watch():
    while going:
        with open("/proc/self/statm") as file:
            resident.append(int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE"))
        time.sleep(0.05)
watcher = threading.Thread(target=watch)
watcher.start()
start = time.perf_counter()
model.generate(prompt(), stop_token_ids=None)
seconds = time.perf_counter() - start
going = False
watcher.join()
early = resident[len(resident) // 10]
answer({"rate": (length - given) / seconds, "grown": max(resident[len(resident) // 10:]) - early})
"""


def check(line):
    line.attempt("speed", _speed, line)
    line.attempt("memory", _memory, line)


def _speed(line):
    """In turn, so that load falls on both."""
    ratios = []
    for _ in range(3):
        theirs = line.python(_RUN, 72, KERAS_BACKEND="openvino")["rate"]
        ours = max(line.python(_RUN, 72, KOV_DEVICE=device)["rate"] for device in ("NATIVE", "CPU"))
        line.note("tokens per second, kov and Keras's own backend", f"{ours:.1f}, {theirs:.1f}")
        ratios.append(ours / theirs)
    line.at_least("tokens per second over those of Keras's own backend", sorted(ratios)[1], 3.0)


def _memory(line):
    grown = line.python(_RUN, 1008)["grown"]
    line.at_most("memory from the 100th to the 1,000th token", grown / 2**20, 2.0, "MiB")
