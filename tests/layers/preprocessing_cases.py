# SPDX-License-Identifier: Apache-2.0
"""Keras's preprocessing layers with meaningful arguments, and what both sides do with them.

`PLAIN`: layers without randomness. `RANDOM`: augmentation; two backends draw other numbers, so JAX's
transformation is recorded with its result, and kov carries out the same.
"""

import dataclasses
import random

import keras
import numpy as np
from keras import layers


@dataclasses.dataclass(frozen=True)
class Case:
    """make: the layer; data: its input; training: how it is called, None where the layer does not
    take that."""

    make: object
    data: object
    training: object = None
    atol: float = 1e-5


def numbers(*shape, low=-2.0, high=2.0, seed=1):
    return np.random.default_rng(seed).uniform(low, high, shape).astype("float32")


def integers(*shape, high=8, seed=2):
    return np.random.default_rng(seed).integers(0, high, shape).astype("int32")


def pictures(*shape, high=255.0, seed=3):
    """Neighbouring pixels are alike, as in photographs, and not whole numbers; some are at the ends
    of the range."""
    noise = np.random.default_rng(seed).uniform(0, high * 0.2, shape)
    rows, columns = np.indices(shape[-3:-1])
    ramp = high * 0.8 * (rows / shape[-3] + columns / shape[-2]) / 2
    return np.clip(noise + ramp[..., None], 1.0, high - 1).astype("float32")


def adapted(layer, data):
    layer.adapt(data)
    return layer


PICTURES = pictures(3, 9, 8, 3)
ONES = PICTURES / np.float32(255)
SOUND = numbers(2, 400, low=-1, high=1)

PLAIN = {
    "Rescaling": Case(lambda: layers.Rescaling(1 / 127.5, offset=-1), PICTURES),
    "Rescaling per channel": Case(
        lambda: layers.Rescaling([0.1, 0.2, 0.3], offset=[1.0, 2.0, 3.0]), PICTURES),
    "Normalization": Case(
        lambda: layers.Normalization(mean=[1.0, 2, 3, 4], variance=[1.0, 4, 0.5, 2]),
        numbers(5, 4)),
    "Normalization adapted": Case(
        lambda: adapted(layers.Normalization(axis=-1), numbers(50, 4, seed=7)), numbers(5, 4)),
    "Normalization of two axes": Case(
        lambda: adapted(layers.Normalization(axis=(1, 2)), numbers(20, 3, 4, seed=8)),
        numbers(5, 3, 4)),
    "Normalization of all": Case(
        lambda: adapted(layers.Normalization(axis=None), numbers(20, 3, seed=8)), numbers(5, 3)),
    "Normalization inverted": Case(
        lambda: layers.Normalization(mean=2.0, variance=3.0, invert=True), numbers(5, 3)),
    **{f"Discretization {mode}": Case(
        lambda mode=mode: layers.Discretization([-1.0, 0.0, 0.5, 1.5], output_mode=mode),
        np.array([[-1.0], [-3], [0], [0.49], [1.5], [9], [0.5]], "float32"))
       for mode in ("int", "one_hot", "multi_hot", "count")},
    **{f"CategoryEncoding {mode}": Case(
        lambda mode=mode: layers.CategoryEncoding(8, output_mode=mode),
        integers(5, 1) if mode == "one_hot" else integers(5, 3))
       for mode in ("one_hot", "multi_hot", "count")},
    "MelSpectrogram": Case(
        lambda: layers.MelSpectrogram(fft_length=64, sequence_stride=32, num_mel_bins=8,
                                      sampling_rate=8000, max_freq=4000), SOUND, atol=2e-3),
    "MelSpectrogram of power": Case(
        lambda: layers.MelSpectrogram(fft_length=64, sequence_stride=20, sequence_length=48,
                                      num_mel_bins=6, sampling_rate=8000, power_to_db=False,
                                      mag_exp=1.0, window="hamming"), SOUND),
    **{f"STFTSpectrogram {mode}": Case(
        lambda mode=mode: layers.STFTSpectrogram(mode=mode, frame_length=64, frame_step=24,
                                                 fft_length=128, padding="same"),
        SOUND[..., None], atol=1e-4)
       for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")},
    "STFTSpectrogram of channels": Case(
        lambda: layers.STFTSpectrogram(mode="magnitude", frame_length=50, window="hamming",
                                       periodic=True, scaling="spectrum", expand_dims=True),
        numbers(2, 200, 3)),
    **{f"Resizing {kind}": Case(
        lambda kind=kind: layers.Resizing(6, 11, interpolation=kind), PICTURES, atol=1e-3)
       for kind in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")},
    "Resizing with antialias": Case(
        lambda: layers.Resizing(4, 5, interpolation="bicubic", antialias=True), PICTURES,
        atol=1e-3),
    "Resizing cropped": Case(
        lambda: layers.Resizing(4, 8, crop_to_aspect_ratio=True), PICTURES, atol=1e-3),
    "Resizing padded": Case(
        lambda: layers.Resizing(6, 12, pad_to_aspect_ratio=True, fill_value=7.0), PICTURES,
        atol=1e-3),
    "CenterCrop": Case(lambda: layers.CenterCrop(5, 6), PICTURES),
    "CenterCrop that enlarges": Case(lambda: layers.CenterCrop(12, 10), PICTURES, atol=1e-3),
    "AutoContrast": Case(lambda: layers.AutoContrast(), PICTURES, atol=1e-3),
    "AutoContrast of 0 to 1": Case(lambda: layers.AutoContrast(value_range=(0, 1)), ONES),
    "Equalization": Case(lambda: layers.Equalization(), PICTURES, training=True, atol=1e-3),
    # 16 bins would hold a tie to round, which JAX misses: it divides by multiplying.
    "Equalization of 17 bins": Case(
        lambda: layers.Equalization(value_range=(0, 1), bins=17), ONES, training=True),
    "CLAHE": Case(
        lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2)),
        pictures(2, 16, 16, 3), atol=1e-3),
    "RandomColorJitter of one strength": Case(
        lambda: layers.RandomColorJitter(
            brightness_factor=(0.1, 0.1), saturation_factor=(0.4, 0.4)),
        PICTURES, training=True, atol=2e-3),
    "Pipeline": Case(
        lambda: layers.Pipeline([layers.Rescaling(2.0), layers.CenterCrop(6, 4),
                                 layers.AutoContrast()]), PICTURES, atol=1e-3),
}

RANDOM = {
    "AugMix": lambda **k: layers.AugMix(**k),
    "AugMix without colours": lambda **k: layers.AugMix(all_ops=False, num_chains=2, **k),
    "CutMix": lambda **k: layers.CutMix(**k),
    "MixUp": lambda **k: layers.MixUp(alpha=0.4, **k),
    "RandAugment": lambda **k: layers.RandAugment(num_ops=3, **k),
    "RandomBrightness": lambda **k: layers.RandomBrightness(0.4, **k),
    "RandomColorDegeneration": lambda **k: layers.RandomColorDegeneration(0.6, **k),
    "RandomContrast": lambda **k: layers.RandomContrast(0.5, **k),
    "RandomCrop": lambda **k: layers.RandomCrop(5, 6, **k),
    "RandomErasing": lambda **k: layers.RandomErasing(scale=(0.1, 0.4), **k),
    "RandomErasing with a value": lambda **k: layers.RandomErasing(fill_value=9.0, **k),
    "RandomFlip": lambda **k: layers.RandomFlip(**k),
    "RandomFlip horizontally": lambda **k: layers.RandomFlip("horizontal", **k),
    "RandomGaussianBlur": lambda **k: layers.RandomGaussianBlur(kernel_size=5, sigma=0.9, **k),
    "RandomGrayscale": lambda **k: layers.RandomGrayscale(0.6, **k),
    "RandomHue": lambda **k: layers.RandomHue(0.3, **k),
    "RandomInvert": lambda **k: layers.RandomInvert(0.6, **k),
    "RandomPerspective": lambda **k: layers.RandomPerspective(scale=0.4, **k),
    "RandomPosterization": lambda **k: layers.RandomPosterization(5, **k),
    "RandomRotation": lambda **k: layers.RandomRotation(0.2, **k),
    "RandomRotation with constants": lambda **k: layers.RandomRotation(
        0.3, fill_mode="constant", fill_value=4.0, interpolation="nearest", **k),
    "RandomSaturation": lambda **k: layers.RandomSaturation(0.6, **k),
    "RandomSharpness": lambda **k: layers.RandomSharpness(0.8, **k),
    "RandomShear": lambda **k: layers.RandomShear(0.3, 0.2, **k),
    "RandomTranslation": lambda **k: layers.RandomTranslation(0.3, (-0.2, 0.4), **k),
    "RandomTranslation wrapped": lambda **k: layers.RandomTranslation(
        0.3, 0.2, fill_mode="wrap", **k),
    "RandomZoom": lambda **k: layers.RandomZoom((-0.3, 0.4), **k),
    "Solarization": lambda **k: layers.Solarization(0.4, 0.8, **k),
}

# What comes with a picture is changed with it.
# Draws while it transforms, so no other backend can do the same.
ELASTIC = {"RandomElasticTransform": lambda **k: layers.RandomElasticTransform(**k),
           "RandomHue of a jitter": lambda **k: layers.RandomColorJitter(hue_factor=0.3, **k)}
LABELLED = {
    "CenterCrop": lambda **k: layers.CenterCrop(5, 6, bounding_box_format="xyxy"),
    "Resizing": lambda **k: layers.Resizing(12, 5, bounding_box_format="xyxy"),
    "RandomCrop": lambda **k: layers.RandomCrop(5, 6, bounding_box_format="xyxy", **k),
    "RandomFlip": lambda **k: layers.RandomFlip(bounding_box_format="rel_xyxy", **k),
    "RandomRotation": lambda **k: layers.RandomRotation(0.1, bounding_box_format="xyxy", **k),
    "RandomShear": lambda **k: layers.RandomShear(0.2, 0.1, bounding_box_format="xywh", **k),
    "RandomTranslation": lambda **k: layers.RandomTranslation(
        0.2, 0.2, bounding_box_format="xyxy", **k),
    "RandomZoom": lambda **k: layers.RandomZoom(0.2, bounding_box_format="center_xywh", **k),
    "RandomPerspective": lambda **k: layers.RandomPerspective(
        scale=0.3, bounding_box_format="xyxy", **k),
    "MixUp": lambda **k: layers.MixUp(bounding_box_format="xyxy", **k),
    "MaxNumBoundingBoxes": lambda **k: layers.MaxNumBoundingBoxes(
        4, bounding_box_format="xyxy"),
    "RandomBrightness": lambda **k: layers.RandomBrightness(0.3, **k),
    "CutMix": lambda **k: layers.CutMix(**k),
}


def labelled(name):
    """Pictures with labels, boxes and masks, as far as the layer takes them."""
    boxes = np.array([[[1, 1, 5, 6], [0, 2, 3, 7]]] * 3, "float32")
    if name == "RandomFlip":
        boxes /= 9
    data = {"images": PICTURES.copy(), "labels": np.eye(3, dtype="float32"),
            "segmentation_masks": integers(3, 9, 8, 1, high=3).astype("float32"),
            "bounding_boxes": {"boxes": boxes, "labels": np.array([[1, 2]] * 3, "float32")}}
    if name in ("CutMix", "RandomBrightness"):
        del data["bounding_boxes"]
    if name in ("MixUp", "MaxNumBoundingBoxes", "Resizing"):
        del data["segmentation_masks"]
    return data


def arrays(tree):
    """The arrays of a tree, as NumPy's."""
    def array(x):
        return x if isinstance(x, (str, int, float, bool)) or x is None else np.asarray(
            keras.ops.convert_to_numpy(x))

    return keras.tree.map_structure(array, tree)


def call(case, data=None):
    options = {} if case.training is None else {"training": case.training}
    return case.make()(case.data if data is None else data, **options)


def plain():
    """name -> what the layer makes of its data."""
    return {name: arrays(call(case)) for name, case in PLAIN.items()}


def given(layer, data):
    """The layer's transformation for the data: arrays, and names of layers in AugMix."""
    random.seed(4)  # AugMix asks Python which layers to use
    layer.build(PICTURES.shape)
    data = keras.tree.map_structure(keras.ops.convert_to_tensor, data)
    return arrays(layer.get_random_transformation(data, training=True))


def carried_out(layer, data, transformation):
    """The data changed by this transformation."""
    layer.build(PICTURES.shape)
    tensors = keras.tree.map_structure(
        lambda x: keras.ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x,
        transformation)
    layer.get_random_transformation = lambda *args, **kwargs: tensors
    return arrays(layer(data, training=True))


def augmented(table, data_of):
    """name -> the transformation's arrays and what it makes of the data."""
    found = {}
    for name, make in table.items():
        transformation = given(make(seed=11), data_of(name))
        found[name] = [leaves(transformation),
                       carried_out(make(seed=11), data_of(name), transformation)]
    return found


def leaves(transformation):
    return [x for x in keras.tree.flatten(transformation) if isinstance(x, np.ndarray)]


def refilled(transformation, arrays):
    """The transformation with other arrays in their places."""
    arrays = iter(arrays)
    return keras.tree.map_structure(
        lambda x: next(arrays) if isinstance(x, np.ndarray) else x, transformation)


def answers():
    """What a backend gives for the tables."""
    return {**{"plain/" + name: found for name, found in plain().items()},
            **{"random/" + name: found
               for name, found in augmented(RANDOM, lambda name: PICTURES).items()},
            **{"labelled/" + name: found
               for name, found in augmented(LABELLED, labelled).items()}}
