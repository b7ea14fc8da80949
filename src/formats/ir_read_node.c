/* SPDX-License-Identifier: Apache-2.0 */
/* One layer as nodes: by its row in the operation table, an older version of it mapped onto the
 * row's where the meaning is the same, or kept opaque. */
#include "base/status.h"
#include "formats/ir_block.h"
#include "formats/ir_names.h"
#include "formats/ir_read.h"
#include "opset_build.h"
#include "tensor/shape.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ATTRS 16
#define MAX_LIST 65536 /* numbers in an attribute */

/* ---- constants ---- */

bool kov_ir_read_ints(kov_arena *arena, const char *text, int64_t **out, int *n)
{
    size_t count = *text ? 1 : 0;
    for (const char *c = text; *c; c++)
        count += *c == ',';
    if (count > MAX_LIST)
        return false;
    int64_t *at = kov_arena_alloc(arena, sizeof *at * (count + 1));
    *out = at;
    *n = 0;
    while (at && *text) {
        size_t size = strcspn(text, ",");
        char one[32];
        if (size >= sizeof one)
            return false;
        memcpy(one, text, size);
        one[size] = 0;
        if (!kov_xml_integer(one, &at[(*n)++]))
            return false;
        text += size + (text[size] == ',');
    }
    return at != NULL;
}

static kov_status constant_place(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                                 size_t *offset, size_t *size)
{
    int64_t from, bytes;
    const char *offset_text = kov_xml_attr_of(layer->data, "offset");
    const char *size_text = kov_xml_attr_of(layer->data, "size");
    if (!offset_text || !size_text || !kov_xml_integer(offset_text, &from) ||
        !kov_xml_integer(size_text, &bytes) || from < 0 || bytes < 0)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no offset or size");
    if ((uint64_t)from > scope->binary->size ||
        (uint64_t)bytes > scope->binary->size - (uint64_t)from)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT,
                                "%" PRId64 " bytes at %" PRId64
                                " are past the end of the binary (%zu "
                                "bytes): is it the one of this model, and whole?",
                                bytes, from, scope->binary->size);
    *offset = (size_t)from;
    *size = (size_t)bytes;
    return KOV_OK;
}

static kov_status make_constant(const kov_ir_read_scope *scope, kov_dtype dtype, int ndim,
                                const int64_t *dims, size_t offset, kov_tensor **out)
{
    const unsigned char *data = scope->binary->data + offset;
    int bits = kov_dtype_bits(dtype);
    size_t unit = bits >= 8 ? (size_t)bits / 8 : 1;
    struct kov_ir_block *block = scope->binary->block;
    if (!block || (uintptr_t)data % unit != 0)
        return kov_tensor_from_data(scope->context, dtype, ndim, dims, data, out);
    kov_ir_block_retain(block);
    kov_status status = kov_tensor_wrap(scope->context, dtype, ndim, dims, (void *)data,
                                        kov_ir_block_release, block, out);
    if (status != KOV_OK)
        kov_ir_block_release(block);
    return status;
}

kov_status kov_ir_read_constant(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    const char *type = kov_xml_attr_of(layer->data, "element_type");
    const char *shape = kov_xml_attr_of(layer->data, "shape");
    kov_dtype dtype = type ? kov_dtype_from_ov_name(type) : KOV_DTYPE_NONE;
    int64_t *dims;
    int ndim;
    size_t offset = 0, size = 0, bytes = 0;
    kov_tensor *tensor = NULL;
    if (layer->output_count != 1 || layer->input_count != 0)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a constant has one output and no input");
    if (dtype == KOV_DTYPE_NONE || dtype == KOV_DTYPE_STRING)
        return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "element type \"%.40s\"",
                                type ? type : "");
    if (!shape || !kov_ir_read_ints(scope->arena, shape, &dims, &ndim))
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "bad shape");
    kov_status status = kov_shape_bytes(dtype, ndim, dims, NULL, &bytes);
    if (status != KOV_OK)
        return kov_fail_in(status, "IR: constant \"%.200s\"", layer->name);
    KOV_TRY(constant_place(scope, layer, &offset, &size));
    if (bytes > size || (bytes < size && bytes > 0))
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its shape needs %zu bytes, it has %zu",
                                bytes, size);
    KOV_TRY(bytes == 0 ? kov_tensor_create(scope->context, dtype, ndim, dims, &tensor)
                       : make_constant(scope, dtype, ndim, dims, offset, &tensor));
    layer->outputs[0] = kov_builder_constant(scope->b, tensor);
    kov_tensor_release(tensor);
    kov_builder_name(scope->b, layer->outputs[0], layer->name);
    return kov_builder_status(scope->b);
}

/* ---- attributes ---- */

static kov_status bad_attr(const kov_ir_read_layer *layer, const kov_attr_info *info,
                           const char *text)
{
    return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "attribute %s=\"%.60s\"", info->name, text);
}

static bool parse_bool(const char *text, bool *out)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "True") == 0 || strcmp(text, "1") == 0;
    bool no = strcmp(text, "false") == 0 || strcmp(text, "False") == 0 || strcmp(text, "0") == 0;
    *out = yes;
    return yes || no;
}

static const char *lower_case(kov_arena *arena, const char *text)
{
    char *copy = kov_arena_strdup(arena, text);
    for (char *c = copy; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static kov_status parse_attr(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                             const kov_attr_info *info, const char *text, kov_attr *out)
{
    int64_t *ints;
    bool ok = false;
    *out = (kov_attr){.kind = info->kind};
    switch (info->kind) {
    case KOV_ATTR_INT:
        ok = kov_xml_integer(text, &out->u.integer);
        break;
    case KOV_ATTR_FLOAT:
        ok = kov_xml_real(text, &out->u.real);
        break;
    case KOV_ATTR_BOOL:
        ok = parse_bool(text, &out->u.boolean);
        break;
    case KOV_ATTR_INTS:
        ok = kov_ir_read_ints(scope->arena, text, &ints, &out->u.ints.n);
        out->u.ints.at = ok ? ints : NULL;
        break;
    case KOV_ATTR_ENUM:
    case KOV_ATTR_STRING:
        out->u.string = info->kind == KOV_ATTR_ENUM ? lower_case(scope->arena, text)
                                                    : kov_arena_strdup(scope->arena, text);
        if (!out->u.string)
            return KOV_OUT_OF_MEMORY;
        ok = strlen(text) < 256 || info->kind == KOV_ATTR_STRING;
        break;
    case KOV_ATTR_DTYPE:
        out->u.dtype = kov_dtype_from_ov_name(text);
        ok = out->u.dtype != KOV_DTYPE_NONE && out->u.dtype != KOV_DTYPE_STRING;
        break;
    case KOV_ATTR_TENSOR:
    case KOV_ATTR_BODY:
        break;
    }
    return ok ? KOV_OK : bad_attr(layer, info, text);
}

/* A value that an older version of the operation implies. */
typedef struct implied {
    const char *type, *attr, *text;
} implied;

static const char *implied_text(const kov_ir_read_layer *layer, const char *attr)
{
    static const implied all[] = {
        {"ShapeOf", "output_type", "i64"},     {"TopK", "index_element_type", "i32"},
        {"Gelu", "approximation_mode", "erf"}, {"AvgPool", "exclude-pad", "false"},
        {"StridedSlice", "new_axis_mask", ""}, {"MVN", "eps_mode", "inside_sqrt"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].type, layer->type) == 0 && strcmp(all[i].attr, attr) == 0)
            return all[i].text;
    }
    return NULL;
}

/* MaxPool-1 has no dilations: one per axis of the kernel. */
static kov_status ones_like_kernel(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                                   kov_attr *out)
{
    const char *kernel = kov_xml_attr_of(layer->data, "kernel");
    int64_t *at;
    int n;
    if (!kernel || !kov_ir_read_ints(scope->arena, kernel, &at, &n))
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no kernel");
    for (int i = 0; i < n; i++)
        at[i] = 1;
    *out = kov_attr_ints((kov_ints){at, n});
    return KOV_OK;
}

/* The table writes defaults in quotes. */
static const char *default_text(const kov_ir_read_scope *scope, const kov_attr_info *info)
{
    const char *text = info->default_text;
    size_t size = text ? strlen(text) : 0;
    if (size < 2 || text[0] != '"')
        return text;
    char *bare = kov_arena_strdup(scope->arena, text + 1);
    if (bare)
        bare[size - 2] = 0;
    return bare;
}

static kov_status read_attrs(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                             const kov_op_info *op, kov_attr *attrs)
{
    if (op->attr_count > MAX_ATTRS)
        return kov_ir_read_fail(layer, KOV_INTERNAL, "more attributes than expected");
    for (int i = 0; i < op->attr_count; i++) {
        const kov_attr_info *info = &op->attrs[i];
        const char *text = kov_xml_attr_of(layer->data, info->name);
        if (!text && strcmp(layer->type, "MaxPool") == 0 && strcmp(info->name, "dilations") == 0) {
            KOV_TRY(ones_like_kernel(scope, layer, &attrs[i]));
            continue;
        }
        text = text ? text : implied_text(layer, info->name);
        text = text ? text : default_text(scope, info);
        if (!text && strcmp(info->name, "output_type") == 0 && strcmp(layer->type, "Range") == 0)
            text = kov_dtype_ov_name(kov_dtype_of(scope->b, layer->inputs[0]));
        if (!text)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no attribute %s", info->name);
        KOV_TRY(parse_attr(scope, layer, info, text, &attrs[i]));
    }
    return KOV_OK;
}

/* ---- versions ---- */

/* Versions of an operation whose meaning is that of the row's, given the inputs and attributes that
 * they have. "*" stands for any. */
static bool is_compatible(const kov_ir_read_layer *layer, const kov_op_info *op)
{
    static const struct {
        const char *type, *version;
    } same[] = {
        {"ShapeOf", "opset1"},
        {"Broadcast", "opset1"},
        {"SoftMax", "opset1"},
        {"Gather", "opset1"},
        {"Gather", "opset7"},
        {"GatherND", "opset5"},
        {"MaxPool", "opset1"},
        {"MaxPool", "opset14"},
        {"AvgPool", "opset14"},
        {"Pad", "opset1"},
        {"TopK", "opset1"},
        {"TopK", "opset3"},
        {"ScatterNDUpdate", "opset3"},
        {"ScatterNDUpdate", "opset4"},
        {"ScatterElementsUpdate", "opset3"},
        {"Squeeze", "opset15"},
        {"Range", "opset1"},
        {"Gelu", "opset2"},
        {"OneHot", "opset16"},
        {"Interpolate", "opset4"},
        {"BatchNormInference", "opset1"},
        {"CumSum", "opset1"},
        {"ReduceL1", "opset1"},
        {"ReduceL2", "opset1"},
        {"NonZero", "opset1"},
        {"LogicalXor", "opset2"},
    };
    if (strcmp(layer->version, op->version) == 0)
        return true;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        if (strcmp(same[i].type, layer->type) == 0 && strcmp(same[i].version, layer->version) == 0)
            return true;
    }
    return false;
}

/* Interpolate-4 has (data, sizes, scales, axes) and computes from one of the two. */
static kov_status arrange_interpolate(const kov_ir_read_layer *layer, kov_value *inputs, int *count)
{
    const char *mode = kov_xml_attr_of(layer->data, "shape_calculation_mode");
    if (*count < 3 || !mode)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT,
                                "inputs or shape_calculation_mode are missing");
    inputs[1] = strcmp(mode, "scales") == 0 ? inputs[2] : inputs[1];
    if (*count > 3)
        inputs[2] = inputs[3];
    *count -= 1;
    return KOV_OK;
}

/* Inputs in the order of the row's version. */
static kov_status arrange_inputs(const kov_ir_read_layer *layer, const kov_op_info *op,
                                 kov_value *inputs, int *count)
{
    if (strcmp(layer->type, "Broadcast") == 0) { /* some write an unused mapping of axes */
        const char *mode = kov_xml_attr_of(layer->data, "mode");
        *count = *count == 3 && (!mode || strcmp(mode, "explicit") != 0) ? 2 : *count;
    }
    if (strcmp(layer->version, op->version) == 0)
        return KOV_OK;
    if (strcmp(layer->type, "Interpolate") == 0)
        return arrange_interpolate(layer, inputs, count);
    if (strcmp(layer->type, "BatchNormInference") == 0 && *count == 5) {
        const kov_value gamma = inputs[0], beta = inputs[1];
        inputs[0] = inputs[2];
        inputs[1] = gamma;
        inputs[2] = beta;
    }
    return KOV_OK;
}

/* Modes that only newer versions have. */
static kov_status check_modes(const kov_ir_read_layer *layer)
{
    const char *rounding = kov_xml_attr_of(layer->data, "rounding_type");
    const char *skip = kov_xml_attr_of(layer->data, "allow_axis_skip");
    if (rounding && strcmp(rounding, "ceil_torch") == 0)
        return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "rounding_type ceil_torch");
    if (skip && strcmp(skip, "true") == 0)
        return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "allow_axis_skip");
    return KOV_OK;
}

/* ---- nodes ---- */

static kov_status take_outputs(kov_ir_read_scope *scope, kov_ir_read_layer *layer, kov_value first,
                               int count)
{
    KOV_TRY(kov_builder_status(scope->b));
    if (layer->output_count > count)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "%d outputs instead of %d",
                                layer->output_count, count);
    for (int i = 0; i < layer->output_count; i++)
        layer->outputs[i] = kov_output(first, i);
    kov_builder_name(scope->b, first, layer->name);
    return kov_builder_status(scope->b);
}

static kov_status emit_row(kov_ir_read_scope *scope, kov_ir_read_layer *layer, int op_id)
{
    const kov_op_info *op = kov_op_info_of(op_id);
    kov_attr attrs[MAX_ATTRS];
    int count = layer->input_count, outputs;
    KOV_TRY(check_modes(layer));
    KOV_TRY(arrange_inputs(layer, op, layer->inputs, &count));
    if (count < op->min_inputs || (op->max_inputs != KOV_VARIADIC && count > op->max_inputs))
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "%d inputs", count);
    KOV_TRY(read_attrs(scope, layer, op, attrs));
    kov_value first = kov_emit_many(scope->b, op_id, layer->inputs, count, attrs, &outputs);
    kov_status status = kov_builder_status(scope->b);
    if (status != KOV_OK)
        return kov_fail_in(status, "IR: \"%.200s\"", layer->name);
    return take_outputs(scope, layer, first, outputs);
}

/* Operations that are others in kov's words. */
static kov_status emit_synonym(kov_ir_read_scope *scope, kov_ir_read_layer *layer, bool *done)
{
    *done = true;
    if (strcmp(layer->type, "ReadValue") == 0 || strcmp(layer->type, "Assign") == 0)
        return kov_ir_read_fail(
            layer, KOV_NOT_IMPLEMENTED,
            "the model keeps a state between runs, which kov's graphs do not: make "
            "the state an input and an output (openvino's MakeStateful in reverse)");
    if (strcmp(layer->type, "ConvertLike") == 0 && layer->input_count == 2) {
        const kov_attr attr = kov_attr_dtype(kov_dtype_of(scope->b, layer->inputs[1]));
        return take_outputs(scope, layer,
                            kov_emit(scope->b, KOV_OP_CONVERT, layer->inputs, 1, &attr), 1);
    }
    if (strcmp(layer->type, "Identity") == 0 && layer->input_count == 1 &&
        layer->output_count == 1) {
        layer->outputs[0] = layer->inputs[0];
        return KOV_OK;
    }
    *done = false;
    return KOV_OK;
}

/* ---- opaque nodes ---- */

/* Raw attributes as XML text, in the order of the file. */
static kov_status raw_attrs(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                            const char **out)
{
    size_t size = 1;
    for (const kov_xml_attr *a = layer->data ? layer->data->attrs : NULL; a; a = a->next)
        size += strlen(a->name) + strlen(a->value) + 2;
    char *at = kov_arena_alloc(scope->arena, size);
    *out = at;
    if (!at)
        return KOV_OUT_OF_MEMORY;
    /* name, 0x1f, value, 0x1e: control characters cannot stand in XML. */
    for (const kov_xml_attr *a = layer->data ? layer->data->attrs : NULL; a; a = a->next) {
        size_t name = strlen(a->name), value = strlen(a->value);
        memcpy(at, a->name, name);
        at[name] = 0x1f;
        memcpy(at + name + 1, a->value, value);
        at[name + 1 + value] = 0x1e;
        at += name + value + 2;
    }
    *at = 0;
    return KOV_OK;
}

static kov_dtype port_dtype(const char *precision)
{
    static const char *const names[] = {"BOOL", "FP16", "FP32", "FP64", "BIN"};
    static const kov_dtype types[] = {KOV_DTYPE_BOOL, KOV_DTYPE_F16, KOV_DTYPE_F32, KOV_DTYPE_F64,
                                      KOV_DTYPE_U1};
    char lower[16];
    size_t size = precision ? strlen(precision) : 0;
    if (size == 0 || size >= sizeof lower)
        return KOV_DTYPE_NONE;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(names[i], precision) == 0)
            return types[i];
    }
    for (size_t i = 0; i <= size; i++)
        lower[i] = (char)tolower((unsigned char)precision[i]);
    return kov_dtype_from_ov_name(lower);
}

/* Type, rank and sizes of an output as its port says: [dtype, ndim, dims...] appended to at. */
static kov_status port_type(const kov_ir_read_layer *layer, const kov_xml *port, int64_t *at,
                            int *n)
{
    const char *precision = kov_xml_attr_of(port, "precision");
    kov_dtype dtype = port_dtype(precision);
    if (dtype == KOV_DTYPE_NONE || dtype == KOV_DTYPE_STRING)
        return kov_ir_read_fail(
            layer, KOV_NOT_IMPLEMENTED,
            "kov does not know this operation, and its output has the precision "
            "\"%.20s\"",
            precision ? precision : "");
    int ndim = 0, head = *n;
    *n += 2;
    for (const kov_xml *d = kov_xml_child(port, "dim"); d; d = kov_xml_next(d)) {
        int64_t dim;
        if (ndim == KOV_MAX_NDIM || !kov_xml_integer(d->text, &dim) || dim < 0)
            return kov_ir_read_fail(
                layer, KOV_NOT_IMPLEMENTED,
                "kov does not know this operation, and can keep it as it is only "
                "where its output ports give sizes that are numbers");
        at[(*n)++] = dim;
        ndim++;
    }
    at[head] = (int64_t)dtype;
    at[head + 1] = ndim;
    return KOV_OK;
}

static kov_status emit_opaque(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    const char *attrs_text;
    int n = 0, count;
    size_t room = (size_t)layer->output_count * (KOV_MAX_NDIM + 2);
    if (layer->output_count == 0 || layer->output_count > KOV_INFER_MAX_OUTPUTS)
        return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "kov does not know this operation");
    int64_t *types = kov_arena_alloc(scope->arena, sizeof *types * (room + 1));
    if (!types)
        return KOV_OUT_OF_MEMORY;
    const kov_xml *port = kov_xml_child(kov_xml_child(layer->element, "output"), "port");
    for (; port; port = kov_xml_next(port))
        KOV_TRY(port_type(layer, port, types, &n));
    KOV_TRY(raw_attrs(scope, layer, &attrs_text));
    const kov_attr attrs[] = {kov_attr_string(layer->type), kov_attr_string(layer->version),
                              kov_attr_string(attrs_text), kov_attr_ints((kov_ints){types, n})};
    kov_value first =
        kov_emit_many(scope->b, KOV_OP_FOREIGN, layer->inputs, layer->input_count, attrs, &count);
    return take_outputs(scope, layer, first, count);
}

kov_status kov_ir_read_node(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    bool done;
    KOV_TRY(emit_synonym(scope, layer, &done));
    if (done)
        return KOV_OK;
    int op = kov_op_find(kov_ir_op_name(layer->type), KOV_DOMAIN_OV);
    if (op >= 0 && op != KOV_OP_PARAMETER && op != KOV_OP_CONSTANT && op != KOV_OP_IF &&
        is_compatible(layer, kov_op_info_of(op)))
        return emit_row(scope, layer, op);
    return emit_opaque(scope, layer);
}
