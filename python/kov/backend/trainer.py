# SPDX-License-Identifier: Apache-2.0
"""Model.predict and Model.evaluate: the whole step is one plan."""

from kov import _core

from keras.src import callbacks as callbacks_module
from keras.src import ops
from keras.src import tree
from keras.src.trainers import trainer as base_trainer
from keras.src.trainers.data_adapters import data_adapter_utils
from keras.src.trainers.epoch_iterator import EpochIterator
from keras.src.utils import traceback_utils
from keras.src.utils.python_utils import pythonify_logs

from .traced_function import TracedFunction
from .traced_function import run_eagerly

_Base = getattr(base_trainer, "BaseTrainer", None) or base_trainer.Trainer


class Trainer(_Base):
    def __init__(self):
        super().__init__()
        self.test_function = None
        self.predict_function = None

    def _forward(self, x):
        return self(x, training=False) if self._call_has_training_arg else self(x)

    def test_step(self, data):
        x, y, sample_weight = data_adapter_utils.unpack_x_y_sample_weight(data)
        y_pred = self._forward(x)
        loss = self._compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False
        )
        # The size as a tensor: with a free batch, `x.shape[0]` is None, which would weigh a
        # smaller last batch like the others.
        first = next(leaf for leaf in tree.flatten(x) if leaf is not None)
        self._loss_tracker.update_state(loss, sample_weight=ops.shape(first)[0])
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data):
        x, _, _ = data_adapter_utils.unpack_x_y_sample_weight(data)
        return self._forward(x)

    def _function_of(self, step, name):
        if self.run_eagerly:
            return lambda data: run_eagerly(step, data)
        return TracedFunction(step, name, self._discard_traced_masks)

    def _discard_traced_masks(self):
        """Recurrent cells keep dropout masks between the steps of a sequence."""
        for layer in self._flatten_layers():
            for reset in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
                getattr(layer, reset, lambda: None)()

    def make_test_function(self, force=False):
        if self.test_function is not None and not force:
            return self.test_function
        step = self._function_of(self.test_step, "test_step")

        def test_function(batches):
            for data in batches:
                logs = step(data)
            return logs

        self.test_function = test_function
        return test_function

    def make_predict_function(self, force=False):
        if self.predict_function is not None and not force:
            return self.predict_function
        step = self._function_of(self.predict_step, "predict_step")

        def predict_function(batches):
            outputs = [step(data) for data in batches]
            return outputs[0] if len(outputs) == 1 else _concatenate(outputs)

        self.predict_function = predict_function
        return predict_function

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        raise NotImplementedError(
            "kov does not have the function fit yet: it runs and evaluates models."
        )

    @traceback_utils.filter_traceback
    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        epoch_iterator = EpochIterator(
            x=x,
            batch_size=batch_size,
            steps_per_epoch=steps,
            shuffle=False,
            steps_per_execution=self.steps_per_execution,
        )
        callbacks = self._callback_list(callbacks, verbose, epoch_iterator, add_history=True)
        predict_function = self.make_predict_function()
        self.stop_predicting = False
        callbacks.on_predict_begin()
        outputs = []
        for begin_step, end_step, data in epoch_iterator.enumerate_epoch():
            callbacks.on_predict_batch_begin(begin_step)
            batch_outputs = predict_function(data)
            outputs.append(batch_outputs)
            callbacks.on_predict_batch_end(end_step, {"outputs": batch_outputs})
            if self.stop_predicting:
                break
        callbacks.on_predict_end()
        return _concatenate(outputs)

    @traceback_utils.filter_traceback
    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
        **kwargs,
    ):
        self._assert_compile_called("evaluate")
        use_cached_eval_dataset = kwargs.pop("_use_cached_eval_dataset", False)
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        if use_cached_eval_dataset:
            epoch_iterator = self._eval_epoch_iterator
        else:
            epoch_iterator = EpochIterator(
                x=x,
                y=y,
                sample_weight=sample_weight,
                batch_size=batch_size,
                steps_per_epoch=steps,
                shuffle=False,
                steps_per_execution=self.steps_per_execution,
            )
        callbacks = self._callback_list(callbacks, verbose, epoch_iterator)
        test_function = self.make_test_function()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        logs = {}
        self.reset_metrics()
        for begin_step, end_step, data in epoch_iterator:
            callbacks.on_test_batch_begin(begin_step)
            logs = test_function(data)
            callbacks.on_test_batch_end(end_step, logs)
            if self.stop_evaluating:
                break
        logs = pythonify_logs(self._get_metrics_result_or_logs(logs))
        callbacks.on_test_end(logs)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def train_on_batch(
        self,
        x,
        y=None,
        sample_weight=None,
        class_weight=None,
        return_dict=False,
    ):
        raise NotImplementedError(
            "kov does not have the function train_on_batch yet: it runs and evaluates models."
        )

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        self._assert_compile_called("test_on_batch")
        test_function = self.make_test_function()
        self.reset_metrics()
        logs = test_function([data_adapter_utils.pack_x_y_sample_weight(x, y, sample_weight)])
        logs = pythonify_logs(self._get_metrics_result_or_logs(logs))
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def predict_on_batch(self, x):
        data = data_adapter_utils.pack_x_y_sample_weight(x)
        outputs = self.make_predict_function()([data])
        if _core.is_tensor(outputs):
            return _core.convert_to_numpy(outputs)
        return tree.map_structure(_core.convert_to_numpy, outputs)

    def _callback_list(self, callbacks, verbose, epoch_iterator, **options):
        if isinstance(callbacks, callbacks_module.CallbackList):
            return callbacks
        kind = callbacks_module.CallbackList if callbacks or verbose else _NoCallbacks
        return kind(
            callbacks,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=1,
            steps=epoch_iterator.num_batches,
            model=self,
            **options,
        )


OpenVINOTrainer = Trainer


class _NoCallbacks(callbacks_module.CallbackList):
    """The list where none is asked for: Keras's own would start a thread for what comes at a
    batch's end, which is nothing and takes longer than a small model."""

    def _configure_async_dispatch(self, callbacks):
        pass


def _concatenate(batches):
    """Batches of outputs, equal in structure, as one structure of NumPy arrays."""
    return tree.map_structure_up_to(
        batches[0], lambda *parts: _core.concatenate_batches(parts), *batches
    )
