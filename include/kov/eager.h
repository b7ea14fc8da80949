/* SPDX-License-Identifier: Apache-2.0 */
/* One function on data, now. Plans are kept in a bounded cache of the context, which goes with its
 * last owner. */
#ifndef KOV_EAGER_H
#define KOV_EAGER_H

#include <kov/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls a function of the table natively. VALUE arguments are not taken. *count: in the capacity of
 * outs, out the number of results, each new and the caller's. */
KOV_API kov_status kov_eager_call(kov_context *context, int function, kov_dtype floatx,
                                  const kov_argument *arguments, int argument_count,
                                  kov_tensor **outs, int *count);

typedef struct kov_eager_stats {
    uint64_t calls, hits, plans, evictions;
    size_t bytes; /* held by cached plans */
} kov_eager_stats;

KOV_API void kov_eager_get_stats(kov_context *context, kov_eager_stats *out);
KOV_API void kov_eager_clear(kov_context *context);

#ifdef __cplusplus
}
#endif
#endif
