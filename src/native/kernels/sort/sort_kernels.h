/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind sort.h. Private to the sort family. */
#ifndef KOV_NATIVE_SORT_KERNELS_H
#define KOV_NATIVE_SORT_KERNELS_H

#include "base/isa.h"

#include <stddef.h>

enum { KOV_SORT_LANES = 16 };

/* Sorts 16 lines of n integers at once, ascending: element i of line l is keys[i * 16 + l]. */
typedef void kov_sort_lanes(void *keys, size_t n);
KOV_ISA_DECLARE(kov_sort_lanes, i32_sort_lanes);
KOV_ISA_DECLARE(kov_sort_lanes, i64_sort_lanes);

/* 16 x n float32 (float64) as int32 (int64) keys in their order, in place, and back. *odd: there
 * are NaNs or zeros with a sign, which are more or fewer numbers than keys; the keys then have one
 * for all NaNs and one for both zeros. */
typedef void kov_sort_float_keys(void *data, size_t n, int *odd);
KOV_ISA_DECLARE(kov_sort_float_keys, f32_sort_keys);
KOV_ISA_DECLARE(kov_sort_float_keys, f64_sort_keys);
typedef void kov_sort_float_values(void *keys, size_t n);
KOV_ISA_DECLARE(kov_sort_float_values, f32_sort_values);
KOV_ISA_DECLARE(kov_sort_float_values, f64_sort_values);

#endif
