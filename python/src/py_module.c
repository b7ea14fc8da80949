/* SPDX-License-Identifier: Apache-2.0 */
/* The module kov._core. */
#include "py_core.h"

static int find_numpy(void)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (!numpy)
        return -1;
    kovpy.ndarray = (PyTypeObject *)PyObject_GetAttrString(numpy, "ndarray");
    kovpy.generic = (PyTypeObject *)PyObject_GetAttrString(numpy, "generic");
    kovpy.dtype_type = PyObject_GetAttrString(numpy, "dtype");
    kovpy.asarray = PyObject_GetAttrString(numpy, "asarray");
    Py_DECREF(numpy);
    return kovpy.ndarray && kovpy.generic && kovpy.dtype_type && kovpy.asarray ? 0 : -1;
}

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "kov._core",
    .m_doc = "Tensors, functions, traces and plans of kov.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (!module)
        return NULL;
    kov_status status = kov_context_create(NULL, &kovpy.context);
    if (status != KOV_OK) {
        kovpy_raise(status);
        goto fail;
    }
    if (find_numpy() < 0 || kovpy_config_init(module) < 0 || kovpy_tensor_init(module) < 0 ||
        kovpy_convert_init(module) < 0 || kovpy_function_init(module) < 0 ||
        kovpy_trace_init(module) < 0 || kovpy_plan_init(module) < 0 ||
        PyModule_AddStringConstant(module, "version", kov_version()) < 0)
        goto fail;
    return module;
fail:
    Py_DECREF(module);
    return NULL;
}
