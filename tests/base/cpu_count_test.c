/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup quotas, read from a tree of files made for the test. */
#include "base/cpu_count.h"

#include "base/threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static void put(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/cpu_quota_XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

static void no_files_no_quota(void **state)
{
    (void)state;
    assert_int_equal(kov_cpu_quota(root), 0);
    put("/proc/self/cgroup", "0::/\n");
    assert_int_equal(kov_cpu_quota(root), 0);
    put("/proc/self/cgroup", "nonsense\n:\n1:cpu\n");
    assert_int_equal(kov_cpu_quota(root), 0);
}

static void version_2(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/pod/app\n");
    put("/sys/fs/cgroup/pod/app/cpu.max", "max 100000\n");
    assert_int_equal(kov_cpu_quota(root), 0);
    put("/sys/fs/cgroup/pod/app/cpu.max", "300000 100000\n");
    assert_int_equal(kov_cpu_quota(root), 3);
    put("/sys/fs/cgroup/pod/app/cpu.max", "150000 100000\n");
    assert_int_equal(kov_cpu_quota(root), 2);
    put("/sys/fs/cgroup/pod/app/cpu.max", "50000 100000\n");
    assert_int_equal(kov_cpu_quota(root), 1);
    put("/sys/fs/cgroup/pod/app/cpu.max", "800000 100000\n");
    put("/sys/fs/cgroup/pod/cpu.max", "400000 100000\n");
    assert_int_equal(kov_cpu_quota(root), 4);
    put("/proc/self/cgroup", "0::/somewhere/else\n");
    put("/sys/fs/cgroup/cpu.max", "700000 100000\n");
    assert_int_equal(kov_cpu_quota(root), 7);
}

static void version_1(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/docker/a\n1:cpuset:/docker/a\n0::/\n");
    put("/sys/fs/cgroup/cpu/docker/a/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu/docker/a/cpu.cfs_period_us", "100000\n");
    assert_int_equal(kov_cpu_quota(root), 0);
    put("/sys/fs/cgroup/cpu/docker/a/cpu.cfs_quota_us", "250000\n");
    assert_int_equal(kov_cpu_quota(root), 3);
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    assert_int_equal(kov_cpu_quota(root), 2);
    put("/proc/self/cgroup", "3:cpuacct,cpuset:/docker/a\n");
    assert_int_equal(kov_cpu_quota(root), 0);
}

static void this_machine_grants_at_least_one(void **state)
{
    (void)state;
    assert_in_range(kov_cpu_count(), 1, sysconf(_SC_NPROCESSORS_CONF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_files_no_quota, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_1, make_root, remove_root),
        cmocka_unit_test(this_machine_grants_at_least_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
