/* SPDX-License-Identifier: Apache-2.0 */
/* Prefix beam search. Paths are compared by who begins whom, kept from step to step, so that a step
 * costs W * W comparisons and not W * W * time. */
#include "keras/nn/nn_ctc.h"

#include "keras/loop.h"
#include "keras_functions.h"

#include <math.h>
#include <string.h>

/* What is kept for each of W places, best first. Paths of chance 0 fill up the places. */
enum {
    STEP,     /* the next time step: scalar int32 */
    PATHS,    /* labels, then -1: (batch, W, time) int32 */
    BY_LABEL, /* log of the chance to be here with a label last: (batch, W) */
    BY_BLANK, /* with a blank last */
    ABOVE,    /* [.., j, i]: path i is a proper beginning of path j: (batch, W, W) bool */
    STATES
};

typedef struct search {
    kov_value chances; /* logarithms: (batch, time, classes) */
    kov_value lengths, blank;
    kov_value end;   /* steps that any sequence has */
    kov_value never; /* log of 0 */
    int64_t width;
} search;

/* How the paths of a beam go on in one step. */
typedef struct moves {
    kov_value longer;             /* by one label: (batch, W, classes) */
    kov_value by_label, by_blank; /* staying the same path: (batch, W) */
} moves;

/* The rows of x that stand at (batch, W) indices. */
static kov_value take_rows(kov_builder *b, kov_value x, kov_value rows)
{
    return kov_gather(b, x, rows, kov_constant_i64_scalar(b, 1), 1);
}

/* x[.., i, index[.., j]] of (batch, W, n): (batch, W, W). */
static kov_value take_in_rows(kov_builder *b, kov_value x, kov_value index)
{
    const kov_value parts[] = {kov_shape_value(b, index), kov_dims_value(b, index, 1, 2)};
    kov_value shape = kov_join_dims(b, parts, 2);
    return kov_gather_elements(b, x, kov_broadcast_to(b, kov_unsqueeze_at(b, index, 1), shape), 2);
}

static kov_value path_lengths(kov_builder *b, kov_value paths)
{
    kov_value used = kov_greater_equal(b, paths, kov_scalar_like(b, paths, 0));
    return kov_reduce_sum(b, kov_cast(b, used, KOV_DTYPE_I64), kov_one_i64(b, 2), false);
}

/* [.., j, i]: path j is path i and one label more. */
static kov_value children(kov_builder *b, const kov_value *state, kov_value length)
{
    kov_value next = kov_add(b, length, kov_constant_i64_scalar(b, 1));
    return kov_logical_and(
        b, state[ABOVE],
        kov_equal(b, kov_unsqueeze_at(b, length, 2), kov_unsqueeze_at(b, next, 1)));
}

/* Each path goes on as itself, by a blank or its last label again, or longer by one label; where
 * that makes a path that is in the beam, it counts there. */
static moves moves_of(kov_builder *b, const search *by, const kov_value *state)
{
    kov_value one = kov_constant_i64_scalar(b, 1), none = kov_scalar_like(b, state[PATHS], 0);
    kov_value x = kov_gather(b, by->chances, state[STEP], one, 0); /* (batch, classes) */
    kov_value classes = kov_iota(b, kov_dim_value(b, x, 1), KOV_DTYPE_I32);
    kov_value total = kov_numpy_logaddexp(b, state[BY_LABEL], state[BY_BLANK]);
    kov_value length = path_lengths(b, state[PATHS]);
    kov_value last = kov_maximum(b, kov_subtract(b, length, one), kov_constant_i64_scalar(b, 0));
    kov_value tail = kov_gather_elements(b, state[PATHS], kov_unsqueeze_at(b, last, 2), 2);
    kov_value again = kov_equal(b, tail, classes); /* (batch, W, classes) */
    tail = kov_squeeze_at(b, kov_maximum(b, tail, none), 2);
    kov_value longer = kov_select(b, again, kov_unsqueeze_at(b, state[BY_BLANK], 2),
                                  kov_unsqueeze_at(b, total, 2));
    longer = kov_add(b, longer, kov_unsqueeze_at(b, x, 1));
    longer = kov_select(b, kov_equal(b, classes, by->blank), by->never, longer);
    kov_value child = children(b, state, length);
    kov_value joins = kov_swap(b, take_in_rows(b, longer, tail), 1, 2);
    joins = kov_reduce_max(b, kov_select(b, child, joins, by->never), kov_one_i64(b, 2), false);
    /* [.., i, c]: some path is path i and c. */
    kov_dtype dtype = kov_dtype_of(b, x);
    kov_value there =
        kov_mat_mul(b, kov_cast(b, child, dtype), kov_cast(b, again, dtype), true, false);
    there = kov_greater(b, there, kov_scalar_like(b, there, 0));
    kov_value same = kov_add(b, state[BY_LABEL], kov_gather_elements(b, x, tail, 1));
    kov_value blank = kov_gather(b, x, kov_unsqueeze_at(b, by->blank, 0), one, 0);
    return (moves){.longer = kov_select(b, there, by->never, longer),
                   .by_label = kov_numpy_logaddexp(b, same, joins),
                   .by_blank = kov_add(b, total, blank)};
}

/* The paths after a step, from what each place is made of: (batch, W) places and labels, -1 where
 * the path stays as it was. A new path had no equal in the beam, so it begins another exactly if
 * its source does and the other goes on with its label. */
static void grow(kov_builder *b, kov_value *state, kov_value source, kov_value label)
{
    kov_value paths = take_rows(b, state[PATHS], source), length = path_lengths(b, paths);
    kov_value stays = kov_unsqueeze_at(b, kov_less(b, label, kov_scalar_like(b, label, 0)), 1);
    kov_value grows = kov_logical_not(b, kov_swap(b, stays, 1, 2));
    kov_value follows = kov_equal(b, take_in_rows(b, paths, length), kov_unsqueeze_at(b, label, 1));
    kov_value above = take_in_rows(b, take_rows(b, state[ABOVE], source), source);
    kov_value same = kov_equal(b, kov_unsqueeze_at(b, source, 2), kov_unsqueeze_at(b, source, 1));
    kov_value child = kov_logical_and(b, same, kov_logical_and(b, stays, grows));
    above = kov_logical_and(b, above, kov_logical_or(b, stays, follows));
    state[ABOVE] = kov_logical_or(b, above, child);
    kov_value places = kov_iota(b, kov_dim_value(b, paths, 2), KOV_DTYPE_I64);
    kov_value end = kov_equal(b, places, kov_unsqueeze_at(b, length, 2));
    state[PATHS] =
        kov_select(b, kov_logical_and(b, end, grows), kov_unsqueeze_at(b, label, 2), paths);
}

/* The best W of all moves; longer paths come first among equals. */
static void keep_best(kov_builder *b, const search *by, kov_value *state, const moves *to)
{
    kov_value width = kov_constant_i64_scalar(b, by->width);
    kov_value classes = kov_dim_value(b, to->longer, 2), kept = kov_multiply(b, width, classes);
    const kov_value flat[] = {kov_dims_value(b, to->longer, 0, 1), kov_one_i64(b, -1)};
    const kov_value all[] = {kov_reshape(b, to->longer, kov_join_dims(b, flat, 2), false),
                             kov_numpy_logaddexp(b, to->by_label, to->by_blank)};
    kov_value best =
        kov_top_k(b, kov_concat(b, all, 2, 1), width, 1, "max", "value", KOV_DTYPE_I64, true);
    kov_value index = kov_output(best, 1), stays = kov_greater_equal(b, index, kept);
    kov_value source =
        kov_select(b, stays, kov_subtract(b, index, kept), kov_divide(b, index, classes));
    kov_value label =
        kov_select(b, stays, kov_constant_i64_scalar(b, -1), kov_mod(b, index, classes));
    grow(b, state, source, kov_cast(b, label, KOV_DTYPE_I32));
    state[BY_LABEL] = kov_select(b, stays, take_rows(b, to->by_label, source), best);
    state[BY_BLANK] = kov_select(b, stays, take_rows(b, to->by_blank, source), by->never);
    /* What fills up may equal a path; it must not take part of its chance. */
    kov_value real = kov_unsqueeze_at(b, kov_greater(b, best, by->never), 2);
    state[ABOVE] = kov_logical_and(b, state[ABOVE], real);
}

static kov_value is_unfinished(kov_builder *b, const kov_value *state, const void *with)
{
    return kov_less(b, state[STEP], ((const search *)with)->end);
}

/* Sequences that have ended keep their beam. */
static void step(kov_builder *b, kov_value *state, const void *with)
{
    const search *by = with;
    kov_value old[STATES];
    memcpy(old, state, sizeof old);
    moves to = moves_of(b, by, old);
    keep_best(b, by, state, &to);
    kov_value runs = kov_unsqueeze_at(b, kov_greater(b, by->lengths, old[STEP]), 1);
    for (int i = PATHS; i < STATES; i++)
        state[i] = kov_select(b, kov_ndim(b, old[i]) == 2 ? runs : kov_unsqueeze_at(b, runs, 2),
                              state[i], old[i]);
    state[STEP] = kov_add(b, old[STEP], kov_int_like(b, old[STEP], 1));
}

/* The empty path, certain, and W - 1 fillers. */
static void start(kov_builder *b, const search *by, kov_value *state)
{
    kov_value batch = kov_dims_value(b, by->chances, 0, 1), width = kov_one_i64(b, by->width);
    const kov_value path[] = {batch, width, kov_dims_value(b, by->chances, 1, 2)};
    const kov_value square[] = {batch, width, width};
    kov_value places = kov_iota(b, kov_constant_i64_scalar(b, by->width), KOV_DTYPE_I64);
    kov_value first = kov_equal(b, places, kov_constant_i64_scalar(b, 0));
    kov_value row = kov_join_dims(b, square, 2);
    state[STEP] = kov_constant_int(b, KOV_DTYPE_I32, 0);
    state[PATHS] =
        kov_broadcast_to(b, kov_constant_int(b, KOV_DTYPE_I32, -1), kov_join_dims(b, path, 3));
    state[BY_LABEL] = kov_broadcast_to(b, by->never, row);
    state[BY_BLANK] =
        kov_broadcast_to(b, kov_select(b, first, kov_scalar_like(b, by->never, 0), by->never), row);
    state[ABOVE] = kov_broadcast_to(b, kov_bool_constant(b, false), kov_join_dims(b, square, 3));
}

void kov_ctc_beam_search(kov_builder *b, kov_value logits, kov_value lengths, kov_value blank,
                         int64_t beam_width, int64_t top_paths, kov_value *outs)
{
    if (beam_width < 1 || top_paths < 1 || top_paths > beam_width) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "ctc_decode: beam_width is %lld and top_paths %lld; they are at least 1, "
                         "and there are no more paths than the beam is wide",
                         (long long)beam_width, (long long)top_paths);
        return;
    }
    kov_value state[STATES], time = kov_dim_value(b, logits, 1);
    lengths = kov_minimum(b, kov_cast(b, lengths, KOV_DTYPE_I64), time);
    lengths = kov_cast(b, lengths, KOV_DTYPE_I32); /* states of a loop are small integers */
    const search by = {.chances = kov_log_softmax(b, logits, 2),
                       .lengths = lengths,
                       .blank = blank,
                       .end = kov_reduce_max(b, lengths, kov_one_i64(b, 0), false),
                       .never = kov_scalar_like(b, logits, -INFINITY),
                       .width = beam_width};
    const kov_loop loop = {.count = STATES, .test = is_unfinished, .step = step, .with = &by};
    start(b, &by, state);
    kov_loop_run(b, &loop, state);
    kov_value scores = kov_numpy_logaddexp(b, state[BY_LABEL], state[BY_BLANK]);
    scores = kov_slice_axis(b, scores, 1, 0, top_paths, 1);
    kov_value real = kov_unsqueeze_at(b, kov_greater(b, scores, by.never), 2);
    kov_value paths = kov_slice_axis(b, state[PATHS], 1, 0, top_paths, 1);
    paths = kov_select(b, real, paths, kov_scalar_like(b, paths, -1));
    outs[0] = kov_swap(b, paths, 0, 1);
    outs[1] = scores;
}
