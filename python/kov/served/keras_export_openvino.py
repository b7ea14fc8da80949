# SPDX-License-Identifier: Apache-2.0
"""Stands for `keras.src.export.openvino`: writes the IR that kov makes, without OpenVINO."""

import os

from kov.activation import backend_module

from keras.src import backend
from keras.src.utils import io_utils


def export_openvino(model, filepath, verbose=None, input_signature=None, **kwargs):
    """Exports the model's forward pass as OpenVINO IR: `filepath` and a `.bin` beside it.

    Args:
        filepath: path of the `.xml` file.
        verbose: whether to print a line at the end. Default: yes.
        input_signature: shapes and dtypes of the inputs. Default: the model's.
    """
    filepath = os.fspath(filepath)
    if not filepath.endswith(".xml"):
        raise ValueError(
            "The OpenVINO export requires the filepath to end with '.xml'. "
            f"Got: filepath={filepath}"
        )
    if backend.backend() != "openvino":
        raise NotImplementedError("The backend was changed; import keras anew.")
    xml, weights = backend_module("openvino_export").ir_of_model(model, input_signature)
    with open(filepath, "wb") as file:
        file.write(xml)
    with open(filepath[: -len(".xml")] + ".bin", "wb") as file:
        file.write(weights)
    if verbose is None or verbose:
        io_utils.print_msg(f"Saved OpenVINO IR at '{filepath}'.")
