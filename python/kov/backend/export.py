# SPDX-License-Identifier: Apache-2.0
"""Export as a TensorFlow SavedModel, which this backend does not do.

Deriving from Keras's own class gives Keras's own message.
"""

try:
    from keras.src.export.saved_model_export_archive import (
        BaseSavedModelExportArchive as SavedModelExportArchive,
    )
except ImportError:
    from keras.src.export.saved_model_export_archive import SavedModelExportArchive


class OpenvinoExportArchive(SavedModelExportArchive):
    pass
