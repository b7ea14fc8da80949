/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/cpu_count.h"

#include "base/threads.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

enum { KOV_PATH_SIZE = 4096 };

static pthread_once_t count_once = PTHREAD_ONCE_INIT;
static int count_found; /* set once; affinity and quota are taken as they were then */

static int affinity_count(void)
{
#if defined(__linux__)
    /* The kernel refuses a mask shorter than its own, whose length is not known: try longer ones.
     */
    for (size_t cpus = 1024; cpus <= (size_t)1 << 18; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (set == NULL)
            break;
        size_t bytes = CPU_ALLOC_SIZE(cpus);
        int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return count;
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < INT_MAX ? (int)online : 1;
}

static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t length = fread(text, 1, size - 1, file);
    fclose(file);
    text[length] = '\0';
    return length > 0;
}

static int quota_cpus(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    long long cpus = (quota - 1) / period + 1;
    return cpus < INT_MAX ? (int)cpus : INT_MAX;
}

static int tighter(int a, int b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static int quota_of_v2(const char *folder)
{
    char path[KOV_PATH_SIZE], text[128];
    long long quota, period;
    if (snprintf(path, sizeof path, "%s/cpu.max", folder) >= (int)sizeof path ||
        !read_text(path, text, sizeof text) || sscanf(text, "%lld %lld", &quota, &period) != 2)
        return 0;
    return quota_cpus(quota, period);
}

static int quota_of_v1(const char *folder)
{
    char path[KOV_PATH_SIZE], quota[64], period[64];
    if (snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder) >= (int)sizeof path ||
        !read_text(path, quota, sizeof quota))
        return 0;
    if (snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder) >= (int)sizeof path ||
        !read_text(path, period, sizeof period))
        return 0;
    return quota_cpus(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/* The tightest quota of `mount``group` and every folder above it, down to the mount itself. In a
 * container the group's path may be the host's and not exist; the mount then is the own group. */
static int quota_upwards(const char *mount, const char *group, int (*quota_of)(const char *folder))
{
    char folder[KOV_PATH_SIZE];
    size_t shortest = strlen(mount);
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (length < 0 || length >= (int)sizeof folder)
        return quota_of(mount);
    int found = 0;
    while (strlen(folder) > shortest) {
        found = tighter(found, quota_of(folder));
        *strrchr(folder, '/') = '\0';
    }
    return tighter(found, quota_of(mount));
}

static bool has_controller(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* One line of /proc/self/cgroup: number, controllers, path; no controllers in version 2. */
static int quota_of_line(const char *root, char *line)
{
    char mount[KOV_PATH_SIZE];
    char *controllers = strchr(line, ':');
    char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (group == NULL || group[1] != '/')
        return 0;
    *group++ = '\0';
    controllers++;
    if (*controllers == '\0') {
        static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
        int found = 0;
        for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
            int length = snprintf(mount, sizeof mount, "%s%s", root, mounts[i]);
            if (length > 0 && length < (int)sizeof mount)
                found = tighter(found, quota_upwards(mount, group, quota_of_v2));
        }
        return found;
    }
    if (!has_controller(controllers, "cpu"))
        return 0;
    /* The folder is named after the controllers; distributions link "cpu" to it. */
    int length = snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
    if (length < 0 || length >= (int)sizeof mount)
        return 0;
    int found = quota_upwards(mount, group, quota_of_v1);
    length = snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controllers);
    if (length > 0 && length < (int)sizeof mount)
        found = tighter(found, quota_upwards(mount, group, quota_of_v1));
    return found;
}

int kov_cpu_quota(const char *root)
{
    char path[KOV_PATH_SIZE], line[KOV_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= (int)sizeof path)
        return 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    int found = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = tighter(found, quota_of_line(root, line));
    }
    fclose(file);
    return found;
}

static void find_count(void)
{
    count_found = tighter(affinity_count(), kov_cpu_quota(""));
}

int kov_cpu_count(void)
{
    pthread_once(&count_once, find_count);
    return count_found;
}
