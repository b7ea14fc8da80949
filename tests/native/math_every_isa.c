/* SPDX-License-Identifier: Apache-2.0 */
#include "native/math_every_isa.h"

#include "base/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_one(const char *name, int (*run)(void))
{
    setenv("KOV_ISA", name, 1);
    if (strcmp(kov_isa_name(kov_cpu_isa()), name) != 0)
        return 0; /* not on this CPU: what it would fall back to has had its turn */
    printf("instruction set %s\n", name);
    int status = run();
    fflush(NULL);
    return status;
}

int every_isa(int (*run)(void))
{
    int worst = 0;
    for (int isa = 0; isa < KOV_ISA_COUNT; isa++) {
        int status = 1;
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            exit(run_one(kov_isa_name((kov_isa)isa), run) != 0);
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            worst = 1;
    }
    return worst;
}
