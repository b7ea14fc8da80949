# SPDX-License-Identifier: Apache-2.0
"""What kov adds to every Keras layer: it can be observed where a model cannot be traced."""

from .diagnosis import watched_call


class BackendLayer:
    def __call__(self, *args, **kwargs):
        return watched_call(self, super().__call__, args, kwargs)


OpenvinoLayer = BackendLayer
