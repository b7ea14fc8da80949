# SPDX-License-Identifier: Apache-2.0
"""keras-hub: nets for pictures, and what classifies, segments, detects and measures depth with
them."""

from zoo_rows import Input
from zoo_rows import Of
from zoo_rows import hub
from zoo_rows import numbers
from zoo_rows import picture

_SIDE = 64
_SHAPE = (_SIDE, _SIDE, 3)
_PICTURE = picture(_SIDE)


def _classifier(name, backbone, **arguments):
    return hub(name, {"backbone": Of(backbone), "num_classes": 3, **arguments}, _PICTURE)


_HGNET = {
    "depths": [1, 1, 2, 1], "embedding_size": 8, "hidden_sizes": [16, 32, 48, 64],
    "stem_channels": [3, 8, 8], "hidden_act": "relu", "use_learnable_affine_block": True,
    "stackwise_stage_filters": [(8, 8, 16, 1, 3, 3), (16, 8, 32, 1, 3, 3), (32, 16, 48, 2, 3, 5),
                                (48, 16, 64, 1, 3, 5)],
    "apply_downsample": [False, True, True, True],
    "use_lightweight_conv_block": [False, False, True, True], "image_shape": _SHAPE,
}
_D_FINE = {
    "backbone": Of("HGNetV2Backbone", {"out_features": ["stage3", "stage4"]}),
    "decoder_in_channels": [16, 16], "encoder_hidden_dim": 16, "num_denoising": 0, "num_labels": 5,
    "hidden_dim": 16, "learn_initial_query": False, "num_queries": 4,
    "anchor_image_size": (_SIDE, _SIDE), "feat_strides": [16, 32], "num_feature_levels": 2,
    "encoder_in_channels": [48, 64], "encode_proj_layers": [1], "num_attention_heads": 2,
    "encoder_ffn_dim": 32, "num_encoder_layers": 1, "hidden_expansion": 0.34,
    "depth_multiplier": 0.5, "eval_idx": -1, "num_decoder_layers": 2,
    "decoder_attention_heads": 2, "decoder_ffn_dim": 32, "decoder_n_points": [3, 3],
    "lqe_hidden_dim": 8, "num_lqe_layers": 2, "out_features": ["stage3", "stage4"],
    "image_shape": _SHAPE, "seed": 0,
}
_MOBILE = {
    "stackwise_expansion": [[16, 24], [32, 48], [48, 64]], "stackwise_num_blocks": [2, 2, 2],
    "stackwise_num_filters": [[8, 8], [16, 16], [24, 24]],
    "stackwise_kernel_size": [[3, 3], [5, 5], [5, 5]],
    "stackwise_num_strides": [[2, 1], [2, 1], [1, 1]],
    "stackwise_se_ratio": [[None, None], [0.25, 0.25], [0.3, 0.3]],
    "stackwise_activation": [["relu", "relu"], ["hard_swish"] * 2, ["hard_swish"] * 2],
    "stackwise_padding": [[1, 1], [2, 2], [2, 2]], "output_num_filters": 48,
    "input_activation": "hard_swish", "output_activation": "hard_swish", "input_num_filters": 8,
    "image_shape": _SHAPE, "depthwise_filters": 8, "depthwise_stride": 2,
    "depthwise_residual": False, "squeeze_and_excite": 0.5, "last_layer_filter": 48,
}
_MOBILE_V5 = {
    "stackwise_block_types": [["er"], ["uir", "uir"], ["mqa", "uir"]],
    "stackwise_num_blocks": [1, 2, 2], "stackwise_num_filters": [[8], [16, 16], [24, 24]],
    "stackwise_strides": [[2], [2, 1], [2, 1]],
    "stackwise_act_layers": [["relu"], ["relu", "relu"], ["relu", "relu"]],
    "stackwise_exp_ratios": [[2.0], [2.0, 2.0], [1.0, 2.0]],
    "stackwise_se_ratios": [[0.0], [0.0, 0.0], [0.0, 0.0]],
    "stackwise_dw_kernel_sizes": [[0], [5, 5], [0, 5]],
    "stackwise_dw_start_kernel_sizes": [[0], [3, 0], [0, 0]],
    "stackwise_dw_end_kernel_sizes": [[0], [0, 3], [0, 0]],
    "stackwise_exp_kernel_sizes": [[3], [0, 0], [0, 0]],
    "stackwise_pw_kernel_sizes": [[1], [0, 0], [0, 0]],
    "stackwise_num_heads": [[0], [0, 0], [2, 0]], "stackwise_key_dims": [[0], [0, 0], [8, 0]],
    "stackwise_value_dims": [[0], [0, 0], [8, 0]], "stackwise_kv_strides": [[0], [0, 0], [1, 0]],
    "stackwise_use_cpe": [[False], [False, False], [False, False]], "use_msfa": False,
    "image_shape": _SHAPE,
}
_EFFICIENT = {
    "stackwise_kernel_sizes": [3, 3, 5], "stackwise_num_repeats": [1, 2, 2],
    "stackwise_input_filters": [8, 8, 16], "stackwise_output_filters": [8, 16, 24],
    "stackwise_expansion_ratios": [1, 4, 4],
    "stackwise_squeeze_and_excite_ratios": [0.0, 0.25, 0.25], "stackwise_strides": [1, 2, 2],
    "stackwise_block_types": ["v1", "fused", "unfused"],
    "stackwise_width_coefficients": [1.0] * 3, "stackwise_depth_coefficients": [1.0] * 3,
    "stackwise_force_input_filters": [0] * 3, "stackwise_nores_option": [False] * 3,
    "input_shape": _SHAPE,
}
_VIT = {"image_shape": _SHAPE, "patch_size": 16, "num_layers": 2, "num_heads": 2, "hidden_dim": 16}
_DINO = {"patch_size": 16, "num_layers": 4, "hidden_dim": 16, "num_heads": 2,
         "intermediate_dim": 32, "image_shape": _SHAPE}
_MIT = {
    "image_shape": _SHAPE, "hidden_dims": [8, 16], "num_layers": 2, "layerwise_depths": [1, 2],
    "layerwise_num_heads": [1, 2], "layerwise_sr_ratios": [4, 2], "layerwise_patch_sizes": [7, 3],
    "layerwise_strides": [4, 2], "max_drop_path_rate": 0.1,
}
_RESNET = {
    "input_conv_filters": [8], "input_conv_kernel_sizes": [7],
    "stackwise_num_filters": [64, 16, 24, 32], "stackwise_num_blocks": [1, 2, 1, 1],
    "stackwise_num_strides": [1, 2, 2, 2], "block_type": "bottleneck_block",
    "image_shape": _SHAPE,
}
_RETINA = {"image_encoder": Of("ResNetBackbone"), "min_level": 3, "max_level": 5, "use_p5": False,
           "image_shape": _SHAPE}
_CSP = {"stem_filters": 8, "stem_kernel_size": 3, "stem_strides": 1, "stackwise_depth": [1, 2, 2],
        "stackwise_strides": [1, 2, 2], "stackwise_num_filters": [16, 24, 32],
        "image_shape": _SHAPE}
_SAM_SIDE = 128
_SAM = {
    "images": picture(_SAM_SIDE), "points": numbers(1, 2), "labels": Input("ones", (1,)),
    "boxes": Input("ones", (1, 2, 2)), "masks": numbers(0, 32, 32, 1),
}


def _sam_layer(name):
    def make(**arguments):
        import keras_hub
        return getattr(keras_hub.layers, name)(**arguments)

    return make


def _part(name, arguments):
    """A layer that is an argument of a model, and no row of the report."""
    from zoo_rows import Row
    return {"(" + name + ")": Row(_sam_layer(name), arguments, part=True)}


def _decoder(name, **arguments):
    """What makes boxes of a detector's scores, as a part."""
    from zoo_rows import Row

    def make(**keywords):
        import keras_hub
        return keras_hub.layers.NonMaxSuppression("yxyx", from_logits=True, **keywords)

    return {name: Row(make, arguments, part=True)}


TABLE = {
    **hub("ResNetBackbone", _RESNET, _PICTURE),
    **_classifier("ResNetImageClassifier", "ResNetBackbone"),
    **hub("BASNetBackbone", {"image_encoder": Of("ResNetBackbone", {
        "input_conv_filters": [64], "stackwise_num_filters": [64, 128, 256, 512],
        "stackwise_num_blocks": [1, 1, 1, 1], "block_type": "basic_block",
        "image_shape": (None, None, 3)}), "num_classes": 1,
        "image_shape": _SHAPE}, _PICTURE, policies=()),
    **hub("BASNetImageSegmenter", {"backbone": Of("BASNetBackbone")}, _PICTURE, policies=()),
    **hub("CSPNetBackbone", {**_CSP, "block_type": "dark_block", "stage_type": "csp",
                              "block_ratio": [0.5]}, _PICTURE),
    **_classifier("CSPNetImageClassifier", "CSPNetBackbone"),
    **hub("DenseNetBackbone", {"stackwise_num_repeats": [2, 3, 2], "growth_rate": 8,
                               "image_shape": _SHAPE}, _PICTURE),
    **_classifier("DenseNetImageClassifier", "DenseNetBackbone"),
    **hub("HGNetV2Backbone", _HGNET, _PICTURE),
    **_classifier("HGNetV2ImageClassifier", "HGNetV2Backbone", head_filters=16, preprocessor=None),
    # A net that has learned nothing is sure of no box: of the threshold's half there would be none. In 16
    # bits rounding says which of boxes with nearly equal scores stay; the detectors' nets are compared.
    **_decoder("(Decoder)", confidence_threshold=0.02, max_detections=12),
    # Its queries are the places of the best scores. With these weights the best five are 0.04 and more
    # apart: 16 bits round scores by up to 0.02, on JAX too, and would choose others among closer ones.
    **hub("DFineBackbone", _D_FINE, _PICTURE, seed=23),
    **hub("DFineObjectDetector", {"backbone": Of("DFineBackbone", {"num_queries": 6}), "num_classes": 5,
                                  "bounding_box_format": "yxyx",
                                  "prediction_decoder": Of("(Decoder)")}, _PICTURE,
          seed=38, policies=()),
    **hub("DeepLabV3Backbone", {
        "image_encoder": Of("ResNetBackbone"), "low_level_feature_key": "P2",
        "spatial_pyramid_pooling_key": "P4", "upsampling_size": 4, "dilation_rates": [2, 3, 4],
        "projection_filters": 8, "image_shape": _SHAPE}, _PICTURE),
    **hub("DeepLabV3ImageSegmenter", {"backbone": Of("DeepLabV3Backbone"), "num_classes": 3},
          _PICTURE),
    **hub("DeiTBackbone", {**_VIT, "intermediate_dim": 32}, _PICTURE),
    **_classifier("DeiTImageClassifier", "DeiTBackbone"),
    **hub("DINOV2Backbone", {**_DINO, "position_embedding_shape": _SHAPE,
                             "num_register_tokens": 2}, {"images": _PICTURE}),
    **hub("DINOV3Backbone", _DINO, {"pixel_values": _PICTURE}),
    **hub("DepthAnythingBackbone", {
        "image_encoder": Of("DINOV2Backbone", {"patch_size": 8}), "reassemble_factors": [4, 2, 1, 0.5],
        "neck_hidden_dims": [8, 8, 16, 16], "fusion_hidden_dim": 16, "head_hidden_dim": 8,
        "head_in_index": -1, "feature_keys": ["stage1", "stage2", "stage3", "stage4"]},
          {"images": _PICTURE}),
    **hub("DepthAnythingDepthEstimator", {
        "backbone": Of("DepthAnythingBackbone"), "depth_estimation_type": "metric",
        "max_depth": 10.0}, {"images": _PICTURE}),
    **hub("EfficientNetBackbone", _EFFICIENT, _PICTURE),
    **_classifier("EfficientNetImageClassifier", "EfficientNetBackbone"),
    **hub("MiTBackbone", _MIT, _PICTURE),
    **_classifier("MiTImageClassifier", "MiTBackbone"),
    **hub("MobileNetBackbone", _MOBILE, _PICTURE),
    **_classifier("MobileNetImageClassifier", "MobileNetBackbone"),
    **hub("MobileNetV5Backbone", _MOBILE_V5, _PICTURE),
    **_classifier("MobileNetV5ImageClassifier", "MobileNetV5Backbone"),
    **hub("RetinaNetBackbone", _RETINA, _PICTURE),
    **hub("RetinaNetObjectDetector", {"backbone": Of("RetinaNetBackbone"), "num_classes": 3,
                                      "bounding_box_format": "yxyx",
                                      "prediction_decoder": Of("(Decoder)")}, _PICTURE,
          policies=()),
    **hub("ViTDetBackbone", {
        "hidden_size": 16, "num_layers": 4, "intermediate_dim": 32, "num_heads": 2,
        "global_attention_layer_indices": [1, 3], "patch_size": 16, "num_output_channels": 8,
        "window_size": 2, "image_shape": (_SAM_SIDE, _SAM_SIDE, 3)}, picture(_SAM_SIDE)),
    **_part("SAMPromptEncoder", {"hidden_size": 8, "image_embedding_size": (8, 8),
                                 "input_image_size": (_SAM_SIDE, _SAM_SIDE),
                                 "mask_in_channels": 16}),
    **_part("SAMMaskDecoder", {"num_layers": 2, "hidden_size": 8, "intermediate_dim": 32,
                               "num_heads": 2, "embedding_dim": 8, "num_multimask_outputs": 3,
                               "iou_head_depth": 3, "iou_head_hidden_dim": 8}),
    **hub("SAMBackbone", {"image_encoder": Of("ViTDetBackbone"),
                          "prompt_encoder": Of("(SAMPromptEncoder)"),
                          "mask_decoder": Of("(SAMMaskDecoder)")}, _SAM),
    **hub("SAMImageSegmenter", {"backbone": Of("SAMBackbone")}, _SAM),
    **hub("SegFormerBackbone", {"image_encoder": Of("MiTBackbone"), "projection_filters": 16},
          _PICTURE),
    **hub("SegFormerImageSegmenter", {"backbone": Of("SegFormerBackbone"), "num_classes": 3},
          _PICTURE),
    **hub("SwinTransformerBackbone", {"image_shape": _SHAPE, "embed_dim": 16, "depths": (2, 2),
                                      "num_heads": (2, 4), "window_size": 4}, _PICTURE),
    **_classifier("SwinTransformerImageClassifier", "SwinTransformerBackbone"),
    **hub("VGGBackbone", {"stackwise_num_repeats": [1, 2, 2], "stackwise_num_filters": [8, 16, 24],
                          "image_shape": _SHAPE}, _PICTURE),
    **_classifier("VGGImageClassifier", "VGGBackbone"),
    **hub("ViTBackbone", {**_VIT, "mlp_dim": 32}, _PICTURE),
    **_classifier("ViTImageClassifier", "ViTBackbone"),
    **hub("XceptionBackbone", {"stackwise_conv_filters": [[8, 16], [16, 24], [32, 32]],
                               "stackwise_pooling": [True, True, False], "image_shape": _SHAPE},
          _PICTURE),
    **_classifier("XceptionImageClassifier", "XceptionBackbone"),
}
