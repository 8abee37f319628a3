"""Builds Lekka's network in PyTorch from an exported file and reads one picture.

    lekka model export --format safetensors -o lekka.safetensors
    python exchange/load_pytorch.py lekka.safetensors samples/digit-7.png
"""

import json
import sys

import torch
from safetensors import safe_open
from torch import nn

ACTIVATIONS = {
    "linear": nn.Identity(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(0.2),
    "elu": nn.ELU(),
    "silu": nn.SiLU(),
    "mish": nn.Mish(),
    "gelu": nn.GELU(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
}


class Network(nn.Module):
    """The network of a spec. Takes pictures [N, height, width, channels], 0 to 1, ink 1."""

    def __init__(self, spec):
        super().__init__()
        self.steps = []
        counts = {}
        height, width, features = spec["input"]

        def add(kind, module):
            counts[kind] = number = counts.get(kind, 0) + 1
            name = kind if kind in ("gru", "lstm") and number == 1 else f"{kind}{number}"
            self.add_module(name, module)
            return getattr(self, name)

        for layer in spec["layers"]:
            kind = layer["type"]
            if kind == "conv2d":
                module = nn.Conv2d(features, layer["filters"], layer["kernel"], padding="same")
                self.steps += [add("conv", module), ACTIVATIONS[layer["activation"]]]
                features = layer["filters"]
            elif kind == "batch_norm":
                norm = nn.BatchNorm2d if height else nn.BatchNorm1d
                # PyTorch's momentum is the share of the new value.
                module = norm(features, eps=layer["epsilon"], momentum=1 - layer["momentum"])
                self.steps.append(add("bn", module))
            elif kind == "max_pool2d":
                self.steps.append(nn.MaxPool2d(layer["window"]))
                height, width = height // layer["window"][0], width // layer["window"][1]
            elif kind == "dropout":
                # A module, so that eval() reaches it.
                self.steps.append(add("dropout", nn.Dropout(layer["rate"])))
            elif kind == "rows_to_sequence":
                self.steps.append(lambda x: x.permute(0, 2, 3, 1).flatten(2))
                length, features, height = height, width * features, 0
            elif kind == "columns_to_sequence":
                self.steps.append(lambda x: x.permute(0, 3, 2, 1).flatten(2))
                length, features, height = width, height * features, 0
            elif kind in ("gru", "lstm"):
                cell = nn.GRU if kind == "gru" else nn.LSTM
                module = cell(features, layer["units"], batch_first=True, bidirectional=layer["bidirectional"])
                self.steps.append((add(kind, module), layer["return_sequences"]))
                features = layer["units"] * (2 if layer["bidirectional"] else 1)
                if not layer["return_sequences"]:
                    length = 1
            elif kind == "flatten":
                if height:
                    self.steps.append(lambda x: x.permute(0, 2, 3, 1))
                    features *= height * width
                    height = 0
                else:
                    features *= length
                self.steps.append(nn.Flatten())
            elif kind == "global_average_pool2d":
                self.steps.append(lambda x: x.mean((2, 3)))
                height = 0
            elif kind == "activation":
                self.steps.append(ACTIVATIONS[layer["activation"]])
            elif kind == "dense":
                self.steps += [add("fc", nn.Linear(features, layer["units"])), ACTIVATIONS[layer["activation"]]]
                features = layer["units"]
            else:
                sys.exit(f"the layer {kind} is new to this script")

    def forward(self, x):
        x = x.permute(0, 3, 1, 2)
        for step in self.steps:
            if not isinstance(step, tuple):
                x = step(x)
                continue
            module, sequences = step
            every, last = module(x)
            last = last[0] if isinstance(last, tuple) else last
            x = every if sequences else last.transpose(0, 1).flatten(1)
        return x


def spec_of(path):
    """The network that an exported file describes."""
    with safe_open(path, "np") as file:
        return json.loads(file.metadata()["lekka"])["spec"]


def load(path):
    """The network with its weights, ready to infer."""
    network = Network(spec_of(path))
    with safe_open(path, "pt") as file:
        network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
    return network.eval()


if __name__ == "__main__":
    from picture import picture

    with torch.no_grad():
        print(load(sys.argv[1])(torch.from_numpy(picture(sys.argv[2]))).numpy())
