# SPDX-License-Identifier: Apache-2.0
"""Models of the user's own making: what Keras allows a model or a layer to be.

A case is a function that gives a model and its input. Weights are waves, the same on every backend.
"""

import keras
import numpy as np
from keras import layers
from keras import ops


def numbers(*shape, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def integers(*shape, high=9, seed=2):
    return np.random.default_rng(seed).integers(0, high, shape).astype("int32")


def wave(model, x):
    """Builds the model on its input and gives every weight other numbers."""
    model(x)
    for i, variable in enumerate(model.weights):
        if "float" in variable.dtype:
            values = np.sin(np.arange(np.prod(variable.shape)) * 0.7 + i).reshape(variable.shape)
            variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values * 0.6)
    return model, x


class Affine(layers.Layer):
    """Weights made when the width of the input is known; half of them are not trained."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer="ones")
        self.shift = self.add_weight(shape=(self.units,), initializer="zeros", trainable=False)

    def call(self, x):
        return ops.matmul(x, self.kernel) + self.shift

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Block(layers.Layer):
    """Layers in lists and dicts, chosen by Python."""

    def __init__(self, depth, residual=True):
        super().__init__()
        self.steps = [Affine(6) for _ in range(depth)]
        self.tools = {"norm": layers.LayerNormalization(), "drop": layers.Dropout(0.5)}
        self.residual = residual

    def call(self, x, training=False):
        for i, step in enumerate(self.steps):
            y = step(x)
            if i % 2 == 0:
                y = ops.relu(y)
            x = x + y if self.residual and x.shape[-1] == 6 else y
        return self.tools["norm"](self.tools["drop"](x, training=training))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Block(2), Block(3, residual=False)]
        self.head = layers.Dense(2, activation="tanh")

    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x, training=training)
        return {"head": self.head(x), "mean": ops.mean(x, axis=-1)}


class TwoArguments(keras.Model):
    """An input that may be left out."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, inputs, training=None):
        x, scale = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        y = self.dense(x)
        return y if scale is None else y * scale


class Hinge(keras.Operation):
    """An operation of one's own in a functional graph."""

    def __init__(self, edge):
        super().__init__()
        self.edge = edge

    def call(self, x):
        return ops.maximum(x - self.edge, 0.0)

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, dtype=x.dtype)


class FirstLast(layers.Layer):
    """Makes a mask and takes one: the mean of what the mask leaves."""

    supports_masking = True

    def call(self, x, mask=None):
        if mask is None:
            return ops.mean(x, axis=1)
        mask = ops.cast(ops.expand_dims(mask, -1), x.dtype)
        return ops.sum(x * mask, axis=1) / ops.sum(mask, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


class Cell(layers.Layer):
    """A recurrent cell of one's own, two states."""

    def __init__(self, units):
        super().__init__()
        self.state_size = [units, units]
        self.output_size = units
        self.inner = layers.Dense(units)

    def build(self, shape):
        self.inner.build((shape[0], shape[-1] + self.output_size))

    def call(self, x, states):
        slow, fast = states
        fast = ops.tanh(self.inner(ops.concatenate([x, slow], axis=-1)))
        slow = 0.9 * slow + 0.1 * fast
        return slow + fast, [slow, fast]


class Counting(layers.Layer):
    """A state that each call changes."""

    def build(self, shape):
        self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.seen.assign_add(ops.sum(ops.ones_like(x[..., :1])))
        return x + self.seen


class Rows(layers.Layer):
    def call(self, x):
        size = ops.shape(x)
        return ops.reshape(x, (size[0], size[1] * size[2], 2))


class Loops(layers.Layer):
    """Control flow that depends on numbers in tensors."""

    def call(self, x):
        halved = ops.while_loop(lambda v: ops.max(ops.abs(v)) > 0.2, lambda v: (v / 2,), (x,))[0]
        bright = ops.cond(ops.mean(x) > 0, lambda: x + 1, lambda: x - 1)
        sums, _ = ops.scan(lambda carry, row: (carry + row, carry), ops.zeros_like(x[:, 0]),
                           ops.transpose(x, (1, 0, 2)))
        return halved + bright + sums[:, None]


def functional(inputs, outputs, x):
    return wave(keras.Model(inputs, outputs), x)


def shared():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    same = layers.Dense(3, activation="relu")
    joined = layers.Concatenate()([same(a), same(b), same(a + b)])
    return functional({"a": a, "b": b}, {"joined": joined, "ratio": ops.sum(a, -1) / 3.0},
                      {"a": numbers(5, 4), "b": numbers(5, 4, seed=3)})


def nested():
    inner_input = keras.Input((6,))
    inner = keras.Model(inner_input, [layers.Dense(4)(inner_input), inner_input * 2.0])
    inputs = keras.Input((6,))
    first, second = inner(inputs)
    again, _ = inner(ops.sin(second))
    tower = keras.Sequential([layers.Dense(6, activation="gelu"), inner])
    return functional(inputs, [first, again, tower(inputs)], numbers(4, 6))


def operations():
    inputs = keras.Input((5, 3))
    x = ops.einsum("bij,bkj->bik", inputs, inputs)
    x = ops.softmax(ops.where(x > 0.1, x, -1.0), axis=-1)
    x = Hinge(0.05)(x)
    x = ops.take_along_axis(x, ops.argsort(x, axis=-1), axis=-1)[:, ::2, 1:]
    return functional(inputs, layers.Dense(2)(ops.reshape(x, (-1, 12))), numbers(4, 5, 3))


def masked():
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(inputs)
    forward = layers.GRU(3, return_sequences=True)(x)
    both = layers.Bidirectional(layers.LSTM(3))(forward)
    x = integers(4, 7)
    x[:, 5:] = 0
    x[:, 0] = 1
    return functional(inputs, [FirstLast()(forward), both, layers.GlobalAveragePooling1D()(forward)],
                      x)


def masking():
    inputs = keras.Input((6, 3))
    x = layers.Masking(mask_value=0.0)(inputs)
    x = layers.TimeDistributed(layers.Dense(4))(x)
    data = numbers(3, 6, 3)
    data[0, 4:] = 0
    data[2, 1:3] = 0
    attended = layers.MultiHeadAttention(2, 3)(x, x)
    return functional(inputs, [layers.LSTM(4)(x), FirstLast()(attended)], data)


def recurrent():
    inputs = keras.Input((5, 3))
    first, *states = layers.RNN(Cell(4), return_sequences=True, return_state=True)(inputs)
    second = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)])(first, training=False)
    seeded = layers.RNN(Cell(4), go_backwards=True)(inputs, initial_state=states)
    return functional(inputs, [second, seeded, *states], numbers(3, 5, 3))


def convolutional():
    inputs = keras.Input((6, 6, 4, 3))
    x = layers.ConvLSTM2D(3, 2, return_sequences=True, padding="same")(inputs)
    return functional(inputs, layers.TimeDistributed(layers.Conv2D(2, 3))(x), numbers(2, 6, 6, 4, 3))


def loops():
    inputs = keras.Input((4, 3))
    return functional(inputs, Loops()(inputs), numbers(2, 4, 3))


def lambdas():
    inputs = keras.Input((4,))
    x = layers.Lambda(lambda v: ops.stack([v, ops.square(v)], axis=1))(inputs)
    x = layers.Lambda(lambda v, power: v**power, arguments={"power": 3})(x)
    return functional(inputs, layers.Flatten()(x), numbers(3, 4))


def frozen_and_cut():
    """The features of a net at an inner layer, behind a new head."""
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    whole = keras.Model(inputs, layers.Dense(5)(layers.Flatten()(x)))
    features = keras.Model(whole.input, whole.layers[2].output)
    features.trainable = False
    new = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(features(new, training=False))
    return functional(new, layers.Dense(2)(x), numbers(2, 8, 8, 3))


def autoencoder():
    """Weights used twice, the second time turned."""
    class Tied(layers.Layer):
        def __init__(self, dense):
            super().__init__()
            self.dense = dense

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.dense.kernel))

    inputs = keras.Input((6,))
    dense = layers.Dense(3, activation="elu")
    code = dense(inputs)
    return functional(inputs, [code, Tied(dense)(code)], numbers(4, 6))


def ragged_sizes():
    """Free sizes besides the batch, put into shapes by the graph itself."""
    inputs = keras.Input((None, None, 2))
    return functional(inputs, [layers.Dense(3)(Rows()(inputs)), ops.mean(inputs, axis=(1, 2))],
                      numbers(2, 3, 5, 2))


CASES = {
    "subclassed": lambda: wave(Subclassed(), numbers(5, 6)),
    "subclassed, of a list": lambda: wave(TwoArguments(), [numbers(5, 4), numbers(5, 1, seed=8)]),
    "shared layers, inputs and outputs by name": shared,
    "nested models": nested,
    "operations": operations,
    "masks": masked,
    "Masking and attention": masking,
    "recurrent cells": recurrent,
    "ConvLSTM2D": convolutional,
    "loops": loops,
    "Lambda": lambdas,
    "frozen and cut": frozen_and_cut,
    "tied weights": autoencoder,
    "free sizes": ragged_sizes,
}


def arrays(tree):
    return keras.tree.map_structure(
        lambda x: np.asarray(keras.ops.convert_to_numpy(x)), tree)


def answers():
    found = {}
    for name, make in CASES.items():
        model, x = make()
        found[name] = arrays(model(x, training=False))
    return found
