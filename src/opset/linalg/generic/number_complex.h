/* SPDX-License-Identifier: Apache-2.0 */
/* As number_real.h: double complex. */
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

#define KOV_NUMBER double complex
#define KOV_NUMBER_NAME(name) name##_complex
#define KOV_NUMBER_TIMES(x, y) kov_complex_times(x, y)
#define KOV_NUMBER_CONJUGATE(x) conj(x)
#define KOV_NUMBER_REAL(x) creal(x)
#define KOV_NUMBER_IMAGINARY(x) cimag(x)
#define KOV_NUMBER_SIZE(x) (fabs(creal(x)) + fabs(cimag(x)))
#define KOV_NUMBER_ADD_ROW kov_complex_row_add
#define KOV_NUMBER_DOT kov_complex_row_dot
#define KOV_NUMBER_REFLECTOR kov_complex_reflector
