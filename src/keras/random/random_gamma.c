/* SPDX-License-Identifier: Apache-2.0 */
/* Module random: gamma, beta and binomial. Rejection runs as a fixed number of proposals side by
 * side, of which each element takes its first accepted one. */
#include "keras/random/random_draws.h"
#include "keras_functions.h"
#include <math.h>

/* Of proposals (n, ...) the first one accepted; where there is none, the last. */
static kov_value first_accepted(kov_builder *b, kov_value proposals, kov_value accepted, int64_t n)
{
    int ndim = kov_ndim(b, proposals);
    int64_t shape[KOV_MAX_NDIM];
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < ndim; i++)
        shape[i] = i == 0 ? n : 1;
    kov_value turn = kov_iota(b, kov_constant_i64_scalar(b, n), KOV_DTYPE_I32);
    turn = kov_reshape_to(b, turn, shape, ndim);
    kov_value last = kov_constant_int(b, KOV_DTYPE_I32, n - 1), axis = kov_one_i64(b, 0);
    kov_value first = kov_reduce_min(b, kov_select(b, accepted, turn, last), axis, true);
    kov_value taken =
        kov_select(b, kov_equal(b, turn, first), proposals, kov_scalar_like(b, proposals, 0));
    return kov_reduce_sum(b, taken, axis, false);
}

static kov_value shape_of_proposals(kov_builder *b, kov_value shape, int64_t n)
{
    const kov_value parts[] = {kov_one_i64(b, n), shape};
    return kov_join_dims(b, parts, 2);
}

/* ---- Gamma ---- */

/* At the worst, alpha = 1, one proposal in 20 is rejected: 8 of 8 once in 2 * 10^10 elements, which
 * then take a proposal all the same. */
#define GAMMA_PROPOSALS 8

/* The logarithm of gamma variates, so that small alpha do not underflow. Marsaglia and Tsang, "A
 * simple method for generating gamma variables", 2000: d (1 + c x)^3 with x normal; for alpha < 1
 * the variate of alpha + 1 times u^(1 / alpha). Takes 8 streams. */
static kov_value log_gamma_variates(kov_builder *b, kov_value key, kov_value shape, kov_value alpha,
                                    int stream)
{
    kov_dtype dtype = kov_dtype_of(b, alpha);
    kov_value one = kov_scalar_like(b, alpha, 1), third = kov_scalar_like(b, alpha, 1.0 / 3);
    kov_value small = kov_less(b, alpha, one);
    kov_value raised = kov_select(b, small, kov_add(b, alpha, one), alpha);
    kov_value d = kov_subtract(b, raised, third);
    kov_value c = kov_divide(b, third, kov_sqrt(b, d));
    kov_value many = shape_of_proposals(b, shape, GAMMA_PROPOSALS);
    kov_value x = kov_random_gaussian(b, key, many, dtype, stream);
    kov_value root = kov_add(b, one, kov_multiply(b, c, x));
    kov_value positive = kov_greater(b, root, kov_scalar_like(b, root, 0));
    root = kov_select(b, positive, root, one);
    kov_value log_v = kov_multiply(b, kov_log(b, root), kov_scalar_like(b, root, 3));
    kov_value v = kov_multiply(b, kov_multiply(b, root, root), root);
    kov_value log_u = kov_log(b, kov_random_open_unit(b, key, many, dtype, stream + 4));
    /* ln u < x^2 / 2 + d - d v + d ln v */
    kov_value bound = kov_multiply(b, d, kov_add(b, kov_subtract(b, one, v), log_v));
    bound = kov_add(b, bound, kov_multiply(b, kov_multiply(b, x, x), kov_scalar_like(b, x, 0.5)));
    kov_value accepted = kov_logical_and(b, positive, kov_less(b, log_u, bound));
    kov_value y = kov_add(b, first_accepted(b, log_v, accepted, GAMMA_PROPOSALS), kov_log(b, d));
    kov_value power = kov_log(b, kov_random_open_unit(b, key, shape, dtype, stream + 5));
    power = kov_divide(b, power, kov_select(b, small, alpha, one));
    return kov_select(b, small, kov_add(b, y, power), y);
}

/* A parameter of a distribution in the dtype of its formulas, spread over the shape. */
static kov_value spread(kov_builder *b, kov_value parameter, kov_dtype dtype, kov_value shape)
{
    return kov_broadcast_to(b, kov_cast(b, parameter, dtype), shape);
}

kov_value kov_random_gamma(kov_builder *b, kov_value shape, kov_value alpha, kov_dtype dtype,
                           kov_value seed)
{
    kov_value key = kov_random_key(b, "gamma", seed);
    dtype = kov_random_float_dtype(b, "gamma", dtype);
    alpha = spread(b, alpha, kov_compute_dtype(dtype), shape);
    return kov_narrow(b, kov_exp(b, log_gamma_variates(b, key, shape, alpha, 0)), dtype);
}

/* x / (x + y) for gamma variates x and y. */
kov_value kov_random_beta(kov_builder *b, kov_value shape, kov_value alpha, kov_value beta,
                          kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "beta", seed);
    dtype = kov_random_float_dtype(b, "beta", dtype);
    kov_dtype wide = kov_compute_dtype(dtype);
    kov_value x = log_gamma_variates(b, key, shape, spread(b, alpha, wide, shape), 0);
    kov_value y = log_gamma_variates(b, key, shape, spread(b, beta, wide, shape), 8);
    return kov_narrow(b, kov_sigmoid(b, kov_subtract(b, x, y)), dtype);
}

/* ---- Binomial ---- */

#define FEW 10          /* mean below which the distribution function is inverted */
#define FEW_OUTCOMES 64 /* at mean 10 more have a probability below 1e-25 */
#define BINOMIAL_PROPOSALS                                                                         \
    24 /* at most 0.35 of them are rejected: all of them once in 10^11 elements */

/* ln n!, by Stirling's series at n + 11, where two terms are accurate to 4e-9: ln n! is
 * ln (n + 10)! - ln((n + 1) ... (n + 10)). */
static kov_value log_factorial(kov_builder *b, kov_value n)
{
    kov_value one = kov_scalar_like(b, n, 1), product = one;
    for (int i = 1; i <= 10; i++)
        product = kov_multiply(b, product, kov_add(b, n, kov_scalar_like(b, n, i)));
    kov_value m = kov_add(b, n, kov_scalar_like(b, n, 11)), inverse = kov_divide(b, one, m);
    kov_value series =
        kov_multiply(b, kov_multiply(b, inverse, inverse), kov_scalar_like(b, n, -1.0 / 360));
    series = kov_multiply(b, kov_add(b, series, kov_scalar_like(b, n, 1.0 / 12)), inverse);
    kov_value y = kov_multiply(b, kov_subtract(b, m, kov_scalar_like(b, n, 0.5)), kov_log(b, m));
    y = kov_add(b, kov_subtract(b, y, m), kov_scalar_like(b, n, 0.91893853320467274178));
    return kov_subtract(b, kov_add(b, y, series), kov_log(b, product));
}

/* The number of outcomes whose distribution function is below u. */
static kov_value invert_few(kov_builder *b, kov_value key, kov_value shape, kov_value n,
                            kov_value p)
{
    kov_dtype dtype = kov_dtype_of(b, n);
    int ndim = kov_ndim(b, n);
    int64_t dims[KOV_MAX_NDIM];
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    for (int i = 0; i <= ndim; i++)
        dims[i] = i == 0 ? -1 : 1;
    kov_value one = kov_scalar_like(b, n, 1), zero = kov_scalar_like(b, n, 0);
    kov_value k = kov_iota(b, kov_constant_i64_scalar(b, FEW_OUTCOMES), dtype);
    k = kov_reshape_to(b, k, dims, ndim + 1);
    kov_value q = kov_subtract(b, one, p);
    /* P(k) = P(k - 1) (n - k + 1) / k * p / q; P(0) = q^n */
    kov_value ratio = kov_subtract(b, kov_add(b, n, one), k);
    ratio = kov_divide(b, kov_multiply(b, kov_maximum(b, ratio, zero), p),
                       kov_multiply(b, kov_maximum(b, k, one), q));
    kov_value start = kov_broadcast_to(b, kov_power(b, q, n), kov_shape_value(b, ratio));
    ratio = kov_select(b, kov_equal(b, k, zero), start, ratio);
    kov_value axis = kov_constant_i64_scalar(b, 0);
    kov_value chance = kov_cumulative_reduce(b, ratio, axis, "prod", false);
    kov_value below = kov_cum_sum(b, chance, axis, false, false);
    kov_value u = kov_random_unit(b, key, shape, dtype, 0);
    kov_value passed = kov_cast(b, kov_greater_equal(b, u, below), dtype);
    return kov_minimum(b, kov_reduce_sum(b, passed, kov_one_i64(b, 0), false), n);
}

/* Transformed rejection (W. Hoermann, "The generation of binomial random variates",
 * 1993, algorithm BTRS), for n p >= 10 and p <= 1/2. */
static kov_value reject_many(kov_builder *b, kov_value key, kov_value shape, kov_value n,
                             kov_value p)
{
    kov_dtype dtype = kov_dtype_of(b, n);
    kov_value one = kov_scalar_like(b, n, 1), half = kov_scalar_like(b, n, 0.5),
              zero = kov_scalar_like(b, n, 0);
    kov_value q = kov_subtract(b, one, p), mean = kov_multiply(b, n, p);
    kov_value deviation = kov_sqrt(b, kov_multiply(b, mean, q));
    kov_value wide = kov_add(b, kov_multiply(b, deviation, kov_scalar_like(b, n, 2.53)),
                             kov_scalar_like(b, n, 1.15));
    kov_value a = kov_add(b, kov_multiply(b, wide, kov_scalar_like(b, n, 0.0248)),
                          kov_add(b, kov_multiply(b, p, kov_scalar_like(b, n, 0.01)),
                                  kov_scalar_like(b, n, -0.0873)));
    kov_value c = kov_add(b, mean, half);
    kov_value scale =
        kov_add(b, kov_divide(b, kov_scalar_like(b, n, 5.1), wide), kov_scalar_like(b, n, 2.83));
    scale = kov_multiply(b, scale, deviation);
    kov_value many = shape_of_proposals(b, shape, BINOMIAL_PROPOSALS);
    kov_value v = kov_random_open_unit(b, key, many, dtype, 2);
    kov_value u = kov_subtract(b, kov_random_open_unit(b, key, many, dtype, 3), half);
    kov_value us =
        kov_maximum(b, kov_subtract(b, half, kov_abs(b, u)), kov_scalar_like(b, u, 1e-10));
    kov_value k = kov_divide(b, kov_multiply(b, a, kov_scalar_like(b, n, 2)), us);
    k = kov_floor(b, kov_add(b, kov_multiply(b, kov_add(b, k, wide), u), c));
    kov_value inside = kov_logical_and(b, kov_greater_equal(b, k, zero), kov_less_equal(b, k, n));
    k = kov_minimum(b, kov_maximum(b, k, zero), n);
    kov_value left = kov_divide(b, a, kov_multiply(b, us, us));
    left = kov_log(b, kov_divide(b, kov_multiply(b, v, scale), kov_add(b, left, wide)));
    /* ln P(k) - ln P(mode) */
    kov_value mode = kov_floor(b, kov_multiply(b, kov_add(b, n, one), p));
    kov_value right =
        kov_add(b, log_factorial(b, mode), log_factorial(b, kov_subtract(b, n, mode)));
    right = kov_subtract(b, right,
                         kov_add(b, log_factorial(b, k), log_factorial(b, kov_subtract(b, n, k))));
    kov_value odds = kov_log(b, kov_divide(b, p, q));
    right = kov_add(b, right, kov_multiply(b, kov_subtract(b, k, mode), odds));
    kov_value accepted = kov_logical_and(b, inside, kov_less_equal(b, left, right));
    return first_accepted(b, k, accepted, BINOMIAL_PROPOSALS);
}

/* Computed in float64: logarithms of factorials of large counts cancel. */
kov_value kov_random_binomial(kov_builder *b, kov_value shape, kov_value counts,
                              kov_value probabilities, kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "binomial", seed);
    dtype = kov_random_float_dtype(b, "binomial", dtype);
    kov_value n = spread(b, counts, KOV_DTYPE_F64, shape);
    kov_value p = spread(b, probabilities, KOV_DTYPE_F64, shape);
    kov_value one = kov_scalar_like(b, p, 1);
    kov_value likely = kov_greater(b, p, kov_scalar_like(b, p, 0.5));
    kov_value rare = kov_select(b, likely, kov_subtract(b, one, p), p);
    kov_value mean = kov_multiply(b, n, rare), limit = kov_scalar_like(b, p, FEW);
    kov_value few = kov_less(b, mean, limit), zero = kov_scalar_like(b, p, 0);
    /* Each method gets numbers that it is made for, also where the other one's result is taken. */
    kov_value low =
        invert_few(b, key, shape, kov_select(b, few, n, zero), kov_select(b, few, rare, zero));
    kov_value some = kov_scalar_like(b, p, 4 * FEW), half = kov_scalar_like(b, p, 0.5);
    kov_value high =
        reject_many(b, key, shape, kov_select(b, few, some, n), kov_select(b, few, half, rare));
    kov_value y = kov_select(b, few, low, high);
    return kov_cast(b, kov_select(b, likely, kov_subtract(b, n, y), y), dtype);
}
