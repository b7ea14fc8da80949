/* SPDX-License-Identifier: Apache-2.0 */
/* The function objects that Keras calls: one per row of the table. */
#include "py_core.h"

#include <stddef.h>
#include <string.h>

typedef struct kovpy_function {
    PyObject_HEAD vectorcallfunc vectorcall;
    int function;
    const kov_function_info *info;
    int positional;                           /* parameters that can be given by position */
    int rest;                                 /* index of `*name`, -1 if there is none */
    PyObject *names[KOVPY_MAX_PARAMETERS];    /* interned */
    PyObject *defaults[KOVPY_MAX_PARAMETERS]; /* NULL: required */
    PyObject *likeness;                       /* a lambda with this signature */
    PyObject *signature;                      /* inspect.Signature, made when first asked for */
} kovpy_function;

static PyObject *all_functions; /* (module, name) -> function object */

/* The parameter that takes all further positional arguments (`*operands` in Python), -1 if none:
 * the table has it as one sequence. */
static int rest_parameter(const kov_function_info *info)
{
    if (strcmp(info->module, "numpy") != 0)
        return -1;
    return strcmp(info->name, "meshgrid") == 0 ? 0 : strcmp(info->name, "einsum") == 0 ? 1 : -1;
}

/* Whether unknown keywords are let pass: Keras's einsum takes those of NumPy's. */
static int ignores_keywords(const kov_function_info *info)
{
    return strcmp(info->module, "numpy") == 0 && strcmp(info->name, "einsum") == 0;
}

static int find_name(const kovpy_function *self, PyObject *name)
{
    for (int i = 0; i < self->info->parameter_count; i++)
        if (self->names[i] == name)
            return i;
    for (int i = 0; i < self->info->parameter_count; i++)
        if (PyUnicode_Compare(self->names[i], name) == 0)
            return i;
    return -1;
}

static int bind_by_name(kovpy_function *self, PyObject *const *args, Py_ssize_t count,
                        PyObject *kwnames, PyObject **bound)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        const int at = find_name(self, name);
        if (at < 0 && ignores_keywords(self->info))
            continue;
        if (at < 0 || at == self->rest) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R",
                         self->info->name, name);
            return -1;
        }
        if (bound[at]) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument %R",
                         self->info->name, name);
            return -1;
        }
        bound[at] = args[count + i];
    }
    return 0;
}

/* Puts each argument in its parameter's place; *rest is a new tuple for `*name`, or NULL. */
static int bind(kovpy_function *self, PyObject *const *args, Py_ssize_t count, PyObject *kwnames,
                PyObject **bound, PyObject **rest)
{
    const int parameters = self->info->parameter_count;
    for (int i = 0; i < parameters; i++)
        bound[i] = NULL;
    Py_ssize_t placed = count < self->positional ? count : self->positional;
    for (Py_ssize_t i = 0; i < placed; i++)
        bound[i] = args[i];
    if (self->rest >= 0) {
        *rest = PyTuple_New(count - placed);
        if (!*rest)
            return -1;
        for (Py_ssize_t i = placed; i < count; i++)
            PyTuple_SET_ITEM(*rest, i - placed, Py_NewRef(args[i]));
        bound[self->rest] = *rest;
    } else if (count > placed) {
        PyErr_Format(PyExc_TypeError, "%s() takes %d positional arguments but %zd were given",
                     self->info->name, self->positional, count);
        return -1;
    }
    if (kwnames && bind_by_name(self, args, count, kwnames, bound) < 0)
        return -1;
    for (int i = 0; i < parameters; i++) {
        if (!bound[i])
            bound[i] = self->defaults[i];
        if (!bound[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%s'", self->info->name,
                         self->info->parameters[i].name);
            return -1;
        }
    }
    return 0;
}

static PyObject *vectorcall(PyObject *callable, PyObject *const *args, size_t flags,
                            PyObject *kwnames)
{
    kovpy_function *self = (kovpy_function *)callable;
    PyObject *bound[KOVPY_MAX_PARAMETERS], *rest = NULL, *result = NULL;
    if (bind(self, args, PyVectorcall_NARGS(flags), kwnames, bound, &rest) < 0) {
        Py_XDECREF(rest);
        return NULL;
    }
    kovpy_call call;
    kovpy_call_begin(&call, self->function);
    int failed = 0;
    for (int i = 0; !failed && i < self->info->parameter_count; i++)
        failed = kovpy_call_argument(&call, i, bound[i]) < 0;
    if (!failed)
        result = kovpy_call_run(&call, self->function);
    kovpy_call_end(&call);
    Py_XDECREF(rest);
    return result;
}

/* ---- Attributes ---- */

static PyObject *get_name(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(((kovpy_function *)self)->info->name);
}

static PyObject *get_module(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromFormat("keras.ops.%s", ((kovpy_function *)self)->info->module);
}

static PyObject *get_doc(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(((kovpy_function *)self)->info->summary);
}

/* "x, axis=None, *, k=0" as a lambda's or a signature's parameters. */
static PyObject *parameter_text(const kov_function_info *info)
{
    PyObject *text = PyUnicode_FromString("");
    for (int i = 0; text && i < info->parameter_count; i++) {
        const kov_parameter_info *p = &info->parameters[i];
        const char *comma = i ? ", " : "", *star = i == rest_parameter(info) ? "*" : "";
        PyObject *more =
            p->default_text && !*star
                ? PyUnicode_FromFormat("%U%s%s=%s", text, comma, p->name, p->default_text)
                : PyUnicode_FromFormat("%U%s%s%s", text, comma, star, p->name);
        Py_SETREF(text, more);
    }
    if (text && ignores_keywords(info))
        Py_SETREF(text, PyUnicode_FromFormat("%U, **kwargs", text));
    return text;
}

static PyObject *get_text_signature(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *text = parameter_text(((kovpy_function *)self)->info);
    PyObject *signature = text ? PyUnicode_FromFormat("(%U)", text) : NULL;
    Py_XDECREF(text);
    return signature;
}

static PyObject *get_signature(PyObject *object, void *closure)
{
    (void)closure;
    kovpy_function *self = (kovpy_function *)object;
    if (!self->signature) {
        PyObject *inspect = PyImport_ImportModule("inspect");
        if (inspect)
            self->signature = PyObject_CallMethod(inspect, "signature", "O", self->likeness);
        Py_XDECREF(inspect);
    }
    return Py_XNewRef(self->signature);
}

static PyObject *repr(PyObject *object)
{
    const kov_function_info *info = ((kovpy_function *)object)->info;
    return PyUnicode_FromFormat("<kov function %s.%s>", info->module, info->name);
}

static PyObject *reduce(PyObject *object, PyObject *none)
{
    (void)none;
    const kov_function_info *info = ((kovpy_function *)object)->info;
    PyObject *module = PyImport_ImportModule("kov._core");
    PyObject *function = module ? PyObject_GetAttrString(module, "function") : NULL;
    Py_XDECREF(module);
    return function ? Py_BuildValue("N(ss)", function, info->module, info->name) : NULL;
}

static PyGetSetDef attributes[] = {
    {"__name__", get_name, NULL, NULL, NULL},
    {"__qualname__", get_name, NULL, NULL, NULL},
    {"__module__", get_module, NULL, NULL, NULL},
    {"__doc__", get_doc, NULL, NULL, NULL},
    {"__text_signature__", get_text_signature, NULL, NULL, NULL},
    {"__signature__", get_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef function_methods[] = {
    {"__reduce__", reduce, METH_NOARGS, "Pickles the name."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject function_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kov._core.Function",
    .tp_basicsize = sizeof(kovpy_function),
    .tp_vectorcall_offset = offsetof(kovpy_function, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_repr = repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_getset = attributes,
    .tp_methods = function_methods,
};

/* ---- Making them ---- */

/* Python itself reads the defaults: those of a lambda with the same parameters. */
static int read_defaults(kovpy_function *self)
{
    PyObject *text = parameter_text(self->info), *source = NULL, *globals = PyDict_New();
    if (text)
        source = PyUnicode_FromFormat("lambda %U: None", text);
    const char *code = source ? PyUnicode_AsUTF8(source) : NULL;
    if (code && globals)
        self->likeness = PyRun_String(code, Py_eval_input, globals, globals);
    Py_XDECREF(text);
    Py_XDECREF(source);
    Py_XDECREF(globals);
    if (!self->likeness)
        return -1;
    PyObject *defaults = PyFunction_GetDefaults(self->likeness);
    PyObject *by_name = PyFunction_GetKwDefaults(self->likeness);
    const Py_ssize_t count = defaults && PyTuple_Check(defaults) ? PyTuple_GET_SIZE(defaults) : 0;
    for (Py_ssize_t i = 0; i < count; i++)
        self->defaults[self->positional - count + i] = Py_NewRef(PyTuple_GET_ITEM(defaults, i));
    for (int i = self->positional; by_name && i < self->info->parameter_count; i++) {
        PyObject *value = PyDict_GetItemWithError(by_name, self->names[i]);
        if (!value && PyErr_Occurred())
            return -1;
        self->defaults[i] = Py_XNewRef(value);
    }
    return 0;
}

static PyObject *new_function(int function)
{
    const kov_function_info *info = kov_function_at(function);
    kovpy_function *self = PyObject_New(kovpy_function, &function_type);
    if (!self)
        return NULL;
    memset((char *)self + offsetof(kovpy_function, vectorcall), 0,
           sizeof(*self) - offsetof(kovpy_function, vectorcall));
    self->vectorcall = vectorcall;
    self->function = function;
    self->info = info;
    self->rest = rest_parameter(info);
    self->positional = self->rest < 0 ? info->parameter_count : self->rest;
    if (info->parameter_count > KOVPY_MAX_PARAMETERS)
        return PyErr_Format(PyExc_SystemError, "%s has too many parameters", info->name);
    for (int i = 0; i < info->parameter_count; i++) {
        self->names[i] = PyUnicode_InternFromString(info->parameters[i].name);
        if (!self->names[i])
            return NULL;
    }
    return read_defaults(self) < 0 ? NULL : (PyObject *)self;
}

static PyObject *find(const char *module, const char *name)
{
    const int function = kov_function_find(module, name);
    if (function < 0)
        return PyErr_Format(PyExc_NotImplementedError, "kov does not have the function %s.%s yet.",
                            module, name);
    PyObject *key = PyLong_FromLong(function);
    PyObject *object = key ? PyDict_GetItemWithError(all_functions, key) : NULL;
    if (object) {
        Py_INCREF(object);
    } else if (key && !PyErr_Occurred()) {
        object = new_function(function);
        if (object && PyDict_SetItem(all_functions, key, object) < 0)
            Py_CLEAR(object);
    }
    Py_XDECREF(key);
    return object;
}

PyObject *kovpy_call_function(const char *module, const char *name, PyObject *const *arguments,
                              Py_ssize_t count)
{
    PyObject *function = find(module, name);
    if (!function)
        return NULL;
    PyObject *result = vectorcall(function, arguments, (size_t)count, NULL);
    Py_DECREF(function);
    return result;
}

static PyObject *function(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name_of_module, *name;
    if (!PyArg_ParseTuple(args, "ss", &name_of_module, &name))
        return NULL;
    return find(name_of_module, name);
}

static PyObject *functions(PyObject *module, PyObject *args)
{
    (void)module;
    const char *only = NULL;
    if (!PyArg_ParseTuple(args, "|z", &only))
        return NULL;
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < kov_function_count(); i++) {
        const kov_function_info *info = kov_function_at(i);
        if (only && strcmp(only, info->module) != 0)
            continue;
        PyObject *item = only ? PyUnicode_FromString(info->name)
                              : Py_BuildValue("(ss)", info->module, info->name);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyMethodDef methods[] = {
    {"function", function, METH_VARARGS, "function(module, name): the function object of a row."},
    {"functions", functions, METH_VARARGS,
     "functions(module=None): names of the module's rows; all (module, name) without one."},
    {NULL, NULL, 0, NULL},
};

int kovpy_function_init(PyObject *module)
{
    all_functions = PyDict_New();
    if (!all_functions || PyType_Ready(&function_type) < 0)
        return -1;
    return PyModule_AddFunctions(module, methods);
}
