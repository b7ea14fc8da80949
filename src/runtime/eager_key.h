/* SPDX-License-Identifier: Apache-2.0 */
/* What a call is looked up by: everything that its decomposition may read without a guard. */
#ifndef KOV_RUNTIME_EAGER_KEY_H
#define KOV_RUNTIME_EAGER_KEY_H

#include "base/memory.h"
#include <kov/graph.h>

#define KOV_EAGER_KEY_BYTES 4096
#define KOV_EAGER_MAX_INPUTS 512
#define KOV_EAGER_MAX_NUMBERS 2048

/* How an input of the call reaches the plan. */
typedef enum kov_eager_source {
    KOV_EAGER_TENSOR, /* the argument's tensor */
    KOV_EAGER_NUMBER, /* a Python number, as a scalar */
    KOV_EAGER_INTS    /* a shape or index, as int64 */
} kov_eager_source;

typedef struct kov_eager_input {
    kov_eager_source source;
    const kov_argument *argument;
    int first_number; /* of its dimensions (tensor) or elements (ints) in kov_eager_call_key.numbers
                       */
} kov_eager_input;

typedef struct kov_eager_call_key {
    uint64_t hash;
    int size;
    int input_count;
    int number_count;
    bool fits; /* false: too large to be cached or to be taken */
    uint8_t bytes[KOV_EAGER_KEY_BYTES];
    kov_eager_input inputs[KOV_EAGER_MAX_INPUTS];
    int64_t numbers[KOV_EAGER_MAX_NUMBERS]; /* dimensions and elements: what guards compare */
} kov_eager_call_key;

/* Reads the arguments of a call in the table's order. KOV_TYPE_ERROR for an argument of a kind that
 * the parameter does not take; fits is false if there is too much of it. */
kov_status kov_eager_key_make(const kov_function_info *info, int function, kov_dtype floatx,
                              const kov_argument *arguments, kov_eager_call_key *key);

#endif
