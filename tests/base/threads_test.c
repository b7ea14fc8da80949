/* SPDX-License-Identifier: Apache-2.0 */
/* Run under ThreadSanitizer too: what is asserted here is the smaller part of what it looks at. */
#include "base/threads.h"

#include "base/context.h"
#include "base/memory.h"

#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif

static kov_context *make_context(int threads)
{
    kov_context_options options = {.threads = threads};
    kov_context *context;
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

enum { MOST = 5000, WIDTH = 16 };

/* Not atomic on purpose: an item done twice, or a worker number held twice, is a race. */
typedef struct tally {
    int done[MOST];
    int64_t per_worker[WIDTH];
    int width;
    atomic_bool bad_worker;
} tally;

static void mark(void *arg, int64_t index, int worker)
{
    tally *t = arg;
    t->done[index]++;
    if (worker < 0 || worker >= t->width)
        atomic_store(&t->bad_worker, true);
    else
        t->per_worker[worker]++;
}

static bool is_complete(const tally *t, int64_t count)
{
    int64_t sum = 0;
    for (int i = 0; i < WIDTH; i++)
        sum += t->per_worker[i];
    for (int64_t i = 0; i < MOST; i++)
        if (t->done[i] != (i < count))
            return false;
    return sum == count && !atomic_load(&t->bad_worker);
}

static void each_item_once(void **state)
{
    (void)state;
    static const int64_t counts[] = {0, 1, 2, 3, 7, 100, 1000, MOST};
    for (int threads = 1; threads <= 6; threads++) {
        kov_context *context = make_context(threads);
        for (int round = 0; round < 30; round++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
                tally t = {.width = kov_parallel_width(context)};
                assert_int_equal(t.width, threads);
                kov_parallel(context, counts[c], mark, &t);
                assert_true(is_complete(&t, counts[c]));
            }
        kov_context_release(context);
    }
}

static void sleep_milliseconds(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Loops at distances about as long as the workers spin, so that they meet every state of a worker.
 */
static void sleeping_workers_wake(void **state)
{
    (void)state;
    kov_context *context = make_context(4);
    for (int round = 0; round < 300; round++) {
        tally t = {.width = 4};
        kov_parallel(context, 64, mark, &t);
        assert_true(is_complete(&t, 64));
        struct timespec pause = {0, round * 997 % 90000};
        nanosleep(&pause, NULL);
        if (round % 10 == 0)
            kov_threads_rest(context);
    }
    kov_context_release(context);
}

static void slow(void *arg, int64_t index, int worker)
{
    (void)index;
    (void)worker;
    sleep_milliseconds(20);
    atomic_fetch_add((atomic_int *)arg, 1);
}

/* The loop is over only when the last item is, even if another worker computes it and we sleep. */
static void caller_waits_for_workers(void **state)
{
    (void)state;
    kov_context *context = make_context(3);
    for (int round = 0; round < 5; round++) {
        atomic_int done = 0;
        kov_parallel(context, 4, slow, &done);
        assert_int_equal(atomic_load(&done), 4);
    }
    kov_context_release(context);
}

static void note_thread(void *arg, int64_t index, int worker)
{
    (void)index;
    pthread_t *ids = arg;
    ids[worker] = pthread_self();
    sleep_milliseconds(2);
}

static void workers_are_used(void **state)
{
    (void)state;
    kov_context *context = make_context(2);
    pthread_t ids[2] = {pthread_self(), pthread_self()};
    /* A worker needs to be scheduled once in this many milliseconds. */
    for (int round = 0; round < 500 && pthread_equal(ids[0], ids[1]); round++)
        kov_parallel(context, 8, note_thread, ids);
    assert_false(pthread_equal(ids[0], ids[1]));
    kov_context_release(context);
}

typedef struct nest {
    kov_context *context;
    tally inner[40];
} nest;

static void loop_inside(void *arg, int64_t index, int worker)
{
    (void)worker;
    nest *n = arg;
    n->inner[index].width = 1;
    kov_parallel(n->context, 50, mark, &n->inner[index]);
}

static void nested_loops_run_inline(void **state)
{
    (void)state;
    static nest n;
    memset(&n, 0, sizeof n);
    n.context = make_context(3);
    kov_parallel(n.context, 40, loop_inside, &n);
    for (int i = 0; i < 40; i++)
        assert_true(is_complete(&n.inner[i], 50));
    kov_context_release(n.context);
}

static void *many_loops(void *argument)
{
    for (int round = 0; round < 300; round++) {
        tally t = {.width = 4};
        kov_parallel_upto(argument, 4, 200, mark, &t);
        if (!is_complete(&t, 200))
            return NULL;
    }
    return argument;
}

/* Several callers, while a further thread changes the number of workers under them. */
static void callers_at_the_same_time(void **state)
{
    (void)state;
    kov_context *context = make_context(4);
    pthread_t callers[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, many_loops, context), 0);
    for (int round = 0; round < 50; round++) {
        assert_int_equal(kov_context_set_threads(context, 1 + round % 7), KOV_OK);
        kov_threads_rest(context);
        sleep_milliseconds(1);
    }
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(callers[i], &result);
        assert_ptr_equal(result, context);
    }
    kov_context_release(context);
}

static void width_can_be_bounded(void **state)
{
    (void)state;
    kov_context *context = make_context(6);
    for (int width = 1; width <= 8; width++)
        for (int round = 0; round < 20; round++) {
            tally t = {.width = width < 6 ? width : 6};
            kov_parallel_upto(context, width, 300, mark, &t);
            assert_true(is_complete(&t, 300));
        }
    kov_context_release(context);
}

static void divide(void *arg, int64_t index, int worker)
{
    (void)worker;
    volatile float one = 1, three = 3;
    ((float *)arg)[index] = one / three;
    sleep_milliseconds(1);
}

static void workers_take_the_rounding_mode(void **state)
{
    (void)state;
    kov_context *context = make_context(4);
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TONEAREST};
    for (int m = 0; m < 3; m++) {
        float results[32], wanted;
        assert_int_equal(fesetround(modes[m]), 0);
        divide(&wanted, 0, 0);
        kov_parallel(context, 32, divide, results);
        assert_int_equal(fegetround(), modes[m]);
        fesetround(FE_TONEAREST);
        for (int i = 0; i < 32; i++)
            assert_true(results[i] == wanted);
    }
    kov_context_release(context);
}

static bool works(kov_context *context)
{
    for (int round = 0; round < 20; round++) {
        tally t = {.width = 3};
        kov_parallel(context, 500, mark, &t);
        if (!is_complete(&t, 500))
            return false;
    }
    return true;
}

static void *loops_until(void *argument)
{
    kov_context *context = argument;
    while (!kov_context_is_cancelled(context)) {
        atomic_int done = 0;
        kov_parallel(context, 3, slow, &done);
    }
    return NULL;
}

/* The child has none of the parent's threads, and forks while another thread's loop runs. */
static void a_forked_child_makes_its_own(void **state)
{
    (void)state;
#if defined(THREAD_SANITIZER)
    skip(); /* its table of threads is the parent's still: a child cannot start one */
#endif
    kov_context *context = make_context(3);
    assert_true(works(context));
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, loops_until, context), 0);
    for (int round = 0; round < 10; round++) {
        sleep_milliseconds(3);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(60);
            bool ok =
                works(context) && kov_context_set_threads(context, 2) == KOV_OK && works(context);
            pthread_t ids[2] = {pthread_self(), pthread_self()};
            for (int i = 0; i < 500 && pthread_equal(ids[0], ids[1]); i++)
                kov_parallel(context, 8, note_thread, ids);
            ok = ok && !pthread_equal(ids[0], ids[1]);
            kov_threads_stop(context);
            _exit(ok ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    kov_context_cancel(context, true);
    pthread_join(other, NULL);
    assert_true(works(context));
    kov_context_release(context);
}

static void short_memory_runs_inline(void **state)
{
    (void)state;
    for (int n = 1; n <= 3; n++) {
        kov_context *context = make_context(3);
        kov_memory_fail_after(context, n);
        assert_true(works(context));
        kov_memory_fail_after(context, -1);
        assert_true(works(context));
        kov_context_release(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_once),
        cmocka_unit_test(sleeping_workers_wake),
        cmocka_unit_test(caller_waits_for_workers),
        cmocka_unit_test(workers_are_used),
        cmocka_unit_test(nested_loops_run_inline),
        cmocka_unit_test(callers_at_the_same_time),
        cmocka_unit_test(width_can_be_bounded),
        cmocka_unit_test(workers_take_the_rounding_mode),
        cmocka_unit_test(a_forked_child_makes_its_own),
        cmocka_unit_test(short_memory_runs_inline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
