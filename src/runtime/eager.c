/* SPDX-License-Identifier: Apache-2.0 */
/* The eager cache: plans by key, least recently used last. A lookup holds the lock for a few dozen
 * instructions; plans run outside of it. */
#include "base/context.h"
#include "base/hash.h"
#include "base/status.h"
#include "keras/call.h"
#include "native/native.h"
#include "runtime/eager_trace.h"
#include "tensor/tensor.h"
#include <kov/eager.h>
#include <pthread.h>
#include <string.h>

enum {
    BUCKETS = 4096,
    MAX_PLANS = 4096,
    MAX_PLANS_PER_KEY = 16, /* guarded ones; then the oldest goes */
    MAX_BYTES = 256 << 20
};

struct entry { /* one key */
    uint64_t hash;
    int size;
    int plan_count;
    kov_eager_plan *plans; /* newest first */
    struct entry *chain;   /* of the bucket */
    struct entry *newer, *older;
    uint8_t key[];
};

struct cache {
    kov_context *context;
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
    struct entry *newest, *oldest;
    kov_eager_stats stats;
};

static void unlink_recent(struct cache *c, struct entry *e)
{
    if (e->newer)
        e->newer->older = e->older;
    else
        c->newest = e->older;
    if (e->older)
        e->older->newer = e->newer;
    else
        c->oldest = e->newer;
}

static void link_newest(struct cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    if (c->newest)
        c->newest->newer = e;
    else
        c->oldest = e;
    c->newest = e;
}

static void drop_plan(struct cache *c, kov_eager_plan *plan)
{
    c->stats.plans--;
    c->stats.bytes -= plan->bytes;
    c->stats.evictions++;
    kov_eager_plan_release(plan);
}

static void drop_entry(struct cache *c, struct entry *e)
{
    struct entry **at = &c->buckets[e->hash % BUCKETS];
    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    unlink_recent(c, e);
    while (e->plans) {
        kov_eager_plan *plan = e->plans;
        e->plans = plan->next;
        drop_plan(c, plan);
    }
    kov_free(c->context, e);
}

static void *make_cache(kov_context *context)
{
    struct cache *c = kov_alloc_zero(context, sizeof *c);
    if (!c)
        return NULL;
    c->context = context;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void release_cache(void *attached)
{
    struct cache *c = attached;
    while (c->oldest)
        drop_entry(c, c->oldest);
    pthread_mutex_destroy(&c->lock);
    kov_free(c->context, c);
}

static struct cache *cache_of(kov_context *context)
{
    return kov_context_attached(context, make_cache, release_cache);
}

static struct entry *find_entry(struct cache *c, const kov_eager_call_key *key)
{
    for (struct entry *e = c->buckets[key->hash % BUCKETS]; e; e = e->chain) {
        if (e->hash == key->hash && e->size == key->size &&
            memcmp(e->key, key->bytes, (size_t)key->size) == 0)
            return e;
    }
    return NULL;
}

/* A plan of this call with a reference for the caller, or NULL. */
static kov_eager_plan *find_plan(struct cache *c, const kov_eager_call_key *key)
{
    kov_eager_plan *found = NULL;
    pthread_mutex_lock(&c->lock);
    c->stats.calls++;
    struct entry *e = find_entry(c, key);
    if (e) {
        if (c->newest != e) {
            unlink_recent(c, e);
            link_newest(c, e);
        }
        for (found = e->plans; found; found = found->next) {
            if (kov_eager_plan_serves(found, key))
                break;
        }
        if (found) {
            __atomic_fetch_add(&found->refs, 1, __ATOMIC_RELAXED);
            c->stats.hits++;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void drop_oldest_plan(struct cache *c, struct entry *e)
{
    kov_eager_plan **at = &e->plans;
    while ((*at)->next)
        at = &(*at)->next;
    drop_plan(c, *at);
    *at = NULL;
    e->plan_count--;
}

/* Keeps a reference to the plan. Not keeping it, for want of memory, is no failure. */
static void keep_plan(struct cache *c, const kov_eager_call_key *key, kov_eager_plan *plan)
{
    pthread_mutex_lock(&c->lock);
    struct entry *e = find_entry(c, key);
    if (!e) {
        e = kov_alloc_zero(c->context, sizeof *e + (size_t)key->size);
        if (e) {
            e->hash = key->hash;
            e->size = key->size;
            memcpy(e->key, key->bytes, (size_t)key->size);
            e->chain = c->buckets[key->hash % BUCKETS];
            c->buckets[key->hash % BUCKETS] = e;
            link_newest(c, e);
        }
    }
    if (e) {
        if (e->plan_count == MAX_PLANS_PER_KEY)
            drop_oldest_plan(c, e);
        __atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
        plan->next = e->plans;
        e->plans = plan;
        e->plan_count++;
        c->stats.plans++;
        c->stats.bytes += plan->bytes;
        while ((c->stats.plans > MAX_PLANS || c->stats.bytes > MAX_BYTES) && c->oldest != e)
            drop_entry(c, c->oldest);
    }
    pthread_mutex_unlock(&c->lock);
}

static kov_status new_plan(struct cache *c, int function, kov_dtype floatx,
                           const kov_argument *arguments, const kov_eager_call_key *key,
                           kov_eager_plan **out)
{
    kov_status status = KOV_UNKNOWN_DIMENSION;
    for (int mode = KOV_EAGER_FREE; mode <= KOV_EAGER_VALUED; mode++) {
        status = kov_eager_trace(c->context, function, floatx, arguments, key, (kov_eager_mode)mode,
                                 out);
        /* What is wrong with free dimensions is said with their numbers. */
        bool again = status == KOV_UNKNOWN_DIMENSION || status == KOV_UNKNOWN_VALUE ||
                     (status == KOV_INVALID_ARGUMENT && mode == KOV_EAGER_FREE);
        if (!again)
            break;
    }
    if (status == KOV_OK && (*out)->mode != KOV_EAGER_VALUED && key->fits)
        keep_plan(c, key, *out);
    return status;
}

static kov_status input_tensor(kov_context *context, const kov_eager_input *input, kov_tensor **out)
{
    const kov_argument *a = input->argument;
    if (input->source == KOV_EAGER_TENSOR) {
        kov_tensor_retain(a->u.tensor);
        *out = a->u.tensor;
        return KOV_OK;
    }
    if (input->source == KOV_EAGER_INTS) {
        int64_t n = a->count < 0 ? 1 : a->count;
        return kov_tensor_from_data(context, KOV_DTYPE_I64, a->count < 0 ? 0 : 1, &n, a->u.ints,
                                    out);
    }
    if (a->kind == KOV_ARGUMENT_BOOL)
        return kov_tensor_scalar(context, KOV_DTYPE_BOOL, &a->u.boolean, out);
    if (a->kind == KOV_ARGUMENT_INT)
        return kov_tensor_scalar(context, KOV_DTYPE_I64, &a->u.integer, out);
    if (a->kind == KOV_ARGUMENT_COMPLEX)
        return kov_tensor_scalar(context, KOV_DTYPE_C128, a->u.parts, out);
    return kov_tensor_scalar(context, KOV_DTYPE_F64, &a->u.real, out);
}

/* Which inputs of the call are parameters of the plan: those that the trace made constants are not.
 */
static bool is_parameter(const kov_eager_plan *plan, const kov_eager_input *input)
{
    if (input->source == KOV_EAGER_INTS)
        return plan->mode == KOV_EAGER_FREE;
    if (plan->mode != KOV_EAGER_VALUED)
        return true;
    if (input->source == KOV_EAGER_NUMBER)
        return input->argument->kind != KOV_ARGUMENT_INT;
    return !kov_eager_is_small(input->argument->u.tensor);
}

static kov_status run_plan(kov_context *context, kov_eager_plan *plan,
                           const kov_eager_call_key *key, kov_tensor **outs)
{
    kov_tensor *inputs[KOV_EAGER_MAX_INPUTS];
    int count = 0;
    kov_status status = KOV_OK;
    for (int i = 0; i < key->input_count && status == KOV_OK; i++) {
        if (is_parameter(plan, &key->inputs[i]))
            status = input_tensor(context, &key->inputs[i], &inputs[count++]);
    }
    if (status != KOV_OK)
        count--;
    else
        status = kov_native_engine.run(plan->executable, inputs, outs);
    for (int i = 0; i < count; i++)
        kov_tensor_release(inputs[i]);
    return status;
}

kov_status kov_eager_call(kov_context *context, int function, kov_dtype floatx,
                          const kov_argument *arguments, int argument_count, kov_tensor **outs,
                          int *count)
{
    const kov_function_info *info = kov_function_at(function);
    struct cache *c = cache_of(context);
    kov_eager_call_key key;
    kov_eager_plan *plan = NULL;
    int capacity = *count;
    *count = 0;
    if (!info)
        return kov_fail(KOV_INVALID_ARGUMENT, "there is no function number %d", function);
    if (argument_count != info->parameter_count)
        return kov_fail(KOV_INVALID_ARGUMENT, "%s.%s: %d arguments given, %d taken", info->module,
                        info->name, argument_count, info->parameter_count);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_eager_key_make(info, function, floatx, arguments, &key));
    if (!key.fits)
        return kov_fail(KOV_NOT_IMPLEMENTED,
                        "%s.%s: more than %d tensors or %d numbers in one eager call", info->module,
                        info->name, KOV_EAGER_MAX_INPUTS, KOV_EAGER_MAX_NUMBERS);
    kov_status status = KOV_OK;
    plan = find_plan(c, &key);
    if (!plan && (status = new_plan(c, function, floatx, arguments, &key, &plan)) != KOV_OK)
        return kov_function_failed(info, status);
    if (plan->result_count > capacity)
        status = kov_fail(KOV_INVALID_ARGUMENT, "%s.%s: %d results, room for %d", info->module,
                          info->name, plan->result_count, capacity);
    else
        status = run_plan(context, plan, &key, outs);
    if (status == KOV_OK)
        *count = plan->result_count;
    kov_eager_plan_release(plan);
    return status == KOV_OK ? KOV_OK : kov_function_failed(info, status);
}

void kov_eager_get_stats(kov_context *context, kov_eager_stats *out)
{
    struct cache *c = cache_of(context);
    *out = (kov_eager_stats){0};
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    *out = c->stats;
    pthread_mutex_unlock(&c->lock);
}

void kov_eager_clear(kov_context *context)
{
    struct cache *c = cache_of(context);
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    while (c->oldest)
        drop_entry(c, c->oldest);
    pthread_mutex_unlock(&c->lock);
}
