/* SPDX-License-Identifier: Apache-2.0 */
#include "base/threads.h"

#include "base/context.h"
#include "base/memory.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* How long a worker without work spins before it sleeps: longer than the serial stretch between two
 * loops of one run, shorter than a time slice. The caller waits the same way for the last worker.
 */
static const int64_t spin_nanoseconds = 30000;

/* The gate is one word, so that a worker joins a loop exactly if the loop is still open: low 32
 * bits count the workers inside, then one bit says open, the bits above number the loops. */
static const uint64_t gate_open = (uint64_t)1 << 32;
static const uint64_t gate_next = (uint64_t)1 << 33;

typedef struct kov_pool {
    kov_context *context;
    struct kov_pool
        *before_fork;    /* the parent's pool: its threads do not exist here; freed with us */
    unsigned fork_count; /* of the process that made this pool */
    atomic_flag busy;    /* held while a loop runs or the pool is resized */
    int wanted;          /* thread count that the pool was made for, the caller included */
    int workers;         /* started: at most wanted - 1 */
    pthread_t *threads;
    bool spins;

    /* The loop: written while the gate is closed and nobody is inside. */
    kov_task task;
    void *arg;
    int64_t count;
    int width;
    fenv_t environment;

    _Alignas(64) atomic_uint_least64_t gate;
    atomic_bool quit;
    atomic_uint rest; /* changes when spinning workers are to sleep */
    _Alignas(64) atomic_int_least64_t next_item;
    atomic_int next_worker;
    _Alignas(64) atomic_int sleepers;
    pthread_mutex_t mutex;
    pthread_cond_t wake; /* workers wait for a new loop */
    pthread_cond_t left; /* the caller waits for the last worker to leave */
} kov_pool;

/* Counts forks, so that a child knows a pool of its parent. Only the handler in a child writes it.
 */
static atomic_uint fork_count;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
    atomic_fetch_add_explicit(&fork_count, 1, memory_order_relaxed);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, count_fork);
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static uint64_t inside(uint64_t gate)
{
    return gate & (gate_open - 1);
}

static void run_items(kov_pool *pool, int worker)
{
    for (;;) {
        int64_t index = atomic_fetch_add_explicit(&pool->next_item, 1, memory_order_relaxed);
        if (index >= pool->count)
            return;
        pool->task(pool->arg, index, worker);
    }
}

static bool join_loop(kov_pool *pool, uint64_t *gate)
{
    while (*gate & gate_open)
        if (atomic_compare_exchange_weak_explicit(&pool->gate, gate, *gate + 1,
                                                  memory_order_acquire, memory_order_acquire))
            return true;
    return false;
}

static void leave_loop(kov_pool *pool)
{
    uint64_t before = atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_acq_rel);
    if ((before & gate_open) != 0 || inside(before) != 1)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->left);
    pthread_mutex_unlock(&pool->mutex);
}

static bool has_news(kov_pool *pool, uint64_t seen, uint64_t *gate)
{
    *gate = atomic_load(&pool->gate);
    return *gate / gate_next != seen || atomic_load_explicit(&pool->quit, memory_order_relaxed);
}

/* Returns the gate of a loop not seen before, or any gate once the pool quits. */
static uint64_t wait_for_loop(kov_pool *pool, uint64_t seen)
{
    enum { LOOKS_PER_CLOCK = 16 };
    uint64_t gate;
    if (pool->spins) {
        unsigned rest = atomic_load_explicit(&pool->rest, memory_order_relaxed);
        int64_t end = now() + spin_nanoseconds;
        do {
            for (int i = 0; i < LOOKS_PER_CLOCK; i++) {
                if (has_news(pool, seen, &gate))
                    return gate;
                relax();
            }
        } while (now() < end && atomic_load_explicit(&pool->rest, memory_order_relaxed) == rest);
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_news(pool, seen, &gate))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
    return gate;
}

static void *work(void *argument)
{
    kov_pool *pool = argument;
    uint64_t seen = 0;
    for (;;) {
        uint64_t gate = wait_for_loop(pool, seen);
        if (atomic_load_explicit(&pool->quit, memory_order_acquire))
            return NULL;
        bool joined = join_loop(pool, &gate);
        seen = gate / gate_next;
        if (!joined)
            continue;
        int worker = atomic_fetch_add_explicit(&pool->next_worker, 1, memory_order_relaxed);
        if (worker < pool->width) {
            fesetenv(&pool->environment);
            run_items(pool, worker);
        }
        leave_loop(pool);
    }
}

static void wake_workers(kov_pool *pool, int64_t needed)
{
    if (atomic_load(&pool->sleepers) == 0)
        return;
    pthread_mutex_lock(&pool->mutex);
    if (needed >= pool->workers)
        pthread_cond_broadcast(&pool->wake);
    else
        for (int64_t i = 0; i < needed; i++)
            pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_until_left(kov_pool *pool)
{
    enum { LOOKS_PER_CLOCK = 16 };
    if (inside(atomic_load_explicit(&pool->gate, memory_order_acquire)) == 0)
        return;
    if (pool->spins) {
        int64_t end = now() + spin_nanoseconds;
        do {
            for (int i = 0; i < LOOKS_PER_CLOCK; i++) {
                if (inside(atomic_load_explicit(&pool->gate, memory_order_acquire)) == 0)
                    return;
                relax();
            }
        } while (now() < end);
    }
    pthread_mutex_lock(&pool->mutex);
    while (inside(atomic_load_explicit(&pool->gate, memory_order_acquire)) != 0)
        pthread_cond_wait(&pool->left, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

/* A worker that wakes too late finds the gate closed and sleeps on: the caller never waits for a
 * thread that the system has not run yet, only for items that are being computed. */
static void run_loop(kov_pool *pool, int width, int64_t count, kov_task task, void *arg)
{
    pool->task = task;
    pool->arg = arg;
    pool->count = count;
    pool->width = width;
    fegetenv(&pool->environment);
    atomic_store_explicit(&pool->next_item, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->next_worker, 1, memory_order_relaxed);
    uint64_t gate = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    atomic_store(&pool->gate, (gate & ~gate_open) + gate_next + gate_open);
    int64_t helpers = count - 1 < width - 1 ? count - 1 : width - 1;
    wake_workers(pool, helpers);
    run_items(pool, 0);
    atomic_fetch_and_explicit(&pool->gate, ~gate_open, memory_order_acq_rel);
    wait_until_left(pool);
}

static void stop_workers(kov_pool *pool)
{
    atomic_store_explicit(&pool->quit, true, memory_order_release);
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->workers; i++)
        pthread_join(pool->threads[i], NULL);
    kov_free(pool->context, pool->threads);
    pool->threads = NULL;
    pool->workers = 0;
    atomic_store_explicit(&pool->quit, false, memory_order_relaxed);
}

/* Fewer workers than wanted, down to none, is slower but right: a refusal is not an error. */
static void start_workers(kov_pool *pool, int wanted)
{
    pool->wanted = wanted;
    pool->spins = wanted <= kov_cpu_count() && kov_cpu_count() > 1;
    pool->threads = kov_alloc(pool->context, (size_t)(wanted - 1) * sizeof *pool->threads);
    if (pool->threads == NULL)
        return;
    /* Signals are for the program's own threads: Python wants SIGINT in its main one. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < wanted - 1; i++) {
        if (pthread_create(&pool->threads[i], NULL, work, pool) != 0)
            break;
        pool->workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static kov_pool *new_pool(kov_context *context, kov_pool *before_fork)
{
    kov_pool *pool = kov_alloc_zero(context, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->context = context;
    pool->before_fork = before_fork;
    pool->fork_count = atomic_load_explicit(&fork_count, memory_order_relaxed);
    pool->wanted = 1;
    atomic_flag_clear(&pool->busy);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->left, NULL);
    return pool;
}

static void free_pool(kov_pool *pool)
{
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->left);
    kov_free(pool->context, pool);
}

static bool is_current(const kov_pool *pool)
{
    return pool != NULL &&
           pool->fork_count == atomic_load_explicit(&fork_count, memory_order_relaxed);
}

/* The context's pool, made on first use and again in a forked child; NULL if there is no memory. */
static kov_pool *get_pool(kov_context *context)
{
    kov_pool *pool = atomic_load_explicit(&context->pool, memory_order_acquire);
    if (is_current(pool))
        return pool;
    pthread_once(&fork_once, watch_forks);
    kov_pool *made = new_pool(context, pool);
    if (made == NULL)
        return NULL;
    if (atomic_compare_exchange_strong_explicit(&context->pool, &pool, made, memory_order_acq_rel,
                                                memory_order_acquire))
        return made;
    free_pool(made);
    return pool;
}

static void run_inline(int64_t count, kov_task task, void *arg)
{
    for (int64_t i = 0; i < count; i++)
        task(arg, i, 0);
}

void kov_parallel_upto(kov_context *context, int width, int64_t count, kov_task task, void *arg)
{
    int threads = kov_context_threads(context);
    kov_pool *pool = NULL;
    if (count > 1 && threads > 1 && width > 1)
        pool = get_pool(context);
    if (pool == NULL || atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire)) {
        run_inline(count, task, arg);
        return;
    }
    if (pool->wanted != threads || pool->threads == NULL) {
        stop_workers(pool);
        start_workers(pool, threads);
    }
    if (pool->workers == 0)
        run_inline(count, task, arg);
    else
        run_loop(pool, width < threads ? width : threads, count, task, arg);
    atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

void kov_parallel(kov_context *context, int64_t count, kov_task task, void *arg)
{
    kov_parallel_upto(context, INT32_MAX, count, task, arg);
}

int kov_parallel_width(const kov_context *context)
{
    return kov_context_threads(context);
}

void kov_threads_rest(kov_context *context)
{
    kov_pool *pool = atomic_load_explicit(&context->pool, memory_order_acquire);
    if (is_current(pool))
        atomic_fetch_add_explicit(&pool->rest, 1, memory_order_relaxed);
}

void kov_threads_stop(kov_context *context)
{
    kov_pool *pool = atomic_exchange_explicit(&context->pool, NULL, memory_order_acq_rel);
    if (is_current(pool))
        stop_workers(pool);
    while (pool != NULL) {
        kov_pool *older = pool->before_fork;
        if (is_current(pool)) {
            free_pool(pool);
        } else {
            /* Its mutex may have been held at the fork: memory goes, the primitives are left. */
            kov_free(context, pool->threads);
            kov_free(context, pool);
        }
        pool = older;
    }
}
