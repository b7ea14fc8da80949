/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/property.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_given(const kov_properties *p, const char *key)
{
    for (int i = 0; i < p->count; i++) {
        if (strcmp(p->at[2 * i], key) == 0)
            return true;
    }
    return false;
}

static kov_status add(kov_properties *p, const char *key, const char *value)
{
    if (p->count >= KOV_PROPERTIES_MAX)
        return kov_fail(KOV_INVALID_ARGUMENT, "more than %d properties for OpenVINO",
                        KOV_PROPERTIES_MAX);
    p->at[2 * p->count] = key;
    p->at[2 * p->count + 1] = value;
    p->count++;
    return KOV_OK;
}

static kov_status add_default(kov_properties *p, const char *key, const char *value)
{
    return is_given(p, key) ? KOV_OK : add(p, key, value);
}

/* Cuts "KEY=VALUE" texts, copied into one block, in two. */
static kov_status add_given(kov_properties *p, const char *const *properties)
{
    size_t total = 1;
    for (int i = 0; properties && properties[i]; i++)
        total += strlen(properties[i]) + 1;
    char *at = p->memory = kov_alloc(p->context, total);
    if (!at)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; properties && properties[i]; i++) {
        size_t size = strlen(properties[i]) + 1;
        memcpy(at, properties[i], size);
        char *equals = strchr(at, '=');
        if (!equals || equals == at)
            return kov_fail(KOV_INVALID_ARGUMENT, "property \"%s\": wants KEY=VALUE",
                            properties[i]);
        *equals = 0;
        KOV_TRY(add(p, at, equals + 1));
        if (strcmp(at, "PERF_COUNT") == 0)
            p->profiled = strcmp(equals + 1, "YES") == 0;
        at += size;
    }
    return KOV_OK;
}

static kov_status add_defaults(kov_properties *p, const char *device)
{
    const char *cache = getenv("KOV_CACHE_DIR");
    KOV_TRY(add_default(p, "INFERENCE_PRECISION_HINT", "f32"));
    snprintf(p->threads, sizeof p->threads, "%d", kov_context_threads(p->context));
    if (strncmp(device, "AUTO", 4) == 0 || strstr(device, "CPU"))
        KOV_TRY(add_default(p, "INFERENCE_NUM_THREADS", p->threads));
    /* Else OpenVINO rounds the other operand of packed weights to 8 bits. */
    if (strcmp(device, "CPU") == 0)
        KOV_TRY(add_default(p, "DYNAMIC_QUANTIZATION_GROUP_SIZE", "0"));
    if (cache && *cache)
        KOV_TRY(add_default(p, "CACHE_DIR", cache));
    return KOV_OK;
}

kov_status kov_properties_make(kov_context *context, const kov_engine_options *options,
                               kov_properties *out)
{
    *out = (kov_properties){.context = context};
    kov_status status = add_given(out, options->properties);
    if (status == KOV_OK)
        status = add_defaults(out, options->device);
    if (status != KOV_OK)
        kov_properties_free(out);
    return status;
}

void kov_properties_free(kov_properties *p)
{
    kov_free(p->context, p->memory);
    p->memory = NULL;
}
