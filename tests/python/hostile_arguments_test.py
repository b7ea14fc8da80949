# SPDX-License-Identifier: Apache-2.0
"""Arguments at the ends of their ranges: a result that is right, or an error that says what is wrong."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import numpy as np
import pytest
from kov import _core

MATRIX = np.arange(12, dtype="float32").reshape(3, 4)
LEAST = -(2**63)


def call(module, name, *args, **kwargs):
    """The function as the backend has it, without the checks of keras.ops."""
    return np.asarray(_core.function(module, name)(*args, **kwargs))


@pytest.mark.parametrize("offset", [LEAST, LEAST + 1, -(2**31), 2**63 - 1])
def test_diagonals_outside_the_matrix_are_empty(offset):
    assert call("numpy", "diagonal", MATRIX, offset=offset).shape == (0,)
    assert call("numpy", "diag", MATRIX, k=offset).shape == (0,)
    assert call("numpy", "trace", MATRIX, offset=offset) == 0
    with pytest.raises(ValueError, match="diag: k is"):
        call("numpy", "diag", MATRIX[0], k=offset)


@pytest.mark.parametrize("sigma", [3e38, float("inf"), float("nan"), -1.0])
def test_elastic_transform_names_its_sigma(sigma):
    with pytest.raises(ValueError, match="elastic_transform: sigma is"):
        call("image", "elastic_transform", np.zeros((1, 4, 4, 3), "float32"), sigma=sigma, seed=1,
             data_format="channels_last")


@pytest.mark.parametrize("name", ["padding", "stride", "dilation"])
def test_fold_names_the_number_that_is_too_large(name):
    given = {"output_size": (4, 4), "kernel_size": 1, name: 2**63 - 1}
    with pytest.raises(ValueError, match=f"fold: {name} is 9223372036854775807"):
        call("nn", "fold", np.zeros((1, 3, 16), "float32"), **given)


def test_diff_of_too_many_differences():
    x = np.zeros((1, 5000), "float32")
    with pytest.raises(NotImplementedError, match="diff: n is 4000"):
        call("numpy", "diff", x, n=4000)
    assert call("numpy", "diff", x[:, :50], n=4000).shape == (1, 0)


def test_text_that_is_no_text():
    with pytest.raises(TypeError, match="argument `padding` must be"):
        call("nn", "max_pool", np.zeros((1, 4, 4, 1), "float32"), 2, padding="\udcff")
    with pytest.raises(ValueError, match="Invalid dtype"):
        call("numpy", "identity", 2, dtype="\udcff")


@pytest.mark.parametrize("bounds", [(-3, 6), (-1, 2**31 - 1), (300, 2**40), (LEAST, -1)])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "uint32"])
def test_clip_to_numbers_that_the_type_does_not_hold(dtype, bounds):
    x = np.array([0, 2, 7, 100], dtype)
    info = np.iinfo(dtype)
    want = np.minimum(np.maximum(x.astype("int64"), bounds[0]), bounds[1])
    got = call("numpy", "clip", x, *bounds)
    np.testing.assert_array_equal(got, want.clip(info.min, info.max).astype(dtype))


def test_nan_to_num_keeps_the_shape():
    x = np.float32([[np.nan, 1], [np.inf, -np.inf]])
    got = call("numpy", "nan_to_num", x, nan=np.float32([5, 6]), posinf=np.float32(7), neginf=-8.0)
    np.testing.assert_array_equal(got, [[5, 1], [7, -8]])
    with pytest.raises(ValueError, match="nan_to_num"):
        call("numpy", "nan_to_num", np.float32(np.nan), nan=np.float32([[1.0]]))


@pytest.mark.parametrize("name,value", [("softmax", 1.0), ("log_softmax", 0.0)])
def test_softmax_over_no_axes(name, value):
    np.testing.assert_array_equal(call("nn", name, MATRIX, axis=()), np.full((3, 4), value))


def test_logsumexp_of_complex_has_a_principal_angle():
    x = np.array([0.5 + 4677j, 0.25 - 9j], "complex128")
    want = np.log(np.exp(x).sum())
    # the angle 4677 is known to half an ulp of it, 5e-13
    np.testing.assert_allclose(call("math", "logsumexp", x), want, atol=2e-12)


def test_sign_of_infinite_and_of_large_complex_numbers():
    x = np.array([complex(np.inf, 2), complex(0, -np.inf), complex(1.5e308, 1.5e308), 0], "complex128")
    got = call("numpy", "sign", x)
    # 2 roundings of the division and the square root
    np.testing.assert_allclose(got, [1, -1j, (1 + 1j) / np.sqrt(2), 0], rtol=4e-16, atol=0)


def test_psnr_of_half_precision_rounds_once():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 400)).astype("float16")
    error = np.square(x.astype("float64") - y.astype("float64")).mean()
    want = 20 * np.log10(float(np.float16(0.3))) - 10 * np.log10(error)
    # half an ulp of float16 near 13
    np.testing.assert_allclose(call("nn", "psnr", x, y, 0.3), want, atol=0.004)


def test_errors_of_operations_name_the_function():
    with pytest.raises(ValueError, match="truncated_normal"):
        call("random", "truncated_normal", (-3,), seed=1)
    with pytest.raises(ValueError, match="nanquantile"):
        call("numpy", "nanquantile", np.zeros((0,), "float32"), 0.5)


CREATORS = [("zeros", {"shape": (2, LEAST)}), ("eye", {"N": LEAST}), ("identity", {"n": LEAST}),
            ("repeat", {"x": np.float32(1), "repeats": LEAST}),
            ("repeat", {"x": np.zeros((0, 3), "float32"), "repeats": LEAST})]


@pytest.mark.parametrize("name, given", CREATORS, ids=lambda x: str(x)[:30])
def test_least_integer_is_no_size(name, given):
    with pytest.raises(ValueError, match=name):
        call("numpy", name, **given)


def test_convolutions_of_no_channels_and_of_huge_dilation():
    with pytest.raises(ValueError, match="conv: inputs have 0 channels"):
        call("nn", "conv", np.zeros((2, 2, 0), "float32"), np.zeros((2, 2, 0), "float32"))
    with pytest.raises(ValueError, match="conv_transpose: strides, dilation"):
        call("nn", "conv_transpose", np.zeros((7, 5, 17), "float32"), np.zeros((7, 5, 17), "float32"),
             dilation_rate=2**63 - 1)
    with pytest.raises(ValueError, match="conv_transpose: strides, dilation"):
        call("nn", "conv_transpose", np.zeros((3, 8, 2), "float32"), np.zeros((2, 2, 2), "float32"),
             dilation_rate=2**63 - 1)


def test_scalars_that_have_dimensions():
    x = np.array([1, 2], "int8")
    for name in ("max", "min"):
        with pytest.raises(ValueError, match=f"{name}: initial has 2 dimensions"):
            call("numpy", name, x, initial=np.zeros((1, 1), "int8"))
    with pytest.raises(ValueError, match="pad: constant_values has 1 dimension"):
        call("numpy", "pad", x, ((1, 1),), constant_values=np.zeros(2, "int8"))
    with pytest.raises(ValueError, match="gaussian_blur: number 0 of sigma"):
        call("image", "gaussian_blur", np.zeros((5, 5, 3), "float32"), sigma=np.ones((2, 3), "float32"))
    with pytest.raises(TypeError, match="rtol and atol are real"):
        call("numpy", "isclose", 1.0, 2.0, rtol=1j)


def test_noise_of_dropout_adds_no_dimensions():
    with pytest.raises(ValueError, match="dropout"):
        call("random", "dropout", np.float32(3), 0.5, noise_shape=(2, 3), seed=1)


def test_istft_has_no_negative_length():
    with pytest.raises(ValueError, match="istft: length is -2"):
        call("math", "istft", [np.ones((2, 6, 3), "float32")] * 2, 2, 2, 4, length=-2)


def test_norms_of_no_elements():
    for order in (1, 2, float("inf")):
        assert call("linalg", "norm", np.zeros((3, 0), "float32"), ord=order, axis=(0, 1)) == 0
    assert call("linalg", "norm", np.zeros((3, 0), "float32"), ord=float("inf"), axis=1).tolist() == [0] * 3


def test_sort_of_a_scalar_without_an_axis_is_flat():
    assert call("numpy", "sort", np.float32(3), axis=None).shape == (1,)


def test_geomspace_whose_ratio_is_no_number():
    for start, stop in ((1e-40, 3.0), (-1e-3, -3e38), (3e38, 1e-38)):
        want = np.geomspace(np.float64(np.float32(start)), stop, 8)
        # two powers of float32, whose exponents of up to 128 are rounded
        np.testing.assert_allclose(call("numpy", "geomspace", np.float32(start), stop, 8), want, rtol=2e-5)


def test_istft_of_no_length_is_empty():
    x = [np.ones((2, 6, 3), "float32")] * 2
    assert call("math", "istft", x, 2, 2, 4, length=0, center=False).shape == (2, 0)
    assert call("math", "istft", x, 2, 2, 4, length=0).shape == (2, 0)


def test_stride_beyond_the_signal_leaves_one_sequence():
    x = np.arange(6, dtype="float32")
    for stride in (7, 2**63 - 1):
        assert call("math", "extract_sequences", x, 4, stride).tolist() == [[0, 1, 2, 3]]
        assert call("math", "extract_sequences", x, 7, stride).shape == (0, 7)


def test_frame_of_a_resized_image_is_filled_with_what_is_given():
    image = np.zeros((1, 2, 8, 1), "uint8")
    found = call("image", "resize", image, (8, 8), pad_to_aspect_ratio=True, fill_value=0.25,
                 data_format="channels_last")
    want = np.where(np.isin(np.arange(8), (3, 4)), 0.0, 0.25)
    assert found[0, :, 0, 0].tolist() == want.tolist()


def test_fill_of_sampled_integers_is_a_number_of_their_type():
    image, far = np.full((4, 4), 9, "uint8"), np.full((2, 3), -5.0, "float32")
    for fill, want in ((-0.75, 0), (0.75, 0), (7.9, 7)):  # cut off, as an array of the type would be
        assert call("image", "map_coordinates", image, far, 1, fill_value=fill).tolist() == [want] * 3


def test_sign_of_determinants_that_are_no_number():
    matrix = np.array([[1, np.nan], [0, 1]], "float32")
    for x in (matrix, np.full_like(matrix, np.nan)):
        sign, logarithm = (np.asarray(y) for y in _core.function("numpy", "slogdet")(x))
        assert abs(sign) == 1 and np.isnan(logarithm)
    assert np.asarray(_core.function("numpy", "slogdet")(np.diag([-2.0, 3.0]))[0]) == -1
    assert np.asarray(_core.function("numpy", "slogdet")(np.zeros((2, 2)))[0]) == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_pseudo_inverses_of_sixteen_bits_keep_small_singular_values(dtype):
    x = np.array([[1, 0.5, 0], [0.25, 1, 0], [0, 0, 0.125], [0, 0, 0]])  # exact in both types
    given = _core.function("core", "cast")(x, dtype)
    step = 2.0**-7 if dtype == "bfloat16" else 2.0**-10
    inverse = np.asarray(_core.function("core", "cast")(_core.function("linalg", "pinv")(given), "float32"))
    np.testing.assert_allclose(inverse, np.linalg.pinv(x), rtol=step, atol=1e-6)
    solved = _core.function("linalg", "lstsq")(given, given)
    np.testing.assert_allclose(np.asarray(_core.function("core", "cast")(solved, "float32")), np.eye(3),
                               rtol=step, atol=1e-6)


def test_full_like_takes_no_more_dimensions_than_it_has():
    with pytest.raises(ValueError, match="full_like: fill_value has 1 dimensions and x 0"):
        call("numpy", "full_like", np.float32(1), np.ones(1, "float32"))
    assert call("numpy", "full_like", np.zeros((2, 3)), np.arange(3.0)).tolist() == [[0, 1, 2]] * 2


def test_trapezoid_over_places_of_more_dimensions():
    y, x = np.array([1.0, 3.0, 2.0]), np.arange(24.0).reshape(2, 4, 3) ** 2
    np.testing.assert_allclose(call("numpy", "trapezoid", y, x), np.trapezoid(y, x), rtol=1e-12)
    table = np.arange(12.0).reshape(4, 3) ** 2
    np.testing.assert_allclose(call("numpy", "trapezoid", x, table), np.trapezoid(x, table), rtol=1e-12)
    assert call("numpy", "trapezoid", y[:2], np.zeros((4, 5, 0))).shape == (4, 5)


def test_geomspace_of_complex_dtype_turns_from_below_zero():
    want = np.geomspace(-8.0 + 0j, 2.0, 5)
    found = call("numpy", "geomspace", -8.0, 2.0, 5, dtype="complex128")
    np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-12)


def test_pointwise_kernels_of_several_places_are_dilated():
    x = np.arange(9, dtype="float32").reshape(1, 9, 1)
    found = call("nn", "separable_conv", x, np.ones((1, 1, 1), "float32"), np.ones((2, 1, 1), "float32"),
                 padding="valid", data_format="channels_last", dilation_rate=3)
    assert found.ravel().tolist() == (x[0, :-3, 0] + x[0, 3:, 0]).tolist()


def test_imaginary_parts_of_targets_and_statistics_stay():
    target, p = np.array([[1 + 2j, 3 - 1j]]), np.array([[0.25, 0.75]])
    np.testing.assert_allclose(call("nn", "categorical_crossentropy", target, p),
                               -(target * np.log(p)).sum(-1), rtol=1e-12)
    np.testing.assert_allclose(call("nn", "binary_crossentropy", target, p),
                               -(target * np.log(p) + (1 - target) * np.log(1 - p)), rtol=1e-12)
    mean, variance = np.array([1 + 2j, 3j]), np.array([4.0, 0.25])
    np.testing.assert_allclose(call("nn", "batch_normalization", p, mean, variance, 1, epsilon=0.0),
                               (p - mean) / np.sqrt(variance), rtol=1e-12)
    below = call("nn", "batch_normalization", p, mean, -variance, 1, epsilon=0.0)
    assert np.isnan(below).all()


@pytest.mark.parametrize("size", [0, -1, -2**63])
def test_a_blur_has_a_kernel(size):
    with pytest.raises(ValueError, match="kernel_size"):
        call("image", "gaussian_blur", np.ones((1, 3, 6, 3), "float32"), kernel_size=(size, size), sigma=(1.0, 0.5))


def test_slices_counted_from_the_end_and_to_the_end():
    x = np.arange(30, dtype="float32").reshape(5, 6)
    for start in [(-3, 2), np.array([-3, 2]), (-3, np.int64(-4))]:
        np.testing.assert_array_equal(call("core", "slice", x, start, (2, 3)), x[2:4, 2:5])
        got = call("core", "slice_update", x, start, np.zeros((2, 3), "float32"))
        assert (got[2:4, 2:5] == 0).all() and got.sum() == x.sum() - x[2:4, 2:5].sum()
    np.testing.assert_array_equal(call("core", "slice", x, (1, -2), (-1, -1)), x[1:, 4:])
    np.testing.assert_array_equal(call("core", "slice", x, (0, 0), (-1, 2)), x[:, :2])
    np.testing.assert_array_equal(call("core", "slice", x, (-2, 5), (4, 3)), x[1:, 3:])  # moved inside
    with pytest.raises(ValueError, match="slice"):
        call("core", "slice", x, (0, 0), (-2, 2))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_divisors_of_the_least_integer(dtype):
    least = np.iinfo(dtype).min
    x = np.array([least, least, least, -6, 0, 7, least], dtype)
    y = np.array([6, -12, 1, 4, 0, -21, least // 4], dtype)
    np.testing.assert_array_equal(call("numpy", "gcd", x, y), np.gcd(x, y))
    np.testing.assert_array_equal(call("numpy", "lcm", x[2:], y[2:]), np.lcm(x[2:], y[2:]))


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint64"])
def test_large_integers_that_differ_are_not_close(dtype):
    top = np.iinfo(dtype).max
    x = np.array([2**24 + 1, top, top, top - 9, 5], dtype)
    y = np.array([2**24, top - 1, top, top - 5, 7], dtype)
    for atol in (0, 1, 2, 4.5):
        want = np.abs(x.astype(object) - y.astype(object)) <= atol
        np.testing.assert_array_equal(call("numpy", "isclose", x, y, rtol=0, atol=atol), want)
        assert call("numpy", "allclose", x, y, rtol=0, atol=atol) == want.all()
    far = np.array([np.iinfo(dtype).min], dtype)
    assert not call("numpy", "isclose", x[1:2], far, rtol=0.4, atol=0)


@pytest.mark.parametrize("reduction", ["add", "mul", "max", "min"])
def test_scatter_of_floats_into_integers(reduction):
    x, at, y = np.array([40, 3, 2**24 + 1], "int32"), np.array([[0], [1]]), np.float32([0.5, 3.75])
    want = x.copy()
    apply = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[reduction]
    want[:2] = apply(x[:2], y).astype("int32")
    got = call("core", "scatter_update", x, at, y, reduction=reduction)
    assert got.dtype == "int32"
    np.testing.assert_array_equal(got, want)


def test_step_beyond_the_integers():
    for step in (2**63, 2**64 - 1, 2**63 - 1):
        np.testing.assert_array_equal(call("numpy", "arange", -8, 14, step).astype("int64"), [-8])


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_trapezoid_of_widths_with_more_dimensions(axis):
    rng = np.random.default_rng(1)
    y, dx = rng.normal(size=(4, 4)), rng.normal(size=(2, 1, 1))
    want = np.trapezoid(y, dx=dx, axis=axis)
    np.testing.assert_allclose(call("numpy", "trapezoid", y, dx=dx, axis=axis), want, rtol=1e-13)
    x = rng.normal(size=(3, 4, 4))
    if axis < 0:
        want = np.trapezoid(y, x, axis=axis)
        np.testing.assert_allclose(call("numpy", "trapezoid", y, x, axis=axis), want, rtol=1e-13)
    dx = np.arange(1.0, 4.0)  # one for each area
    want = np.trapezoid(y[0], dx=dx)
    np.testing.assert_allclose(call("numpy", "trapezoid", y[0], dx=dx), want, rtol=1e-13)


@pytest.mark.parametrize("axis", [0, -1])
def test_logspace_of_several_bases(axis):
    base = np.arange(2.0, 14.0, dtype="float64").reshape(4, 3)
    want = np.logspace(np.array([0.5]), 2.0, num=4, base=base, axis=axis)
    got = call("numpy", "logspace", np.array([0.5]), 2.0, num=4, base=base, axis=axis)
    np.testing.assert_allclose(got, want, rtol=1e-14)


def test_nothing_to_count():
    for name in ("linspace", "logspace", "geomspace"):
        for num in (-1, -(2**40)):
            with pytest.raises(ValueError, match=f"{name}: .* negative"):
                call("numpy", name, 1.0, 2.0, num=num)
        assert call("numpy", name, 1.0, 2.0, num=0).shape == (0,)
    for bins in (0, -1, LEAST):
        with pytest.raises(ValueError, match="histogram: .* negative"):
            _core.function("numpy", "histogram")(MATRIX, bins=bins)


def test_fill_has_no_dimensions():
    images = np.zeros((1, 3, 3, 2), "float32")
    points = np.float32([[0, 0], [0, 2], [2, 0], [2, 2]])
    fill = np.zeros((2, 1, 1), "float32")
    with pytest.raises(ValueError, match="perspective_transform: fill_value has 3 dimensions"):
        call("image", "perspective_transform", images, points, points, fill_value=fill)
    with pytest.raises(ValueError, match="map_coordinates: fill_value has 3 dimensions"):
        call("image", "map_coordinates", MATRIX, np.zeros((2, 5), "float32"), 1, fill_value=fill)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_resize_keeps_nan_in_the_line_that_is_resized(dtype):
    x = np.ones((1, 3, 5, 1), dtype)
    x[0, 2, 1] = np.nan
    for size in [(3, 8), (3, 5), (6, 5), (3, 8)]:
        got = call("image", "resize", x, size, data_format="channels_last")[0, ..., 0]
        rows, columns = (2,) if size[0] == 3 else slice(None), (1,) if size[1] == 5 else slice(None)
        spread = np.zeros(size, bool)
        spread[rows, columns] = True
        np.testing.assert_array_equal(np.isnan(got), spread)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sure_probabilities_of_sixteen_bits_cost_no_more_and_no_less(dtype):
    p = _core.function("core", "cast")(np.float32([[0.75], [3.0]]), dtype)  # each made to sum to 1
    target = _core.function("core", "cast")(np.float32([[-1024], [512]]), dtype)
    least = -np.log1p(-np.float64(np.float32(1e-7)))
    for found, want in [(_core.function("nn", "categorical_crossentropy")(target, p), [-1024 * least, 512 * least]),
                        (_core.function("nn", "sparse_categorical_crossentropy")(np.zeros(2, "int32"), p),
                         [least, least])]:
        assert str(found.dtype) == dtype
        # 1 - 1e-7 is a multiple of 2^-24: the logarithm has one digit
        np.testing.assert_allclose(np.asarray(_core.function("core", "cast")(found, "float32")), want, rtol=0.25)


@pytest.mark.parametrize("name", ["linspace", "logspace"])
def test_real_steps_of_a_complex_dtype_may_be_infinite(name):
    want = getattr(np, name)(1.0, -np.inf, 4, endpoint=False).astype("complex128")
    found = call("numpy", name, 1.0, -np.inf, 4, endpoint=False, dtype="complex128")
    np.testing.assert_array_equal(np.isnan(found), np.isnan(want))
    np.testing.assert_array_equal(found[1:], want[1:])


def test_offsets_of_layer_normalization_with_more_dimensions():
    rng = np.random.default_rng(2)
    x, beta = rng.normal(size=(2, 3, 3)), np.array([[1.0], [2.0], [3.0]])
    plain = call("nn", "layer_normalization", x)
    np.testing.assert_allclose(call("nn", "layer_normalization", x, beta=beta), plain + beta[:, 0], rtol=1e-12)
    np.testing.assert_allclose(call("nn", "layer_normalization", x, beta=beta, axis=2), plain + beta, rtol=1e-12)
    np.testing.assert_allclose(call("nn", "layer_normalization", x, beta=2.0), plain + 2, rtol=1e-12)


def test_variances_of_sixteen_bits_are_taken_as_float32():
    x = np.float32([[1.0, 100.0, -3.0]])
    variance = np.float32([0.1303, 0.103, 0.28])
    given = _core.function("core", "cast")(variance, "bfloat16")
    rounded = np.asarray(_core.function("core", "cast")(given, "float32"))
    found = call("nn", "batch_normalization", x, np.zeros(3, "float32"), given, 1, epsilon=0.2)
    np.testing.assert_allclose(found, x / np.sqrt(rounded + np.float32(0.2)), rtol=1e-6)


def test_squareplus_of_large_sixteen_bit_numbers_is_finite():
    x = np.float16([13728.0, -13728.0, 60000.0, 1.0])
    want = (x + np.sqrt(x.astype("float64") ** 2 + 4)) / 2
    # half an ulp of float16, and of float32 at -13728, where the sum cancels
    np.testing.assert_allclose(call("nn", "squareplus", x), want, rtol=5e-4, atol=1e-3)
