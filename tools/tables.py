#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the operation and function tables and writes everything that is derived from them.

    tables.py --opset src/opset/opset.def --keras src/keras/keras_ops.def --out build/gen
    tables.py ... --docs docs/ops.md          write the function reference
    tables.py ... --docs docs/ops.md --check  exit 1 if it is not current

A row is NAME(field, field, ...); a field is a word, a "string" or a parenthesised list. The columns are
described at the head of each table.
"""

import argparse
import json
import os
import re
import sys


class TableError(Exception):
    pass


# ---- reading -------------------------------------------------------------------------------------


def rows_of(path, macro):
    """Yields (line, fields) for each MACRO(...) row; comments are C comments."""
    text = open(path, encoding="utf-8").read()
    blank = lambda m: re.sub(r"[^\n]", " ", m.group())
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.S)
    for match in re.finditer(r"\b%s\(" % macro, text):
        line = text.count("\n", 0, match.start()) + 1
        end = closing(text, match.end(), path, line)
        yield line, split_fields(text[match.end() : end])


def closing(text, start, path, line):
    depth, i, quoted = 1, start, False
    while i < len(text):
        c = text[i]
        if c == '"' and text[i - 1] != "\\":
            quoted = not quoted
        elif not quoted and c == "(":
            depth += 1
        elif not quoted and c == ")":
            depth -= 1
            if depth == 0:
                return i
        i += 1
    raise TableError(f"{path}:{line}: row is not closed")


def split_fields(text):
    fields, depth, quoted, start = [], 0, False, 0
    for i, c in enumerate(text):
        if c == '"' and (i == 0 or text[i - 1] != "\\"):
            quoted = not quoted
        elif not quoted:
            if c in "([":
                depth += 1
            elif c in ")]":
                depth -= 1
            elif c == "," and depth == 0:
                fields.append(text[start:i].strip())
                start = i + 1
    last = text[start:].strip()
    if last or fields:
        fields.append(last)
    return fields


def unquote(text):
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise TableError(f"expected a string, found {text}")
    return text[1:-1]


def inner(field):
    if not (field.startswith("(") and field.endswith(")")):
        raise TableError(f"expected a list in parentheses, found {field}")
    return split_fields(field[1:-1])


def snake(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


ATTR_KINDS = {
    "int": ("KOV_ATTR_INT", "int64_t"),
    "float": ("KOV_ATTR_FLOAT", "double"),
    "bool": ("KOV_ATTR_BOOL", "bool"),
    "ints": ("KOV_ATTR_INTS", "kov_ints"),
    "enum": ("KOV_ATTR_ENUM", "const char *"),
    "string": ("KOV_ATTR_STRING", "const char *"),
    "dtype": ("KOV_ATTR_DTYPE", "kov_dtype"),
    "tensor": ("KOV_ATTR_TENSOR", "kov_tensor *"),
    "body": ("KOV_ATTR_BODY", "kov_graph *"),
}
# Attributes that every graph kov builds has at its default: no parameter of the typed builders.
FIXED_IN_BUILDERS = {"auto_broadcast", "m_pythondiv"}
# Operations whose builder is a function of graph/builder.h (Convert: kov_cast).
BUILT_BY_HAND = {"Opaque", "Parameter", "Constant", "Convert", "Composite", "If", "While"}
EXACTNESS = {"ALL32", "INT24", "FLOAT", "NEVER"}


# Names that generated C functions have for themselves, or that C reserves.
C_NAMES_TAKEN = {"b", "outs", "capacity", "count", "attrs", "inputs", "auto", "default", "long", "register",
                 "restrict", "short", "signed", "unsigned"}


def c_name(name):
    name = re.sub(r"\W", "_", name)
    return name + "_" if name in C_NAMES_TAKEN else name


class Attr:
    def __init__(self, text):
        head, _, default = text.partition("=")
        kind, name = head.split()
        if kind not in ATTR_KINDS:
            raise TableError(f"unknown attribute kind {kind}")
        self.kind, self.name, self.default = kind, name, default.strip() or None
        self.fixed = name in FIXED_IN_BUILDERS
        self.c_name = c_name(name)

    def c_param(self):
        c_type = ATTR_KINDS[self.kind][1]
        return c_type + ("" if c_type.endswith("*") else " ") + self.c_name


class Op:
    def __init__(self, path, line, fields):
        where = f"{path}:{line}"
        if len(fields) not in (10, 11):
            raise TableError(f"{where}: an operation row has 10 or 11 fields, this has {len(fields)}")
        (self.domain, self.name, version, inputs, outputs, attrs, self.infer, evaluate,
         self.exactness, onnx) = fields[:10]
        self.derivative = fields[10] if len(fields) == 11 else None
        if self.domain not in ("ov", "kov"):
            raise TableError(f"{where}: unknown domain {self.domain}")
        if self.exactness not in EXACTNESS:
            raise TableError(f"{where}: unknown exactness {self.exactness}")
        self.version = "opset" + version
        self.inputs = inner(inputs)
        self.outputs = inner(outputs)
        self.attrs = [Attr(a) for a in inner(attrs) if a]
        self.data_shape = evaluate.endswith("!")
        self.evaluate = evaluate.rstrip("!")
        self.onnx = None if onnx == "-" else onnx
        self.id = "KOV_OP_" + snake(self.name).upper()
        self.inputs = [i for i in self.inputs if i]
        self.outputs = [o for o in self.outputs if o]
        self.variadic = bool(self.inputs) and self.inputs[-1].endswith("*")
        self.many_outputs = bool(self.outputs) and self.outputs[-1].endswith("*")
        plain = [i for i in self.inputs if not i.endswith("*")]
        self.min_inputs = len([i for i in plain if not i.endswith("?")])
        self.max_inputs = -1 if self.variadic else len(plain)


PARAMETER_KINDS = {
    "tensor": "KOV_PARAMETER_TENSOR",
    "tensors": "KOV_PARAMETER_TENSORS",
    "shape": "KOV_PARAMETER_SHAPE",
    "index": "KOV_PARAMETER_INDEX",
    "bool": "KOV_PARAMETER_BOOL",
    "int": "KOV_PARAMETER_INT",
    "float": "KOV_PARAMETER_FLOAT",
    "ints": "KOV_PARAMETER_INTS",
    "sections": "KOV_PARAMETER_INTS",
    "axis": "KOV_PARAMETER_AXIS",
    "enum": "KOV_PARAMETER_ENUM",
    "choice": "KOV_PARAMETER_ENUM",
    "named": "KOV_PARAMETER_TENSOR",
    "dtype": "KOV_PARAMETER_DTYPE",
}
# C type of a decomposition's parameter; optional ones of the first group get KOV_VALUE_NONE.
FUNCTION_C = {
    "tensor": "kov_value ",
    "tensors": "kov_values ",
    "shape": "kov_value ",
    "index": "kov_value ",
    "bool": "bool ",
    "int": "int64_t ",
    "float": "double ",
    "ints": "kov_ints ",
    "sections": "kov_sections ",
    "axis": "const kov_axes *",
    "enum": "const char *",
    "choice": "kov_choice ",
    "named": "kov_named ",
    "dtype": "kov_dtype ",
}


class Parameter:
    def __init__(self, text):
        head, eq, default = text.partition("=")
        kind, name = head.split()
        self.optional = kind.endswith("?") or default.strip() == "None"
        self.kind = kind.rstrip("?")
        if self.kind not in PARAMETER_KINDS:
            raise TableError(f"unknown parameter kind {kind}")
        self.name = name
        self.c_name = c_name(name)
        self.default = default.strip() if eq else None

    def c_type(self):
        if self.optional and self.kind in ("int", "float", "bool"):
            return "kov_optional_" + self.kind + " "
        return FUNCTION_C[self.kind]

    def unpack(self, i):
        """The C expression that reads argument i."""
        d = self.default
        name = json.dumps(self.name)
        arg = f"b, f, &a[{i}], {name}"
        if self.kind in ("tensor", "tensors", "shape", "index"):
            if d is None or d == "None":
                fallback = "true" if self.optional else "false"
                return f"kov_argument_{self.kind}({arg}, {fallback})"
            if self.kind == "tensors":
                return f"kov_argument_tensors({arg}, true)"
            if self.kind == "tensor":
                if re.fullmatch(r"-?\d+", d):
                    return f"kov_argument_tensor_or_int({arg}, {d})"
                if re.fullmatch(r"-?[\d.e-]+", d):
                    return f"kov_argument_tensor_or_float({arg}, {d})"
            if self.kind in ("index", "shape") and re.fullmatch(r"-?\d+", d):
                return f"kov_argument_index_or_int({arg}, {d})"
            raise TableError(f"parameter {self.name}: no default {d} for {self.kind}")
        if self.optional and self.kind in ("int", "float", "bool"):
            return f"kov_argument_optional_{self.kind}({arg})"
        if self.kind == "bool":
            if d not in (None, "True", "False"):
                raise TableError(f"parameter {self.name}: default {d} is no bool")
            value = {None: "-1", "True": "1", "False": "0"}[d]
            return f"kov_argument_bool({arg}, {value})"
        if self.kind == "int":
            given = "true" if d is not None else "false"
            return f"kov_argument_int({arg}, {given}, {d or 0})"
        if self.kind == "float":
            given = "true" if d is not None else "false"
            return f"kov_argument_float({arg}, {given}, {d or 0})"
        if self.kind == "ints":
            numbers = re.findall(r"-?\d+", d) if d and d != "None" else []
            given = "true" if d is not None or self.optional else "false"
            storage = ", ".join(numbers) or "0"
            return f"kov_argument_ints({arg}, {given}, (const int64_t[]){{{storage}}}, {len(numbers)})"
        if self.kind == "sections":
            given = "true" if d is not None or self.optional else "false"
            return f"kov_argument_sections({arg}, {given}, {d if d not in (None, 'None') else 0})"
        if self.kind == "axis":
            if d is None and not self.optional:
                return f"kov_argument_axes({arg}, &axes[{i}], KOV_AXES_REQUIRED, 0)"
            if self.optional:
                return f"kov_argument_axes({arg}, &axes[{i}], KOV_AXES_NONE, 0)"
            return f"kov_argument_axes({arg}, &axes[{i}], KOV_AXES_NUMBER, {d})"
        if self.kind == "choice":
            return f"kov_argument_choice({arg})"
        if self.kind == "named":
            value = "NULL" if d in (None, "None") else d.replace("'", '"')
            return f"kov_argument_named({arg}, {value})"
        if self.kind == "enum":
            value = "NULL" if d in (None, "None") else d.replace("'", '"')
            required = "true" if d is None and not self.optional else "false"
            return f"kov_argument_enum({arg}, {required}, {value})"
        if self.kind == "dtype":
            value = "KOV_DTYPE_NONE"
            if d not in (None, "None"):
                value = 'kov_dtype_from_keras_name(%s)' % d.replace("'", '"')
            return f"kov_argument_dtype({arg}, {value})"
        raise TableError(self.kind)


class Function:
    def __init__(self, path, line, fields):
        where = f"{path}:{line}"
        if len(fields) < 5:
            raise TableError(f"{where}: a function row has at least 5 fields")
        self.module, self.name, parameters, summary, self.since = fields[:5]
        try:
            self.parameters = [Parameter(p) for p in inner(parameters) if p]
        except (TableError, ValueError) as error:
            raise TableError(f"{where}: {error}")
        self.summary = unquote(summary)
        self.composite = "composite" in fields[5:]
        self.real = "real" in fields[5:]
        self.returns = ["out"]
        for field in fields[5:]:
            if field.startswith("returns("):
                self.returns = split_fields(field[len("returns(") : -1])
            elif field not in ("composite", "real"):
                raise TableError(f"{where}: unknown field {field}")
        self.is_list = self.returns in (["list"], ["some"])
        self.c_name = f"kov_{self.module}_{self.name}"
        self.id = f"KOV_FN_{self.module}_{self.name}".upper()

    def prototype(self):
        params = ["kov_builder *b"] + [p.c_type() + p.c_name for p in self.parameters]
        if self.is_list:
            return f"int {self.c_name}({', '.join(params + ['kov_value *outs', 'int capacity'])})"
        if len(self.returns) > 1:
            return f"void {self.c_name}({', '.join(params + ['kov_value *outs'])})"
        return f"kov_value {self.c_name}({', '.join(params)})"

    def signature(self):
        parts = []
        for p in self.parameters:
            parts.append(p.name if p.default is None else f"{p.name}={p.default}")
        return ", ".join(parts)


def unique(items, key, what):
    seen = {}
    for item in items:
        k = key(item)
        if k in seen:
            raise TableError(f"{what} {k} stands twice")
        seen[k] = item


def read_tables(opset_path, keras_path):
    ops = [Op(opset_path, line, f) for line, f in rows_of(opset_path, "KOV_OP")]
    functions = [Function(keras_path, line, f) for line, f in rows_of(keras_path, "KOV_FN")]
    unique(ops, lambda o: o.name, "operation")
    unique(functions, lambda f: (f.module, f.name), "function")
    functions.sort(key=lambda f: (f.module, f.name))
    return ops, functions


# ---- writing -------------------------------------------------------------------------------------

HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made from {} by tools/tables.py. Do not edit. */\n"


def c_string(text):
    return "NULL" if text is None else json.dumps(text)


def opset_ids(ops):
    out = [HEAD.format("opset.def"), "#ifndef KOV_OPSET_IDS_H\n#define KOV_OPSET_IDS_H\n", "enum kov_op {"]
    out += [f"    {op.id}," for op in ops]
    out += ["    KOV_OP_COUNT", "};\n", "/* Indices into a node's attributes. */", "enum {"]
    for op in ops:
        for i, attr in enumerate(op.attrs):
            out.append(f"    {op.id[7:]}_{attr.c_name.upper()} = {i},".replace("    ", "    KOV_", 1))
    out += ["    KOV_ATTR_INDEX_END = 0", "};\n", "#endif"]
    return "\n".join(out) + "\n"


def fixed_value(attr):
    return unquote(attr.default) if attr.kind == "bool" else attr.default


def opset_build(ops):
    out = [HEAD.format("opset.def"), "#ifndef KOV_OPSET_BUILD_H\n#define KOV_OPSET_BUILD_H\n",
           '#include "graph/builder.h"\n']
    for op in ops:
        if op.name in BUILT_BY_HAND:
            continue
        params, setup, names = ["kov_builder *b"], [], []
        plain = [i for i in op.inputs if not i.endswith("*")]
        for name in plain:
            names.append(c_name(name.rstrip("?")))
            params.append("kov_value " + names[-1])
        if op.variadic:
            params += ["const kov_value *inputs", "int input_count"]
        params += [a.c_param() for a in op.attrs if not a.fixed]
        if op.many_outputs:
            params.append("int *count")
        emit = "kov_emit_many" if op.many_outputs else "kov_emit"
        tail = ", count" if op.many_outputs else ""
        if op.attrs:
            values = ", ".join(f"kov_attr_{a.kind}({fixed_value(a) if a.fixed else a.c_name})" for a in op.attrs)
            setup.append(f"    const kov_attr attrs[] = {{{values}}};")
        attrs = "attrs" if op.attrs else "NULL"
        if op.variadic:
            if plain:
                raise TableError(f"{op.name}: a variadic operation takes one sequence of inputs")
            ins, count = "inputs", "input_count"
        elif plain:
            setup.append(f"    const kov_value inputs[] = {{{', '.join(names)}}};")
            ins, count = "inputs", str(len(plain))
        else:
            ins, count = "NULL", "0"
        out.append(f"static inline kov_value kov_{snake(op.name)}({', '.join(params)})\n{{")
        out += setup
        out.append(f"    return {emit}(b, {op.id}, {ins}, {count}, {attrs}{tail});\n}}")
    out.append("\n#endif")
    return "\n".join(out) + "\n"


def opset_table(ops):
    out = [HEAD.format("opset.def"), '#include "graph/eval.h"', '#include "graph/infer.h"', "#include <string.h>\n"]
    for name in sorted({op.infer for op in ops}):
        out.append(f"kov_status kov_infer_{name}(kov_infer *infer);")
    for name in sorted({op.evaluate for op in ops}):
        out.append(f"kov_status kov_eval_{name}(kov_eval *eval);")
    for op in ops:
        if op.attrs:
            out.append(f"static const kov_attr_info attrs_{op.name}[] = {{")
            for a in op.attrs:
                out.append(f"    {{{c_string(a.name)}, {ATTR_KINDS[a.kind][0]}, {c_string(a.default)}}},")
            out.append("};")
        for which, names in (("in", op.inputs), ("out", op.outputs)):
            listed = ", ".join(c_string(n.rstrip("?*")) for n in names) or "NULL"
            out.append(f"static const char *const {which}_{op.name}[] = {{{listed}}};")
    out.append("static const kov_op_info table[KOV_OP_COUNT] = {")
    for op in ops:
        outputs = -1 if op.many_outputs else len(op.outputs)
        out.append(
            f"    [{op.id}] = {{{c_string(op.name)}, {c_string(op.version)}, KOV_DOMAIN_{op.domain.upper()}, "
            f"{op.min_inputs}, {op.max_inputs}, {outputs}, {len(op.attrs)}, "
            f"{'attrs_' + op.name if op.attrs else 'NULL'}, in_{op.name}, out_{op.name}, "
            f"kov_infer_{op.infer}, kov_eval_{op.evaluate}, KOV_EXACT_{op.exactness}, "
            f"{'true' if op.data_shape else 'false'}, {c_string(op.onnx)}}},")
    out.append("};\n")
    out.append("const kov_op_info *kov_op_info_of(int op)\n{\n    return &table[op];\n}\n")
    out.append("int kov_op_find(const char *name, kov_domain domain)\n{\n"
               "    for (int i = 0; i < KOV_OP_COUNT; i++) {\n"
               "        if (table[i].domain == domain && strcmp(table[i].name, name) == 0)\n"
               "            return i;\n    }\n    return -1;\n}")
    return "\n".join(out) + "\n"


def autodiff_rules(ops):
    out = [HEAD.format("opset.def"), '#include "autodiff/jvp.h"\n']
    for name in sorted({op.derivative for op in ops if op.derivative}):
        out.append(f"void kov_jvp_{name}(const kov_jvp *at);")
    out.append("\nkov_jvp_rule kov_jvp_rule_of(int op)\n{\n    static const kov_jvp_rule rules[KOV_OP_COUNT] = {")
    out += [f"        [{op.id}] = kov_jvp_{op.derivative}," for op in ops if op.derivative]
    out.append("    };\n    return rules[op];\n}")
    return "\n".join(out) + "\n"


def keras_functions(functions):
    out = [HEAD.format("keras_ops.def"), "#ifndef KOV_KERAS_FUNCTIONS_H\n#define KOV_KERAS_FUNCTIONS_H\n",
           '#include "keras/arguments.h"\n', "enum kov_function {"]
    out += [f"    {f.id}," for f in functions]
    out += ["    KOV_FN_COUNT", "};\n"]
    for f in functions:
        out.append(f"/* {f.summary} */\n{f.prototype()};")
    out.append("\n#endif")
    return "\n".join(out) + "\n"


def keras_table(functions):
    out = [HEAD.format("keras_ops.def"), '#include "keras_functions.h"', '#include "keras/call.h"', "#include <string.h>\n"]
    for f in functions:
        out.append(f"static void call_{f.module}_{f.name}(kov_builder *b, const kov_function_info *f, "
                   "const kov_argument *a, kov_outputs *out)\n{")
        if any(p.kind == "axis" for p in f.parameters):
            out.append(f"    kov_axes axes[{len(f.parameters)}];")
        if not f.parameters:
            out.append("    (void)a;")
        # Arguments are read in order, into names of their own: C leaves evaluation order open.
        for i, p in enumerate(f.parameters):
            out.append(f"    {p.c_type()}{p.name}_ = {p.unpack(i)};")
        if f.real:
            for p in f.parameters:
                if p.kind == "tensor":
                    out.append(f"    kov_argument_require_real(b, f, {p.name}_, {c_string(p.name)});")
        args = ", ".join(["b"] + [p.name + "_" for p in f.parameters])
        out.append("    if (b->status != KOV_OK)\n        return;")
        if f.is_list:
            out.append(f"    out->count = {f.c_name}({args}, out->at, out->capacity);")
        elif len(f.returns) > 1:
            out.append(f"    {f.c_name}({args}, out->at);\n    out->count = {len(f.returns)};")
        else:
            out.append(f"    out->at[0] = {f.c_name}({args});\n    out->count = 1;")
        if not f.parameters:
            out.append("    (void)f;")
        out.append("}")
        if f.parameters:
            out.append(f"static const kov_parameter_info parameters_{f.module}_{f.name}[] = {{")
            for p in f.parameters:
                out.append(f"    {{{c_string(p.name)}, {PARAMETER_KINDS[p.kind]}, "
                           f"{'true' if p.optional else 'false'}, {c_string(p.default)}}},")
            out.append("};")
    out.append("static const kov_function_info infos[KOV_FN_COUNT + 1] = {")
    for f in functions:
        returns = "KOV_RETURNS_" + f.returns[0].upper() if f.is_list else str(len(f.returns))
        parameters = f"parameters_{f.module}_{f.name}" if f.parameters else "NULL"
        out.append(f"    [{f.id}] = {{{c_string(f.module)}, {c_string(f.name)}, {c_string(f.summary)}, "
                   f"{c_string(f.since)}, {parameters}, {len(f.parameters)}, {returns}, "
                   f"{'true' if f.composite else 'false'}}},")
    out.append("};")
    out.append("static const kov_call_fn calls[KOV_FN_COUNT + 1] = {")
    out += [f"    [{f.id}] = call_{f.module}_{f.name}," for f in functions]
    out.append("};\n")
    out.append("int kov_function_count(void)\n{\n    return KOV_FN_COUNT;\n}\n")
    out.append("const kov_function_info *kov_function_at(int function)\n{\n"
               "    return function >= 0 && function < KOV_FN_COUNT ? &infos[function] : NULL;\n}\n")
    out.append("kov_call_fn kov_function_call(int function)\n{\n    return calls[function];\n}\n")
    out.append("int kov_function_find(const char *module, const char *name)\n{\n"
               "    for (int i = 0; i < KOV_FN_COUNT; i++) {\n"
               "        if (strcmp(infos[i].module, module) == 0 && strcmp(infos[i].name, name) == 0)\n"
               "            return i;\n    }\n    return -1;\n}")
    return "\n".join(out) + "\n"


def tables_json(ops, functions):
    return json.dumps({
        "ops": [{"domain": o.domain, "name": o.name, "version": o.version, "inputs": o.inputs,
                 "outputs": o.outputs, "exactness": o.exactness, "onnx": o.onnx,
                 "attrs": [[a.kind, a.name, a.default] for a in o.attrs]} for o in ops],
        "functions": [{"module": f.module, "name": f.name, "summary": f.summary, "since": f.since,
                       "composite": f.composite, "returns": f.returns,
                       "parameters": [{"kind": p.kind, "name": p.name, "default": p.default,
                                       "optional": p.optional} for p in f.parameters]}
                      for f in functions],
    }, indent=1) + "\n"


def on_openvino(record, function):
    """What the record of tools/probe_openvino.py says of a function."""
    lacking = record.get(f"{function.module}.{function.name}")
    if lacking is None:
        return "not probed"
    return "split: " + ", ".join(lacking) if lacking else "whole"


def docs(ops, functions, record):
    modules = sorted({f.module for f in functions})
    kov_rows = [o for o in ops if o.domain == "kov"]
    whole = [f for f in functions if on_openvino(record, f) == "whole"]
    out = ["# Functions of Keras in kov", "",
           "Made from `src/keras/keras_ops.def` and `docs/openvino.json` by `tools/tables.py --docs`; do not edit.", "",
           f"{len(functions)} functions; {len(ops)} operations, {len(kov_rows)} of them of kov's own domain.", "",
           f"On OpenVINO, with float32, int32 and bool and sizes known, {len(whole)} functions are whole: one part of a",
           "plan. The others are split: the operations named run natively between parts, since OpenVINO lacks them or,",
           "where a type is named, does not compute in it exactly. `tools/probe_openvino.py` measured this.", ""]
    for module in modules:
        rows = [f for f in functions if f.module == module]
        out += [f"## {module} ({len(rows)})", "", "| function | what it computes | since | OpenVINO |", "|---|---|---|---|"]
        for f in rows:
            out.append(f"| `{f.name}({f.signature()})` | {f.summary.replace('|', chr(92) + '|')} | {f.since} "
                       f"| {on_openvino(record, f)} |")
        out.append("")
    return "\n".join(out)


def read_record(path):
    if not path or not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_if_changed(path, text):
    try:
        if open(path, encoding="utf-8").read() == text:
            return
    except OSError:
        pass
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--opset", required=True)
    parser.add_argument("--keras", required=True)
    parser.add_argument("--out", help="folder for generated sources")
    parser.add_argument("--docs", help="file for the function reference")
    parser.add_argument("--openvino", help="record of tools/probe_openvino.py, for --docs")
    parser.add_argument("--check", action="store_true", help="compare --docs instead of writing it")
    args = parser.parse_args()
    try:
        ops, functions = read_tables(args.opset, args.keras)
        if args.out:
            for name, text in (
                ("opset_ids.h", opset_ids(ops)),
                ("opset_build.h", opset_build(ops)),
                ("opset_table.c", opset_table(ops)),
                ("autodiff_rules.c", autodiff_rules(ops)),
                ("keras_functions.h", keras_functions(functions)),
                ("keras_table.c", keras_table(functions)),
                ("tables.json", tables_json(ops, functions)),
            ):
                write_if_changed(os.path.join(args.out, name), text)
        if args.docs:
            text = docs(ops, functions, read_record(args.openvino))
            if args.check:
                if not os.path.exists(args.docs) or open(args.docs, encoding="utf-8").read() != text:
                    raise TableError(f"{args.docs} is not current: run make docs")
            else:
                write_if_changed(args.docs, text)
    except TableError as error:
        sys.exit(f"tables.py: {error}")


if __name__ == "__main__":
    main()
