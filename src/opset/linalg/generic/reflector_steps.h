/* SPDX-License-Identifier: Apache-2.0 */
/* Householder's reflector with LAPACK's sign: what is left is real, of the sign opposite to v[0]'s
 * real part. Included once for each kind of number, see number_real.h. */
static KOV_NUMBER KOV_NUMBER_NAME(reflector)(KOV_NUMBER *v, int64_t n, double *left)
{
    double most = fabs(KOV_NUMBER_IMAGINARY(v[0])), sum = 0;
    for (int64_t i = 1; i < n; i++)
        most = fmax(most, KOV_NUMBER_SIZE(v[i]));
    *left = KOV_NUMBER_REAL(v[0]);
    if (most == 0)
        return 0;
    most = fmax(most, KOV_NUMBER_SIZE(v[0]));
    for (int64_t i = 0; i < n; i++) {
        double re = 0, im = 0;
        v[i] /= most;
        re = KOV_NUMBER_REAL(v[i]);
        im = KOV_NUMBER_IMAGINARY(v[i]);
        sum += re * re + im * im;
    }
    double length = copysign(sqrt(sum), KOV_NUMBER_REAL(v[0]));
    *left = -length * most;
    v[0] += length;
    return 1 / (length * v[0]);
}
