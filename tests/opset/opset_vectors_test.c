/* SPDX-License-Identifier: Apache-2.0 */
/* Replays tests/opset/opset_vectors.txt, made by make_opset_vectors.py with OpenVINO and NumPy:
 * every case is built twice, with known and with free dimensions, inferred and interpreted. */
#include "base/status.h"
#include "graph/builder.h"
#include "opset/interpret.h"
#include "tensor/convert.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8, WORD = 64, NUMBERS = 32 };

typedef struct vector_case {
    char op[WORD];
    kov_tensor *inputs[MOST];
    bool constant[MOST];
    int input_count;
    kov_tensor *outputs[MOST]; /* NULL: not compared */
    int output_count;
    char names[MOST * 2][WORD], texts[MOST * 2][WORD]; /* attributes */
    int attr_count;
    double relative, absolute;
} vector_case;

static kov_context *context;

static void read_word(FILE *file, char *word)
{
    assert_int_equal(fscanf(file, "%63s", word), 1);
}

static kov_tensor *read_tensor(FILE *file)
{
    char word[WORD];
    int64_t dims[KOV_MAX_NDIM];
    int ndim;
    kov_tensor *tensor;
    read_word(file, word);
    kov_dtype dtype = kov_dtype_from_ov_name(word);
    assert_int_not_equal(dtype, KOV_DTYPE_NONE);
    assert_int_equal(fscanf(file, "%d", &ndim), 1);
    for (int i = 0; i < ndim; i++)
        assert_int_equal(fscanf(file, "%ld", &dims[i]), 1);
    assert_int_equal(kov_tensor_create(context, dtype, ndim, dims, &tensor), KOV_OK);
    char *data = kov_tensor_data_mut(tensor);
    size_t size = (size_t)kov_dtype_bits(dtype) / 8;
    for (int64_t i = 0; i < kov_tensor_count(tensor); i++) {
        read_word(file, word);
        double real = strtod(word, NULL);
        int64_t integer = (int64_t)strtoll(word, NULL, 10);
        bool is_float = kov_dtype_is_float(dtype);
        const void *from = is_float ? (const void *)&real : &integer;
        assert_int_equal(kov_convert(is_float ? KOV_DTYPE_F64 : KOV_DTYPE_I64, from, dtype,
                                     data + (size_t)i * size, 1),
                         KOV_OK);
    }
    return tensor;
}

/* False at the end of the file. */
static bool read_case(FILE *file, vector_case *out)
{
    char word[WORD];
    *out = (vector_case){0};
    if (fscanf(file, "%63s", word) != 1)
        return false;
    assert_string_equal(word, "op");
    read_word(file, out->op);
    for (;;) {
        read_word(file, word);
        if (strcmp(word, "end") == 0)
            return true;
        if (strcmp(word, "attr") == 0) {
            read_word(file, out->names[out->attr_count]);
            read_word(file, out->texts[out->attr_count++]);
        } else if (strcmp(word, "none") == 0) {
            out->input_count++;
        } else if (strcmp(word, "skip") == 0) {
            out->output_count++;
        } else if (strcmp(word, "output") == 0) {
            out->outputs[out->output_count++] = read_tensor(file);
        } else if (strcmp(word, "close") == 0) {
            assert_int_equal(fscanf(file, "%lf %lf", &out->relative, &out->absolute), 2);
        } else {
            out->constant[out->input_count] = strcmp(word, "const") == 0;
            assert_true(out->constant[out->input_count] || strcmp(word, "input") == 0);
            out->inputs[out->input_count++] = read_tensor(file);
        }
    }
}

static void free_case(vector_case *c)
{
    for (int i = 0; i < MOST; i++) {
        kov_tensor_release(c->inputs[i]);
        kov_tensor_release(c->outputs[i]);
    }
}

/* Text of a list in IR: numbers with commas. */
static kov_ints parse_ints(const char *text, int64_t *storage)
{
    int n = 0;
    for (const char *at = text; *at;) {
        char *end;
        storage[n++] = strtoll(at, &end, 10);
        at = *end == ',' ? end + 1 : end;
    }
    return (kov_ints){storage, n};
}

static kov_attr parse_attr(const kov_attr_info *info, const char *text, int64_t *storage)
{
    switch (info->kind) {
    case KOV_ATTR_INT:
        return kov_attr_int(strtoll(text, NULL, 10));
    case KOV_ATTR_FLOAT:
        return kov_attr_float(strtod(text, NULL));
    case KOV_ATTR_BOOL:
        return kov_attr_bool(strcmp(text, "true") == 0);
    case KOV_ATTR_INTS:
        return kov_attr_ints(parse_ints(text, storage));
    case KOV_ATTR_DTYPE:
        return kov_attr_dtype(kov_dtype_from_ov_name(text));
    default:
        return kov_attr_enum(text);
    }
}

/* The case's attributes in the row's order, with the row's defaults for those not given. */
static void make_attrs(const vector_case *c, const kov_op_info *op, kov_attr *attrs,
                       char (*texts)[WORD], int64_t (*storage)[NUMBERS])
{
    for (int i = 0; i < op->attr_count; i++) {
        const char *text = op->attrs[i].default_text;
        for (int j = 0; j < c->attr_count; j++)
            text = strcmp(c->names[j], op->attrs[i].name) == 0 ? c->texts[j] : text;
        if (!text && op->attrs[i].kind == KOV_ATTR_INTS)
            text = "";
        if (!text)
            fail_msg("%s: attribute %s is not given", c->op, op->attrs[i].name);
        size_t length = strlen(text), quoted = length >= 2 && text[0] == '"';
        snprintf(texts[i], WORD, "%.*s", (int)(quoted ? length - 2 : length), text + quoted);
        attrs[i] = parse_attr(&op->attrs[i], texts[i], storage[i]);
    }
}

/* A graph of the one operation; *runs are the tensors of its parameters. */
static kov_graph *build(const vector_case *c, bool free_dims, kov_tensor **runs, int *run_count)
{
    int op = kov_op_find(c->op, KOV_DOMAIN_OV);
    assert_true(op >= 0);
    const kov_op_info *info = kov_op_info_of(op);
    kov_builder *b;
    kov_graph *graph = NULL;
    kov_value inputs[MOST], results[MOST];
    kov_attr attrs[MOST * 2];
    char texts[MOST * 2][WORD];
    int64_t storage[MOST * 2][NUMBERS];
    assert_int_equal(kov_builder_create(context, &b), KOV_OK);
    *run_count = 0;
    for (int i = 0; i < c->input_count; i++) {
        kov_tensor *tensor = c->inputs[i];
        int64_t dims[KOV_MAX_NDIM];
        inputs[i] = KOV_VALUE_NONE;
        if (!tensor)
            continue;
        /* What the last dimension of indices counts are axes, so it is a number always. */
        bool keep = !free_dims || (i == 1 && strstr(c->op, "ND"));
        for (int axis = 0; axis < kov_tensor_ndim(tensor); axis++)
            dims[axis] = keep ? kov_tensor_dims(tensor)[axis] : KOV_DIM_FREE;
        if (c->constant[i]) {
            inputs[i] = kov_builder_constant(b, tensor);
        } else {
            inputs[i] = kov_builder_parameter(b, kov_tensor_dtype(tensor), kov_tensor_ndim(tensor),
                                              dims, NULL, KOV_ROLE_INPUT);
            runs[(*run_count)++] = tensor;
        }
    }
    make_attrs(c, info, attrs, texts, storage);
    int count;
    kov_value first = kov_emit_many(b, op, inputs, c->input_count, attrs, &count);
    if (first == KOV_VALUE_ERROR)
        (void)kov_builder_status(b);
    if (first != KOV_VALUE_ERROR) {
        assert_true(count >= c->output_count);
        for (int i = 0; i < count; i++)
            results[i] = kov_output(first, i);
        assert_int_equal(kov_builder_finish(b, results, count, NULL, &graph), KOV_OK);
    }
    kov_builder_release(b);
    return graph;
}

/* Where inference knows a dimension it must be the one that comes out. */
static void check_dims(const kov_graph *graph, int result, const kov_tensor *tensor)
{
    const kov_value_info *info = kov_graph_value(graph, graph->results.at[result].value);
    assert_int_equal(info->dtype, kov_tensor_dtype(tensor));
    assert_int_equal(info->ndim, kov_tensor_ndim(tensor));
    for (int i = 0; i < info->ndim; i++) {
        if (kov_dim_is_number(info->dims[i]))
            assert_int_equal(info->dims[i], kov_tensor_dims(tensor)[i]);
    }
}

static double element(const kov_tensor *tensor, int64_t i)
{
    double out = 0;
    size_t size = (size_t)kov_dtype_bits(kov_tensor_dtype(tensor)) / 8;
    const char *data = kov_tensor_data(tensor);
    assert_int_equal(
        kov_convert(kov_tensor_dtype(tensor), data + (size_t)i * size, KOV_DTYPE_F64, &out, 1),
        KOV_OK);
    return out;
}

static int failures;

static void wrong(const vector_case *c, int number, const char *format, ...) KOV_PRINTF(3, 4);
static void wrong(const vector_case *c, int number, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    print_error("case %d, %s: %s\n", number, c->op, text);
    failures++;
}

static void compare(const vector_case *c, int number, int output, const kov_tensor *got)
{
    const kov_tensor *want = c->outputs[output];
    assert_int_equal(kov_tensor_dtype(got), kov_tensor_dtype(want));
    assert_int_equal(kov_tensor_ndim(got), kov_tensor_ndim(want));
    for (int i = 0; i < kov_tensor_ndim(want); i++)
        assert_int_equal(kov_tensor_dims(got)[i], kov_tensor_dims(want)[i]);
    for (int64_t i = 0; i < kov_tensor_count(want); i++) {
        double a = element(got, i), b = element(want, i);
        if (a == b || (isnan(a) && isnan(b)))
            continue;
        if (fabs(a - b) <= c->absolute + c->relative * fabs(b))
            continue;
        wrong(c, number, "output %d: element %ld is %.9g, not %.9g", output, (long)i, a, b);
        return;
    }
}

static void replay(const vector_case *c, int number, bool free_dims)
{
    kov_tensor *runs[MOST], *results[MOST] = {0};
    int run_count;
    kov_graph *graph = build(c, free_dims, runs, &run_count);
    if (!graph) {
        wrong(c, number, "%s", kov_error_text());
        return;
    }
    if (kov_interpret(graph, runs, run_count, results) != KOV_OK)
        wrong(c, number, "%s", kov_error_text());
    for (int i = 0; i < graph->results.n && results[0]; i++) {
        check_dims(graph, i, results[i]);
        if (c->outputs[i])
            compare(c, number, i, results[i]);
        kov_tensor_release(results[i]);
    }
    kov_graph_release(graph);
}

/* Every allocation of a run failing once: a status, and nothing is lost. */
static void fail_memory(const vector_case *c)
{
    kov_tensor *runs[MOST];
    int run_count;
    kov_graph *graph = build(c, true, runs, &run_count);
    assert_non_null(graph);
    size_t before = kov_context_bytes_in_use(context);
    kov_status status = KOV_OUT_OF_MEMORY;
    for (int n = 1; status != KOV_OK; n++) {
        kov_tensor *results[MOST] = {0};
        kov_memory_fail_after(context, n);
        status = kov_interpret(graph, runs, run_count, results);
        if (status != (kov_memory_failed(context) ? KOV_OUT_OF_MEMORY : KOV_OK))
            fail_msg("%s, allocation %d: %s", c->op, n, kov_error_text());
        kov_memory_fail_after(context, 0);
        for (int i = 0; i < MOST; i++)
            kov_tensor_release(results[i]);
        assert_int_equal(kov_context_bytes_in_use(context), before);
    }
    kov_graph_release(graph);
}

static void failing_memory(void **state)
{
    (void)state;
    FILE *file = fopen("tests/opset/opset_vectors.txt", "r");
    assert_non_null(file);
    vector_case c;
    char last[WORD] = "";
    while (read_case(file, &c)) {
        if (strcmp(last, c.op) != 0)
            fail_memory(&c);
        memcpy(last, c.op, sizeof last);
        free_case(&c);
    }
    fclose(file);
}

static void vectors(void **state)
{
    (void)state;
    FILE *file = fopen("tests/opset/opset_vectors.txt", "r");
    assert_non_null(file);
    vector_case c;
    int count = 0;
    while (read_case(file, &c)) {
        replay(&c, count, false);
        replay(&c, count, true);
        free_case(&c);
        count++;
    }
    fclose(file);
    assert_true(count > 100);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(failing_memory)};
    if (kov_context_create(NULL, &context) != KOV_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    kov_context_release(context);
    return failed;
}
