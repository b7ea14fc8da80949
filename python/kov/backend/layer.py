# SPDX-License-Identifier: Apache-2.0
"""What kov adds to every Keras layer: nothing."""


class BackendLayer:
    pass


OpenvinoLayer = BackendLayer
