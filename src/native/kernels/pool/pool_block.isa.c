/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/pool/pool_block.h"
#include "native/kernels/gemm/gemm_vector.h"

#include <math.h>

#define VECTORS 4 /* channels that go through a window together: independent chains */

KOV_INLINE vf combine(bool maximum, vf so_far, vf x)
{
    /* max gives its second operand where one is NaN, so a NaN in x stays; one from before is kept.
     */
    return maximum ? vf_keep_nan(so_far, vf_max(so_far, x)) : vf_add(so_far, x);
}

KOV_INLINE void window_vectors(bool maximum, int vectors, const kov_pool_window *w, int64_t channel,
                               bool whole, vf_mask mask)
{
    vf result[VECTORS];
    KOV_UNROLL
    for (int v = 0; v < vectors; v++)
        result[v] = vf_set1(maximum ? -INFINITY : 0.0F);
    for (int64_t i = 0; i < w->taps[0]; i++) {
        for (int64_t j = 0; j < w->taps[1]; j++) {
            const float *p = w->input + i * w->step[0] + j * w->step[1] + channel;
            for (int64_t k = 0; k < w->taps[2]; k++, p += w->step[2]) {
                KOV_UNROLL
                for (int v = 0; v < vectors; v++) {
                    const float *x = p + v * VF_LANES;
                    result[v] =
                        combine(maximum, result[v], whole ? vf_load(x) : vf_load_first(x, mask));
                }
            }
        }
    }
    KOV_UNROLL
    for (int v = 0; v < vectors; v++) {
        vf y = maximum ? result[v] : vf_div(result[v], vf_set1(w->divisor));
        float *out = w->output + channel + v * VF_LANES;
        if (whole)
            vf_store(out, y);
        else
            vf_store_first(out, mask, y);
    }
}

KOV_INLINE void window(bool maximum, const kov_pool_window *w)
{
    int64_t c = 0;
    for (; c + VECTORS * VF_LANES <= w->channels; c += VECTORS * VF_LANES)
        window_vectors(maximum, VECTORS, w, c, true, vf_mask_first(VF_LANES));
    for (; c + VF_LANES <= w->channels; c += VF_LANES)
        window_vectors(maximum, 1, w, c, true, vf_mask_first(VF_LANES));
    if (c < w->channels)
        window_vectors(maximum, 1, w, c, false, vf_mask_first(w->channels - c));
}

void KOV_ISA_NAME(f32_pool_window)(const kov_pool_window *w)
{
    if (w->maximum)
        window(true, w);
    else
        window(false, w);
}
