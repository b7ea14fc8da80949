/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of Tensor: each is a function of the table. */
#include "py_core.h"

static int is_operand(PyObject *object)
{
    return kovpy_is_tensor(object) || PyFloat_Check(object) || PyLong_Check(object) ||
           PyComplex_Check(object) || PyObject_TypeCheck(object, kovpy.ndarray) ||
           PyObject_TypeCheck(object, kovpy.generic) || PyList_Check(object) ||
           PyTuple_Check(object) || (kovpy.variable && PyObject_TypeCheck(object, kovpy.variable));
}

static PyObject *binary(const char *name, PyObject *a, PyObject *b)
{
    if (!is_operand(a) || !is_operand(b))
        Py_RETURN_NOTIMPLEMENTED;
    PyObject *const arguments[] = {a, b};
    return kovpy_call_function("numpy", name, arguments, 2);
}

static PyObject *unary(const char *name, PyObject *a)
{
    return kovpy_call_function("numpy", name, &a, 1);
}

#define KOVPY_BINARY(slot, function)                                                               \
    static PyObject *slot(PyObject *a, PyObject *b)                                                \
    {                                                                                              \
        return binary(function, a, b);                                                             \
    }
KOVPY_BINARY(add, "add")
KOVPY_BINARY(subtract, "subtract")
KOVPY_BINARY(multiply, "multiply")
KOVPY_BINARY(true_divide, "true_divide")
KOVPY_BINARY(floor_divide, "floor_divide")
KOVPY_BINARY(modulo, "mod")
KOVPY_BINARY(matrix_multiply, "matmul")
KOVPY_BINARY(and, "bitwise_and")
KOVPY_BINARY(or, "bitwise_or")
KOVPY_BINARY(xor, "bitwise_xor")
KOVPY_BINARY(shift_left, "left_shift")
KOVPY_BINARY(shift_right, "right_shift")
#undef KOVPY_BINARY

static PyObject *raise_to(PyObject *a, PyObject *b, PyObject *modulus)
{
    if (modulus != Py_None)
        Py_RETURN_NOTIMPLEMENTED;
    return binary("power", a, b);
}

static PyObject *negative(PyObject *a)
{
    return unary("negative", a);
}

static PyObject *positive(PyObject *a)
{
    return Py_NewRef(a);
}

static PyObject *absolute(PyObject *a)
{
    return unary("absolute", a);
}

static PyObject *invert(PyObject *a)
{
    return unary("bitwise_not", a);
}

static int truth(PyObject *a)
{
    PyObject *value = kovpy_tensor_scalar(a, "bool");
    const int result = value ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return result;
}

static PyObject *to_int(PyObject *a)
{
    PyObject *value = kovpy_tensor_scalar(a, "int");
    PyObject *result = value ? PyNumber_Long(value) : NULL;
    Py_XDECREF(value);
    return result;
}

static PyObject *to_float(PyObject *a)
{
    PyObject *value = kovpy_tensor_scalar(a, "float");
    PyObject *result = value ? PyNumber_Float(value) : NULL;
    Py_XDECREF(value);
    return result;
}

static PyObject *to_index(PyObject *a)
{
    const kov_dtype dtype = kovpy_tensor_dtype((kovpy_tensor *)a);
    if (!kov_dtype_is_integer(dtype) || kovpy_tensor_ndim((kovpy_tensor *)a) != 0)
        return PyErr_Format(PyExc_TypeError,
                            "only an integer tensor without dimensions can be used as an index");
    return kovpy_tensor_scalar(a, "index");
}

PyObject *kovpy_tensor_compare(PyObject *a, PyObject *b, int op)
{
    static const char *const names[] = {[Py_LT] = "less",    [Py_LE] = "less_equal",
                                        [Py_EQ] = "equal",   [Py_NE] = "not_equal",
                                        [Py_GT] = "greater", [Py_GE] = "greater_equal"};
    return binary(names[op], a, b);
}

PyNumberMethods kovpy_number_methods = {
    .nb_add = add,
    .nb_subtract = subtract,
    .nb_multiply = multiply,
    .nb_remainder = modulo,
    .nb_power = raise_to,
    .nb_negative = negative,
    .nb_positive = positive,
    .nb_absolute = absolute,
    .nb_bool = truth,
    .nb_invert = invert,
    .nb_lshift = shift_left,
    .nb_rshift = shift_right,
    .nb_and = and,
    .nb_xor = xor,
    .nb_or = or,
    .nb_int = to_int,
    .nb_float = to_float,
    .nb_floor_divide = floor_divide,
    .nb_true_divide = true_divide,
    .nb_index = to_index,
    .nb_matrix_multiply = matrix_multiply,
};
