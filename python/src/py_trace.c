/* SPDX-License-Identifier: Apache-2.0 */
/* The class Trace: a graph under construction that Python calls go into. */
#include "py_core.h"

#include <string.h>

static _Thread_local kovpy_trace *current;

typedef struct kovpy_body {
    PyObject_HEAD kov_body *body; /* NULL once it is used */
    int count;
} kovpy_body;

static PyTypeObject trace_type, body_type;

kovpy_trace *kovpy_trace_current(void)
{
    return current;
}

static int is_around(const kovpy_trace *trace, const kovpy_trace *inner)
{
    for (const kovpy_trace *t = inner->outer; t; t = t->outer)
        if (t == trace)
            return 1;
    return 0;
}

static PyObject *raise_builder(kovpy_trace *trace)
{
    return kovpy_raise(kov_builder_status(trace->builder));
}

int kovpy_trace_raise_closed(void)
{
    PyErr_SetString(
        PyExc_RuntimeError,
        "A traced tensor is used outside of the trace it belongs to. Tensors computed in "
        "a traced step must not be kept after it.");
    return -1;
}

int kovpy_trace_import(kovpy_trace *trace, kovpy_tensor *tensor, kov_value *out)
{
    if (tensor->trace == trace) {
        *out = tensor->value;
        return 0;
    }
    if (tensor->tensor) {
        *out = kov_builder_constant(trace->builder, tensor->tensor);
    } else {
        if (!is_around(tensor->trace, trace))
            return kovpy_trace_raise_closed();
        int64_t dims[KOV_MAX_NDIM];
        const int ndim = kovpy_tensor_ndim(tensor);
        for (int i = 0; i < ndim; i++) {
            dims[i] = kov_builder_dim(tensor->trace->builder, tensor->value, i);
            dims[i] = dims[i] < 0 ? KOV_DIM_FREE : dims[i];
        }
        *out = kov_builder_parameter(trace->builder, kovpy_tensor_dtype(tensor), ndim, dims, NULL,
                                     KOV_ROLE_INPUT);
    }
    if (*out != KOV_VALUE_ERROR)
        return 0;
    raise_builder(trace);
    return -1;
}

/* ---- Trace ---- */

static PyObject *construct(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *name = NULL;
    kov_dtype floatx = KOV_DTYPE_F32;
    if ((kwargs && PyDict_GET_SIZE(kwargs)) || !PyArg_ParseTuple(args, "|O", &name) ||
        (name && kovpy_dtype_of_object(name, &floatx) < 0)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "Trace(floatx) takes no keyword arguments.");
        return NULL;
    }
    kovpy_trace *self = (kovpy_trace *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    kov_status status = kov_builder_create(kovpy.context, &self->builder);
    if (status != KOV_OK) {
        Py_DECREF((PyObject *)self);
        return kovpy_raise(status);
    }
    kov_builder_set_floatx(self->builder, floatx);
    return (PyObject *)self;
}

static void dealloc(PyObject *object)
{
    kovpy_trace *self = (kovpy_trace *)object;
    kov_builder_release(self->builder);
    Py_XDECREF((PyObject *)self->outer);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *enter(PyObject *object, PyObject *none)
{
    (void)none;
    kovpy_trace *self = (kovpy_trace *)object;
    if (self->is_open)
        return PyErr_Format(PyExc_RuntimeError, "The trace is open already.");
    self->is_open = 1;
    self->outer = current;
    current = (kovpy_trace *)Py_NewRef(object);
    return Py_NewRef(object);
}

static PyObject *leave(PyObject *object, PyObject *args)
{
    (void)args;
    kovpy_trace *self = (kovpy_trace *)object;
    if (current != self)
        return PyErr_Format(PyExc_RuntimeError, "The trace is not this thread's innermost one.");
    self->is_open = 0;
    current = self->outer;
    self->outer = NULL;
    Py_DECREF(object);
    Py_RETURN_NONE;
}

static PyObject *symbol(PyObject *object, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    if (!text)
        return NULL;
    return PyLong_FromLongLong(kov_builder_symbol(((kovpy_trace *)object)->builder, text));
}

/* dims of a sequence of ints, symbols and None; the number of them, -1 with an exception set. */
static int read_dims(PyObject *shape, int64_t *dims)
{
    PyObject *items = PySequence_Fast(shape, "a shape is a sequence");
    if (!items)
        return -1;
    const Py_ssize_t ndim = PySequence_Fast_GET_SIZE(items);
    int failed = ndim > KOV_MAX_NDIM;
    if (failed)
        PyErr_Format(PyExc_ValueError, "A shape of %zd dimensions: kov takes at most %d.", ndim,
                     KOV_MAX_NDIM);
    for (Py_ssize_t i = 0; !failed && i < ndim; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        dims[i] = item == Py_None ? KOV_DIM_FREE : PyLong_AsLongLong(item);
        failed = dims[i] == -1 && PyErr_Occurred() != NULL;
    }
    Py_DECREF(items);
    return failed ? -1 : (int)ndim;
}

static PyObject *parameter(PyObject *object, PyObject *args, kov_parameter_role role)
{
    kovpy_trace *self = (kovpy_trace *)object;
    PyObject *dtype_name, *shape;
    const char *name = NULL;
    kov_dtype dtype;
    int64_t dims[KOV_MAX_NDIM];
    if (!PyArg_ParseTuple(args, "OO|z", &dtype_name, &shape, &name) ||
        kovpy_dtype_of_object(dtype_name, &dtype) < 0)
        return NULL;
    const int ndim = read_dims(shape, dims);
    if (ndim < 0)
        return NULL;
    const kov_value value = kov_builder_parameter(self->builder, dtype, ndim, dims, name, role);
    return value == KOV_VALUE_ERROR ? raise_builder(self) : kovpy_tensor_new_traced(self, value);
}

static PyObject *input(PyObject *object, PyObject *args)
{
    return parameter(object, args, KOV_ROLE_INPUT);
}

static PyObject *variable(PyObject *object, PyObject *args)
{
    return parameter(object, args, KOV_ROLE_VARIABLE);
}

static PyObject *set_scope(PyObject *object, PyObject *path)
{
    const char *text = path == Py_None ? NULL : PyUnicode_AsUTF8(path);
    if (!text && path != Py_None)
        return NULL;
    kov_builder_set_scope(((kovpy_trace *)object)->builder, text);
    Py_RETURN_NONE;
}

/* Values of a sequence of tensors in PyMem memory; NULL with an exception set. */
static kov_value *read_values(kovpy_trace *self, PyObject *sequence, int *count)
{
    PyObject *items = PySequence_Fast(sequence, "expected a sequence of tensors");
    if (!items)
        return NULL;
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    kov_value *values = PyMem_New(kov_value, (size_t)n + 1);
    if (!values)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; values && i < n; i++) {
        PyObject *tensor = kovpy_convert(PySequence_Fast_GET_ITEM(items, i), KOV_DTYPE_NONE);
        if (!tensor || kovpy_trace_import(self, (kovpy_tensor *)tensor, &values[i]) < 0) {
            PyMem_Free(values);
            values = NULL;
        }
        Py_XDECREF(tensor);
    }
    Py_DECREF(items);
    *count = (int)n;
    return values;
}

static PyObject *traced_list(kovpy_trace *self, const kov_value *values, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; list && i < count; i++) {
        PyObject *tensor = kovpy_tensor_new_traced(self, values[i]);
        if (!tensor)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, tensor);
    }
    return list;
}

static PyObject *finish(PyObject *object, PyObject *results)
{
    kovpy_trace *self = (kovpy_trace *)object;
    int count = 0;
    kov_value *values = read_values(self, results, &count);
    if (!values)
        return NULL;
    kov_graph *graph = NULL;
    kov_status status = kov_builder_finish(self->builder, values, count, NULL, &graph);
    PyMem_Free(values);
    return status == KOV_OK ? kovpy_graph_new(graph) : kovpy_raise(status);
}

/* ---- Bodies of control flow ---- */

static PyObject *body_begin(PyObject *object, PyObject *none)
{
    (void)none;
    kov_status status = kov_body_begin(((kovpy_trace *)object)->builder);
    if (status != KOV_OK)
        return kovpy_raise(status);
    Py_RETURN_NONE;
}

static PyObject *body_abandon(PyObject *object, PyObject *none)
{
    (void)none;
    kov_body_abandon(((kovpy_trace *)object)->builder);
    Py_RETURN_NONE;
}

static PyObject *body_end(PyObject *object, PyObject *results)
{
    kovpy_trace *self = (kovpy_trace *)object;
    kovpy_body *body = PyObject_New(kovpy_body, &body_type);
    if (!body)
        return NULL;
    body->body = NULL;
    kov_value *values = read_values(self, results, &body->count);
    kov_status status =
        values ? kov_body_end(self->builder, values, body->count, &body->body) : KOV_OK;
    PyMem_Free(values);
    if (values && status == KOV_OK)
        return (PyObject *)body;
    Py_DECREF((PyObject *)body);
    return values ? kovpy_raise(status) : NULL;
}

/* body_input(like, shape): the open body's next parameter, of the type of `like` but where shape
 * has None. */
static PyObject *body_input(PyObject *object, PyObject *args)
{
    kovpy_trace *self = (kovpy_trace *)object;
    PyObject *like_object, *shape;
    if (!PyArg_ParseTuple(args, "O!O", &kovpy_tensor_type, &like_object, &shape))
        return NULL;
    kovpy_tensor *like = (kovpy_tensor *)like_object;
    int64_t dims[KOV_MAX_NDIM];
    const int ndim = read_dims(shape, dims);
    if (ndim < 0)
        return NULL;
    for (int i = 0; like->trace == self && i < ndim && i < kovpy_tensor_ndim(like); i++) {
        const int64_t n = kov_builder_dim(self->builder, like->value, i);
        if (dims[i] == KOV_DIM_FREE && n < 0)
            dims[i] = n;
    }
    const kov_value value = kov_builder_parameter(self->builder, kovpy_tensor_dtype(like), ndim,
                                                  dims, NULL, KOV_ROLE_INPUT);
    return value == KOV_VALUE_ERROR ? raise_builder(self) : kovpy_tensor_new_traced(self, value);
}

static kov_body *take(kovpy_body *body)
{
    kov_body *taken = body->body;
    if (!taken)
        PyErr_SetString(PyExc_RuntimeError, "The body has been used already.");
    body->body = NULL;
    return taken;
}

static PyObject *conditional(PyObject *object, PyObject *args)
{
    kovpy_trace *self = (kovpy_trace *)object;
    PyObject *condition, *then_object, *else_object;
    if (!PyArg_ParseTuple(args, "O!O!O!", &kovpy_tensor_type, &condition, &body_type, &then_object,
                          &body_type, &else_object))
        return NULL;
    kovpy_body *then_body = (kovpy_body *)then_object, *else_body = (kovpy_body *)else_object;
    kov_value predicate;
    if (then_body->count != else_body->count)
        return PyErr_Format(PyExc_ValueError,
                            "Both branches must return equally many tensors: %d and %d.",
                            then_body->count, else_body->count);
    if (kovpy_trace_import(self, (kovpy_tensor *)condition, &predicate) < 0)
        return NULL;
    const int count = then_body->count;
    kov_value *values = PyMem_New(kov_value, (size_t)count + 1);
    kov_body *taken_then = values ? take(then_body) : NULL;
    kov_body *taken_else = taken_then ? take(else_body) : NULL;
    PyObject *list = NULL;
    if (!values)
        PyErr_NoMemory();
    if (taken_else) {
        kov_status status =
            kov_builder_if(self->builder, predicate, taken_then, taken_else, values);
        list = status == KOV_OK ? traced_list(self, values, count) : kovpy_raise(status);
    } else if (taken_then) {
        kov_body_release(taken_then);
    }
    PyMem_Free(values);
    return list;
}

static PyObject *loop(PyObject *object, PyObject *args)
{
    kovpy_trace *self = (kovpy_trace *)object;
    PyObject *condition, *body, *state, *maximum, *list = NULL;
    kov_value limit = KOV_VALUE_NONE;
    int count = 0;
    if (!PyArg_ParseTuple(args, "O!O!OO", &body_type, &condition, &body_type, &body, &state,
                          &maximum))
        return NULL;
    if (maximum != Py_None) {
        PyObject *tensor = kovpy_convert(maximum, KOV_DTYPE_NONE);
        const int failed = !tensor || kovpy_trace_import(self, (kovpy_tensor *)tensor, &limit) < 0;
        Py_XDECREF(tensor);
        if (failed)
            return NULL;
    }
    kov_value *values = read_values(self, state, &count);
    kov_value *outs = values ? PyMem_New(kov_value, (size_t)count + 1) : NULL;
    if (values && !outs)
        PyErr_NoMemory();
    kov_body *taken_condition = outs ? take((kovpy_body *)condition) : NULL;
    kov_body *taken_body = taken_condition ? take((kovpy_body *)body) : NULL;
    if (taken_body) {
        kov_status status = kov_builder_while(self->builder, taken_condition, taken_body, values,
                                              count, limit, outs);
        list = status == KOV_OK ? traced_list(self, outs, count) : kovpy_raise(status);
    } else if (taken_condition) {
        kov_body_release(taken_condition);
    }
    PyMem_Free(outs);
    PyMem_Free(values);
    return list;
}

/* jvp(body, primals, tangents): the results and their tangents in one list. */
static PyObject *jvp(PyObject *object, PyObject *args)
{
    kovpy_trace *self = (kovpy_trace *)object;
    PyObject *body, *primals, *tangents, *list = NULL;
    int count = 0, tangent_count = 0;
    if (!PyArg_ParseTuple(args, "O!OO", &body_type, &body, &primals, &tangents))
        return NULL;
    const int results = ((kovpy_body *)body)->count;
    kov_value *at = read_values(self, primals, &count);
    kov_value *along = at ? read_values(self, tangents, &tangent_count) : NULL;
    kov_value *outs = along ? PyMem_New(kov_value, 2 * (size_t)results + 1) : NULL;
    if (along && !outs)
        PyErr_NoMemory();
    if (outs && tangent_count != count)
        PyErr_Format(PyExc_ValueError, "jvp: %d primals and %d tangents", count, tangent_count);
    kov_body *taken = outs && tangent_count == count ? take((kovpy_body *)body) : NULL;
    if (taken) {
        kov_status status =
            kov_builder_jvp(self->builder, taken, at, along, count, outs, outs + results);
        list = status == KOV_OK ? traced_list(self, outs, 2 * results) : kovpy_raise(status);
    }
    PyMem_Free(outs);
    PyMem_Free(along);
    PyMem_Free(at);
    return list;
}

static void dealloc_body(PyObject *object)
{
    kovpy_body *self = (kovpy_body *)object;
    if (self->body)
        kov_body_release(self->body);
    PyObject_Free(object);
}

static PyMethodDef trace_methods[] = {
    {"enter", enter, METH_NOARGS, "Makes this the innermost open trace of the thread."},
    {"exit", leave, METH_NOARGS, "Closes it."},
    {"symbol", symbol, METH_O, "A free dimension for use in several shapes."},
    {"input", input, METH_VARARGS, "input(dtype, shape, name): the next input."},
    {"variable", variable, METH_VARARGS, "variable(dtype, shape, name): one that changes seldom."},
    {"set_scope", set_scope, METH_O, "Later nodes are named with this prefix."},
    {"finish", finish, METH_O, "finish(results): the Graph."},
    {"body_begin", body_begin, METH_NOARGS, "Calls go into a new body from here on."},
    {"body_end", body_end, METH_O, "body_end(results): the Body."},
    {"body_abandon", body_abandon, METH_NOARGS, "Leaves the body without keeping it."},
    {"body_input", body_input, METH_VARARGS, "body_input(like, shape): the body's next parameter."},
    {"if_", conditional, METH_VARARGS, "if_(condition, then, else): the results of one body."},
    {"jvp", jvp, METH_VARARGS, "jvp(body, primals, tangents): the results, then their tangents."},
    {"while_", loop, METH_VARARGS, "while_(condition, body, state, maximum): the last state."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject trace_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kov._core.Trace",
    .tp_basicsize = sizeof(kovpy_trace),
    .tp_dealloc = dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A graph under construction.",
    .tp_methods = trace_methods,
    .tp_new = construct,
};

static PyTypeObject body_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kov._core.Body",
    .tp_basicsize = sizeof(kovpy_body),
    .tp_dealloc = dealloc_body,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "The body of an If or a loop.",
};

static PyObject *as_traced(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *object, *trace;
    kov_value value;
    if (!PyArg_ParseTuple(args, "OO!", &object, &trace_type, &trace))
        return NULL;
    PyObject *tensor = kovpy_convert(object, KOV_DTYPE_NONE);
    const int failed =
        !tensor || kovpy_trace_import((kovpy_trace *)trace, (kovpy_tensor *)tensor, &value) < 0;
    Py_XDECREF(tensor);
    return failed ? NULL : kovpy_tensor_new_traced((kovpy_trace *)trace, value);
}

static PyMethodDef methods[] = {
    {"as_traced", as_traced, METH_VARARGS, "as_traced(x, trace): x as a value of the trace."},
    {NULL, NULL, 0, NULL},
};

int kovpy_trace_init(PyObject *module)
{
    if (PyType_Ready(&trace_type) < 0 || PyType_Ready(&body_type) < 0)
        return -1;
    if (PyModule_AddObjectRef(module, "Trace", (PyObject *)&trace_type) < 0)
        return -1;
    return PyModule_AddFunctions(module, methods);
}
