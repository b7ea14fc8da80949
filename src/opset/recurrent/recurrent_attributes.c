/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/recurrent/recurrent_attributes.h"

#include <string.h>
#include <strings.h>

bool kov_recurrent_activations(const char *text, int count, kov_recurrent_activation *out)
{
    static const char *const names[] = {"sigmoid", "tanh", "relu"};
    for (int i = 0; i < count; i++) {
        text += strspn(text, " ,");
        size_t length = strcspn(text, " ,");
        int found = -1;
        for (int k = 0; k < 3; k++) {
            if (strlen(names[k]) == length && strncasecmp(text, names[k], length) == 0)
                found = k;
        }
        if (found < 0)
            return false;
        out[i] = (kov_recurrent_activation)found;
        text += length;
    }
    return text[strspn(text, " ,")] == '\0';
}
