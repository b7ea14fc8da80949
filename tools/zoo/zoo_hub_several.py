# SPDX-License-Identifier: Apache-2.0
"""keras-hub: models of more than one input: text to text, sound, pictures with text, diffusion."""

from zoo_rows import Input
from zoo_rows import Of
from zoo_rows import hub
from zoo_rows import mask
from zoo_rows import numbers
from zoo_rows import ones
from zoo_rows import picture
from zoo_rows import tokens

_LONG, _SHORT = 12, 8
_PAIR = {"encoder_token_ids": tokens(_LONG), "encoder_padding_mask": mask(_LONG),
         "decoder_token_ids": tokens(_SHORT), "decoder_padding_mask": mask(_SHORT)}
_PROMPT = (14, 6, 100)
_PLAIN = {"vocabulary_size": 100, "num_layers": 2, "num_heads": 2, "hidden_dim": 16,
          "intermediate_dim": 32}
_T5_GEMMA = {
    "vocabulary_size": 100,
    **{f"{side}_{key}": value for side in ("encoder", "decoder") for key, value in {
        "hidden_dim": 16, "intermediate_dim": 32, "num_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 8,
        "layer_types": ["full_attention", "sliding_attention"]}.items()},
    "sliding_window": 4, "query_pre_attn_scalar": 1.0,
}
_SIDE = 32
_VISION = {"patch_size": 8, "hidden_dim": 16, "num_layers": 2, "num_heads": 2,
           "intermediate_dim": 32, "image_shape": (_SIDE, _SIDE, 3)}
_TEXT = {"vocabulary_size": 100, "embedding_dim": 16, "hidden_dim": 16, "num_layers": 2,
         "num_heads": 2, "intermediate_dim": 32, "max_sequence_length": _LONG}
_IMAGE = {"images": picture(_SIDE)}
_IDS = {"token_ids": tokens(_LONG)}
_GEMMA = {"vocabulary_size": 100, "image_size": _SIDE, "num_layers": 2, "num_query_heads": 2,
          "num_key_value_heads": 1, "hidden_dim": 16, "intermediate_dim": 32, "head_dim": 8,
          "vit_patch_size": 8, "vit_num_heads": 2, "vit_hidden_dim": 16, "vit_num_layers": 2,
          "vit_intermediate_dim": 32}


def _encoders(family, text=None, backbone=None):
    """The rows of a family like CLIP: pictures and text brought to one space."""
    text = _TEXT if text is None else text
    parts = {"vision_encoder": Of(family + "VisionEncoder"),
             "text_encoder": Of(family + "TextEncoder")}
    return {**hub(family + "VisionEncoder", _VISION, _IMAGE),
            **hub(family + "TextEncoder", text, _IDS),
            **hub(family + "Backbone", {**parts, **(backbone or {})}, {**_IMAGE, **_IDS})}


TABLE = {
    **hub("BartBackbone", {**_PLAIN, "max_sequence_length": 16}, _PAIR),
    **hub("BartSeq2SeqLM", {"backbone": Of("BartBackbone")}, _PAIR, generate=_PROMPT),
    **hub("EdRecBackbone", {"vocab_size": 100, "num_layers_enc": 2, "num_layers_dec": 2,
                            "hidden_dim": 16, "intermediate_dim": 32, "num_heads": 2}, _PAIR),
    **hub("EdRecSeq2SeqLM", {"backbone": Of("EdRecBackbone")}, _PAIR, generate=_PROMPT),
    **hub("T5Backbone", _PLAIN, _PAIR),
    **hub("T5Seq2SeqLM", {"backbone": Of("T5Backbone")}, _PAIR, generate=_PROMPT),
    **hub("T5GemmaBackbone", _T5_GEMMA, _PAIR),
    **hub("T5GemmaSeq2SeqLM", {"backbone": Of("T5GemmaBackbone")}, _PAIR, generate=_PROMPT),
    **hub("T5Gemma2Backbone", _T5_GEMMA, _PAIR),
    **hub("T5Gemma2Seq2SeqLM", {"backbone": Of("T5Gemma2Backbone")}, _PAIR, generate=_PROMPT),
    **hub("WhisperBackbone", {**_PLAIN, "num_mels": 20, "max_encoder_sequence_length": 32,
                              "max_decoder_sequence_length": 16},
          {"encoder_features": numbers(24, 20), "decoder_token_ids": tokens(_SHORT),
           "decoder_padding_mask": mask(_SHORT)}),
    **hub("MoonshineBackbone", {
        "vocabulary_size": 100, "filter_dim": 16, "encoder_num_layers": 2, "decoder_num_layers": 2,
        "hidden_dim": 16, "intermediate_dim": 32, "encoder_num_heads": 2, "decoder_num_heads": 2},
          {"encoder_input_values": numbers(4000, 1), "encoder_padding_mask": ones(4000),
           "decoder_token_ids": tokens(_SHORT), "decoder_padding_mask": mask(_SHORT)}),
    **hub("MoonshineAudioToText", {"backbone": Of("MoonshineBackbone")},
          {"encoder_input_values": numbers(4000, 1), "encoder_padding_mask": ones(4000),
           "decoder_token_ids": tokens(_SHORT), "decoder_padding_mask": mask(_SHORT)},
          generate=_PROMPT),
    **_encoders("CLIP", backbone={"projection_dim": 8}),
    **_encoders("MetaCLIP2", backbone={"projection_dim": 8}),
    **_encoders("SigLIP", {**_TEXT, "projection_dim": 16}),
    **hub("PaliGemmaBackbone", _GEMMA, {
        "images": picture(_SIDE), "token_ids": tokens(_LONG), "padding_mask": mask(_LONG),
        "response_mask": Input("zeros", (_LONG,))}),
    **hub("PaliGemmaCausalLM", {"backbone": Of("PaliGemmaBackbone"), "preprocessor": None}, {
        "images": picture(_SIDE), "token_ids": tokens(_LONG), "padding_mask": mask(_LONG),
        "response_mask": Input("zeros", (_LONG,))}, generate=_PROMPT),
    **hub("PARSeqBackbone", {
        "image_encoder": Of("ViTBackbone", {"image_shape": (_SIDE, 64, 3), "patch_size": (8, 16),
                                            "use_class_token": False}),
        "vocabulary_size": 100, "max_label_length": 11, "decoder_hidden_dim": 16,
        "num_decoder_layers": 1, "num_decoder_heads": 2, "decoder_mlp_dim": 32},
          {"images": Input("numbers", (_SIDE, 64, 3)), "token_ids": tokens(_LONG),
           "padding_mask": mask(_LONG)}),
    **hub("VAEBackbone", {
        "encoder_num_filters": [32, 32, 32, 32], "encoder_num_blocks": [1, 1, 1, 1],
        "decoder_num_filters": [32, 32, 32, 32], "decoder_num_blocks": [1, 1, 1, 1],
        "sample_channels": 4, "sampler_method": "mode"}, picture(_SIDE),
          module="keras_hub.src.models.vae.vae_backbone"),
    **hub("FluxBackbone", {
        "input_channels": 16, "hidden_size": 16, "mlp_ratio": 2.0, "num_heads": 2, "depth": 1,
        "depth_single_blocks": 1, "axes_dim": [2, 2, 4], "theta": 10000, "use_bias": True,
        "guidance_embed": True, "image_shape": (16, 16), "text_shape": (8, 16),
        "image_ids_shape": (16, 3), "text_ids_shape": (8, 3), "y_shape": (16,)},
          {"image": numbers(16, 16), "image_ids": numbers(16, 3), "text": numbers(8, 16),
           "text_ids": numbers(8, 3), "y": numbers(16), "timesteps": numbers(),
           "guidance": numbers()}),
    **hub("RQVAEBackbone", {"input_dim": 10, "encoder_layer_dims": [32, 16], "output_dim": 8,
                            "decoder_layer_dims": [16, 32], "num_embeddings": 16,
                            "num_quantizers": 3}, numbers(10),
          module="keras_hub.src.models.rqvae.rqvae_backbone"),
    **hub("VideoPrismBackbone", {
        "num_frames": 4, "patch_size": 8, "hidden_dim": 16, "intermediate_dim": 32, "num_heads": 2,
        "num_spatial_layers": 1, "num_temporal_layers": 1, "num_auxiliary_layers": 1,
        "vocabulary_size": 100, "num_text_layers": 1, "image_shape": (_SIDE, _SIDE, 3)},
          {"pixel_values": numbers(4, _SIDE, _SIDE, 3), "token_ids": tokens(_LONG),
           "padding_mask": mask(_LONG)}),
}
