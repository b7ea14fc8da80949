/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/copy_kernels.h"

#include <string.h>

/* memcpy of a constant size is one load or store; the compiler makes vectors of the loop. */
#define DEFINE_REVERSED(name, type)                                                                \
    static void name(char *restrict dst, const char *restrict last, int64_t n)                     \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            type item;                                                                             \
            memcpy(&item, last - i * (int64_t)sizeof item, sizeof item);                           \
            memcpy(dst + i * (int64_t)sizeof item, &item, sizeof item);                            \
        }                                                                                          \
    }

DEFINE_REVERSED(reversed_1, uint8_t)
DEFINE_REVERSED(reversed_2, uint16_t)
DEFINE_REVERSED(reversed_4, uint32_t)
DEFINE_REVERSED(reversed_8, uint64_t)

void KOV_ISA_NAME(copy_reversed)(void *dst, const void *last, size_t item_size, int64_t n)
{
    switch (item_size) {
    case 1:
        reversed_1(dst, last, n);
        return;
    case 2:
        reversed_2(dst, last, n);
        return;
    case 4:
        reversed_4(dst, last, n);
        return;
    default:
        reversed_8(dst, last, n);
    }
}
