/* SPDX-License-Identifier: Apache-2.0 */
#include "native/ulp.h"

#include "native/kernels/elementwise/elementwise_ops.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <tgmath.h>

#define REAL double
#define NAME(name) double_##name
#include "native/ulp_reference.h"
#undef REAL
#undef NAME
#define REAL long double
#define NAME(name) long_double_##name
#include "native/ulp_reference.h"
#undef REAL
#undef NAME

enum { BATCH = 4096, MAX_THREADS = 64 };

typedef struct reference_row {
    const char *name;
    ulp_reference *reference;
    ulp_precise_reference *precise;
} reference_row;

#define ROW(constant, name) {#name, double_##name, long_double_##name},
static const reference_row rows[] = {KOV_ELEMENTWISE_FLOAT_ROWS(ROW)
                                         KOV_ELEMENTWISE_NUMBER_ROWS(ROW)};

static const reference_row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

ulp_reference *ulp_reference_find(const char *name)
{
    const reference_row *row = find_row(name);
    return row ? row->reference : NULL;
}

ulp_precise_reference *ulp_reference_precise(const char *name)
{
    const reference_row *row = find_row(name);
    return row ? row->precise : NULL;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double ulp_error(float got, double wanted)
{
    const double overflow = 0x1p128;
    if (isnan(wanted) || isnan(got))
        return isnan(wanted) && isnan(got) ? 0 : INFINITY;
    if (wanted == 0)
        return got == 0 && !signbit(got) == !signbit(wanted) ? 0 : INFINITY;
    double value = isinf(got) ? copysign(overflow, (double)got) : (double)got;
    if (fabs(wanted) > overflow)
        wanted = copysign(overflow, wanted);
    uint64_t bits;
    memcpy(&bits, &wanted, sizeof bits);
    uint64_t exponent = bits >> 52 & 0x7ff;
    const uint64_t least = 1023 - 126, most = 1023 + 127;
    exponent = exponent < least ? least : exponent > most ? most : exponent;
    return fabs(value - wanted) * from_bits((2 * UINT64_C(1023) + 23 - exponent) << 52);
}

void ulp_result_merge(ulp_result *into, const ulp_result *from)
{
    uint64_t tested = into->tested + from->tested;
    if (from->worst > into->worst || into->tested == 0)
        *into = *from;
    into->tested = tested;
}

typedef struct sweep_part {
    ulp_function *function;
    void *user;
    ulp_reference *reference;
    uint64_t first, end, stride;
    ulp_result result;
} sweep_part;

static void *sweep_thread(void *arg)
{
    sweep_part *part = arg;
    float x[BATCH], y[BATCH];
    for (uint64_t at = part->first; at < part->end;) {
        size_t n = 0;
        for (; n < BATCH && at < part->end; n++, at += part->stride) {
            uint32_t bits = (uint32_t)at;
            memcpy(&x[n], &bits, sizeof bits);
        }
        part->function(part->user, x, y, n);
        for (size_t i = 0; i < n; i++) {
            double wanted = part->reference((double)x[i]), error = ulp_error(y[i], wanted);
            if (error > part->result.worst) {
                part->result.worst = error;
                memcpy(&part->result.worst_bits, &x[i], sizeof x[i]);
                part->result.got = y[i];
                part->result.wanted = wanted;
            }
        }
        part->result.tested += n;
    }
    return NULL;
}

bool ulp_sweep(ulp_function *function, void *user, ulp_reference *reference, uint64_t first,
               uint64_t end, uint64_t stride, int threads, ulp_result *result)
{
    sweep_part parts[MAX_THREADS];
    pthread_t ids[MAX_THREADS];
    int started = 0;
    threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    uint64_t steps = first < end ? (end - first + stride - 1) / stride : 0;
    uint64_t share = steps / (uint64_t)threads + 1;
    for (int i = 0; i < threads; i++) {
        uint64_t from = first + (uint64_t)i * share * stride, to = from + share * stride;
        parts[i] = (sweep_part){.function = function,
                                .user = user,
                                .reference = reference,
                                .first = from,
                                .end = to < end ? to : end,
                                .stride = stride};
        if (pthread_create(&ids[i], NULL, sweep_thread, &parts[i]) != 0)
            break;
        started++;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
        ulp_result_merge(result, &parts[i].result);
    }
    return started == threads;
}

bool ulp_sweep_special(ulp_function *function, void *user, ulp_reference *reference,
                       uint64_t stride, int threads, ulp_result *result)
{
    static const float centres[] = {
        0.0f,      0x1p-149f,  0x1p-126f,  0x1p-64f,  0x1p-24f,      0x1p-12f,
        0.25f,     0.34657f,   0.41421f,   0.5f,      0.70710f,      1.0f,
        1.41421f,  1.5707963f, 2.0f,       3.0f,      3.1415927f,    4.0f,
        6.0f,      6.2831853f, 10.0f,      13.2f,     16.6355f,      20.0f,
        87.33654f, 88.72284f,  89.4160f,   103.9721f, 126.0f,        128.0f,
        149.0f,    524288.0f,  8388608.0f, 1e18f,     1.8446744e19f, 0x1.fffffep127f,
        INFINITY};
    const uint64_t reach = 8192, patterns = UINT64_C(1) << 32;
    if (!ulp_sweep(function, user, reference, 0, patterns, stride, threads, result))
        return false;
    for (size_t i = 0; i < sizeof centres / sizeof centres[0]; i++) {
        uint32_t bits;
        memcpy(&bits, &centres[i], sizeof bits);
        for (uint64_t sign = 0; sign < patterns; sign += patterns / 2) {
            uint64_t first = sign + (bits < reach ? 0 : bits - reach);
            if (!ulp_sweep(function, user, reference, first, sign + bits + reach, 1, 1, result))
                return false;
        }
    }
    return true;
}
