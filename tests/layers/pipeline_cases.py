# SPDX-License-Identifier: Apache-2.0
"""kov beside TensorFlow, grain and torch, in the Python of the judges."""

import keras
import numpy as np
from keras import layers

import preprocessing_cases

IN_TF_DATA = ("Rescaling", "Normalization adapted", "Discretization one_hot", "CategoryEncoding count",
              "Resizing bilinear", "CenterCrop", "AutoContrast", "Pipeline")
WORDS = np.array([["red", "green"], ["blue", "red"], ["mauve", "green"]])


def mapped(names):
    """name -> the layer mapped over batches of a tf.data pipeline."""
    import tensorflow as tf
    found = {}
    for name in names:
        case = preprocessing_cases.PLAIN[name]
        dataset = tf.data.Dataset.from_tensor_slices(case.data).batch(2).map(case.make())
        found[name] = np.concatenate(list(dataset.as_numpy_iterator()))
    return found


def mapped_augmentation():
    """Two runs of one seed and one of another, in tf.data; then the same layer outside of it."""
    import tensorflow as tf

    def run(seed):
        layer = layers.RandomBrightness(0.4, seed=seed)
        dataset = tf.data.Dataset.from_tensor_slices(preprocessing_cases.PICTURES).batch(3)
        return np.concatenate(list(dataset.map(
            lambda x: layer(x, training=True)).as_numpy_iterator())), layer

    first, layer = run(3)
    return [first, run(3)[0], run(4)[0],
            np.asarray(layer(preprocessing_cases.PICTURES, training=True))]


def grain_augmentation():
    import grain

    layer = layers.Rescaling(0.5)
    source = grain.MapDataset.source(list(preprocessing_cases.PICTURES))
    return [np.stack([np.asarray(x) for x in source.map(layer)])]


def dense():
    inputs = keras.Input((4,))
    x = layers.Rescaling(2.0)(inputs)
    outputs = layers.Dense(3, kernel_initializer=keras.initializers.Constant(0.25))(x)
    model = keras.Model(inputs, outputs)
    model.compile(loss="mse", metrics=["mae"])
    return model


def loaders():
    """name -> what predict and evaluate give on the same data in each kind of loader."""
    import grain
    import tensorflow as tf
    import torch
    x, y = preprocessing_cases.numbers(7, 4), preprocessing_cases.numbers(7, 3)
    model = dense()

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return x[3 * i:3 * i + 3], y[3 * i:3 * i + 3]

    pairs = [(a, b) for a, b in zip(x, y)]
    sources = {
        "arrays": ((x, y), {"batch_size": 3}),
        "tf.data": ((tf.data.Dataset.from_tensor_slices((x, y)).batch(3),), {}),
        "torch": ((torch.utils.data.DataLoader(torch.utils.data.TensorDataset(
            torch.from_numpy(x), torch.from_numpy(y)), batch_size=3),), {}),
        "grain": ((grain.MapDataset.source(pairs).batch(3),), {}),
        "grain's iterators": ((grain.MapDataset.source(pairs).to_iter_dataset().batch(3),), {}),
        "PyDataset": ((Batches(),), {}),
        "tensors": ((tf.constant(x), tf.constant(y)), {"batch_size": 3}),
        "torch's tensors": ((torch.from_numpy(x), torch.from_numpy(y)), {"batch_size": 3}),
    }
    found = {}
    for name, (data, options) in sources.items():
        found[name] = [model.predict(data[0], verbose=0, **options),
                       np.array(model.evaluate(*data, verbose=0, **options))]
    return found


def into_a_model(indices):
    """Indices from a lookup go through an embedding."""
    inputs = keras.Input(indices.shape[1:], dtype="int64")
    table = layers.Embedding(12, 2, embeddings_initializer=keras.initializers.RandomUniform(seed=1))
    model = keras.Model(inputs, table(inputs))
    return [model.predict(indices, verbose=0), model.predict(keras.ops.convert_to_numpy(indices),
                                                             verbose=0)]


def lookups():
    """name -> what the layers give that Keras makes with TensorFlow alone."""
    import tensorflow as tf
    words = ["red", "green", "blue"]
    lookup = layers.StringLookup(vocabulary=words)
    back = layers.StringLookup(vocabulary=words, invert=True)  # text is no tensor but TensorFlow's
    text = layers.TextVectorization(output_sequence_length=4)
    text.adapt(np.array(["the red house", "the green door", "a red door"]))
    bag = layers.TextVectorization(output_mode="multi_hot", vocabulary=["red", "door"])
    adapted = layers.StringLookup()
    adapted.adapt(np.array(["b", "a", "b", "c", "b", "a"]))
    bins = layers.Discretization(num_bins=4)
    bins.adapt(np.arange(101, dtype="float32"))
    sentences = np.array(["The red door!", "a purple house"])
    indices = lookup(WORDS)
    found = {
        "StringLookup": indices,
        "StringLookup one_hot": layers.StringLookup(vocabulary=words, output_mode="one_hot")(
            WORDS[:, :1]),
        "StringLookup multi_hot": layers.StringLookup(vocabulary=words, output_mode="multi_hot")(
            WORDS),
        "StringLookup adapted": adapted(np.array(["b", "c", "z"])),
        "IntegerLookup": layers.IntegerLookup(vocabulary=[10, 20, 30])(
            np.array([[10, 30], [99, 20]])),
        "IntegerLookup inverted": layers.IntegerLookup(vocabulary=[10, 20, 30], invert=True)(
            np.array([1, 3, 0])),
        "TextVectorization": text(sentences),
        "TextVectorization multi_hot": bag(sentences),
        "Hashing": layers.Hashing(num_bins=7)(WORDS),
        "Hashing of numbers": layers.Hashing(num_bins=7, output_mode="one_hot")(
            np.array([[1], [2], [33]])),
        "HashedCrossing": layers.HashedCrossing(num_bins=5)(
            (np.array(["a", "b", "c"]), np.array([1, 2, 3]))),
        "Discretization adapted": bins(np.array([[3.0], [40.0], [99.0]])),
    }
    kinds = {name: type(x).__module__ for name, x in found.items()}
    found = {name: np.asarray(keras.ops.convert_to_numpy(x)) for name, x in found.items()}
    inverted = back(tf.constant(np.asarray(indices))).numpy().astype(str)
    return found, kinds, inverted, into_a_model(indices)


def feature_space():
    """Its features, adapted and applied to a batch, as numbers of kov."""
    import tensorflow as tf
    space = keras.utils.FeatureSpace(
        features={"size": keras.utils.FeatureSpace.float_normalized(),
                  "scaled": keras.utils.FeatureSpace.float_rescaled(scale=0.5),
                  "age": keras.utils.FeatureSpace.float_discretized(num_bins=3),
                  "kind": keras.utils.FeatureSpace.integer_categorical(num_oov_indices=0),
                  "colour": keras.utils.FeatureSpace.string_categorical(num_oov_indices=0)},
        crosses=[keras.utils.FeatureSpace.cross(("kind", "colour"), crossing_dim=4)],
        output_mode="concat")
    data = {"size": np.array([1.0, 2, 3, 4], "float32"),
            "scaled": np.array([2.0, 4, 6, 8], "float32"),
            "age": np.array([10.0, 30, 50, 70], "float32"), "kind": np.array([1, 2, 1, 3]),
            "colour": np.array(["r", "g", "r", "b"])}
    space.adapt(tf.data.Dataset.from_tensor_slices(data).batch(2))
    encoded = space(data)
    inputs = keras.Input(encoded.shape[1:])
    model = keras.Model(inputs, layers.Dense(2, kernel_initializer="ones")(inputs))
    return (type(encoded).__module__, np.asarray(keras.ops.convert_to_numpy(encoded)),
            model.predict(encoded, verbose=0))
