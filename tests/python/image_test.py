# SPDX-License-Identifier: Apache-2.0
"""Module image of keras.ops against Keras on JAX, which runs this file as a program."""

import os
import subprocess
import sys

JUDGE = os.environ.get("KOV_JUDGE")  # a Python that has Keras and JAX

if __name__ != "__main__":
    os.environ["KERAS_BACKEND"] = "kov"

    import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np

image = keras.ops.image


def pixels(*shape, dtype="float32"):
    """The same in both processes."""
    numbers = np.random.default_rng(sum(shape)).random(shape)
    return (numbers * 255).astype(dtype) if dtype == "uint8" else numbers.astype(dtype)


def cases():
    """Name -> function without arguments."""
    found = {}

    def add(name, *args, **kwargs):
        key = f"{len(found)} {name} {kwargs}"
        found[key] = lambda: getattr(image, name)(*args, **kwargs)

    last, first = pixels(2, 9, 7, 3), pixels(2, 3, 9, 7)
    for x, layout in ((last, "channels_last"), (first, "channels_first"), (last[0], "channels_last")):
        for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
            add(name, x, data_format=layout)
        for size in ((13, 4), (9, 7), (5, 20), (1, 1)):
            for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
                for antialias in (False, True):
                    if antialias and interpolation == "nearest":
                        continue
                    add("resize", x, size=size, interpolation=interpolation, antialias=antialias,
                        data_format=layout)
        for size in ((6, 12), (12, 6)):
            add("resize", x, size=size, crop_to_aspect_ratio=True, data_format=layout)
            add("resize", x, size=size, pad_to_aspect_ratio=True, fill_value=2.0, data_format=layout)
        for fill_mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
            for interpolation in ("nearest", "bilinear"):
                transform = np.array([0.9, 0.3, -2.3, -0.2, 1.2, 3.1, 0, 0], "float32")
                if x.ndim == 4:
                    transform = np.stack([transform, transform * 0.7])
                add("affine_transform", x, transform, interpolation=interpolation,
                    fill_mode=fill_mode, fill_value=0.5, data_format=layout)
        start = np.array([[0, 0], [6, 1], [1, 8], [5, 7]], "float32")
        end = np.array([[1, 1], [5, 0], [0, 8], [6, 8]], "float32")
        if x.ndim == 4:
            start, end = np.stack([start, start + 0.5]), np.stack([end, end])
        add("perspective_transform", x, start, end, data_format=layout)
        add("gaussian_blur", x, kernel_size=(3, 5), sigma=(0.7, 1.6), data_format=layout)
        if x.ndim == 4:
            add("sobel_edges", x, data_format=layout)
    add("rgb_to_grayscale", pixels(4, 5, 3, dtype="uint8"), data_format="channels_last")
    add("resize", pixels(4, 5, 3, dtype="uint8"), size=(7, 3), data_format="channels_last")
    for fill_mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
        for order in (0, 1):
            for shape in ((6,), (5, 4), (3, 4, 2)):
                at = np.random.default_rng(1).uniform(-9, 12, (len(shape), 40)).astype("float32")
                add("map_coordinates", pixels(*shape), at, order=order, fill_mode=fill_mode,
                    fill_value=0.25)
    for method in ("linear", "cubic", "lanczos3", "lanczos5"):
        for antialias in (False, True):
            for scale in ((0.6, 1.7), (2.0, 0.5)):
                add("scale_and_translate", last, (2, 8, 11, 3), np.array(scale, "float32"),
                    np.array((0.4, -1.3), "float32"), (1, 2), method, antialias)
    return found


def results():
    return {name: np.asarray(keras.ops.convert_to_numpy(run())) for name, run in cases().items()}


if __name__ == "__main__":
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
    wrong = []
    for name, actual in results().items():
        want = expected[name]
        same = actual.shape == want.shape and actual.dtype == want.dtype
        # float32 positions among 20 pixels are exact to 2e-6, and slopes are at most 1; where a grey
        # value lies between two whole numbers either is right.
        step = 1 if want.dtype == "uint8" else 2e-5
        if not same or np.abs(actual.astype("float64") - want.astype("float64")).max() > step:
            wrong.append((name, actual.dtype, actual.shape, want.dtype, want.shape))
    assert not wrong


def test_resize_is_exact_on_ramps():
    ramp = np.arange(1000, dtype="float32")[None, None, :, None] * np.ones((1, 3, 1, 1), "float32")
    wide = np.asarray(image.resize(ramp, (3, 4000), data_format="channels_last"))
    expected = (np.arange(4000) + 0.5) / 4 - 0.5
    np.testing.assert_allclose(wide[0, 1, 2:-2, 0], expected[2:-2], rtol=2e-7)


def test_homography_maps_end_to_start():
    generator = np.random.default_rng(2)
    square = np.array([[0, 0], [8, 0], [0, 8], [8, 8]], "float32")
    start, end = (square + generator.random((3, 4, 2)).astype("float32") for _ in range(2))
    h = np.asarray(keras.src.backend.image.compute_homography_matrix(start, end)).astype("float64")
    for row, s, e in zip(h, start, end):
        for (x, y), want in zip(e, s):
            k = row[6] * x + row[7] * y + 1
            got = [(row[0] * x + row[1] * y + row[2]) / k, (row[3] * x + row[4] * y + row[5]) / k]
            np.testing.assert_allclose(got, want, atol=1e-4)


def test_elastic_transform_moves_pixels_a_little():
    x = np.tile(np.arange(32, dtype="float32")[:, None, None], (1, 32, 2))[None]
    y = np.asarray(image.elastic_transform(x, alpha=5.0, sigma=3.0, seed=3, data_format="channels_last"))
    assert y.shape == x.shape and np.abs(y - x).max() > 0.01
    assert np.abs(y - x).max() < 20
    np.testing.assert_allclose(y[..., 0], y[..., 1], rtol=1e-6)
    again = image.elastic_transform(x, alpha=5.0, sigma=3.0, seed=3, data_format="channels_last")
    np.testing.assert_array_equal(np.asarray(again), y)


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="rank"):
        image.resize(np.zeros((3, 3), "float32"), (2, 2))
    with pytest.raises(ValueError, match="float dtype"):
        keras.src.backend.image.rgb_to_hsv(np.zeros((3, 3, 3), "int32"))


def test_wide_integers_are_read_exactly():
    x = np.array([251750835, -251750837, 7], "int32")
    y = keras.ops.image.map_coordinates(x, np.array([[1, 0, 2]], "float32"), order=0)
    np.testing.assert_array_equal(np.asarray(y), x[[1, 0, 2]])
