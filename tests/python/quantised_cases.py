# SPDX-License-Identifier: Apache-2.0
"""Small models in each dtype policy and quantised in each way, built alike on any backend.

Imported by quantised_models_test.py; run by another backend's interpreter it saves them with their
results:  KERAS_BACKEND=jax python quantised_cases.py FOLDER"""

import os
import sys

import keras
import numpy as np
from keras import layers, quantizers


def numbers(seed, shape, scale=1.0):
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype("float32")


def fill(model, seed=3):
    """Float weights that depend on the place alone, so that backends agree."""
    for i, variable in enumerate(model.weights):
        value = numbers(seed + i, variable.shape, 0.4)
        if "variance" in variable.path or "gamma" in variable.path:
            value = np.abs(value) + 0.5
        if "seed" not in variable.path:
            variable.assign(value)
    return model


def dense(policy=None, units=13):
    inputs = keras.Input((40,))
    x = layers.Dense(24, activation="relu", dtype=policy)(inputs)
    x = layers.Dense(units, use_bias=False, dtype=policy)(x)
    return keras.Model(inputs, x), [numbers(1, (5, 40))]


def dense_3d(policy=None):
    inputs = keras.Input((None, 33))
    return (keras.Model(inputs, layers.Dense(7, activation="gelu", dtype=policy)(inputs)),
            [numbers(2, (2, 3, 33))])


def wide(policy=None):
    """Sums of more products than float32 counts."""
    inputs = keras.Input((2112,))
    return keras.Model(inputs, layers.Dense(6, dtype=policy)(inputs)), [numbers(8, (11, 2112))]


def einsum(policy=None):
    inputs = keras.Input((6, 18))
    x = layers.EinsumDense("abc,cde->abde", (None, 3, 10), bias_axes="de", dtype=policy)(inputs)
    x = layers.EinsumDense("abde,dec->abc", (None, 9), bias_axes="c", dtype=policy)(x)
    return keras.Model(inputs, x), [numbers(4, (2, 6, 18))]


def embedding(policy=None):
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(21, 15, dtype=policy)(inputs)
    return keras.Model(inputs, x), [np.array([[0, 20, 3], [7, 7, 1]], "int32")]


def reversible(policy=None, tie=True):
    inputs = keras.Input((None,), dtype="int32")
    layer = layers.ReversibleEmbedding(21, 14, tie_weights=tie, dtype=policy)
    x = layers.Dense(14, activation="tanh", dtype=policy)(layer(inputs))
    return (keras.Model(inputs, layer(x, reverse=True)),
            [np.array([[0, 20, 3], [7, 7, 1]], "int32")])


def untied(policy=None):
    return reversible(policy, tie=False)


def block(policy=None):
    inputs = keras.Input((5, 16))
    x = layers.LayerNormalization(dtype=policy)(inputs)
    x = layers.MultiHeadAttention(2, 8, dtype=policy)(x, x)
    x = layers.Add(dtype=policy)([inputs, x])
    return keras.Model(inputs, layers.Dense(16, activation="gelu", dtype=policy)(x)), \
        [numbers(5, (3, 5, 16))]


def image(policy=None):
    inputs = keras.Input((10, 9, 3))
    x = layers.Conv2D(8, 3, padding="same", dtype=policy)(inputs)
    x = layers.BatchNormalization(dtype=policy)(x)
    x = layers.DepthwiseConv2D(3, activation="relu", dtype=policy)(x)
    x = layers.SeparableConv2D(6, 2, dtype=policy)(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, dtype=policy)(x)
    x = layers.MaxPooling2D(dtype=policy)(x)
    x = layers.GlobalAveragePooling2D(dtype=policy)(x)
    return (keras.Model(inputs, layers.Dense(5, activation="softmax", dtype=policy)(x)),
            [numbers(6, (2, 10, 9, 3))])


def sequence(policy=None):
    inputs = keras.Input((4, 6))
    x = layers.Conv1D(8, 2, padding="causal", dtype=policy)(inputs)
    start = {"recurrent_initializer": "zeros"}  # the usual one needs a QR in the dtype
    cell = layers.GRU(5, return_sequences=True, dtype=policy, **start)
    x = layers.Bidirectional(cell, dtype=policy)(x)
    return keras.Model(inputs, layers.LSTM(4, dtype=policy, **start)(x)), [numbers(7, (2, 4, 6))]


def weight_only_int8():
    return quantizers.Int8QuantizationConfig(activation_quantizer=None)


def int4_blocks(size):
    return lambda: quantizers.Int4QuantizationConfig(block_size=size)


def int4_activations():
    return quantizers.Int4QuantizationConfig(activation_quantizer=quantizers.AbsMaxQuantizer(),
                                             block_size=None)


# How a model is quantised; None for a policy of its own.
MODES = {
    "int8": lambda: quantizers.Int8QuantizationConfig(),
    "int8_weights": weight_only_int8,
    "int4": int4_blocks(128),
    "int4_blocks": int4_blocks(8),
    "int4_uneven": int4_blocks(5),
    "int4_channels": int4_blocks(-1),
    "int4_activations": int4_activations,
    "float8": lambda: quantizers.Float8QuantizationConfig(),
}
POLICIES = ("float32", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16")
QUANTISED = {"dense": dense, "dense_3d": dense_3d, "einsum": einsum, "embedding": embedding,
             "reversible": reversible, "untied": untied, "block": block}
PLAIN = {"dense": dense, "einsum": einsum, "embedding": embedding, "block": block,
         "image": image, "sequence": sequence}
ONLY_INT = ("embedding", "reversible", "untied")  # of float8 Keras says that they cannot
BITS = {"gptq": (2, 3, 4, 8), "awq": (4,)}


def quantised(build, mode, policy="float32"):
    model, inputs = build(policy)
    fill(model)
    model.quantize(config=MODES[mode]())
    return model, inputs


def with_lora(build, mode):
    """LoRA before quantising is merged by nothing; behind it the layer adds both."""
    model, inputs = build()
    fill(model)
    if mode:
        model.quantize(config=MODES[mode]())
    for i, layer in enumerate(model.layers):
        if hasattr(layer, "enable_lora"):
            layer.enable_lora(2, lora_alpha=3)
            for name in ("kernel", "embeddings"):
                for j, end in enumerate("ab"):
                    variable = getattr(layer, "lora_%s_%s" % (name, end), None)
                    if variable is not None:
                        variable.assign(numbers(50 + 2 * i + j, variable.shape, 0.3))
    return model, inputs


def calibrated(build, mode, bits, group):
    """What loading a calibrated GPTQ or AWQ model gives: the policy says the mode, the weights are
    codes; how they were found (training) is of no matter."""
    policy = keras.dtype_policies.get("%s/%d/%d_from_float32" % (mode, bits, group))
    model, inputs = build(policy)
    for i, variable in enumerate(model.weights):
        random, shape = np.random.default_rng(70 + i), variable.shape
        name = variable.name
        if name == "g_idx":
            value = np.arange(shape[0]) // (group if group > 0 else shape[0])
        elif variable.dtype == "uint8" and "zero" not in name:
            value = random.integers(0, 256 if bits in (4, 8) else 1 << bits, shape)
        elif "zero" in name:
            value = random.integers(0, 1 << bits, shape)
        elif "scale" in name:
            value = random.uniform(0.01, 0.05, shape)
        else:
            value = random.normal(0, 0.3, shape)
        variable.assign(value.astype(variable.dtype))
    for layer in model.layers:
        layer.is_gptq_calibrated = mode == "gptq"
        layer.is_awq_calibrated = mode == "awq"
    return model, inputs


def table():
    """name: function that builds (model, inputs)"""
    cases = {}
    for name, build in PLAIN.items():
        for policy in POLICIES:
            cases["%s-%s" % (name, policy)] = \
                lambda b=build, p=policy: (lambda m, x: (fill(m), x))(*b(p))
    for name, build in QUANTISED.items():
        for mode in MODES:
            if mode == "float8" and name in ONLY_INT:
                continue
            cases["%s-%s" % (name, mode)] = lambda b=build, m=mode: quantised(b, m)
    for mode in ("int8", "int8_weights", "int4"):
        cases["wide-%s" % mode] = lambda m=mode: quantised(wide, m)
    for mode in ("int8", "int4", "float8"):
        cases["dense-%s-mixed_bfloat16" % mode] = \
            lambda m=mode: quantised(dense, m, "mixed_bfloat16")
    for name in ("dense", "einsum", "embedding"):
        for mode in (None, "int8", "int4", "int4_channels"):
            cases["%s-lora-%s" % (name, mode)] = \
                lambda b=QUANTISED[name], m=mode: with_lora(b, m)
    for name in ("dense", "einsum"):
        for mode, every in BITS.items():
            for bits in every:
                for group in (-1, 8):
                    cases["%s-%s-%d-%d" % (name, mode, bits, group)] = \
                        lambda b=QUANTISED[name], m=mode, n=bits, g=group: calibrated(b, m, n, g)
    return cases


def run(model, inputs):
    return np.asarray(keras.ops.cast(model(inputs[0]), "float32"))


def main(folder):
    for name, build in table().items():
        model, inputs = build()
        model.save(os.path.join(folder, name + ".keras"))
        integers = {"w%d" % i: np.asarray(variable.value) for i, variable in
                    enumerate(model.weights) if variable.dtype in ("int8", "uint8")}
        np.savez(os.path.join(folder, name + ".npz"), got=run(model, inputs), **integers)


if __name__ == "__main__":
    main(sys.argv[1])
