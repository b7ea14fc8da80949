/* SPDX-License-Identifier: Apache-2.0 */
/* Errors are values: every fallible function returns a kov_status; the text belongs to the thread.
 */
#ifndef KOV_STATUS_H
#define KOV_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KOV_API __attribute__((visibility("default")))
#define KOV_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KOV_API
#define KOV_PRINTF(fmt, args)
#endif

typedef enum kov_status {
    KOV_OK = 0,
    KOV_INVALID_ARGUMENT,  /* a value, shape or axis that the operation does not take */
    KOV_TYPE_ERROR,        /* a dtype or kind of argument that the operation does not take */
    KOV_NOT_IMPLEMENTED,   /* known, but not there (yet); the text names it and what to do */
    KOV_OUT_OF_MEMORY,     /* the allocator said no, or the context's byte limit is reached */
    KOV_IO_ERROR,          /* a file could not be read or written */
    KOV_BAD_FORMAT,        /* a file's content is malformed */
    KOV_DEVICE_ERROR,      /* a device or its library is missing, or failed */
    KOV_CANCELLED,         /* the context's cancel flag was set */
    KOV_UNKNOWN_DIMENSION, /* the number of a dimension was asked for that is free in this trace */
    KOV_UNKNOWN_VALUE,     /* the content of a tensor was asked for that is known only when run */
    KOV_INTERNAL,          /* a defect of kov: please report it */
    KOV_OVERFLOW           /* a Python int is outside the range of the type that it is to have */
} kov_status;

/* "invalid argument", "out of memory", ...; never NULL. */
KOV_API const char *kov_status_name(kov_status status);

/* Text of the calling thread's last failure: operation, shapes, remedy. "" if there was none.
 * Valid until the thread's next failing call. */
KOV_API const char *kov_error_text(void);

#ifdef __cplusplus
}
#endif
#endif
