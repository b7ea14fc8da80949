/* SPDX-License-Identifier: Apache-2.0 */
/* Making errors. The text is the thread's own, so no object is needed to report one. */
#ifndef KOV_BASE_STATUS_H
#define KOV_BASE_STATUS_H

#include <kov/status.h>

/* Sets the thread's text and returns status, so a failing check reads `return kov_fail(...)`. */
kov_status kov_fail(kov_status status, const char *format, ...) KOV_PRINTF(2, 3);

/* Prepends "context: " to the thread's text; returns status. */
kov_status kov_fail_in(kov_status status, const char *format, ...) KOV_PRINTF(2, 3);

#define KOV_TRY(expression)                                                                        \
    do {                                                                                           \
        kov_status kov_try_status = (expression);                                                  \
        if (kov_try_status != KOV_OK)                                                              \
            return kov_try_status;                                                                 \
    } while (0)

#endif
