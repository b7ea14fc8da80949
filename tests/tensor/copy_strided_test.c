/* SPDX-License-Identifier: Apache-2.0 */
/* Strided copies against one offset computed per element. */
#include "tensor/shape.h"

#include "native/math_every_isa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(size_t item_size, int ndim, const int64_t *dims, const int64_t *byte_strides)
{
    int64_t low = 0, high = 0, count = 1;
    for (int i = 0; i < ndim; i++) {
        int64_t reach = dims[i] > 0 ? (dims[i] - 1) * byte_strides[i] : 0;
        low += reach < 0 ? reach : 0;
        high += reach > 0 ? reach : 0;
        count *= dims[i];
    }
    size_t bytes = (size_t)(high - low) + item_size, out_bytes = (size_t)count * item_size;
    unsigned char *source = malloc(bytes), *found = malloc(out_bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        source[i] = (unsigned char)(i * 131 ^ i >> 8);
    found[out_bytes] = 0x77;
    const unsigned char *origin = source - low;
    kov_copy_strided(found, origin, item_size, ndim, dims, byte_strides);
    assert_int_equal(found[out_bytes], 0x77);
    for (int64_t i = 0; i < count; i++) {
        int64_t rest = i, offset = 0;
        for (int axis = ndim - 1; axis >= 0; axis--) {
            offset += rest % dims[axis] * byte_strides[axis];
            rest /= dims[axis];
        }
        assert_memory_equal(found + (size_t)i * item_size, origin + offset, item_size);
    }
    free(source);
    free(found);
}

static const size_t item_sizes[] = {1, 2, 4, 8, 16};
enum { SIZES = sizeof item_sizes / sizeof *item_sizes };

/* Every order of the axes of a few shapes, one dimension above and one below the block. */
static void permutations(void **state)
{
    (void)state;
    static const int64_t shapes[][4] = {
        {1, 1, 1, 1}, {2, 3, 4, 5}, {1, 67, 1, 33}, {3, 40, 2, 35}, {70, 1, 5, 31}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int code = 0; code < 256; code++) {
            int order[4] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
            if ((1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3]) != 15)
                continue;
            for (int k = 0; k < SIZES; k++) {
                int64_t dense[4], dims[4], strides[4];
                kov_shape_strides(4, shapes[s], (int64_t)item_sizes[k], dense);
                for (int i = 0; i < 4; i++) {
                    dims[i] = shapes[s][order[i]];
                    strides[i] = dense[order[i]];
                }
                check(item_sizes[k], 4, dims, strides);
            }
        }
}

static void repeats_steps_and_reversals(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        int64_t z = (int64_t)item_sizes[k];
        check(item_sizes[k], 0, NULL, NULL);
        check(item_sizes[k], 1, (int64_t[]){50}, (int64_t[]){-z});
        check(item_sizes[k], 1, (int64_t[]){50}, (int64_t[]){3 * z});
        check(item_sizes[k], 1, (int64_t[]){50}, (int64_t[]){0});
        check(item_sizes[k], 2, (int64_t[]){7, 50}, (int64_t[]){0, z});
        check(item_sizes[k], 2, (int64_t[]){50, 7}, (int64_t[]){z, 0});
        check(item_sizes[k], 2, (int64_t[]){40, 50}, (int64_t[]){-z, 41 * z});
        check(item_sizes[k], 2, (int64_t[]){40, 50}, (int64_t[]){-z, -41 * z});
        check(item_sizes[k], 2, (int64_t[]){40, 50}, (int64_t[]){100 * z, -2 * z});
        check(item_sizes[k], 3, (int64_t[]){4, 5, 6}, (int64_t[]){z, z, z});
        check(item_sizes[k], 3, (int64_t[]){4, 0, 6}, (int64_t[]){z, z, z});
        /* strides that are no multiple of the item */
        check(item_sizes[k], 2, (int64_t[]){9, 35}, (int64_t[]){z + 1, 11 * z + 3});
    }
}

static void many_axes(void **state)
{
    (void)state;
    int64_t dims[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
    for (int i = 0; i < KOV_MAX_NDIM; i++) {
        dims[i] = i % 3 == 0 ? 2 : i % 3;
        strides[i] = 4 * (int64_t)1 << i;
    }
    check(4, KOV_MAX_NDIM, dims, strides);
}

static void fills_and_rows(void **state)
{
    static const size_t items[] = {1, 2, 3, 4, 8, 16};
    unsigned char from[4096], to[16384];
    (void)state;
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (unsigned char)(i * 7 ^ i >> 8);
    for (size_t k = 0; k < sizeof items / sizeof *items; k++) {
        for (size_t n = 0; n < 1000; n = n * 3 + 1) {
            memset(to, 0x77, sizeof to);
            kov_fill(to, from + 3, items[k], n);
            for (size_t i = 0; i < n * items[k]; i++)
                assert_int_equal(to[i], from[3 + i % items[k]]);
            assert_int_equal(to[n * items[k]], 0x77);
        }
    }
    for (size_t bytes = 0; bytes <= 70; bytes++) {
        const size_t rows = 20, apart = bytes + 9;
        memset(to, 0x77, sizeof to);
        kov_copy_rows(to, (int64_t)apart, from + 1, (int64_t)bytes + 5, bytes, (int64_t)rows);
        for (size_t i = 0; i < rows * apart; i++) {
            size_t row = i / apart, at = i % apart;
            assert_int_equal(to[i], at < bytes ? from[1 + row * (bytes + 5) + at] : 0x77);
        }
    }
}

/* Rows of every length about a vector's, from the last item to the first. */
static void rows_backwards(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 150; n++) {
        for (int k = 0; k < SIZES; k++) {
            int64_t size = (int64_t)item_sizes[k];
            const int64_t dims[] = {3, n}, strides[] = {n * size, -size},
                          both[] = {-n * size, -size};
            check(item_sizes[k], 2, dims, strides);
            check(item_sizes[k], 2, dims, both);
        }
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permutations),   cmocka_unit_test(repeats_steps_and_reversals),
        cmocka_unit_test(many_axes),      cmocka_unit_test(fills_and_rows),
        cmocka_unit_test(rows_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
