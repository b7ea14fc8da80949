/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KOV_TEXT_SIZE = 2048 };

/* The only thread-local state of the library; plain storage, so a dying thread has nothing to free.
 */
static _Thread_local char thread_text[KOV_TEXT_SIZE];

/* Cutting may split a UTF-8 sequence (names come from files): drop its incomplete tail, so that
 * callers may decode the text strictly. */
static void trim_split_character(char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 4) {
        start--;
        unsigned char c = (unsigned char)text[start];
        if ((c & 0xC0u) == 0x80u)
            continue;
        size_t need = c >= 0xF0u ? 4 : c >= 0xE0u ? 3 : c >= 0xC0u ? 2 : 1;
        if (length - start < need)
            text[start] = '\0';
        return;
    }
}

static void format_text(char *text, const char *format, va_list args) KOV_PRINTF(2, 0);

static void format_text(char *text, const char *format, va_list args)
{
    int length = vsnprintf(text, KOV_TEXT_SIZE, format, args);
    if (length < 0)
        text[0] = '\0';
    else if (length >= KOV_TEXT_SIZE)
        trim_split_character(text, KOV_TEXT_SIZE - 1);
}

kov_status kov_fail(kov_status status, const char *format, ...)
{
    /* An argument may be the old text itself, so the new one is built beside it. */
    char text[KOV_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);
    memcpy(thread_text, text, strlen(text) + 1);
    return status;
}

kov_status kov_fail_in(kov_status status, const char *format, ...)
{
    char text[KOV_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);
    size_t length = strlen(text);
    size_t room = KOV_TEXT_SIZE - 1 - length;
    if (thread_text[0] != '\0' && room > 2) {
        int more = snprintf(text + length, room + 1, ": %s", thread_text);
        if (more > 0 && (size_t)more > room)
            trim_split_character(text, KOV_TEXT_SIZE - 1);
    }
    memcpy(thread_text, text, strlen(text) + 1);
    return status;
}

const char *kov_error_text(void)
{
    return thread_text;
}

const char *kov_status_name(kov_status status)
{
    switch (status) {
    case KOV_OK:
        return "ok";
    case KOV_INVALID_ARGUMENT:
        return "invalid argument";
    case KOV_TYPE_ERROR:
        return "type error";
    case KOV_NOT_IMPLEMENTED:
        return "not implemented";
    case KOV_OUT_OF_MEMORY:
        return "out of memory";
    case KOV_IO_ERROR:
        return "input/output error";
    case KOV_BAD_FORMAT:
        return "bad format";
    case KOV_DEVICE_ERROR:
        return "device error";
    case KOV_CANCELLED:
        return "cancelled";
    case KOV_UNKNOWN_DIMENSION:
        return "unknown dimension";
    case KOV_UNKNOWN_VALUE:
        return "unknown value";
    case KOV_OVERFLOW:
        return "overflow";
    case KOV_INTERNAL:
        return "internal error";
    }
    return "unknown status";
}
