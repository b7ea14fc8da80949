# SPDX-License-Identifier: Apache-2.0
"""The models and the pictures that tests, benchmarks and acceptance lines share.

Models of keras.applications have random weights, *calibrated*: kernels after He, and each batch
norm's mean and variance those which its input has on real pictures. So activations keep their size
from layer to layer, as in a trained net, and an error anywhere reaches the output; with Keras's own
random weights most of it would drown.

    models.py make NAME FILE         build, calibrate and save NAME to FILE (.keras), and beside it
                                     the batches of 1 and 8 that it is run on (.inputs.npz)
    models.py run FILE OUT.npz       predict on those batches
    models.py noise FILE OTHER       the same with 1 % noise in one kernel

`make` needs scikit-image. The backend is the one that KERAS_BACKEND names.
"""

import sys

import numpy as np

APPLICATIONS = {"MobileNetV2": 224, "ResNet50": 224, "EfficientNetB0": 224, "VGG16": 224}
NAMES = (*APPLICATIONS, "BERT")
COUNTS = (1, 8)
# Layers with kernels: how many of their first weights.
_KERNELS = {"Conv2D": 1, "DepthwiseConv2D": 1, "Dense": 1, "SeparableConv2D": 2}
_PICTURES = ("astronaut", "coffee", "chelsea", "rocket", "camera", "coins", "moon", "page")


def pictures(count, size):
    """(count, size, size, 3) float32 in 0..255: cut-outs of scikit-image's photographs, all
    different."""
    from PIL import Image
    from skimage import data
    rng = np.random.default_rng(11)
    found = []
    for i in range(count):
        image = np.asarray(getattr(data, _PICTURES[i % len(_PICTURES)])())
        image = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        side = int(min(image.shape[:2]) * rng.uniform(0.6, 1.0))
        top, left = (rng.integers(0, n - side + 1) for n in image.shape[:2])
        part = Image.fromarray(image[top:top + side, left:left + side, :3])
        found.append(np.asarray(part.resize((size, size)), dtype="float32"))
    return np.stack(found)


def inputs(name, count):
    if name == "BERT":
        rng = np.random.default_rng(12)
        tokens = rng.integers(0, 3000, (count, 128)).astype("int32")
        lengths = rng.integers(40, 129, count)
        mask = (np.arange(128)[None] < lengths[:, None]).astype("int32")
        return {"token_ids": tokens * mask, "segment_ids": np.zeros_like(tokens),
                "padding_mask": mask}
    x = pictures(count, APPLICATIONS[name])
    # EfficientNet rescales in the model; the others take -1..1
    return x if name.startswith("EfficientNet") else x / 127.5 - 1


def build(name):
    """The model with its output before the softmax."""
    import keras
    keras.utils.set_random_seed(5)
    if name == "BERT":
        import keras_hub
        backbone = keras_hub.models.BertBackbone(
            vocabulary_size=3000, num_layers=6, num_heads=12, hidden_dim=384,
            intermediate_dim=1536, max_sequence_length=128)
        rng = np.random.default_rng(6)
        backbone.set_weights([_spread(w, rng) for w in backbone.get_weights()])
        return backbone
    application = getattr(keras.applications, name)
    model = application(weights=None, classifier_activation=None)
    he(model)
    calibrate(model, inputs(name, 8))
    return model


def _spread(weight, rng):
    """Scales and offsets that are not all one and zero, as in a trained transformer."""
    if weight.ndim == 1:
        return (weight + rng.normal(0, 0.1, weight.shape)).astype(weight.dtype)
    return (rng.normal(0, 0.06, weight.shape)).astype(weight.dtype)


def he(model):
    """Kernels after He, offsets that are not zero."""
    rng = np.random.default_rng(6)
    for layer in model.layers:
        weights = layer.get_weights()
        kernels = _KERNELS.get(type(layer).__name__, 0)
        for i, weight in enumerate(weights):
            if i < kernels:
                # A depthwise kernel has the channel before its last dimension.
                depthwise = "epthwise" in layer.weights[i].path.rpartition("/")[2] or (
                    type(layer).__name__ == "DepthwiseConv2D")
                per_output = weight.shape[:2] if depthwise else weight.shape[:-1]
                scale = np.sqrt(2.0 / np.prod(per_output))
                weights[i] = rng.normal(0, scale, weight.shape).astype("float32")
            elif kernels:
                weights[i] = rng.normal(0, 0.05, weight.shape).astype("float32")
        if kernels and weights:
            layer.set_weights(weights)


def calibrate(model, x, steady=0.0):
    """One pass over the pictures, layer after layer; each batch norm gets the statistics of what
    reaches it. `steady`: this part of a channel's squared mean is added to its variance. With few
    and small pictures most channels hardly move, and a deep net that takes their means away and
    magnifies the rest magnifies rounding with it, which no trained net does."""
    import keras
    rng = np.random.default_rng(7)
    values = {}
    for operation in _in_order(model):
        if isinstance(operation, keras.layers.InputLayer):
            result = keras.ops.convert_to_tensor(x)
        else:
            node = operation._inbound_nodes[0]
            arguments, keywords = node.arguments.fill_in(
                {id(t): values[id(t)] for t in node.input_tensors})
            if isinstance(operation, keras.layers.BatchNormalization):
                data = np.asarray(keras.ops.convert_to_numpy(arguments[0]), dtype="float64")
                over = tuple(range(data.ndim - 1))
                learned = [rng.uniform(0.8, 1.2, data.shape[-1])] if operation.scale else []
                learned += [rng.normal(0, 0.1, data.shape[-1])] if operation.center else []
                variance = data.var(over) + steady * data.mean(over) ** 2 + 1e-5
                operation.set_weights([w.astype("float32") for w in (
                    *learned, data.mean(over), variance)])
            result = operation(*arguments, **keywords)
        values[id(operation._inbound_nodes[0].output_tensors[0])] = result


def _in_order(model):
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            yield node.operation


def add_noise(model, part=0.01, largest=False):
    """1 % noise in one kernel: that of the layer in the middle of those that have one, or the
    largest."""
    layers = [layer for layer in model._flatten_layers(include_self=False)
              if getattr(layer, "kernel", None) is not None]
    layer = layers[len(layers) // 2]
    if largest:
        layer = max(layers, key=lambda each: int(np.prod(each.kernel.shape)))
    kernel = np.array(layer.kernel)
    noise = np.random.default_rng(8).normal(0, part, kernel.shape) * kernel.std()
    layer.kernel.assign((kernel + noise).astype(kernel.dtype))
    return layer.name


def load(path):
    import keras
    if "BERT" in path:
        import keras_hub  # noqa: F401  registers its classes
    return keras.models.load_model(path, compile=False)


def save_inputs(name, path):
    """As 8_token_ids, ... or 8_ for a model with one input."""
    arrays = {}
    for count in COUNTS:
        x = inputs(name, count)
        for key, array in (x if isinstance(x, dict) else {"": x}).items():
            arrays[f"{count}_{key}"] = array
    np.savez(path, **arrays)


def load_inputs(path):
    """count -> an array or a dict of arrays."""
    found = {}
    with np.load(path) as arrays:
        for name in arrays.files:
            count, _, key = name.partition("_")
            found.setdefault(int(count), {})[key] = arrays[name]
    return {count: x[""] if "" in x else x for count, x in found.items()}


def inputs_path(model_path):
    return model_path.removesuffix(".keras").removesuffix("-noise") + ".inputs.npz"


def output(model, x):
    """The output for one batch, as one array."""
    y = model.predict_on_batch(x)
    return np.asarray(y["sequence_output"] if isinstance(y, dict) else y)


def main():
    try:
        import kov_hook  # noqa: F401
    except ImportError:
        pass
    action, first, second = sys.argv[1:4]
    if action == "make":
        build(first).save(second)
        save_inputs(first, inputs_path(second))
    elif action == "noise":
        model = load(first)
        print("noise in", add_noise(model))
        model.save(second)
    else:
        model = load(first)
        np.savez(second, **{str(count): output(model, x)
                            for count, x in load_inputs(inputs_path(first)).items()})


if __name__ == "__main__":
    main()
