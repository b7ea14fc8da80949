/* SPDX-License-Identifier: Apache-2.0 */
/* The classes Graph and Plan. */
#include "py_core.h"

typedef struct kovpy_graph {
    PyObject_HEAD kov_graph *graph;
} kovpy_graph;

typedef struct kovpy_plan {
    PyObject_HEAD kov_plan *plan;
    int result_count;
} kovpy_plan;

static PyTypeObject graph_type, plan_type;

PyObject *kovpy_graph_new(kov_graph *graph)
{
    kovpy_graph *self = PyObject_New(kovpy_graph, &graph_type);
    if (!self) {
        kov_graph_release(graph);
        return NULL;
    }
    self->graph = graph;
    return (PyObject *)self;
}

static void dealloc_graph(PyObject *self)
{
    kov_graph_release(((kovpy_graph *)self)->graph);
    PyObject_Free(self);
}

static PyObject *take_text(kov_status status, char *text)
{
    if (status != KOV_OK)
        return kovpy_raise(status);
    PyObject *string = PyUnicode_FromString(text);
    kov_text_free(text);
    return string;
}

static PyObject *graph_text(PyObject *self, PyObject *none)
{
    (void)none;
    char *text = NULL;
    kov_status status = kov_graph_text(((kovpy_graph *)self)->graph, &text);
    return take_text(status, text);
}

/* NULL-terminated "KEY=VALUE" texts of a dict, owned by *holder; NULL with or without an exception.
 */
static const char **read_properties(PyObject *properties, PyObject **holder)
{
    *holder = NULL;
    if (properties == Py_None)
        return NULL;
    if (!PyDict_Check(properties)) {
        PyErr_SetString(PyExc_TypeError, "properties is a dict");
        return NULL;
    }
    *holder = PyList_New(0);
    const char **texts = PyMem_New(const char *, (size_t)PyDict_GET_SIZE(properties) + 1);
    Py_ssize_t at = 0, n = 0;
    PyObject *key, *value;
    while (*holder && texts && PyDict_Next(properties, &at, &key, &value)) {
        PyObject *text = PyUnicode_FromFormat("%S=%S", key, value);
        if (!text || PyList_Append(*holder, text) < 0 || !(texts[n++] = PyUnicode_AsUTF8(text))) {
            Py_XDECREF(text);
            Py_CLEAR(*holder);
            break;
        }
        Py_DECREF(text);
    }
    if (!*holder || !texts) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        PyMem_Free(texts);
        Py_CLEAR(*holder);
        return NULL;
    }
    texts[n] = NULL;
    return texts;
}

static PyObject *compile(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"device", "properties", "passes_off", NULL};
    kovpy_graph *self = (kovpy_graph *)object;
    PyObject *device = Py_None, *properties = Py_None, *holder;
    kov_plan_options options = {0};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOz", names, &device, &properties,
                                     &options.passes_off))
        return NULL;
    device = device == Py_None ? kovpy.device : device;
    properties = properties == Py_None ? kovpy.properties : properties;
    if (device != Py_None && !(options.device = PyUnicode_AsUTF8(device)))
        return NULL;
    const char **texts = read_properties(properties, &holder);
    if (PyErr_Occurred())
        return NULL;
    options.properties = texts;
    kovpy_plan *plan = PyObject_New(kovpy_plan, &plan_type);
    kov_status status = KOV_OK;
    if (plan) {
        plan->plan = NULL;
        plan->result_count = kov_graph_result_count(self->graph);
        Py_BEGIN_ALLOW_THREADS status = kov_plan_create(self->graph, &options, &plan->plan);
        Py_END_ALLOW_THREADS
    }
    PyMem_Free(texts);
    Py_XDECREF(holder);
    if (status != KOV_OK) {
        Py_DECREF((PyObject *)plan);
        return kovpy_raise(status);
    }
    return (PyObject *)plan;
}

/* to_ir(variables): tensors of the parameters that become constants, None for inputs. */
static PyObject *to_ir(PyObject *object, PyObject *variables)
{
    kovpy_graph *self = (kovpy_graph *)object;
    const int count = kov_graph_parameter_count(self->graph);
    PyObject *items = PySequence_Fast(variables, "expected a sequence of tensors"), *result = NULL;
    kov_tensor **tensors = PyMem_New(kov_tensor *, (size_t)count + 1);
    kov_bytes xml = {NULL, 0}, bin = {NULL, 0};
    if (!items || !tensors || PySequence_Fast_GET_SIZE(items) != count) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "to_ir: expected %d tensors or None", count);
        goto done;
    }
    for (int i = 0; i < count; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        if (item != Py_None && (!kovpy_is_tensor(item) || !((kovpy_tensor *)item)->tensor)) {
            PyErr_SetString(PyExc_TypeError, "to_ir: expected tensors with data, or None");
            goto done;
        }
        tensors[i] = item == Py_None ? NULL : ((kovpy_tensor *)item)->tensor;
    }
    kov_status status = kov_graph_to_ir(self->graph, tensors, &xml, &bin);
    result = status == KOV_OK ? Py_BuildValue("(y#y#)", xml.data, (Py_ssize_t)xml.size,
                                              bin.data ? bin.data : "", (Py_ssize_t)bin.size)
                              : kovpy_raise(status);
    kov_bytes_free(&xml);
    kov_bytes_free(&bin);
done:
    PyMem_Free(tensors);
    Py_XDECREF(items);
    return result;
}

static PyObject *get_node_count(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLong(kov_graph_node_count(((kovpy_graph *)self)->graph));
}

static PyMethodDef graph_methods[] = {
    {"compile", (PyCFunction)(void (*)(void))compile, METH_VARARGS | METH_KEYWORDS,
     "compile(device=None, properties=None, passes_off=None): the Plan."},
    {"to_ir", to_ir, METH_O, "to_ir(variables): OpenVINO IR as (xml, bin) bytes."},
    {"text", graph_text, METH_NOARGS, "One node a line."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef graph_attributes[] = {
    {"node_count", get_node_count, NULL, "Number of nodes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject graph_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kov._core.Graph",
    .tp_basicsize = sizeof(kovpy_graph),
    .tp_dealloc = dealloc_graph,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "What is computed.",
    .tp_methods = graph_methods,
    .tp_getset = graph_attributes,
};

/* ---- Plan ---- */

static void dealloc_plan(PyObject *self)
{
    if (((kovpy_plan *)self)->plan)
        kov_plan_release(((kovpy_plan *)self)->plan);
    PyObject_Free(self);
}

/* The data of each item; arrays are borrowed until the call's end. */
static int read_inputs(kovpy_call *call, PyObject *items, kov_tensor **inputs)
{
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        if (PyObject_TypeCheck(item, kovpy.ndarray)) {
            if (kovpy_call_hold_array(call, item, &inputs[i]) < 0)
                return -1;
            continue;
        }
        PyObject *tensor = kovpy_convert(item, KOV_DTYPE_NONE);
        if (!tensor || kovpy_call_hold_object(call, tensor) < 0)
            return -1;
        if (!((kovpy_tensor *)tensor)->tensor) {
            PyErr_SetString(kovpy.unknown_value, "A plan cannot run on traced tensors.");
            return -1;
        }
        inputs[i] = ((kovpy_tensor *)tensor)->tensor;
    }
    return 0;
}

static PyObject *pack_results(kovpy_call *call, kov_tensor **results, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; i < count; i++) {
        kov_tensor *owned = kovpy_call_own_result(call, results[i]);
        PyObject *tensor = owned ? kovpy_tensor_new(owned) : NULL;
        if (!tensor)
            Py_CLEAR(list);
        else if (list)
            PyList_SET_ITEM(list, i, tensor);
        else
            Py_DECREF(tensor);
    }
    return list;
}

static PyObject *run(PyObject *object, PyObject *sequence)
{
    kovpy_plan *self = (kovpy_plan *)object;
    PyObject *items = PySequence_Fast(sequence, "expected a sequence of tensors"), *list = NULL;
    if (!items)
        return NULL;
    kovpy_call call;
    kovpy_call_begin(&call, -1);
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
    kov_tensor **inputs = kovpy_call_memory(&call, ((size_t)count + 1) * sizeof(*inputs));
    kov_tensor **results =
        kovpy_call_memory(&call, ((size_t)self->result_count + 1) * sizeof(*results));
    if (inputs && results && read_inputs(&call, items, inputs) == 0) {
        kov_status status;
        Py_BEGIN_ALLOW_THREADS status =
            kov_plan_run(self->plan, inputs, (int)count, results, self->result_count);
        Py_END_ALLOW_THREADS list = status == KOV_OK
                                        ? pack_results(&call, results, self->result_count)
                                        : kovpy_raise(status);
    }
    kovpy_call_end(&call);
    Py_DECREF(items);
    return list;
}

static PyObject *plan_text(PyObject *self, PyObject *none)
{
    (void)none;
    char *text = NULL;
    kov_status status = kov_plan_text(((kovpy_plan *)self)->plan, &text);
    return take_text(status, text);
}

static PyObject *get_partition_count(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLong(kov_plan_partition_count(((kovpy_plan *)self)->plan));
}

static PyMethodDef plan_methods[] = {
    {"run", run, METH_O, "run(inputs): the results, as a list of tensors."},
    {"text", plan_text, METH_NOARGS, "What runs where and why."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef plan_attributes[] = {
    {"partition_count", get_partition_count, NULL, "Into how many parts it was split.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject plan_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kov._core.Plan",
    .tp_basicsize = sizeof(kovpy_plan),
    .tp_dealloc = dealloc_plan,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "A graph made ready for a device.",
    .tp_methods = plan_methods,
    .tp_getset = plan_attributes,
};

/* read_ir(path): the Graph of an OpenVINO IR file and the .bin beside it. */
static PyObject *read_ir(PyObject *module, PyObject *path)
{
    (void)module;
    PyObject *bytes = NULL;
    if (!PyUnicode_FSConverter(path, &bytes))
        return NULL;
    kov_graph *graph = NULL;
    kov_status status = kov_graph_from_ir_file(kovpy.context, PyBytes_AS_STRING(bytes), &graph);
    Py_DECREF(bytes);
    return status == KOV_OK ? kovpy_graph_new(graph) : kovpy_raise(status);
}

static PyMethodDef methods[] = {
    {"read_ir", read_ir, METH_O, "read_ir(path): the Graph of an OpenVINO IR."},
    {NULL, NULL, 0, NULL},
};

int kovpy_plan_init(PyObject *module)
{
    if (PyType_Ready(&graph_type) < 0 || PyType_Ready(&plan_type) < 0)
        return -1;
    return PyModule_AddFunctions(module, methods);
}
