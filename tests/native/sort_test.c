/* SPDX-License-Identifier: Apache-2.0 */
/* Lines sorted natively against insertion, element by element, over types, shapes and orders. */
#include "native/kernels/sort/sort.h"

#include "base/cpu.h"
#include "native/kernels/sort/sort_kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed = 1;

static uint32_t next(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

enum { FINITE, ZEROS_AND_NANS, FEW_NUMBERS };

static double make(int kind)
{
    static const double odd[] = {0.0, -0.0, NAN, INFINITY, -INFINITY, 1.0, -1.0, 0x1p-140};
    if (kind == ZEROS_AND_NANS && next() % 2)
        return odd[next() % 8];
    if (kind == FEW_NUMBERS)
        return next() % 5;
    return ((double)next() - 0x1p30) * 0x1p-20;
}

static void put(kov_dtype dtype, void *data, size_t i, int kind)
{
    switch (dtype) {
    case KOV_DTYPE_F32:
        ((float *)data)[i] = (float)make(kind);
        break;
    case KOV_DTYPE_F64:
        ((double *)data)[i] = make(kind);
        break;
    case KOV_DTYPE_I32:
    case KOV_DTYPE_U32:
        ((uint32_t *)data)[i] = kind == FINITE ? next() * 2 + next() % 2 : next() % 3;
        break;
    case KOV_DTYPE_U64:
        ((uint64_t *)data)[i] = kind == FINITE ? (uint64_t)next() << 33 : next() % 3;
        break;
    case KOV_DTYPE_I64:
        ((int64_t *)data)[i] =
            kind == FINITE ? (int64_t)((uint64_t)next() << 33) - next() : next() % 3;
        break;
    default:
        ((uint8_t *)data)[i] = (uint8_t)next();
    }
}

static double get(kov_dtype dtype, const void *data, size_t i)
{
    switch (dtype) {
    case KOV_DTYPE_F32:
        return (double)((const float *)data)[i];
    case KOV_DTYPE_F64:
        return ((const double *)data)[i];
    case KOV_DTYPE_I32:
        return ((const int32_t *)data)[i];
    case KOV_DTYPE_U32:
        return ((const uint32_t *)data)[i];
    case KOV_DTYPE_U64:
        return (double)((const uint64_t *)data)[i];
    case KOV_DTYPE_I64: /* distinct ones differ by more than their rounding */
        return (double)((const int64_t *)data)[i];
    default:
        return ((const uint8_t *)data)[i];
    }
}

/* Whether a belongs behind b. */
static bool behind(double a, double b, bool descending)
{
    if (isnan(a) || isnan(b))
        return descending ? !isnan(a) && isnan(b) : isnan(a) && !isnan(b);
    return descending ? a < b : a > b;
}

static void check(kov_context *context, const kov_sort *sort, int kind)
{
    size_t lines = sort->outer * sort->inner, n = lines * sort->length, m = lines * sort->k;
    size_t item = (size_t)kov_dtype_bits(sort->dtype) / 8;
    char *x = malloc(n * item + 1), *y = malloc(m * item + 1), *alone = malloc(m * item + 1);
    int32_t *places = malloc(m * sizeof *places + 1);
    int32_t *order = malloc(sort->length * sizeof *order + 1);
    for (size_t i = 0; i < n; i++)
        put(sort->dtype, x, i, kind);
    assert_int_equal(kov_sort_lines(context, sort, x, y, places), KOV_OK);
    assert_int_equal(kov_sort_lines(context, sort, x, alone, NULL), KOV_OK);
    assert_memory_equal(y, alone, m * item);
    for (size_t line = 0; line < lines; line++) {
        size_t outer = line / sort->inner, inner = line % sort->inner;
        size_t from = outer * sort->length * sort->inner + inner;
        for (size_t i = 0; i < sort->length; i++) {
            double value = get(sort->dtype, x, from + i * sort->inner);
            size_t j = i;
            for (; j > 0 && behind(get(sort->dtype, x, from + (size_t)order[j - 1] * sort->inner),
                                   value, sort->descending);
                 j--)
                order[j] = order[j - 1];
            order[j] = (int32_t)i;
        }
        for (size_t i = 0; i < sort->k; i++) {
            size_t at = (outer * sort->k + i) * sort->inner + inner;
            assert_int_equal(places[at], order[i]);
            assert_memory_equal(y + at * item, x + (from + (size_t)order[i] * sort->inner) * item,
                                item);
        }
    }
    free(x);
    free(y);
    free(alone);
    free(places);
    free(order);
}

static void test_lines(void **state)
{
    static const kov_dtype dtypes[] = {KOV_DTYPE_F32, KOV_DTYPE_F64, KOV_DTYPE_I32, KOV_DTYPE_U32,
                                       KOV_DTYPE_I64, KOV_DTYPE_U64, KOV_DTYPE_U8};
    static const size_t lengths[] = {1, 2, 3, 16, 33, 257, 1100};
    static const size_t shapes[][2] = {{1, 1}, {3, 1}, {37, 1}, {1, 40}, {2, 19}};
    kov_context *context;
    (void)state;
    for (int threads = 1; threads < 3; threads++) {
        const kov_context_options options = {.threads = threads};
        assert_int_equal(kov_context_create(&options, &context), KOV_OK);
        for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
                size_t shape_count = sizeof shapes / sizeof *shapes;
                for (size_t s = 0; s < (lengths[l] < 1000 ? shape_count : 2); s++) {
                    kov_sort sort = {.dtype = dtypes[d],
                                     .index_dtype = KOV_DTYPE_I32,
                                     .descending = (l + s) % 2,
                                     .outer = shapes[s][0],
                                     .length = lengths[l],
                                     .inner = shapes[s][1],
                                     .k = s % 2 ? lengths[l] : (lengths[l] + 1) / 2};
                    for (int kind = FINITE; kind <= FEW_NUMBERS; kind++)
                        check(context, &sort, kind);
                }
            }
        }
        if (threads == 1) /* no pool of workers holds any */
            assert_int_equal(kov_context_bytes_in_use(context), 0);
        kov_context_release(context);
    }
}

static int compare_words(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void test_lanes_of_every_instruction_set(void **state)
{
    static kov_sort_lanes *const words[] = KOV_ISA_TABLE(i32_sort_lanes);
    static kov_sort_lanes *const pairs[] = KOV_ISA_TABLE(i64_sort_lanes);
    enum { MOST = 70 };
    int32_t keys[MOST * KOV_SORT_LANES], line[MOST];
    int64_t wide[MOST * KOV_SORT_LANES];
    (void)state;
    for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
        for (size_t n = 1; n <= MOST; n++) {
            int32_t given[MOST * KOV_SORT_LANES];
            for (size_t i = 0; i < n * KOV_SORT_LANES; i++) {
                given[i] = keys[i] = (int32_t)(next() * 2) - (int32_t)(next() % 2);
                wide[i] = keys[i];
            }
            words[isa](keys, n);
            pairs[isa](wide, n);
            for (size_t l = 0; l < KOV_SORT_LANES; l++) {
                for (size_t i = 0; i < n; i++)
                    line[i] = given[i * KOV_SORT_LANES + l];
                qsort(line, n, sizeof *line, compare_words);
                for (size_t i = 0; i < n; i++) {
                    assert_int_equal(keys[i * KOV_SORT_LANES + l], line[i]);
                    assert_int_equal(wide[i * KOV_SORT_LANES + l], line[i]);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_lanes_of_every_instruction_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
