# SPDX-License-Identifier: Apache-2.0
"""keras-hub: text models that continue a text."""

import numpy as np
from zoo_rows import Input
from zoo_rows import Of
from zoo_rows import hub
from zoo_rows import mask
from zoo_rows import tokens

_LENGTH = 12
_PLAIN = {"token_ids": tokens(_LENGTH), "padding_mask": mask(_LENGTH)}
# Length of the result, of the longer prompt, and the vocabulary.
_PROMPT = (14, 6, 100)
_HEADS = {"vocabulary_size": 100, "num_layers": 2, "num_heads": 2, "hidden_dim": 16,
          "intermediate_dim": 32}
_GROUPED = {"vocabulary_size": 100, "num_layers": 2, "num_query_heads": 4,
            "num_key_value_heads": 2, "hidden_dim": 16, "intermediate_dim": 32}
_QWEN_3_5 = {
    "vocabulary_size": 100, "num_layers": 4, "num_query_heads": 4, "num_key_value_heads": 2,
    "head_dim": 8, "hidden_dim": 16, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
    "linear_key_head_dim": 4, "linear_value_head_dim": 4,
    "layer_types": ["linear_attention", "linear_attention", "linear_attention",
                    "full_attention"],
}
_SMOL = {
    "vocabulary_size": 100, "hidden_dim": 16, "intermediate_dim": 32, "num_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "attention_bias": False,
    "attention_dropout": 0.0, "rope_layer_enabled_list": [True, False],
    "layer_types": ["full_attention", "full_attention"], "mlp_bias": False,
    "layer_norm_epsilon": 1e-5, "max_position_embeddings": 32, "rope_theta": 10000.0,
    "partial_rotary_factor": 1.0,
}
_GEMMA_3N = {
    "text_vocab_size": 100, "text_hidden_size": 16, "num_hidden_layers": 2, "pad_token_id": 0,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
    "intermediate_size": [32, 32], "hidden_activation": "gelu_approximate",
    "layer_types": ["full_attention", "sliding_attention"], "sliding_window": 4,
    "rope_theta": 10000.0, "max_position_embeddings": 32, "vocab_size_per_layer_input": 100,
    "hidden_size_per_layer_input": 8, "altup_num_inputs": 2, "laurel_rank": 4,
    "activation_sparsity_pattern": [0.5, 0.0],
}


def _both(name, arguments, inputs=None, causal=None, prompt=None):
    """The backbone's row and that of its CausalLM."""
    backbone = name + "Backbone"
    inputs = _PLAIN if inputs is None else inputs
    return {**hub(backbone, arguments, inputs),
            **hub(name + "CausalLM", {"backbone": Of(backbone), "preprocessor": None, **(causal or {})},
                  inputs, generate=_PROMPT, prompt=prompt or {})}


def _first(length, count):
    """Whether a place is one of the first `count`, for two rows."""
    return np.broadcast_to(np.arange(length) < count, (2, length)).copy()


def _ids(length, count):
    """`count` tokens and then zeros, for two rows."""
    drawn = np.random.default_rng(14).integers(3, 100, (2, length)).astype("int32")
    return drawn * _first(length, count)


TABLE = {
    **_both("Bloom", _HEADS),
    **_both("Falcon", {"vocabulary_size": 100, "num_layers": 2, "num_attention_heads": 2,
                       "hidden_dim": 16, "intermediate_dim": 64}),
    **_both("GPT2", {**_HEADS, "max_sequence_length": 16}),
    **_both("GPTNeoX", {**_HEADS, "max_sequence_length": 16}),
    **_both("Gemma", {**_GROUPED, "head_dim": 4}),
    **_both("Gemma3", {**_GROUPED, "head_dim": 4, "image_size": 16,
                       "use_sliding_window_attention": True, "sliding_window_size": 4},
             prompt={"images": np.zeros((2, 0, 16, 16, 3), "float32")}),
    **_both("Gemma3n", _GEMMA_3N, causal={"backbone": Of("Gemma3nBackbone", filled=True)}),
    **_both("Gemma4", {**_GROUPED, "head_dim": 8, "image_size": 16, "sliding_window_size": 4,
                       "sliding_window_pattern": 2},
             {**_PLAIN, "position_ids": Input("positions", (_LENGTH,))}),
    **_both("GptOss", {**_GROUPED, "num_experts": 3, "top_k": 2, "sliding_window": 4}),
    **_both("Llama", _GROUPED),
    **_both("Llama3", _GROUPED),
    **_both("Mistral", {**_GROUPED, "sliding_window": 4}),
    **_both("Mixtral", {**_GROUPED, "num_experts": 3, "sliding_window": 4}),
    **_both("OPT", {**_HEADS, "max_sequence_length": 16}),
    **_both("Phi3", _GROUPED),
    # keras-hub's Qwen leaves out its sliding window on JAX, so there it has none.
    **_both("Qwen", _GROUPED),
    **_both("Qwen3", {**_GROUPED, "head_dim": 8}),
    **_both("Qwen3Moe", {**_GROUPED, "head_dim": 8, "moe_intermediate_dim": 16, "num_experts": 4,
                         "top_k": 2}),
    **_both("Qwen3_5", {**_QWEN_3_5, "intermediate_dim": 32}),
    **_both("Qwen3_5Moe", {**_QWEN_3_5, "moe_intermediate_dim": 16,
                           "shared_expert_intermediate_size": 16, "num_experts": 4, "top_k": 2}),
    **_both("QwenMoe", {**_GROUPED, "moe_intermediate_dim": 16,
                        "shared_expert_intermediate_dim": 16, "num_experts": 4, "top_k": 2}),
    **hub("Qwen3TextEmbedder", {"backbone": Of("Qwen3Backbone"), "embedding_dim": 16}, _PLAIN),
    **hub("Gemma3TextEmbedder", {"backbone": Of("Gemma3Backbone", {
        "is_embedding_model": True, "pooling_intermediate_dim": 32, "embedding_dim": 8})}, _PLAIN),
    **_both("RWKV7", {"hidden_size": 16, "head_size": 8, "num_layers": 2, "vocabulary_size": 100,
                      "intermediate_dim": 32, "gate_lora": 8, "mv_lora": 8, "aaa_lora": 8,
                      "decay_lora": 8},
             prompt={"input_padding_mask": _first(12, 12), "padding_mask": _first(9, 1),
                     "token_ids": _ids(12, 12), "predict_token_ids": _ids(9, 1)}),
    **_both("SmolLM3", _SMOL),
}
