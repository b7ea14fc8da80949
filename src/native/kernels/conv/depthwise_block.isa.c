/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/depthwise_block.h"
#include "native/kernels/gemm/gemm_vector.h"

#include <stdbool.h>
#include <stddef.h>

/* Output columns that are summed together: independent chains, which share loads. */
#define COLUMNS 4

/* One output line, one vector of channels. */
typedef struct line_part {
    const kov_depthwise_block *block;
    const float *input;   /* first valid line, column 0, first channel of the vector */
    const float *weights; /* of the first valid kernel line */
    float *output;        /* column 0 */
    const float *residual;
    const float *scale; /* at the channel, or NULL */
    vf bias, low, high;
    int64_t rows;              /* valid kernel lines */
    int64_t row_step, tap_row; /* from one of them to the next, in the input and in the weights */
    int64_t output_pixel;
    bool whole; /* all lanes are channels */
    vf_mask mask;
} line_part;

KOV_INLINE vf load_part(const line_part *part, const float *p)
{
    return part->whole ? vf_load(p) : vf_load_first(p, part->mask);
}

KOV_INLINE void store(const line_part *part, int64_t column, vf sum)
{
    if (part->scale)
        sum = vf_mul(sum, load_part(part, part->scale));
    sum = vf_add(sum, part->bias);
    if (part->residual)
        sum = vf_add(sum, load_part(part, part->residual + column * part->block->residual_pixel));
    sum = vf_min(part->high, vf_max(part->low, sum));
    float *p = part->output + column * part->output_pixel;
    if (part->whole)
        vf_store(p, sum);
    else
        vf_store_first(p, part->mask, sum);
}

/* One output column of any shape. */
static void any_column(const line_part *part, int64_t column)
{
    const kov_depthwise_block *b = part->block;
    int64_t start = column * b->stride[1] - b->pad[1], step = b->dilation[1] * b->channels;
    int64_t first = start < 0 ? (-start + b->dilation[1] - 1) / b->dilation[1] : 0;
    int64_t room = b->input_size[1] - start;
    int64_t end = room <= 0 ? 0 : (room + b->dilation[1] - 1) / b->dilation[1];
    if (end > b->kernel[1])
        end = b->kernel[1];
    vf sum = vf_zero();
    for (int64_t r = 0; r < part->rows; r++) {
        const float *x = part->input + r * part->row_step + start * b->channels;
        const float *w = part->weights + r * part->tap_row;
        for (int64_t t = first; t < end; t++)
            sum = vf_fma(load_part(part, x + t * step), load_part(part, w + t * b->channels), sum);
    }
    store(part, column, sum);
}

/* Kernels whose weights for one vector of channels stay in registers for a whole line. */
#define HELD_ROWS 3
#define HELD_TAPS 3

/* `columns` output columns from `column` on, with taps [first, end) of each; all sizes are
 * constants. */
KOV_INLINE void known_columns(int rows, int taps, int stride, int columns, int first, int end,
                              const line_part *part, vf held[HELD_ROWS][HELD_TAPS], int64_t column)
{
    const int64_t channels = part->block->channels;
    const float *x = part->input + (column * stride - part->block->pad[1]) * channels;
    const float *w = part->weights;
    vf sums[COLUMNS];
    KOV_UNROLL
    for (int j = 0; j < columns; j++)
        sums[j] = vf_zero();
    KOV_UNROLL
    for (int r = 0; r < rows; r++) {
        KOV_UNROLL
        for (int t = first; t < end; t++) {
            vf weight = rows <= HELD_ROWS && taps <= HELD_TAPS ? held[r % HELD_ROWS][t % HELD_TAPS]
                                                               : vf_load(w + t * channels);
            KOV_UNROLL
            for (int j = 0; j < columns; j++)
                sums[j] = vf_fma(vf_load(x + (j * stride + t) * channels), weight, sums[j]);
        }
        x += part->row_step;
        w += part->tap_row;
    }
    KOV_UNROLL
    for (int j = 0; j < columns; j++)
        store(part, column + j, sums[j]);
}

/* A line of a kernel that is known down to the number of its rows that lie inside the input. */
KOV_INLINE void known_line(int rows, int taps, int stride, const line_part *part)
{
    const kov_depthwise_block *b = part->block;
    vf held[HELD_ROWS][HELD_TAPS];
    if (rows <= HELD_ROWS && taps <= HELD_TAPS) {
        KOV_UNROLL
        for (int r = 0; r < rows; r++) {
            KOV_UNROLL
            for (int t = 0; t < taps; t++)
                held[r % HELD_ROWS][t % HELD_TAPS] =
                    vf_load(part->weights + r * part->tap_row + t * b->channels);
        }
    }
    int64_t column = 0;
    if (b->pad[1] == 1 && b->inner0 == 1 && b->input_size[1] >= taps - 1) {
        known_columns(rows, taps, stride, 1, 1, taps, part, held, 0);
        column = 1;
    }
    for (; column < b->inner0; column++)
        any_column(part, column);
    for (; column + COLUMNS <= b->inner1; column += COLUMNS)
        known_columns(rows, taps, stride, COLUMNS, 0, taps, part, held, column);
    for (; column < b->inner1; column++)
        known_columns(rows, taps, stride, 1, 0, taps, part, held, column);
    for (; column < b->output_size[1]; column++) {
        int64_t start = column * stride - b->pad[1];
        if (start >= 0 && b->input_size[1] - start == taps - 1)
            known_columns(rows, taps, stride, 1, 0, taps - 1, part, held, column);
        else
            any_column(part, column);
    }
}

static void any_line(const line_part *part)
{
    for (int64_t column = 0; column < part->block->output_size[1]; column++)
        any_column(part, column);
}

static void line_3_by_1(const line_part *part)
{
    if (part->rows == 3)
        known_line(3, 3, 1, part);
    else if (part->rows == 2)
        known_line(2, 3, 1, part);
    else
        any_line(part);
}

static void line_3_by_2(const line_part *part)
{
    if (part->rows == 3)
        known_line(3, 3, 2, part);
    else if (part->rows == 2)
        known_line(2, 3, 2, part);
    else
        any_line(part);
}

static void line_5_by_1(const line_part *part)
{
    if (part->rows == 5)
        known_line(5, 5, 1, part);
    else if (part->rows == 4)
        known_line(4, 5, 1, part);
    else if (part->rows == 3)
        known_line(3, 5, 1, part);
    else
        any_line(part);
}

static void line_5_by_2(const line_part *part)
{
    if (part->rows == 5)
        known_line(5, 5, 2, part);
    else if (part->rows == 4)
        known_line(4, 5, 2, part);
    else if (part->rows == 3)
        known_line(3, 5, 2, part);
    else
        any_line(part);
}

typedef void line_fn(const line_part *part);

static line_fn *choose_line(const kov_depthwise_block *b, int64_t channel)
{
    bool simple = b->dilation[1] == 1 && b->channel1 - channel >= VF_LANES;
    int64_t taps = simple ? b->kernel[1] : 0, stride = b->stride[1];
    if (taps == 3 && stride <= 2)
        return stride == 1 ? line_3_by_1 : line_3_by_2;
    if (taps == 5 && stride <= 2)
        return stride == 1 ? line_5_by_1 : line_5_by_2;
    return any_line;
}

/* The lines of one vector of channels. */
static void lines(const kov_depthwise_block *b, int64_t channel)
{
    int64_t lanes = b->channel1 - channel < VF_LANES ? b->channel1 - channel : VF_LANES;
    line_fn *line = choose_line(b, channel);
    line_part part = {.block = b,
                      .row_step = b->dilation[0] * b->input_size[1] * b->channels,
                      .tap_row = b->kernel[1] * b->channels,
                      .output_pixel = b->channels,
                      .scale = b->scale ? b->scale + channel : NULL,
                      .low = vf_set1(b->low),
                      .high = vf_set1(b->high),
                      .whole = lanes == VF_LANES,
                      .mask = vf_mask_first(lanes)};
    part.bias = b->bias ? load_part(&part, b->bias + channel) : vf_zero();
    for (int64_t y = b->line0; y < b->line1; y++) {
        int64_t start = y * b->stride[0] - b->pad[0];
        int64_t first = start < 0 ? (-start + b->dilation[0] - 1) / b->dilation[0] : 0;
        int64_t room = b->input_size[0] - start;
        int64_t end = room <= 0 ? 0 : (room + b->dilation[0] - 1) / b->dilation[0];
        if (end > b->kernel[0])
            end = b->kernel[0];
        part.rows = end > first ? end - first : 0;
        int64_t top = part.rows > 0 ? start + first * b->dilation[0] : 0;
        part.input = b->input + top * b->input_size[1] * b->channels + channel;
        part.weights = b->weights + first * part.tap_row + channel;
        part.output = b->output + y * b->output_size[1] * b->channels + channel;
        if (b->residual)
            part.residual = b->residual + y * b->output_size[1] * b->residual_pixel + channel;
        line(&part);
    }
}

/* Several output channels for each input channel: plain loops. */
static float multiplied_sum(const kov_depthwise_block *b, int64_t y, int64_t x, int64_t channel)
{
    int64_t outputs = b->channels * b->multiplier;
    float sum = 0;
    for (int64_t i = 0; i < b->kernel[0]; i++) {
        int64_t in_y = y * b->stride[0] - b->pad[0] + i * b->dilation[0];
        if (in_y < 0 || in_y >= b->input_size[0])
            continue;
        for (int64_t j = 0; j < b->kernel[1]; j++) {
            int64_t in_x = x * b->stride[1] - b->pad[1] + j * b->dilation[1];
            if (in_x < 0 || in_x >= b->input_size[1])
                continue;
            sum +=
                b->input[(in_y * b->input_size[1] + in_x) * b->channels + channel / b->multiplier] *
                b->weights[(i * b->kernel[1] + j) * outputs + channel];
        }
    }
    return sum;
}

static void multiplied(const kov_depthwise_block *b)
{
    int64_t outputs = b->channels * b->multiplier;
    for (int64_t y = b->line0; y < b->line1; y++) {
        for (int64_t x = 0; x < b->output_size[1]; x++) {
            int64_t pixel = y * b->output_size[1] + x;
            for (int64_t c = b->channel0; c < b->channel1; c++) {
                float sum = multiplied_sum(b, y, x, c);
                if (b->scale)
                    sum *= b->scale[c];
                if (b->bias)
                    sum += b->bias[c];
                if (b->residual)
                    sum += b->residual[pixel * b->residual_pixel + c];
                sum = b->low > sum ? b->low : sum;
                b->output[pixel * outputs + c] = b->high < sum ? b->high : sum;
            }
        }
    }
}

void KOV_ISA_NAME(f32_depthwise)(const kov_depthwise_block *b)
{
    if (b->multiplier > 1) {
        multiplied(b);
        return;
    }
    for (int64_t channel = b->channel0; channel < b->channel1; channel += VF_LANES)
        lines(b, channel);
}
