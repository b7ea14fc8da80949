# SPDX-License-Identifier: Apache-2.0
"""keras.ops.jvp against Keras on JAX. The file runs in both processes: as a test, and as a script that
writes JAX's results."""

import os
import subprocess
import sys

JUDGE = os.environ.get("KOV_JUDGE")  # a Python that has Keras and JAX

if __name__ != "__main__":
    os.environ["KERAS_BACKEND"] = "kov"

    import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
from keras import ops

UNARY = (
    "abs arctan arcsinh sin cos tan sinh cosh tanh exp expm1 floor sign square negative cbrt exp2 sinc "
    "relu relu6 sigmoid softplus softsign silu log_sigmoid leaky_relu hard_sigmoid hard_silu elu selu celu "
    "tanh_shrink hard_tanh squareplus sparse_plus mish gelu erf softmax log_softmax logsumexp sum mean std "
    "var prod max min cumsum cumprod ptp sort median flip ravel transpose isnan logcumsumexp"
).split()
POSITIVE = "log log10 log1p log2 sqrt rsqrt reciprocal arctanh arccos arcsin arccosh i0".split()
BINARY = (
    "add subtract multiply divide maximum minimum power hypot logaddexp arctan2 mod floor_divide "
    "matmul outer dot equal true_divide logaddexp2 fmod copysign"
).split()


def data(*shape, low=-2.0, high=2.0):
    """The same in both processes, in float64."""
    return np.random.default_rng(sum(shape) + len(shape)).uniform(low, high, shape)


def cases():
    """Name -> (function, primals)."""
    found = {}
    for name in UNARY:
        if hasattr(ops, name):
            found[name] = getattr(ops, name), (data(3, 4),)
    for name in POSITIVE:
        low, high = (1.1, 3.0) if name == "arccosh" else (0.1, 0.9)
        found[name] = getattr(ops, name), (data(3, 4, low=low, high=high),)
    for name in BINARY:
        if hasattr(ops, name):
            found[name] = getattr(ops, name), (data(4, 4, low=0.1), data(4, low=0.5, high=1.7))
    spd = data(2, 3, 3)
    spd = spd @ spd.transpose(0, 2, 1) + 2 * np.eye(3)
    image, kernel = data(2, 6, 5, 3), data(3, 2, 3, 4)
    index = np.array([2, 0, 1])
    mask = np.array([[True, False, True, True]] * 3)
    found.update({
        "gelu tanh": (lambda x: ops.gelu(x, approximate=True), (data(3, 4),)),
        "gelu erf": (lambda x: ops.gelu(x, approximate=False), (data(3, 4),)),
        "clip": (lambda x: ops.clip(x, -1.0, 0.5), (data(3, 4),)),
        "where": (lambda x, y: ops.where(mask, x, y), (data(3, 4), data(4))),
        "take": (lambda x: ops.take(x, index, axis=0), (data(3, 4),)),
        "take_along_axis": (lambda x: ops.take_along_axis(x, np.array([[1], [0], [3]]), 1),
                            (data(3, 4),)),
        "getitem": (lambda x: x[1:, ::-2], (data(3, 4),)),
        "pad": (lambda x: ops.pad(x, ((1, 0), (0, 2))), (data(3, 4),)),
        "pad reflect": (lambda x: ops.pad(x, ((1, 0), (0, 2)), mode="reflect"), (data(3, 4),)),
        "concatenate": (lambda x, y: ops.concatenate([x, y, x], 0), (data(3, 4), data(2, 4))),
        "concatenate constant": (lambda x: ops.concatenate([x, np.ones((1, 4))], 0), (data(3, 4),)),
        "stack": (lambda x, y: ops.stack([x, y], 1), (data(3, 4), data(3, 4, low=0.0))),
        "split": (lambda x: ops.split(x, 2, axis=1), (data(3, 4),)),
        "tile": (lambda x: ops.tile(x, (2, 3)), (data(3, 4),)),
        "roll": (lambda x: ops.roll(x, 2, 1), (data(3, 4),)),
        "broadcast": (lambda x: ops.broadcast_to(x, (5, 3, 4)), (data(3, 4),)),
        "einsum": (lambda x, y: ops.einsum("bij,bjk->bik", x, y), (data(2, 3, 4), data(2, 4, 2))),
        "tensordot": (lambda x, y: ops.tensordot(x, y, 2), (data(2, 3, 4), data(3, 4, 2))),
        "norm": (lambda x: ops.norm(x, axis=-1), (data(3, 4),)),
        "norm 1": (lambda x: ops.norm(x, ord=1, axis=-1), (data(3, 4),)),
        "prod zero": (lambda x: ops.prod(ops.multiply(x, mask), axis=1), (data(3, 4),)),
        "top_k": (lambda x: ops.top_k(x, 2)[0], (data(3, 4),)),
        "argmax": (lambda x: ops.argmax(x, axis=1) * 1.0 + ops.sum(x, 1), (data(3, 4),)),
        "segment_sum": (lambda x: ops.segment_sum(x, np.array([0, 0, 1]), 2), (data(3, 4),)),
        "scatter_update": (lambda x, y: ops.scatter_update(x, np.array([[0, 1], [2, 3]]), y),
                           (data(3, 4), data(2))),
        "slice_update": (lambda x, y: ops.slice_update(x, (1, 1), y), (data(3, 4), data(2, 2))),
        "conv": (lambda x, w: ops.conv(x, w, strides=2, padding="same", data_format="channels_last"),
                 (image, kernel)),
        "conv_transpose": (lambda x, w: ops.conv_transpose(x, w, strides=2,
                                                           data_format="channels_last"),
                           (image, data(3, 2, 4, 3))),
        "depthwise_conv": (lambda x, w: ops.depthwise_conv(x, w, data_format="channels_last"),
                           (image, data(3, 2, 3, 2))),
        "max_pool": (lambda x: ops.max_pool(x, (2, 2), (2, 2), padding="same", data_format="channels_last"),
                     (image,)),
        "average_pool": (lambda x: ops.average_pool(x, (2, 2), (2, 2), padding="same",
                                                    data_format="channels_last"), (image,)),
        "batch_normalization": (lambda x, m, v, o, s: ops.batch_normalization(
            x, m, v, axis=-1, offset=o, scale=s), (image, data(3), data(3, low=0.5), data(3), data(3))),
        "layer_normalization": (lambda x, g: ops.layer_normalization(x, g, None), (data(3, 4), data(4))),
        "attention": (lambda q, k, v: ops.dot_product_attention(q, k, v),
                      (data(1, 3, 2, 4), data(1, 5, 2, 4), data(1, 5, 2, 4))),
        "categorical_crossentropy": (lambda x: ops.categorical_crossentropy(
            ops.one_hot(index, 4, dtype="float64"), x, from_logits=True), (data(3, 4),)),
        "sparse_categorical_crossentropy": (lambda x: ops.sparse_categorical_crossentropy(
            index, x, from_logits=True), (data(3, 4),)),
        "binary_crossentropy": (lambda x: ops.binary_crossentropy(
            np.ones((3, 4)), x, from_logits=True), (data(3, 4),)),
        "inv": (ops.inv, (spd,)),
        "det": (ops.det, (spd,)),
        "solve": (ops.linalg.solve, (spd, data(2, 3, 2))),
        "cholesky": (ops.cholesky, (spd,)),
        "qr": (lambda x: ops.qr(x), (data(2, 4, 3),)),
        "solve_triangular": (lambda a, x: ops.solve_triangular(a, x, lower=True),
                             (np.tril(data(3, 3)) + 3 * np.eye(3), data(3, 2))),
        "eigh values": (lambda x: ops.linalg.eigh(x)[0], (spd,)),
        "cond": (lambda x: ops.cond(ops.sum(x) > 0, lambda: x * x, lambda: -x), (data(3, 4),)),
        "while_loop": (lambda x: ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x),
                                                (0, x))[1], (data(3, 4),)),
        "fori_loop": (lambda x: ops.fori_loop(0, 3, lambda i, y: y * y, x), (data(3, 4),)),
        "scan": (lambda x: ops.scan(lambda c, e: (c + e * e, c * e), x[0], x),
                 (data(3, 4),)),
        "nested": (lambda x: ops.jvp(lambda y: ops.sin(y) * x, (x,), (ops.ones_like(x),))[1],
                   (data(3, 4),)),
        "stop_gradient": (lambda x: ops.stop_gradient(x) * x, (data(3, 4),)),
        "integers": (lambda x: {"a": ops.cast(x, "int32"), "b": (ops.cast(x, "float32"), x)},
                     (data(3, 4),)),
    })
    return found


def results():
    """Name and number -> values and tangents, in the order of tree.flatten."""
    found = {}
    for name, (function, primals) in cases().items():
        tangents = tuple(np.cos(7 * x) for x in primals)
        try:
            out = ops.jvp(function, tuple(map(ops.convert_to_tensor, primals)),
                          tuple(map(ops.convert_to_tensor, tangents)))
        except Exception as error:
            found[f"{name} failed"] = np.array(f"{type(error).__name__}: {error}")
            continue
        for i, x in enumerate(keras.tree.flatten(out)):
            # JAX's tangents of integers have a type of no bits.
            is_data = not isinstance(x, np.ndarray) or x.dtype.itemsize
            found[f"{name} {i}"] = (
                np.array(ops.convert_to_numpy(x)) if is_data else np.zeros(x.shape)
            )
    return found


if __name__ == "__main__":
    import jax

    jax.config.update("jax_enable_x64", True)
    np.savez(sys.argv[1], **results())
    sys.exit()

import pytest


@pytest.mark.skipif(not JUDGE, reason="KOV_JUDGE names no Python with Keras on JAX")
def test_as_jax(tmp_path):
    path = tmp_path / "jax.npz"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["KERAS_BACKEND"] = "jax"
    subprocess.run([JUDGE, __file__, path], env=environment, check=True)
    expected = np.load(path)
    wrong = [(name, str(expected[name])) for name in expected.files if name.endswith("failed")]
    actual = results()
    wrong += [(name, str(x)) for name, x in actual.items() if name.endswith("failed")]
    for name in expected.files:
        want, have = expected[name], actual.get(name)
        if name.endswith("failed"):
            continue
        if have is None or have.shape != want.shape:
            wrong.append((name, None if have is None else have.shape, want.shape))
            continue
        # Keras on JAX computes means and norms of float64 in float32.
        if not np.allclose(have, want, rtol=1e-6, atol=2e-6, equal_nan=True):
            wrong.append((name, np.abs(have - want).max(), have.dtype, want.dtype))
    assert not wrong, "\n".join(map(str, wrong))


def test_layer_with_variables_and_traced():
    """Against the derivative of tanh, eagerly and within a traced predict."""
    x, t = (np.random.default_rng(3).normal(size=(2, 4)).astype("float32") for _ in range(2))
    dense = keras.layers.Dense(3, activation="tanh")
    dense.build((None, 4))
    kernel = np.asarray(dense.kernel, "float64")
    want = (1 - np.tanh(x @ kernel) ** 2) * (t @ kernel)

    class Slope(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = dense

        def call(self, inputs):
            return ops.jvp(self.dense, (inputs[0],), (inputs[1],))[1]

    inputs = keras.Input((4,)), keras.Input((4,))
    model = keras.Model(inputs, Slope()(inputs))
    # float32 sums of four products
    np.testing.assert_allclose(ops.jvp(dense, (x,), (t,))[1], want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict([x, t], verbose=0), want, rtol=1e-5, atol=1e-6)


def test_what_is_refused():
    x = np.ones((2, 2), "float32")
    with pytest.raises(NotImplementedError, match="SVD"):
        ops.jvp(ops.svd, (x,), (x,))
    with pytest.raises(ValueError, match="tangent 0"):
        ops.jvp(ops.sin, (x,), (x[0],))
    with pytest.raises(TypeError, match="tuple or a list"):
        ops.jvp(ops.sin, x, x)
    with pytest.raises(TypeError, match="has_aux"):
        ops.jvp(ops.sin, (x,), (x,), has_aux=True)
