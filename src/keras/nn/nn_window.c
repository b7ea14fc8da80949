/* SPDX-License-Identifier: Apache-2.0 */
#include "keras/nn/nn_window.h"
#include <string.h>

int kov_spatial(kov_builder *b, const char *function, kov_value x)
{
    int n = kov_ndim(b, x) - 2;
    if (b->status == KOV_OK && (n < 1 || n > KOV_MAX_SPATIAL))
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: inputs have %d dimensions; 3 to 5 are taken",
                         function, n + 2);
    return b->status == KOV_OK ? n : 1;
}

bool kov_channels_first(kov_builder *b, const char *function, const char *data_format)
{
    if (!data_format || strcmp(data_format, "channels_last") == 0)
        return false;
    if (strcmp(data_format, "channels_first") != 0)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: data_format is '%s'; it is 'channels_last' or 'channels_first'",
                         function, data_format);
    return true;
}

kov_window kov_window_of(kov_builder *b, const char *function, const char *name, kov_ints given,
                         int count, const kov_window *fallback)
{
    kov_window window = {{1, 1, 1}};
    if (given.n == 0 && fallback)
        return *fallback;
    if (given.n != 1 && given.n != count) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: %s has %d numbers; give one or %d", function,
                         name, given.n, count);
        return window;
    }
    for (int i = 0; i < count; i++) {
        window.at[i] = given.at[given.n == 1 ? 0 : i];
        if (window.at[i] < 1)
            kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: %s is %lld; it is at least 1", function,
                             name, (long long)window.at[i]);
    }
    return window;
}

const char *kov_auto_pad(kov_builder *b, const char *function, const char *padding)
{
    if (strcmp(padding, "valid") == 0 || strcmp(padding, "VALID") == 0)
        return "valid";
    if (strcmp(padding, "same") != 0 && strcmp(padding, "SAME") != 0)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: padding is '%s'; it is 'valid' or 'same'",
                         function, padding);
    return "same_upper";
}

kov_value kov_to_channels_first(kov_builder *b, kov_value x)
{
    int ndim = kov_ndim(b, x);
    return b->status == KOV_OK ? kov_move(b, x, ndim - 1, 1) : KOV_VALUE_ERROR;
}

kov_value kov_to_channels_last(kov_builder *b, kov_value x)
{
    int ndim = kov_ndim(b, x);
    return b->status == KOV_OK ? kov_move(b, x, 1, ndim - 1) : KOV_VALUE_ERROR;
}
