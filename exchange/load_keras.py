"""Builds Lekka's network in Keras 3 from an exported file and reads one picture.

    lekka model export --format safetensors --names keras -o lekka.safetensors
    python exchange/load_keras.py lekka.safetensors samples/digit-7.png
"""

import json
import re
import sys

import keras
from keras import layers
from safetensors import safe_open


def activation(name):
    # Keras's own gelu is the exact one by default, its leaky_relu has the slope 0.2.
    return layers.Activation(name)


def build(spec):
    """The network of a spec. Takes pictures [N, height, width, channels], 0 to 1, ink 1."""
    network = keras.Sequential([layers.Input(spec["input"])])
    for layer in spec["layers"]:
        kind = layer["type"]
        if kind == "conv2d":
            network.add(layers.Conv2D(layer["filters"], layer["kernel"], padding="same"))
            network.add(activation(layer["activation"]))
        elif kind == "batch_norm":
            network.add(layers.BatchNormalization(epsilon=layer["epsilon"], momentum=layer["momentum"]))
        elif kind == "max_pool2d":
            network.add(layers.MaxPooling2D(layer["window"]))
        elif kind == "dropout":
            network.add(layers.Dropout(layer["rate"]))
        elif kind == "rows_to_sequence":
            network.add(layers.TimeDistributed(layers.Flatten()))
        elif kind == "columns_to_sequence":
            network.add(layers.Permute((2, 1, 3)))
            network.add(layers.TimeDistributed(layers.Flatten()))
        elif kind in ("gru", "lstm"):
            cell = layers.GRU if kind == "gru" else layers.LSTM
            recurrent = cell(layer["units"], return_sequences=layer["return_sequences"])
            network.add(layers.Bidirectional(recurrent) if layer["bidirectional"] else recurrent)
        elif kind == "flatten":
            network.add(layers.Flatten())
        elif kind == "global_average_pool2d":
            network.add(layers.GlobalAveragePooling2D())
        elif kind == "activation":
            network.add(activation(layer["activation"]))
        elif kind == "dense":
            network.add(layers.Dense(layer["units"]))
            network.add(activation(layer["activation"]))
        else:
            sys.exit(f"the layer {kind} is new to this script")
    return network


def paths(network):
    """The variables by the names in the file: paths without the network, counted from its first layer."""
    seen = {}
    named = {}
    for variable in network.weights:
        layer, tensor = variable.path.split("/", 1)[1].split("/", 1)
        kind = re.sub(r"_\d+$", "", layer)
        known = seen.setdefault(kind, [])
        if layer not in known:
            known.append(layer)
        number = known.index(layer)
        tensor = re.sub(r"_\d+(?=/)", "", tensor)
        named[f"{kind}_{number}/{tensor}" if number else f"{kind}/{tensor}"] = variable
    return named


def load(path):
    """The network with its weights."""
    with safe_open(path, "np") as file:
        network = build(json.loads(file.metadata()["lekka"])["spec"])
        named = paths(network)
        if set(named) != set(file.keys()):
            sys.exit(f"names differ: {sorted(set(named) ^ set(file.keys()))}")
        for name, variable in named.items():
            variable.assign(file.get_tensor(name))
    return network


if __name__ == "__main__":
    from picture import picture

    print(load(sys.argv[1]).predict(picture(sys.argv[2]), verbose=0))
