# SPDX-License-Identifier: Apache-2.0
"""keras-hub: text encoders, and what classifies, fills in and embeds with them."""

from zoo_rows import Of
from zoo_rows import hub
from zoo_rows import integers
from zoo_rows import mask
from zoo_rows import tokens

_LENGTH = 12
PLAIN = {"token_ids": tokens(_LENGTH), "padding_mask": mask(_LENGTH)}
SEGMENTED = {**PLAIN, "segment_ids": integers(_LENGTH, high=2)}
UNMASKED = {"token_ids": tokens(_LENGTH), "segment_ids": integers(_LENGTH, high=2)}
_SMALL = {"vocabulary_size": 100, "num_layers": 2, "num_heads": 2, "hidden_dim": 16,
          "intermediate_dim": 32}
_SHORT = {**_SMALL, "max_sequence_length": 16}


def _classifier(name, backbone, inputs):
    return hub(name, {"backbone": Of(backbone), "num_classes": 3}, inputs)


def _masked(name, backbone, inputs):
    positions = {"mask_positions": integers(3, high=_LENGTH)}
    return hub(name, {"backbone": Of(backbone)}, {**inputs, **positions})


TABLE = {
    **hub("AlbertBackbone", {**_SHORT, "embedding_dim": 8}, SEGMENTED),
    **_classifier("AlbertTextClassifier", "AlbertBackbone", SEGMENTED),
    **_masked("AlbertMaskedLM", "AlbertBackbone", SEGMENTED),
    **hub("BertBackbone", _SHORT, SEGMENTED),
    **_classifier("BertTextClassifier", "BertBackbone", SEGMENTED),
    **_masked("BertMaskedLM", "BertBackbone", SEGMENTED),
    **hub("BertTextEmbedder", {"backbone": Of("BertBackbone")}, SEGMENTED),
    **hub("DebertaV3Backbone", {**_SHORT, "bucket_size": 4}, PLAIN),
    **_classifier("DebertaV3TextClassifier", "DebertaV3Backbone", PLAIN),
    **_masked("DebertaV3MaskedLM", "DebertaV3Backbone", PLAIN),
    **hub("DistilBertBackbone", _SHORT, PLAIN),
    **_classifier("DistilBertTextClassifier", "DistilBertBackbone", PLAIN),
    **_masked("DistilBertMaskedLM", "DistilBertBackbone", PLAIN),
    **hub("ElectraBackbone", {"vocab_size": 100, "num_layers": 2, "num_heads": 2, "hidden_dim": 16,
                              "embedding_dim": 8, "intermediate_dim": 32,
                              "max_sequence_length": 16}, SEGMENTED),
    **hub("ESMBackbone", _SMALL, {"token_ids": tokens(_LENGTH)}),
    **_classifier("ESMProteinClassifier", "ESMBackbone", {"token_ids": tokens(_LENGTH)}),
    **_masked("ESMMaskedPLM", "ESMBackbone", {"token_ids": tokens(_LENGTH)}),
    **hub("FNetBackbone", {"vocabulary_size": 100, "num_layers": 2, "hidden_dim": 16,
                           "intermediate_dim": 32, "max_sequence_length": 16}, UNMASKED),
    **_classifier("FNetTextClassifier", "FNetBackbone", UNMASKED),
    **_masked("FNetMaskedLM", "FNetBackbone", UNMASKED),
    **hub("RobertaBackbone", _SHORT, PLAIN),
    **_classifier("RobertaTextClassifier", "RobertaBackbone", PLAIN),
    **_masked("RobertaMaskedLM", "RobertaBackbone", PLAIN),
    **hub("RoformerV2Backbone", {**_SMALL, "head_size": 8}, UNMASKED),
    **_classifier("RoformerV2TextClassifier", "RoformerV2Backbone", UNMASKED),
    **_masked("RoformerV2MaskedLM", "RoformerV2Backbone", UNMASKED),
    **hub("XLMRobertaBackbone", _SHORT, PLAIN),
    **_classifier("XLMRobertaTextClassifier", "XLMRobertaBackbone", PLAIN),
    **_masked("XLMRobertaMaskedLM", "XLMRobertaBackbone", PLAIN),
    **hub("XLMRobertaTextEmbedder", {"backbone": Of("XLMRobertaBackbone")}, PLAIN),
    **hub("XLNetBackbone", _SMALL, SEGMENTED),
}
