# SPDX-License-Identifier: Apache-2.0
"""Keras's metrics and losses, by the kind of data that they are for.

A model that hands its input on is evaluated: its input is the prediction. The last batch is smaller,
samples have weights or none.
"""

import keras
import numpy as np
from keras import losses
from keras import metrics

COUNT, BATCH = 11, 4
RNG = np.random.default_rng(31)
WEIGHTS = RNG.uniform(0.2, 2.0, COUNT).astype("float32")


def numbers(*shape, low=-2.0, high=2.0):
    return RNG.uniform(low, high, (COUNT, *shape)).astype("float32")


def likely(*shape):
    """Positive numbers whose sum along the last axis is 1."""
    x = numbers(*shape, low=0.05, high=1.0) ** 2
    return x / x.sum(-1, keepdims=True)


def integers(*shape, high):
    return RNG.integers(0, high, (COUNT, *shape)).astype("int32")


def one_hot(classes, high):
    return np.eye(high, dtype="float32")[classes]


CLASSES = integers(high=5)
CLASSES[:5] = np.arange(5)
# kind -> (y_true, y_pred)
DATA = {
    "numbers": (numbers(3), numbers(3)),
    "positive": (numbers(3, low=0.1), numbers(3, low=0.1)),
    "signs": (np.sign(numbers(3)), numbers(3)),
    "binary": (integers(1, high=2).astype("float32"), numbers(1, low=0.02, high=0.98)),
    "logits": (integers(1, high=2).astype("float32"), numbers(1)),
    "labels": (integers(4, high=2).astype("float32"), numbers(4, low=0.02, high=0.98)),
    "one-hot": (one_hot(CLASSES, 5), likely(5)),
    "one-hot logits": (one_hot(CLASSES, 5), numbers(5)),
    "classes": (CLASSES, likely(5)),
    "classes logits": (CLASSES, numbers(5)),
    "class numbers": (integers(1, high=4), integers(1, high=4).astype("float32")),
    "pixels": (integers(5, 6, 2, high=2).astype("float32"), numbers(5, 6, 2, low=0.02, high=0.98)),
    "texts": (RNG.integers(1, 5, (COUNT, 3)).astype("int32"), numbers(8, 5)),
    "directions": (integers(high=3), one_hot(CLASSES, 5)[:, :4] + numbers(4, low=0.1, high=0.3)),
}
# kind -> name -> metric; a name may not stand for two.
METRICS = {
    "numbers": {
        "mae": lambda: metrics.MeanAbsoluteError(), "mse": lambda: metrics.MeanSquaredError(),
        "mape": lambda: metrics.MeanAbsolutePercentageError(),
        "rmse": lambda: metrics.RootMeanSquaredError(),
        "logcosh": lambda: metrics.LogCoshError(),
        "cosine": lambda: metrics.CosineSimilarity(),
        "r2": lambda: metrics.R2Score(),
        "r2_each": lambda: metrics.R2Score(class_aggregation=None),
        "r2_variance": lambda: metrics.R2Score(class_aggregation="variance_weighted_average"),
        "pearson": lambda: metrics.PearsonCorrelation(),
        "concordance": lambda: metrics.ConcordanceCorrelation(),
        "huber": lambda: metrics.MeanMetricWrapper(losses.huber, name="huber", delta=0.7),
    },
    "positive": {
        "msle": lambda: metrics.MeanSquaredLogarithmicError(),
        "poisson": lambda: metrics.Poisson(), "kl": lambda: metrics.KLDivergence(),
    },
    "signs": {"hinge": lambda: metrics.Hinge(), "squared_hinge": lambda: metrics.SquaredHinge()},
    "binary": {
        "accuracy": lambda: metrics.BinaryAccuracy(),
        "accuracy_3": lambda: metrics.BinaryAccuracy(threshold=0.3),
        "crossentropy": lambda: metrics.BinaryCrossentropy(label_smoothing=0.1),
        "iou": lambda: metrics.BinaryIoU(target_class_ids=(0, 1), threshold=0.4),
        "auc": lambda: metrics.AUC(), "auc_pr": lambda: metrics.AUC(curve="PR"),
        "auc_minoring": lambda: metrics.AUC(num_thresholds=20, summation_method="minoring"),
        "auc_majoring": lambda: metrics.AUC(thresholds=[0.2, 0.5, 0.7],
                                            summation_method="majoring"),
        "precision": lambda: metrics.Precision(), "recall": lambda: metrics.Recall(),
        "recalls": lambda: metrics.Recall(thresholds=[0.2, 0.5, 0.8]),
        "tp": lambda: metrics.TruePositives(), "tn": lambda: metrics.TrueNegatives(),
        "fp": lambda: metrics.FalsePositives(thresholds=[0.1, 0.6]),
        "fn": lambda: metrics.FalseNegatives(),
        "sens": lambda: metrics.SensitivityAtSpecificity(0.5),
        "spec": lambda: metrics.SpecificityAtSensitivity(0.5, num_thresholds=50),
        "prec_at": lambda: metrics.PrecisionAtRecall(0.5),
        "recall_at": lambda: metrics.RecallAtPrecision(0.5),
    },
    "logits": {"crossentropy": lambda: metrics.BinaryCrossentropy(from_logits=True),
               "auc": lambda: metrics.AUC(from_logits=True)},
    "labels": {
        "auc": lambda: metrics.AUC(multi_label=True, num_labels=4),
        "auc_weighted": lambda: metrics.AUC(multi_label=True, label_weights=[1.0, 2, 0.5, 1]),
        "f1": lambda: metrics.F1Score(threshold=0.5),
        "f1_macro": lambda: metrics.F1Score(average="macro", threshold=0.4),
        "fbeta": lambda: metrics.FBetaScore(beta=2.0, average="weighted", threshold=0.5),
        "accuracy": lambda: metrics.BinaryAccuracy(),
    },
    "one-hot": {
        "accuracy": lambda: metrics.CategoricalAccuracy(),
        "crossentropy": lambda: metrics.CategoricalCrossentropy(label_smoothing=0.1),
        "hinge": lambda: metrics.CategoricalHinge(),
        "top": lambda: metrics.TopKCategoricalAccuracy(k=2),
        "f1": lambda: metrics.F1Score(average="micro"),
        "fbeta": lambda: metrics.FBetaScore(beta=0.5),
        "iou": lambda: metrics.OneHotIoU(num_classes=5, target_class_ids=[0, 2]),
        "mean_iou": lambda: metrics.OneHotMeanIoU(num_classes=5),
        "precision": lambda: metrics.Precision(top_k=2),
        "recall": lambda: metrics.Recall(class_id=1, thresholds=0.2),
        "kl": lambda: metrics.KLDivergence(),
    },
    "one-hot logits": {
        "crossentropy": lambda: metrics.CategoricalCrossentropy(from_logits=True)},
    "classes": {
        "accuracy": lambda: metrics.SparseCategoricalAccuracy(),
        "crossentropy": lambda: metrics.SparseCategoricalCrossentropy(),
        "ignoring": lambda: metrics.SparseCategoricalCrossentropy(ignore_class=2),
        "top": lambda: metrics.SparseTopKCategoricalAccuracy(k=2),
        "mean_iou": lambda: metrics.MeanIoU(num_classes=5, sparse_y_pred=False),
    },
    "classes logits": {
        "crossentropy": lambda: metrics.SparseCategoricalCrossentropy(from_logits=True)},
    "class numbers": {
        "accuracy": lambda: metrics.Accuracy(),
        "iou": lambda: metrics.IoU(num_classes=4, target_class_ids=[1, 3]),
        "mean_iou": lambda: metrics.MeanIoU(num_classes=4, ignore_class=0),
    },
}
# Metrics that are not of y_true and y_pred.
OF_VALUES = ("Mean", "Sum", "Metric")
# kind -> name -> loss
LOSSES = {
    "numbers": {
        "mae": lambda **k: losses.MeanAbsoluteError(**k),
        "mse": lambda **k: losses.MeanSquaredError(**k),
        "mape": lambda **k: losses.MeanAbsolutePercentageError(**k),
        "huber": lambda **k: losses.Huber(delta=0.7, **k), "logcosh": lambda **k: losses.LogCosh(**k),
        "cosine": lambda **k: losses.CosineSimilarity(**k),
    },
    "positive": {
        "msle": lambda **k: losses.MeanSquaredLogarithmicError(**k),
        "poisson": lambda **k: losses.Poisson(**k), "kl": lambda **k: losses.KLDivergence(**k),
    },
    "signs": {"hinge": lambda **k: losses.Hinge(**k),
              "squared_hinge": lambda **k: losses.SquaredHinge(**k)},
    "binary": {
        "crossentropy": lambda **k: losses.BinaryCrossentropy(label_smoothing=0.1, **k),
        "focal": lambda **k: losses.BinaryFocalCrossentropy(apply_class_balancing=True, **k),
    },
    "logits": {"crossentropy": lambda **k: losses.BinaryCrossentropy(from_logits=True, **k),
               "focal": lambda **k: losses.BinaryFocalCrossentropy(from_logits=True, **k)},
    "one-hot": {
        "crossentropy": lambda **k: losses.CategoricalCrossentropy(label_smoothing=0.1, **k),
        "focal": lambda **k: losses.CategoricalFocalCrossentropy(gamma=1.5, **k),
        "hinge": lambda **k: losses.CategoricalHinge(**k),
    },
    "one-hot logits": {
        "crossentropy": lambda **k: losses.CategoricalCrossentropy(from_logits=True, **k),
        "focal": lambda **k: losses.CategoricalFocalCrossentropy(from_logits=True, **k)},
    "classes": {
        "crossentropy": lambda **k: losses.SparseCategoricalCrossentropy(**k),
        "ignoring": lambda **k: losses.SparseCategoricalCrossentropy(ignore_class=2, **k),
        "generalized": lambda **k: losses.CategoricalGeneralizedCrossEntropy(q=0.6, **k),
    },
    "classes logits": {
        "crossentropy": lambda **k: losses.SparseCategoricalCrossentropy(from_logits=True, **k)},
    "pixels": {"dice": lambda **k: losses.Dice(**k),
               "dice_axes": lambda **k: losses.Dice(axis=(1, 2, 3), **k),
               "tversky": lambda **k: losses.Tversky(alpha=0.3, beta=0.7, axis=(1, 2, 3), **k)},
    "texts": {"ctc": lambda **k: losses.CTC(**k)},
    "directions": {"circle": lambda **k: losses.Circle(gamma=4.0, margin=0.3, **k)},
}
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def handing_on(shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def nothing(y_true, y_pred):
    return keras.ops.zeros(keras.ops.shape(y_pred)[:1])


def measured(kind, weighted):
    """name -> every metric of the kind, from one `evaluate`."""
    y_true, y_pred = DATA[kind]
    model = handing_on(y_pred.shape[1:])
    found = []
    for name, make in METRICS[kind].items():
        metric = make()
        metric.name = name
        found.append(metric)
    model.compile(loss=nothing, **{"weighted_metrics" if weighted else "metrics": found})
    logs = model.evaluate(y_pred, y_true, sample_weight=WEIGHTS if weighted else None,
                          batch_size=BATCH, verbose=0, return_dict=True)
    return {name: np.asarray(logs[name]) for name in METRICS[kind]}


def lost(kind, name, weighted, evaluate=True):
    """The loss of the data by `evaluate`, or by a call for each reduction."""
    y_true, y_pred = DATA[kind]
    weights = WEIGHTS if weighted else None
    if evaluate:
        model = handing_on(y_pred.shape[1:])
        model.compile(loss=LOSSES[kind][name]())
        return np.asarray(model.evaluate(y_pred, y_true, sample_weight=weights, batch_size=BATCH,
                                         verbose=0))
    whole = name in ("dice",)  # one number for all samples
    return [np.asarray(keras.ops.convert_to_numpy(LOSSES[kind][name](reduction=reduction)(
        y_true, y_pred, sample_weight=None if whole else weights))) for reduction in REDUCTIONS]


CASES = [(kind, weighted) for kind in METRICS for weighted in (False, True)]
LOSS_CASES = [(kind, name, weighted) for kind in LOSSES for name in LOSSES[kind]
              for weighted in (False, True) if not (weighted and name == "dice")]


def label(*case):
    return ", ".join("weighted" if part is True else "plain" if part is False else part
                     for part in case)


def answers():
    found = {"metrics/" + label(*case): measured(*case) for case in CASES}
    for case in LOSS_CASES:
        found["losses/" + label(*case)] = [lost(*case), lost(*case, evaluate=False)]
    return found
