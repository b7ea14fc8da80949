# SPDX-License-Identifier: Apache-2.0
"""Stands for `keras.src.backend.torch.optimizers.torch_adam` and its like: a model that was compiled
under Keras's torch backend names that backend's own optimizer classes in its file. Elsewhere they are
Keras's classes of the same names."""

from keras.src.optimizers import SGD
from keras.src.optimizers import Adadelta
from keras.src.optimizers import Adagrad
from keras.src.optimizers import Adam
from keras.src.optimizers import Adamax
from keras.src.optimizers import AdamW
from keras.src.optimizers import Lion
from keras.src.optimizers import Nadam
from keras.src.optimizers import RMSprop
