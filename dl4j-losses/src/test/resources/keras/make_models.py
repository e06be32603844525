#!/usr/bin/env python3
"""Writes the Keras models of the tests, and what they put out, without Keras.

    python3 make_models.py

Needs numpy and h5py (Debian: python3-numpy, python3-h5py). The build does not run it: its results
stand beside it. The files have the layout of model.save("x.h5") of tf.keras 2.x: the attributes
model_config and training_config are JSON, and model_weights/LAYER holds LAYER/kernel:0 and so on.

input.npy is one batch [N,H,W,C]; NAME.npy is the output for it, [N,H,W,K], computed below in
double from the definitions of the layers: what an importer must reproduce.
"""

import json

import h5py
import numpy as np

HEIGHT, WIDTH, CHANNELS = 8, 12, 3


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {"linear": lambda x: x, "relu": relu, "sigmoid": sigmoid, "softmax": softmax}


class Model:
    """Layers that are declared as Keras would, weighted, and computed, one after another."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)
        self.layers = []
        self.weights = {}

    def weight(self, *shape):
        return np.round(self.random.normal(0, 0.35, shape), 3)

    def add(self, class_name, name, config, inbound, **weights):
        config = dict(name=name, trainable=True, dtype="float32", **config)
        self.layers.append((class_name, name, config, inbound))
        self.weights[name] = weights

    def input(self, name):
        shape = [None, HEIGHT, WIDTH, CHANNELS]
        self.layers.append(
            (
                "InputLayer",
                name,
                dict(batch_input_shape=shape, dtype="float32", sparse=False, ragged=False, name=name),
                [],
            )
        )
        self.weights[name] = {}

    def conv(self, name, x, inbound, filters, size, activation):
        kernel, bias = self.weight(size, size, x.shape[-1], filters), self.weight(filters)
        self.add(
            "Conv2D",
            name,
            dict(
                filters=filters,
                kernel_size=[size, size],
                strides=[1, 1],
                padding="same",
                data_format="channels_last",
                dilation_rate=[1, 1],
                groups=1,
                activation=activation,
                use_bias=True,
                **INITIALIZERS,
            ),
            [inbound],
            kernel=kernel,
            bias=bias,
        )
        r = size // 2
        padded = np.pad(x, ((0, 0), (r, r), (r, r), (0, 0)))
        y = np.zeros(x.shape[:3] + (filters,)) + bias
        for i in range(size):
            for j in range(size):
                y += padded[:, i : i + x.shape[1], j : j + x.shape[2]] @ kernel[i, j]
        return ACTIVATIONS[activation](y)

    def pool(self, name, x, inbound):
        self.add(
            "MaxPooling2D",
            name,
            dict(pool_size=[2, 2], padding="valid", strides=[2, 2], data_format="channels_last"),
            [inbound],
        )
        return np.maximum(
            np.maximum(x[:, ::2, ::2], x[:, 1::2, ::2]), np.maximum(x[:, ::2, 1::2], x[:, 1::2, 1::2])
        )

    def transpose(self, name, x, inbound, filters, activation):
        kernel, bias = self.weight(2, 2, filters, x.shape[-1]), self.weight(filters)
        self.add(
            "Conv2DTranspose",
            name,
            dict(
                filters=filters,
                kernel_size=[2, 2],
                strides=[2, 2],
                padding="same",
                data_format="channels_last",
                dilation_rate=[1, 1],
                groups=1,
                activation=activation,
                use_bias=True,
                output_padding=None,
                **INITIALIZERS,
            ),
            [inbound],
            kernel=kernel,
            bias=bias,
        )
        y = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2], filters)) + bias
        for i in range(2):
            for j in range(2):
                y[:, i::2, j::2] += x @ kernel[i, j].T
        return ACTIVATIONS[activation](y)

    def upsample(self, name, x, inbound):
        self.add(
            "UpSampling2D",
            name,
            dict(size=[2, 2], data_format="channels_last", interpolation="nearest"),
            [inbound],
        )
        return x.repeat(2, axis=1).repeat(2, axis=2)

    def normalize(self, name, x, inbound):
        n = x.shape[-1]
        gamma, beta, mean = 1 + self.weight(n) / 4, self.weight(n), self.weight(n)
        variance = 0.5 + np.abs(self.weight(n))
        self.add(
            "BatchNormalization",
            name,
            dict(
                axis=[3],
                momentum=0.99,
                epsilon=0.001,
                center=True,
                scale=True,
                beta_initializer=ZEROS,
                gamma_initializer=ONES,
                moving_mean_initializer=ZEROS,
                moving_variance_initializer=ONES,
                beta_regularizer=None,
                gamma_regularizer=None,
                beta_constraint=None,
                gamma_constraint=None,
            ),
            [inbound],
            gamma=gamma,
            beta=beta,
            moving_mean=mean,
            moving_variance=variance,
        )
        return (x - mean) / np.sqrt(variance + 0.001) * gamma + beta

    def concatenate(self, name, xs, inbound):
        self.add("Concatenate", name, dict(axis=-1), inbound)
        return np.concatenate(xs, axis=-1)

    def activation(self, name, x, inbound, activation):
        self.add("Activation", name, dict(activation=activation), [inbound])
        return ACTIVATIONS[activation](x)

    def sequential(self):
        layers = [dict(class_name=c, config=config) for c, _, config, _ in self.layers]
        return dict(class_name="Sequential", config=dict(name="sequential", layers=layers))

    def functional(self):
        layers = [
            dict(
                class_name=c,
                config=config,
                name=name,
                inbound_nodes=[[[i, 0, 0, {}] for i in inbound]] if inbound else [],
            )
            for c, name, config, inbound in self.layers
        ]
        return dict(
            class_name="Functional",
            config=dict(
                name="model",
                layers=layers,
                input_layers=[[self.layers[0][1], 0, 0]],
                output_layers=[[self.layers[-1][1], 0, 0]],
            ),
        )

    def save(self, path, model_config, loss):
        with h5py.File(path, "w", track_order=False) as f:
            f.attrs["backend"] = "tensorflow"
            f.attrs["keras_version"] = "2.10.0"
            f.attrs["model_config"] = json.dumps(model_config)
            f.attrs["training_config"] = json.dumps(
                dict(
                    loss=loss,
                    metrics=None,
                    weighted_metrics=None,
                    loss_weights=None,
                    optimizer_config=dict(
                        class_name="Adam",
                        config=dict(
                            name="Adam",
                            learning_rate=0.001,
                            decay=0.0,
                            beta_1=0.9,
                            beta_2=0.999,
                            epsilon=1e-07,
                            amsgrad=False,
                        ),
                    ),
                )
            )
            root = f.create_group("model_weights")
            root.attrs["backend"] = "tensorflow"
            root.attrs["keras_version"] = "2.10.0"
            root.attrs["layer_names"] = np.array([name.encode() for name in self.weights])
            for layer, weights in self.weights.items():
                group = root.create_group(layer)
                names = ["%s/%s:0" % (layer, weight) for weight in weights]
                group.attrs["weight_names"] = np.array([name.encode() for name in names])
                for name, values in zip(names, weights.values()):
                    group.create_dataset(name, data=values.astype("float32"), track_times=False)


ZEROS = dict(class_name="Zeros", config={})
ONES = dict(class_name="Ones", config={})
INITIALIZERS = dict(
    kernel_initializer=dict(class_name="GlorotUniform", config=dict(seed=None)),
    bias_initializer=ZEROS,
    kernel_regularizer=None,
    bias_regularizer=None,
    activity_regularizer=None,
    kernel_constraint=None,
    bias_constraint=None,
)


def decoder(model, x, filters, activation):
    model.input("images")
    x = model.conv("conv1", x, "images", 4, 3, "relu")
    x = model.pool("pool", x, "conv1")
    x = model.conv("conv2", x, "pool", 6, 3, "relu")
    x = model.transpose("up", x, "conv2", 4, "relu")
    return model.conv("classes", x, "up", filters, 1, activation)


def unet(model, x):
    model.input("images")
    skip = model.conv("conv1", x, "images", 4, 3, "relu")
    x = model.pool("pool", skip, "conv1")
    x = model.conv("conv2", x, "pool", 5, 3, "linear")
    x = model.normalize("norm", x, "conv2")
    x = model.activation("relu", x, "norm", "relu")
    x = model.upsample("up", x, "relu")
    x = model.concatenate("skip", [skip, x], ["conv1", "up"])
    x = model.conv("classes", x, "skip", 3, 1, "linear")
    return model.activation("softmax", x, "classes", "softmax")


def main():
    images = np.round(np.random.RandomState(1).normal(0, 1, (2, HEIGHT, WIDTH, CHANNELS)), 3)
    np.save("input.npy", images.astype("float32"))

    model = Model(2)
    y = decoder(model, images, 3, "softmax")
    model.save("sequential_softmax.h5", model.sequential(), "categorical_crossentropy")
    np.save("sequential_softmax.npy", y.astype("float32"))

    model = Model(3)
    y = decoder(model, images, 1, "sigmoid")
    model.save("sequential_sigmoid.h5", model.sequential(), "binary_crossentropy")
    np.save("sequential_sigmoid.npy", y.astype("float32"))

    model = Model(4)
    y = unet(model, images)
    model.save("functional_softmax.h5", model.functional(), "sparse_categorical_crossentropy")
    np.save("functional_softmax.npy", y.astype("float32"))


if __name__ == "__main__":
    main()
