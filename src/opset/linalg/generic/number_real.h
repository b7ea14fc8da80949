/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of the steps in this folder: double. No include guard, as steps are included once for
 * each kind of number: this header, then the steps with KOV_NUMBER_NAME for their names. */
#undef KOV_NUMBER
#undef KOV_NUMBER_NAME
#undef KOV_NUMBER_TIMES
#undef KOV_NUMBER_CONJUGATE
#undef KOV_NUMBER_REAL
#undef KOV_NUMBER_IMAGINARY
#undef KOV_NUMBER_SIZE
#undef KOV_NUMBER_ADD_ROW
#undef KOV_NUMBER_DOT
#undef KOV_NUMBER_REFLECTOR

#define KOV_NUMBER double
#define KOV_NUMBER_NAME(name) name##_real
#define KOV_NUMBER_TIMES(x, y) ((x) * (y))
#define KOV_NUMBER_CONJUGATE(x) (x)
#define KOV_NUMBER_REAL(x) (x)
#define KOV_NUMBER_IMAGINARY(x) 0.0
#define KOV_NUMBER_SIZE(x) fabs(x) /* the sum of the parts' */
#define KOV_NUMBER_ADD_ROW kov_row_add
#define KOV_NUMBER_DOT kov_row_dot
#define KOV_NUMBER_REFLECTOR kov_reflector
