"""Times the paper's network (docs/method.md) in other frameworks, for the table of docs/benchmarks.md.

    python peers.py PEER WORK [--threads N] [--seconds S]

PEER is torch, onnxruntime or keras; WORK is training, batch64 or batch1. Prints one line of JSON with the
median milliseconds of a whole call after warm-up. `bench/run.py` starts this once per round, so that every
framework has the machine to itself and rounds of different frameworks alternate.
"""

import argparse
import json
import os
import statistics
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("peer", choices=["torch", "onnxruntime", "keras"])
parser.add_argument("work", choices=["training", "batch64", "batch1"])
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--seconds", type=float, default=5.0)
arguments = parser.parse_args()

os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
os.environ["TF_NUM_INTRAOP_THREADS"] = str(arguments.threads)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy  # noqa: E402  (the thread settings above must come first)

BATCH = 1 if arguments.work == "batch1" else 64


def torch_network():
    import torch
    from torch import nn

    class RowsToSequence(nn.Module):
        def forward(self, x):  # [N,C,7,3] to 7 steps of 768
            return x.permute(0, 2, 3, 1).flatten(2)

    class BiGru(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = nn.GRU(768, 32, batch_first=True, bidirectional=True)

        def forward(self, x):
            return self.gru(x)[0].flatten(1)

    def block(inputs, outputs, pool):
        return [
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01),
            nn.MaxPool2d(pool), nn.Dropout(0.25),
        ]

    return nn.Sequential(
        *block(1, 64, 2), *block(64, 128, 2), *block(128, 256, (1, 2)),
        RowsToSequence(), BiGru(),
        nn.Linear(448, 256), nn.ReLU(), nn.BatchNorm1d(256, eps=1e-3, momentum=0.01), nn.Dropout(0.25),
        nn.Linear(256, 10),
    )


def torch_call():
    import torch

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    network = torch_network().to(memory_format=torch.channels_last)
    parameters = sum(p.numel() for p in network.parameters())
    assert parameters == 1_417_162, parameters
    images = torch.rand(BATCH, 1, 28, 28).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (BATCH,))
    if arguments.work != "training":
        network.eval()

        def infer():
            with torch.inference_mode():
                return network(images)

        return infer, f"torch {torch.__version__}"
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-5, alpha=0.9, eps=1e-7)
    loss_function = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_function(network(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, f"torch {torch.__version__}"


def onnxruntime_call():
    import onnxruntime
    import torch

    torch.manual_seed(1)
    network = torch_network().eval()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "crnn.onnx")
        torch.onnx.export(
            network, (torch.rand(BATCH, 1, 28, 28),), path, dynamo=False,
            input_names=["images"], output_names=["logits"],
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    images = numpy.random.default_rng(1).random((BATCH, 1, 28, 28), dtype=numpy.float32)
    return lambda: session.run(None, {"images": images}), f"onnxruntime {onnxruntime.__version__}"


def keras_call():
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    layers = [keras.Input((28, 28, 1))]
    for filters, pool in [(64, 2), (128, 2), (256, (1, 2))]:
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(filters, 3, padding="same", activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(pool),
            keras.layers.Dropout(0.25),
        ]
    layers += [
        keras.layers.TimeDistributed(keras.layers.Flatten()),
        keras.layers.Bidirectional(keras.layers.GRU(32, return_sequences=True)),
        keras.layers.Flatten(),
        keras.layers.Dense(256, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.25),
        keras.layers.Dense(10, activation="softmax"),
    ]
    network = keras.Sequential(layers)
    network.compile(keras.optimizers.RMSprop(1e-5), "sparse_categorical_crossentropy")
    assert network.count_params() == 1_418_570
    generator = numpy.random.default_rng(1)
    images = generator.random((BATCH, 28, 28, 1), dtype=numpy.float32)
    labels = generator.integers(0, 10, BATCH)
    version = f"keras {keras.__version__} on tensorflow {tensorflow.__version__}"
    if arguments.work == "training":
        return lambda: network.train_on_batch(images, labels), version
    return lambda: network.predict_on_batch(images), version


call, version = {"torch": torch_call, "onnxruntime": onnxruntime_call, "keras": keras_call}[arguments.peer]()
for _ in range(3):
    call()
times = []
end = time.perf_counter() + arguments.seconds
while time.perf_counter() < end or len(times) < 5:
    start = time.perf_counter()
    call()
    times.append(time.perf_counter() - start)
milliseconds = statistics.median(times) * 1e3
print(json.dumps({"version": version, "milliseconds": milliseconds, "calls": len(times)}))
