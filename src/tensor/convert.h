/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion of elements between dtypes, with the semantics of NumPy's astype. */
#ifndef KOV_TENSOR_CONVERT_H
#define KOV_TENSOR_CONVERT_H

#include "base/status.h"

#include <kov/dtype.h>

/* Converts n dense elements; src and dst do not overlap and are aligned to their element.
 * - to bool: whether it is not 0 (NaN is true); from bool: 0 or 1;
 * - integer to integer: the low bits;
 * - float to integer: truncated. What does not fit, and NaN, is what x86 makes of it, as in NumPy:
 *   types up to 16 bits and int32 take the low bits of the conversion to int32, uint32 those of the
 *   conversion to int64, and a conversion that overflows gives the smallest number of its type.
 *   uint64 takes 2^63 and above as they are, negative numbers modulo 2^64; what is past 2^64 gives
 * 0;
 * - to floats: rounded once, to nearest even; subnormals are kept;
 * - complex to real: the real part (to bool: either part is not 0); real to complex: imaginary part
 * 0;
 * - to u1, u4 and i4: the low bits; to nf4: the nearest code. Packed as OpenVINO stores them: u1
 * from the highest bit of a byte down, 4-bit types low half first; unused bits of the last byte are
 * 0. KOV_TYPE_ERROR for string and none. */
kov_status kov_convert(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n);

/* kov_convert between numbers of whole bytes other than f16, bf16, float8 and complex, or bool. */
void kov_convert_direct(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n);

/* The type that elements of a packed type unpack to: U8 for u1 and u4, I8 for i4, F32 for nf4; NONE
 * for types that are not packed. */
kov_dtype kov_unpacked_dtype(kov_dtype packed);
void kov_unpack(kov_dtype packed, const void *src, void *dst, int64_t n);
void kov_pack(kov_dtype packed, const void *src, void *dst, int64_t n);

#endif
