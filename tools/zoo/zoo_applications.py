# SPDX-License-Identifier: Apache-2.0
"""keras.applications: every constructor, its output before the softmax.

Pictures are small, which keeps the time down and changes no operation; nets whose last pools need
more get 128. `low` None: the model scales its pictures itself.
"""

from zoo_rows import POLICIES
from zoo_rows import Row
from zoo_rows import picture

_SCALED_INSIDE = ("EfficientNet", "ConvNeXt", "MobileNetV3")
# One net of each family is run in 16 bits too; in float16 alone where bfloat16 takes JAX itself
# further from float32 than half of what the numbers are.
_IN_16_BITS = {
    **dict.fromkeys((
        "ConvNeXtTiny", "DenseNet121", "InceptionResNetV2", "InceptionV3", "MobileNet",
        "MobileNetV3Small", "NASNetMobile", "ResNet50", "ResNet50V2", "VGG16", "Xception"), POLICIES),
    **dict.fromkeys(("EfficientNetB0", "EfficientNetV2B0", "MobileNetV2"), POLICIES[:1]),
}
_LARGER = ("Inception", "Xception", "NASNet")
_NAMES = """
    ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge DenseNet121 DenseNet169
    DenseNet201 EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4
    EfficientNetB5 EfficientNetB6 EfficientNetB7 EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2
    EfficientNetV2B3 EfficientNetV2S EfficientNetV2M EfficientNetV2L InceptionResNetV2 InceptionV3
    MobileNet MobileNetV2 MobileNetV3Large MobileNetV3Small NASNetLarge NASNetMobile ResNet50
    ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 VGG16 VGG19 Xception
    """


def _constructor(name):
    def make(**arguments):
        import keras
        return getattr(keras.applications, name)(weights=None, classifier_activation=None,
                                                 **arguments)

    return make


def _row(name):
    size = 128 if name.startswith(_LARGER) else 96
    scaled_inside = name.startswith(_SCALED_INSIDE)
    return Row(_constructor(name), {"input_shape": (size, size, 3)},
               picture(size, None if scaled_inside else -1), calibrated=True,
               policies=_IN_16_BITS.get(name, ()))


TABLE = {name: _row(name) for name in _NAMES.split()}
