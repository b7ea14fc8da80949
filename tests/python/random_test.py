# SPDX-License-Identifier: Apache-2.0
"""Distributions of keras.random against their distribution functions. Draws are a function of the seed,
so a test that passes once passes always; the bounds are those of a chance of 1e-6 to fail."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import math

import keras
import numpy as np
import pytest

N = 50_000


def gamma_function(a, x, steps=400):
    """The regularised lower incomplete gamma function, by its series."""
    total, term = np.zeros_like(x), np.ones_like(x) / a
    for k in range(1, steps):
        total += term
        term = term * x / (a + k)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, total * np.exp(a * np.log(x) - x - math.lgamma(a)), 0)


def farthest(sample, function):
    """Kolmogorov's distance, times sqrt(n)."""
    x = np.sort(np.asarray(sample).astype("float64").ravel())
    at = function(x)
    n = len(x)
    return math.sqrt(n) * max(np.abs(at - np.arange(n) / n).max(), np.abs(at - np.arange(1, n + 1) / n).max())


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0, 1.5, 7.0, 60.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gamma(alpha, dtype):
    sample = keras.random.gamma((N,), alpha, dtype=dtype, seed=1)
    assert sample.dtype == dtype
    assert farthest(sample, lambda x: gamma_function(alpha, x)) < 2.7


def beta_function(a, b, x):
    """By Simpson's rule on the substitution that takes the poles out of a, b >= 0.5: x = sin(t)^2."""
    t = np.linspace(0, np.pi / 2, 200_001)
    density = 2 * np.sin(t) ** (2 * a - 1) * np.cos(t) ** (2 * b - 1)
    density *= math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    steps = (density[1:] + density[:-1]) / 2 * (t[1] - t[0])
    return np.interp(np.arcsin(np.sqrt(x)), t, np.concatenate([[0], np.cumsum(steps)]))


@pytest.mark.parametrize("alpha,beta", [(0.5, 0.5), (2.0, 5.0), (1.0, 1.0), (30.0, 3.0)])
def test_beta(alpha, beta):
    sample = keras.random.beta((N,), alpha, beta, seed=2)
    assert farthest(sample, lambda x: beta_function(alpha, beta, x)) < 2.7


BINOMIALS = [(1, 0.3), (20, 0.2), (15, 0.5), (40, 0.9), (200, 0.05), (100, 0.5), (5000, 0.31), (10**6, 0.7)]


@pytest.mark.parametrize("n,p", BINOMIALS)
def test_binomial(n, p):
    sample = np.asarray(keras.random.binomial((N,), n, p, seed=3)).astype("float64")
    assert np.all(sample == np.floor(sample)) and sample.min() >= 0 and sample.max() <= n
    deviation = math.sqrt(n * p * (1 - p))
    k = np.arange(max(0, int(n * p - 9 * deviation) - 1), min(n, int(n * p + 9 * deviation) + 1) + 1)
    chance = np.exp([math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
                     + i * math.log(p) + (n - i) * math.log1p(-p) for i in k])
    counts = np.array([np.count_nonzero(sample == i) for i in k]) if len(k) < 600 else None
    if counts is None:
        below = np.cumsum(chance)
        order = np.sort(sample)
        seen = np.searchsorted(order, k, side="right") / N
        assert math.sqrt(N) * np.abs(seen - below).max() < 2.7
        return
    often = chance * N > 10
    squares = (counts[often] - chance[often] * N) ** 2 / (chance[often] * N)
    degrees = np.count_nonzero(often)
    # Wilson and Hilferty's bound of chi squared at 4.8 deviations.
    bound = degrees * (1 - 2 / (9 * degrees) + 4.8 * math.sqrt(2 / (9 * degrees))) ** 3
    assert squares.sum() < bound
    assert counts[~often].sum() < chance[~often].sum() * N + 6 * math.sqrt(max(chance[~often].sum() * N, 1)) + 6


def test_binomial_takes_a_tensor_of_parameters():
    counts = np.array([[0], [10], [1000]], "float32")
    chances = np.array([0.0, 0.25, 1.0], "float32")
    sample = np.asarray(keras.random.binomial((3, 3), counts, chances, seed=4))
    np.testing.assert_array_equal(sample[:, 0], 0)
    np.testing.assert_array_equal(sample[0], 0)
    np.testing.assert_array_equal(sample[:, 2], counts[:, 0])


def test_draws_are_a_function_of_the_seed():
    for draw in (
        lambda seed: keras.random.gamma((5,), 2.0, seed=seed),
        lambda seed: keras.random.beta((5,), 2.0, 3.0, seed=seed),
        lambda seed: keras.random.binomial((50,), 100, 0.4, seed=seed),
    ):
        np.testing.assert_array_equal(np.asarray(draw(5)), np.asarray(draw(5)))
        assert np.any(np.asarray(draw(5)) != np.asarray(draw(6)))


def test_integers_are_no_dtype_of_these():
    with pytest.raises(ValueError, match="float"):
        keras.random.gamma((2,), 1.0, dtype="int32", seed=1)
