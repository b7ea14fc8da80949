/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The variable is read once per process, so each value is tried in a child of its own. */
static int isa_with(const char *value)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (value != NULL)
            setenv("KOV_ISA", value, 1);
        else
            unsetenv("KOV_ISA");
        _exit((int)kov_cpu_isa());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_variable_only_lowers(void **state)
{
    (void)state;
    int best = isa_with(NULL);
    assert_int_equal(isa_with("baseline"), KOV_ISA_BASELINE);
    assert_int_equal(isa_with("avx2"), best < KOV_ISA_AVX2 ? best : KOV_ISA_AVX2);
    assert_int_equal(isa_with("avx512"), best);
    assert_int_equal(isa_with("nonsense"), best);
}

#if defined(__x86_64__)
/* The compiler's own detection, which also asks what the system saves. */
static void detection_agrees_with_the_compiler(void **state)
{
    (void)state;
    int wanted = KOV_ISA_BASELINE;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        wanted = KOV_ISA_AVX2;
    if (wanted == KOV_ISA_AVX2 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        wanted = KOV_ISA_AVX512;
    assert_int_equal(isa_with(NULL), wanted);
}
#endif

static void names(void **state)
{
    (void)state;
    assert_string_equal(kov_isa_name(KOV_ISA_BASELINE), "baseline");
    assert_string_equal(kov_isa_name(KOV_ISA_AVX2), "avx2");
    assert_string_equal(kov_isa_name(KOV_ISA_AVX512), "avx512");
    assert_string_equal(kov_isa_name(KOV_ISA_COUNT), "unknown");
}

static void caches_are_plausible(void **state)
{
    (void)state;
    const kov_cpu_caches *caches = kov_cpu_cache_sizes();
    assert_in_range(caches->l1d, 4 << 10, 1 << 20);
    assert_in_range(caches->l2, 64 << 10, 256 << 20);
    assert_true(caches->l3 >= 256u << 10);
    assert_true(caches->l1d < caches->l2);
    assert_ptr_equal(caches, kov_cpu_cache_sizes());
#if defined(_SC_LEVEL1_DCACHE_SIZE)
    long l1d = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    if (l1d > 0)
        assert_int_equal(caches->l1d, l1d);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variable_only_lowers),
#if defined(__x86_64__)
        cmocka_unit_test(detection_agrees_with_the_compiler),
#endif
        cmocka_unit_test(names),
        cmocka_unit_test(caches_are_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
