# SPDX-License-Identifier: Apache-2.0
"""What Keras and users may do to a tensor. NumPy is the reference."""

import copy
import gc
import operator
import os
import pickle
import weakref

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from kov import _core
from kov.activation import backend_module

X = np.arange(-4, 8, dtype="float32").reshape(3, 4)
N = np.array([[7, -7, 3, -3], [1, 2, 5, 9], [-1, 6, -8, 4]], "int32")


def tensor(x=X):
    return keras.ops.convert_to_tensor(x)


def same(result, expected):
    assert isinstance(result, _core.Tensor)
    expected = np.asarray(expected)
    array = result.numpy()
    assert array.shape == expected.shape
    np.testing.assert_array_equal(array, expected)


def test_attributes():
    t = tensor()
    assert t.shape == (3, 4)
    assert type(t.shape) is tuple
    assert t.dtype == "float32"
    assert t.ndim == 2
    assert t.size == 12
    assert len(t) == 3


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    + ["float16", "float32", "float64", "complex64", "complex128"],
)
def test_arrays_in_and_out(dtype):
    x = np.array([[0, 1, 2], [3, 100, 5]]).astype(dtype)
    for array in (x, x[:, ::-1], x.T, np.asfortranarray(x), x[0, 1], x[:0]):
        t = keras.ops.convert_to_tensor(array)
        assert t.dtype == dtype
        assert t.numpy().dtype == x.dtype
        same(t, array)


def test_bfloat16_in_and_out():
    import ml_dtypes

    x = np.array([1.0, 1.5, -2.0], ml_dtypes.bfloat16)
    t = keras.ops.convert_to_tensor(x)
    assert t.dtype == "bfloat16"
    assert t.numpy().dtype == x.dtype
    np.testing.assert_array_equal(t.numpy().astype("float32"), x.astype("float32"))


def test_other_byte_order():
    same(keras.ops.convert_to_tensor(np.array([1, 2], ">i4")), [1, 2])


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (True, "bool"),
        (3, "int32"),
        (2**40, "int64"),
        (2**63, "uint64"),
        (1.5, "float32"),
        ([1, 2], "int32"),
        ([1, 2.5], "float32"),
        ([[True], [False]], "bool"),
        (1 + 2j, "complex64"),
        ((), "float32"),
    ],
)
def test_python_values_have_keras_dtypes(value, dtype):
    t = keras.ops.convert_to_tensor(value)
    assert t.dtype == dtype
    np.testing.assert_array_equal(t.numpy(), np.array(value))


def test_floatx_is_read_when_called():
    keras.config.set_floatx("float64")
    try:
        assert keras.ops.convert_to_tensor(1.0).dtype == "float64"
        assert keras.ops.log1p(np.array([1, 2])).dtype == "float64"
    finally:
        keras.config.set_floatx("float32")
    assert keras.ops.convert_to_tensor(1.0).dtype == "float32"


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "mod", "floordiv"])
@pytest.mark.parametrize("other", [2.0, 3, np.float32(1.5), np.full((4,), 2.5, "float32")])
def test_arithmetic(name, other):
    f = getattr(operator, name)
    x = np.abs(X) + 1
    expected = f(x, np.asarray(other, "float32"))
    # Two roundings of pow, none elsewhere.
    np.testing.assert_allclose(f(tensor(x), other).numpy(), expected, rtol=3e-7)
    expected = f(np.asarray(other, "float32"), x)
    np.testing.assert_allclose(f(other, tensor(x)).numpy(), expected, rtol=3e-7)


@pytest.mark.parametrize("name", ["mod", "floordiv", "and_", "or_", "xor"])
def test_integer_operators(name):
    f = getattr(operator, name)
    same(f(tensor(N), 3), f(N, 3))
    same(f(tensor(N), tensor(N[::-1])), f(N, N[::-1]))


@pytest.mark.parametrize("name", ["lt", "le", "eq", "ne", "gt", "ge"])
def test_comparison(name):
    f = getattr(operator, name)
    same(f(tensor(), 1.0), f(X, 1.0))
    same(f(1.0, tensor()), f(1.0, X))


@pytest.mark.parametrize("f", [operator.neg, operator.abs, operator.pos])
def test_unary(f):
    same(f(tensor()), f(X))


def test_invert():
    same(~tensor(N), ~N)
    same(~tensor(N > 0), ~(N > 0))


def test_matmul():
    # Sums of four products of small whole numbers are exact.
    same(tensor() @ tensor(X.T.copy()), X @ X.T)
    same(X @ tensor(X.T.copy()), X @ X.T)


def test_comparison_with_none_is_identity():
    assert (tensor() == None) is False  # noqa: E711
    assert (tensor() != None) is True  # noqa: E711


def test_array_times_tensor_is_a_tensor():
    assert isinstance(X * tensor(), _core.Tensor)
    assert isinstance(np.float64(2) * tensor(), _core.Tensor)
    assert (np.float64(2) * tensor()).dtype == "float32"


def test_64_bit_operands_stay():
    assert (tensor(X.astype("float64")) + 1).dtype == "float64"
    assert (tensor(N.astype("int64")) + 0).dtype == "int64"
    assert keras.ops.add(np.array(2**40), 1).numpy() == 2**40 + 1


KEYS = [
    np.s_[0],
    np.s_[-1],
    np.s_[1:],
    np.s_[::-1],
    np.s_[:, ::-2],
    np.s_[..., 1],
    np.s_[None],
    np.s_[:, None, 1:3],
    np.s_[1, 2],
    np.s_[()],
    np.s_[...],
    np.s_[2:0:-1, -3:],
    np.s_[5:],
    np.s_[0:0],
    np.s_[np.int64(1), np.int8(-1)],
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_basic_indexing(key):
    same(tensor()[key], X[key])


ARRAY_KEYS = [
    np.s_[[0, 2]],
    np.s_[np.array([[0, -1], [1, 1]])],
    np.s_[:, [1, 3]],
    np.s_[[0, 1], [2, -1]],
    np.s_[[0, 1], :, None],
    np.s_[1:, [0, 0, 1]],
    X > 1,
    np.s_[X[:, 0] > -1],
    np.s_[0, X[0] < -2],
]


@pytest.mark.parametrize("key", ARRAY_KEYS, ids=str)
def test_array_indexing(key):
    same(tensor()[key], X[key])


def test_index_by_tensor():
    t = tensor()
    same(t[keras.ops.convert_to_tensor(1)], X[1])
    same(t[keras.ops.convert_to_tensor(1) :], X[1:])


def test_index_by_list_of_slices():
    """keras-hub builds such keys; in TensorFlow and torch they mean the tuple."""
    same(tensor()[[slice(None), None, slice(1, 3)]], X[:, None, 1:3])
    same(tensor()[[None, 0]], X[None, 0])


def test_ndim_is_an_int():
    """Layers build lists of that length, and branch on it in a trace."""
    seen = []

    def call(x):
        seen.append([None] * keras.ops.ndim(x))
        return x

    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(call)])
    model.predict(X, verbose=0)
    assert keras.ops.ndim(tensor()) == 2 and type(keras.ops.ndim(X)) is int
    assert seen[-1] == [None, None]


@pytest.mark.parametrize("key", [3, -4, np.s_[0, 4], np.s_[0, 0, 0], np.s_[..., ...]], ids=str)
def test_index_errors(key):
    with pytest.raises(IndexError):
        tensor()[key]


def test_iteration_ends():
    rows = list(tensor())
    assert len(rows) == 3
    for row, expected in zip(rows, X):
        same(row, expected)


def test_scalars():
    t = tensor()
    assert float(t[0, 0]) == -4.0
    assert int(t[2, 3]) == 7
    assert bool(t[0, 0])
    assert t[1, 1].item() == 1.0
    assert f"{t[0, 0]:.1f}" == "-4.0"
    assert [10, 20, 30][tensor(N)[1, 0]] == 20
    with pytest.raises(ValueError, match="12 elements"):
        bool(t)
    with pytest.raises(TypeError):
        [1][t[0, 0]]


def test_round():
    same(round(tensor(X * 0.5)), np.round(X * 0.5))


def test_reshape_and_squeeze():
    same(tensor().reshape(4, 3), X.reshape(4, 3))
    same(tensor().reshape((2, -1)), X.reshape(2, -1))
    same(tensor(X[None]).squeeze(), X)


def test_copies_and_pickles():
    t = tensor()
    for other in (copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert other is not t
        same(other, X)


def test_weak_references_and_hash():
    t = tensor()
    reference = weakref.ref(t)
    assert {t: 1}[t] == 1
    del t
    gc.collect()
    assert reference() is None


def test_mask_stays_with_its_object():
    t = tensor()
    keras.src.backend.common.masking.set_keras_mask(t, tensor(X > 0))
    assert t._keras_mask is not None
    assert (t + 0)._keras_mask is None
    assert keras.ops.cast(t, "float32")._keras_mask is None


def test_is_tensor():
    assert keras.ops.is_tensor(tensor())
    assert not keras.ops.is_tensor(X)
    assert not keras.ops.is_tensor(1.0)


def test_arrays_are_not_shared():
    x = X.copy()
    t = keras.ops.convert_to_tensor(x)
    x[:] = 9
    same(t, X)
    array = keras.ops.convert_to_numpy(t)
    array[:] = 8
    same(t, X)


def test_text_becomes_an_array_and_no_tensor():
    for text in ("one word", b"bytes", np.str_("numpy")):
        array = keras.ops.convert_to_numpy(text)
        assert isinstance(array, np.ndarray) and array.shape == () and array == np.array(text)
        with pytest.raises(TypeError, match="cannot become a tensor"):
            keras.ops.convert_to_tensor(text)


def test_results_do_not_alias_borrowed_arrays():
    x = X.copy()
    results = [keras.ops.copy(x), keras.ops.real(x), keras.ops.cast(x, "float32")]
    results.append(keras.ops.squeeze(x))
    x[:] = 9
    for t in results:
        same(t, X)


def test_array_interface_is_read_only():
    view = np.asarray(tensor())
    assert not view.flags.writeable
    np.testing.assert_array_equal(view, X)


def test_dlpack():
    view = np.from_dlpack(tensor())
    assert not view.flags.writeable
    np.testing.assert_array_equal(view, X)
    source = X.copy()
    t = _core.from_dlpack(source[:, ::2])
    source[:] = 0
    same(t, X[:, ::2])
    assert np.from_dlpack(tensor(N)).dtype == N.dtype


def test_sequences_with_tensors():
    t = tensor()
    same(keras.ops.convert_to_tensor([t[0], t[1]]), X[:2])
    same(keras.ops.convert_to_tensor([[t[0, 0], 2.0], [3, t[1, 1]]]), [[-4, 2], [3, 1]])


@pytest.mark.parametrize("value", [np.array(["a"]), "a", object(), None, {"a": 1}])
def test_what_cannot_become_a_tensor(value):
    with pytest.raises((TypeError, ValueError)):
        keras.ops.convert_to_tensor(value)


def test_sparse_is_refused():
    with pytest.raises(ValueError, match="sparse"):
        _core.convert_to_tensor([1], sparse=True)


def test_errors_name_function_and_shapes():
    with pytest.raises(ValueError, match=r"(?i)add.*\(3, 4\).*\(5,\)"):
        tensor() + np.ones((5,), "float32")
    with pytest.raises(TypeError, match="axis"):
        _core.function("numpy", "sum")(tensor(), axis="x")
    with pytest.raises(TypeError, match="unexpected keyword argument 'y'"):
        _core.function("numpy", "log1p")(tensor(), y=1)


def test_a_missing_function_says_so():
    name = next(
        name
        for name in dir(keras.ops)
        if name not in _core.functions("numpy") and hasattr(keras.src.ops.numpy, name)
        and callable(getattr(keras.src.ops.numpy, name)) and name.islower()
        and not hasattr(keras.src.ops.numpy, "_" + name)
    )
    function = getattr(backend_module("ops.numpy"), name)
    with pytest.raises(NotImplementedError, match=name):
        function(1)


def test_signatures_are_those_of_keras():
    import inspect

    for module in ("numpy", "nn", "math", "linalg", "image"):
        ours = backend_module(f"ops.{module}")
        theirs = getattr(keras.src.ops, module)
        for name in _core.functions(module):
            function = getattr(theirs, name, None)
            # Keras's multi_hot rearranges its arguments before it calls the backend, and its
            # layer_normalization keeps a deprecated one to itself.
            if inspect.isfunction(function) and name not in ("multi_hot", "layer_normalization"):
                assert inspect.signature(getattr(ours, name)) == inspect.signature(function), name


def test_shapes_beyond_int64_are_refused():
    function = _core.function("numpy", "identity")
    for n in (2**40, 2**31):
        with pytest.raises((ValueError, MemoryError), match="too (many elements|large)"):
            function(n)
