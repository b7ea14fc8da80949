/* SPDX-License-Identifier: Apache-2.0 */
/* One pool per context. A second run at the same time computes inline on its own thread. */
#ifndef KOV_BASE_THREADS_H
#define KOV_BASE_THREADS_H

#include <kov/context.h>

/* Work item `index` of a parallel loop, on worker `worker` (0 is the caller; < threads). What an
 * item computes may depend on index alone: results never depend on the number of threads. */
typedef void (*kov_task)(void *arg, int64_t index, int worker);

/* Runs task(arg, i, w) for i in [0, count), each once, and returns when all are done. Items are
 * claimed dynamically. Inline when the pool is busy, has one thread, or count is 1. Workers spin
 * briefly, then sleep; they are made again in a forked child; the floating-point environment of the
 * caller (rounding, no FTZ/DAZ) is set in them. */
void kov_parallel(kov_context *context, int64_t count, kov_task task, void *arg);

/* Upper bound of `worker` + 1: how many scratch areas a caller needs. Another thread may change it
 * at any time: who sizes scratch with it passes the number read to kov_parallel_upto. */
int kov_parallel_width(const kov_context *context);

/* kov_parallel with `worker` < width (at least 1), whatever the context's threads are by now. */
void kov_parallel_upto(kov_context *context, int width, int64_t count, kov_task task, void *arg);

/* Sends spinning workers to sleep at once; before handing the CPUs to another library's threads. */
void kov_threads_rest(kov_context *context);

/* Ends the workers. For the context's release; no loop may be running. */
void kov_threads_stop(kov_context *context);

/* CPUs granted by affinity and cgroup quota (at least 1). */
int kov_cpu_count(void);

#endif
