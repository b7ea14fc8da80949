/* SPDX-License-Identifier: Apache-2.0 */
/* The extension kov._core: what its files share. Names here start with kovpy_. */
#ifndef KOV_PY_CORE_H
#define KOV_PY_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <kov/kov.h>

/* ---- State of the process (py_module.c, py_config.c) ---- */

typedef struct kovpy_state {
    kov_context *context;
    PyObject *unknown_dimension, *unknown_value; /* exceptions */
    PyTypeObject *ndarray, *generic;             /* of NumPy */
    PyObject *dtype_type, *asarray;              /* of NumPy */
    PyTypeObject *variable;                      /* Keras's Variable; NULL before Keras is there */
    PyTypeObject *keras_tensor;                  /* Keras's symbolic tensor; may be NULL */
    PyObject *floatx, *image_data_format;        /* Keras's functions; may be NULL */
    PyObject *epsilon;                      /* the number last seen behind keras.config.epsilon() */
    PyObject *floatx_globals;               /* where floatx() looks; borrowed from floatx */
    PyObject *draw_seed;                    /* Keras's function; may be NULL */
    PyObject *device;                       /* str or None: device of plans made from now on */
    PyObject *properties;                   /* dict or None: OpenVINO properties of those plans */
    PyObject *dtype_names[KOV_DTYPE_COUNT]; /* interned Keras names */
    PyObject *numpy_dtypes[KOV_DTYPE_COUNT]; /* filled when first needed */
} kovpy_state;

extern kovpy_state kovpy;

kov_dtype kovpy_floatx(void);
/* Sets the Python exception that belongs to the thread's last failure; always NULL. */
PyObject *kovpy_raise(kov_status status);
/* A name, a NumPy dtype, a Python type; None: KOV_DTYPE_NONE. -1 with an exception set. */
int kovpy_dtype_of_object(PyObject *object, kov_dtype *out);
int kovpy_config_init(PyObject *module);

/* ---- Tensor (py_tensor.c) ---- */

typedef struct kovpy_trace kovpy_trace;

typedef struct kovpy_tensor {
    PyObject_HEAD kov_tensor *tensor; /* data; NULL if traced */
    kovpy_trace *trace;               /* owned; NULL if data */
    kov_value value;                  /* in the trace's builder */
    PyObject *shape;                  /* tuple, made when first asked for */
    PyObject *mask;                   /* what Keras keeps as _keras_mask */
    PyObject *others; /* further attributes, as of other backends' arrays; or NULL */
    PyObject *weakrefs;
} kovpy_tensor;

extern PyTypeObject kovpy_tensor_type;

static inline int kovpy_is_tensor(PyObject *object)
{
    return Py_TYPE(object) == &kovpy_tensor_type;
}

/* Takes the tensor over, also on failure. */
PyObject *kovpy_tensor_new(kov_tensor *tensor);
PyObject *kovpy_tensor_new_traced(kovpy_trace *trace, kov_value value);
kov_dtype kovpy_tensor_dtype(const kovpy_tensor *self);
int kovpy_tensor_ndim(const kovpy_tensor *self);
PyObject *kovpy_tensor_shape(kovpy_tensor *self); /* new reference */
/* The data; of a traced tensor only if it is a constant. Borrowed. NULL with UnknownValue set. */
const kov_tensor *kovpy_tensor_data(kovpy_tensor *self, const char *what);
int kovpy_tensor_init(PyObject *module);
/* The one element as a Python number; `what` asks for it. */
PyObject *kovpy_tensor_scalar(PyObject *self, const char *what);
extern PyNumberMethods kovpy_number_methods;
PyObject *kovpy_tensor_compare(PyObject *a, PyObject *b, int op);
PyObject *kovpy_tensor_index(PyObject *self, PyObject *key);
extern PyMethodDef kovpy_dlpack_methods[];
PyObject *kovpy_from_dlpack(PyObject *module, PyObject *object);

/* ---- NumPy (py_numpy.c); by the buffer protocol, so that no headers of NumPy are needed ---- */

/* Dense native data of an array. While it is open the array's memory may be borrowed. */
typedef struct kovpy_array {
    Py_buffer buffer;
    PyObject *owner; /* a converted array that the buffer belongs to; may be NULL */
    kov_dtype dtype;
} kovpy_array;

/* -1 with an exception set. For an object that is a numpy.ndarray. */
int kovpy_array_open(PyObject *object, kovpy_array *out);
void kovpy_array_close(kovpy_array *array);
/* A tensor which shares the array's memory if that is dense, else a copy. */
kov_tensor *kovpy_array_borrow(const kovpy_array *array);
/* A tensor with a copy of the data. */
kov_tensor *kovpy_array_copy(const kovpy_array *array);
/* A new writable array with a copy of the tensor's data. */
PyObject *kovpy_array_from_tensor(const kov_tensor *tensor);
PyObject *kovpy_numpy_dtype(kov_dtype dtype); /* borrowed */
PyObject *kovpy_concatenate_batches(PyObject *module, PyObject *batches);

/* ---- Conversion (py_convert.c) ---- */

/* convert_to_tensor: a new reference to a Tensor; the object itself where it is one of this dtype.
 * dtype KOV_DTYPE_NONE: the one that Keras would choose. */
PyObject *kovpy_convert(PyObject *object, kov_dtype dtype);
PyObject *kovpy_cast(PyObject *tensor, kov_dtype dtype); /* always a new object */
int kovpy_convert_init(PyObject *module);

/* ---- Calls (py_call.c, py_arguments.c, py_function.c) ---- */

#define KOVPY_MAX_PARAMETERS 24

/* One call of a table function: its arguments and all that must live until it is done. */
typedef struct kovpy_call {
    const kov_function_info *info;
    kovpy_trace *trace; /* borrowed; NULL: all arguments so far are data */
    kov_argument arguments[KOVPY_MAX_PARAMETERS];
    int argument_count;
    int wide;                /* a 64-bit tensor or array is among the arguments */
    int scalars;             /* a 64-bit NumPy scalar is among them */
    size_t bytes;            /* of data arguments */
    struct kovpy_held *held; /* what to release, newest first */
    char *next, *end;        /* free part of the current memory block */
    char first_block[1024];
} kovpy_call;

/* function -1: no call of the table, but of a plan. */
void kovpy_call_begin(kovpy_call *call, int function);
/* Converts one argument of the table's parameter; -1 with an exception set. */
int kovpy_call_argument(kovpy_call *call, int index, PyObject *object);
/* Runs or traces it; the result as Python sees it, NULL with an exception set. */
PyObject *kovpy_call_run(kovpy_call *call, int function);
void kovpy_call_end(kovpy_call *call);
/* Memory until kovpy_call_end; NULL with MemoryError set. */
void *kovpy_call_memory(kovpy_call *call, size_t size);
int kovpy_call_hold_object(kovpy_call *call, PyObject *object); /* steals, also on failure */
int kovpy_call_hold_tensor(kovpy_call *call, kov_tensor *tensor);
int kovpy_call_hold_array(kovpy_call *call, PyObject *object, kov_tensor **out);
/* Arrays are borrowed for the call only: a result that lies in one becomes a copy. Takes the result
 * over; NULL with an exception set. */
kov_tensor *kovpy_call_own_result(const kovpy_call *call, kov_tensor *result);

/* Calls a table function by name with positional Python objects. */
PyObject *kovpy_call_function(const char *module, const char *name, PyObject *const *arguments,
                              Py_ssize_t count);
int kovpy_function_init(PyObject *module);

/* ---- Traces and plans (py_trace.c, py_plan.c) ---- */

struct kovpy_trace {
    PyObject_HEAD kov_builder *builder;
    kovpy_trace *outer; /* owned; the trace that was open in this thread before; set while open */
    int is_open;
};

/* The innermost open trace of this thread, borrowed, or NULL. */
kovpy_trace *kovpy_trace_current(void);
int kovpy_trace_raise_closed(void); /* -1: a traced tensor is used when its trace is closed */
/* The tensor's value in this trace: itself, a constant of its data, or, from a trace around this
 * one, an input of the same type (such a trace is made for shapes alone). -1 with an exception. */
int kovpy_trace_import(kovpy_trace *trace, kovpy_tensor *tensor, kov_value *out);
int kovpy_trace_init(PyObject *module);
PyObject *kovpy_graph_new(kov_graph *graph); /* takes the graph over */
int kovpy_plan_init(PyObject *module);

#endif
