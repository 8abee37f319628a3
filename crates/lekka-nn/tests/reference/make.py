"""Makes the reference numbers of this folder with Keras.

    pip install keras==3.15.1 tensorflow-cpu==2.21.0
    python make.py

Inputs and weights come from the generator of `lekka_nn::random`, so only results are stored.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")

import keras
import numpy as np
import tensorflow as tf

from generator import splitmix, spread, uniform

HERE = Path(__file__).parent
PROJECTIONS = 24


def pictures(seed, batch, shape):
    """Squares of 2x2 pixels, half of them black."""
    height, width, channels = shape
    rows, columns = -(-height // 2), -(-width // 2)
    squares = spread(seed, [batch, rows, columns, channels], -1, 1)
    squares = np.maximum(squares, np.float32(0))
    return squares.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]


def labels(seed, batch, classes):
    return (uniform(seed, batch) * np.float32(classes)).astype(np.int64)


def weight(seed, name, shape, gamma):
    """Weights of about the usual size, none of them at a special value."""
    kind = name.rsplit(".", 1)[1]
    if kind in ("gamma", "moving_variance"):
        scale = gamma if kind == "gamma" else 1.0
        return spread(seed, shape, 0.5 * scale, 1.5 * scale)
    if kind in ("kernel", "recurrent_kernel"):
        fans = int(np.prod(shape[:-2])) * (shape[-2] + shape[-1])
        limit = np.sqrt(np.float32(6) / np.float32(fans))
        return spread(seed, shape, -limit, limit)
    return spread(seed, shape, -0.1, 0.1)


ACTIVATIONS = {
    "leaky_relu": lambda x: keras.activations.leaky_relu(x, negative_slope=0.2),
    "gelu": lambda x: keras.activations.gelu(x, approximate=False),
}


def build(spec):
    """The Keras model of a spec, and the names of its tensors in Keras's order."""
    layers, names, counts = [keras.Input(spec["input"])], [], {}
    shape = list(spec["input"])
    for layer in spec["layers"]:
        kind = layer["type"]
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{kind}_{counts[kind]}"
        activation = layer.get("activation", "linear")
        activation = ACTIVATIONS.get(activation, activation)
        if kind == "conv2d":
            layers.append(keras.layers.Conv2D(layer["filters"], layer["kernel"], padding="same", activation=activation))
            names += [f"{name}.kernel", f"{name}.bias"]
        elif kind == "batch_norm":
            layers.append(keras.layers.BatchNormalization())
            names += [f"{name}.{t}" for t in ("gamma", "beta", "moving_mean", "moving_variance")]
        elif kind == "max_pool2d":
            layers.append(keras.layers.MaxPooling2D(layer["window"]))
        elif kind == "global_average_pool2d":
            layers.append(keras.layers.GlobalAveragePooling2D())
        elif kind == "activation":
            layers.append(keras.layers.Activation(activation))
        elif kind == "flatten":
            layers.append(keras.layers.Flatten())
        elif kind == "dense":
            layers.append(keras.layers.Dense(layer["units"], activation=activation))
            names += [f"{name}.kernel", f"{name}.bias"]
        elif kind == "rows_to_sequence":
            layers.append(keras.layers.Reshape((shape[0], shape[1] * shape[2])))
        elif kind == "columns_to_sequence":
            layers.append(keras.layers.Permute((2, 1, 3)))
            layers.append(keras.layers.Reshape((shape[1], shape[0] * shape[2])))
        elif kind in ("gru", "lstm"):
            make = keras.layers.GRU if kind == "gru" else keras.layers.LSTM
            recurrent = make(layer["units"], return_sequences=layer.get("return_sequences", False))
            directions = [""]
            if layer.get("bidirectional", False):
                recurrent = keras.layers.Bidirectional(recurrent)
                directions = ["forward.", "backward."]
            layers.append(recurrent)
            names += [f"{name}.{d}{t}" for d in directions for t in ("kernel", "recurrent_kernel", "bias")]
        elif kind != "dropout":
            raise ValueError(kind)
        shape = list(keras.Sequential(layers).output_shape[1:])
    return keras.Sequential(layers), names


def variables(model):
    return [variable for layer in model.layers for variable in layer_variables(layer)]


def layer_variables(layer):
    if isinstance(layer, keras.layers.BatchNormalization):
        return [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]
    return layer.weights


def set_weights(model, names, gamma=1.0):
    for index, (variable, name) in enumerate(zip(variables(model), names, strict=True)):
        variable.assign(weight(100 + index, name, list(variable.shape), gamma))


def compact(values):
    """Small tensors as they are, large ones as sums with random signs: the mean square of the
    differences of such sums is the square of the length of the difference of the tensors."""
    values = np.asarray(values, dtype=np.float64).ravel()
    result = {"norm": number(np.linalg.norm(values))}
    if values.size <= PROJECTIONS:
        result["values"] = [number(value) for value in values]
    else:
        sums = []
        for index in range(PROJECTIONS):
            signs = np.where(splitmix(1000 + index, values.size) >> np.uint64(63), 1.0, -1.0)
            sums.append(number(values @ signs))
        result["sums"] = sums
    return result


def number(value):
    return float(f"{float(value):.7g}")


def loss_of(case):
    classes = case["spec"]["layers"][-1]["units"]
    cross_entropy = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=case.get("label_smoothing", 0.0)
    )
    targets = np.eye(classes, dtype=np.float32)[labels(2, case["batch"], classes)]
    return lambda logits: cross_entropy(targets, logits)


def layer_case(case):
    """Logits in inference; loss and gradients in training."""
    model, names = build(case["spec"])
    set_weights(model, names)
    images = pictures(1, case["batch"], case["spec"]["input"])
    case["logits"] = [number(value) for value in model(images, training=False).numpy().ravel()]
    loss = loss_of(case)
    with tf.GradientTape() as tape:
        value = loss(model(images, training=True))
    case["loss"] = number(value)
    gradients = tape.gradient(value, model.trainable_variables)
    by_variable = {id(v): g for v, g in zip(model.trainable_variables, gradients, strict=True)}
    case["gradients"] = {
        name: compact(by_variable[id(variable)])
        for name, variable in zip(names, variables(model), strict=True)
        if id(variable) in by_variable
    }
    return case


def network_case(case):
    """Logits before and after three steps; loss of each; the change of every tensor.

    With gamma near 1, as Keras starts it, three steps of RMSprop at 1e-3 are chaotic: noise of 1e-7
    in the pictures changes what Keras itself makes of the weights by 3 to 40 %. With gamma near 0.1
    and twelve pictures it does so by 0.01 %, so that agreement says something.
    """
    names, before, after, losses, logits = train(case, 0.0, 0)
    case["logits"], case["logits_after"] = logits
    case["losses"] = losses
    changes = [new - old for new, old in zip(after, before, strict=True)]
    for seed in range(3):
        _, _, disturbed, _, _ = train(case, 1e-6, seed)
        differences = [
            np.linalg.norm(new - other) / np.linalg.norm(change)
            for new, other, change in zip(after, disturbed, changes, strict=True)
        ]
        print(f"noise of 1e-6 changes Keras by {max(differences):.1e}, median {np.median(differences):.1e}")
    case["changes"] = {name: compact(change) for name, change in zip(names, changes, strict=True)}
    return case


def train(case, noise, noise_seed):
    model, names = build(case["spec"])
    set_weights(model, names, case["gamma"])
    images = pictures(1, case["batch"], case["spec"]["input"])
    disturbance = np.random.default_rng(noise_seed).standard_normal(images.shape)
    images = (images * (1 + noise * disturbance)).astype(np.float32)
    logits = [[number(value) for value in model(images, training=False).numpy().ravel()]]
    loss = loss_of(case)
    before = [variable.numpy().astype(np.float64) for variable in variables(model)]
    optimizer = keras.optimizers.RMSprop(case["learning_rate"])
    losses = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            value = loss(model(images, training=True))
        losses.append(number(value))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    after = [variable.numpy().astype(np.float64) for variable in variables(model)]
    logits.append([number(value) for value in model(images, training=False).numpy().ravel()])
    return names, before, after, losses, logits


def optimizer_case(case):
    spec = dict(case["optimizer"])
    kind = spec.pop("type")
    make = {"rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}[kind]
    optimizer = getattr(keras.optimizers, make)(learning_rate=0.01, **spec)
    kernel = keras.Variable(spread(1, [5], -1, 1), name="kernel")
    bias = keras.Variable(spread(2, [5], -1, 1), name="bias")
    if kind == "adamw":
        optimizer.exclude_from_weight_decay(var_list=[bias])
    optimizer.build([kernel, bias])
    for step in range(4):
        gradients = [spread(10 + step, [5], -1, 1), spread(20 + step, [5], -0.001, 0.001)]
        optimizer.apply([tf.constant(g) for g in gradients], [kernel, bias])
    case["kernel"] = [number(value) for value in kernel.numpy()]
    case["bias"] = [number(value) for value in bias.numpy()]
    return case


def conv(filters, activation="relu", kernel=(3, 3)):
    return {"type": "conv2d", "filters": filters, "kernel": list(kernel), "activation": activation}


def dense(units, activation="linear"):
    return {"type": "dense", "units": units, "activation": activation}


def pool(height, width):
    return {"type": "max_pool2d", "window": [height, width]}


def recurrent(kind, units, bidirectional, return_sequences):
    return {"type": kind, "units": units, "bidirectional": bidirectional, "return_sequences": return_sequences}


FLATTEN = {"type": "flatten"}
NORM = {"type": "batch_norm"}
ROWS = {"type": "rows_to_sequence"}
COLUMNS = {"type": "columns_to_sequence"}
AVERAGE = {"type": "global_average_pool2d"}


def layer_cases():
    stacks = [
        ([6, 5, 2], [conv(3), conv(4, kernel=(5, 5))]),
        ([6, 5, 2], [conv(3, kernel=(2, 4)), conv(4, "linear", (1, 1))]),
        ([6, 5, 2], [conv(3), NORM, pool(2, 2), conv(3)]),
        ([6, 7, 2], [conv(17), NORM, pool(1, 2), conv(3)]),
        ([6, 5, 2], [conv(3, "linear"), NORM, {"type": "activation", "activation": "relu"}, conv(2)]),
        ([6, 5, 2], [conv(3), pool(2, 2), conv(3)]),
        ([6, 5, 2], [conv(3), AVERAGE, dense(5, "relu"), NORM]),
    ]
    for activation in ("leaky_relu", "elu", "silu", "mish", "gelu", "tanh", "sigmoid"):
        stacks.append(([4, 4, 1], [conv(3, activation), FLATTEN, dense(4, activation)]))
    for kind in ("gru", "lstm"):
        for steps in (ROWS, COLUMNS):
            for bidirectional in (False, True):
                for return_sequences in (False, True):
                    layer = recurrent(kind, 3, bidirectional, return_sequences)
                    stacks.append(([4, 6, 1], [conv(2), steps, layer]))
    stacks.append(([5, 4, 1], [ROWS, recurrent("gru", 3, True, True), recurrent("lstm", 2, True, False)]))
    for index, (shape, layers) in enumerate(stacks):
        spec = {"input": shape, "layers": [*layers, FLATTEN, dense(3)]}
        yield {"spec": spec, "batch": 4, "label_smoothing": 0.1 * (index % 2)}


def paper():
    layers = []
    for filters, window in ((64, (2, 2)), (128, (2, 2)), (256, (1, 2))):
        layers += [conv(filters), conv(filters), NORM, pool(*window), {"type": "dropout", "rate": 0.0}]
    layers += [ROWS, recurrent("gru", 32, True, True), FLATTEN, dense(256, "relu"), NORM]
    return {"input": [28, 28, 1], "layers": [*layers, {"type": "dropout", "rate": 0.0}, dense(10)]}


OPTIMIZERS = [
    {"type": "rmsprop", "rho": 0.9, "epsilon": 1e-7},
    {"type": "rmsprop", "rho": 0.8, "epsilon": 1e-3},
    {"type": "adam", "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    {"type": "adamw", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-7, "weight_decay": 0.3},
    {"type": "sgd", "momentum": 0.0, "nesterov": False},
    {"type": "sgd", "momentum": 0.9, "nesterov": False},
    {"type": "sgd", "momentum": 0.9, "nesterov": True},
]


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write("layers.json", [layer_case(case) for case in layer_cases()])
    write("optimizers.json", [optimizer_case({"optimizer": spec}) for spec in OPTIMIZERS])
    write("gradients.json", [layer_case({"spec": paper(), "batch": 16})])
    write("training.json", [network_case({"spec": paper(), "batch": 12, "gamma": 0.1, "learning_rate": 1e-3})])
