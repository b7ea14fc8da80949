/* SPDX-License-Identifier: Apache-2.0 */
#include <kov/kov.h>

const char *kov_version(void)
{
    return KOV_VERSION_STRING;
}
