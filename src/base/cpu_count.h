/* SPDX-License-Identifier: Apache-2.0 */
/* How many CPUs this process may use: kov_cpu_count (base/threads.h) and its parts. */
#ifndef KOV_BASE_CPU_COUNT_H
#define KOV_BASE_CPU_COUNT_H

/* CPUs that the cgroup quota of this process grants (cgroup v2 cpu.max and v1 cpu.cfs_quota_us, the
 * tightest of its group and those above), rounded up; 0 if there is none. Files are looked for
 * under `root`, "" for the running system. */
int kov_cpu_quota(const char *root);

#endif
