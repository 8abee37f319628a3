"""Compares Lekka's logits with those of ONNX Runtime, PyTorch and Keras, as far as they are installed.

    python exchange/check.py --lekka target/release/lekka --logits target/release/examples/logits

Ends with 1 when any logit differs by more than 1e-4.
"""

import argparse
import importlib.util
import json
import multiprocessing
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

LIMIT = 1e-4
BATCHES = (1, 5, 64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lekka", type=Path, required=True, help="the program")
    parser.add_argument("--logits", type=Path, required=True, help="the example `logits` of lekka-model")
    parser.add_argument("weights", nargs="*", help="weights in place of the built-in ones")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(args.lekka, args.logits, Path(folder))
        for weights in args.weights or [None]:
            checks.exports(weights)
        checks.imports()
    sys.exit(1 if checks.failed else 0)


def installed(module):
    if importlib.util.find_spec(module):
        return True
    print(f"{module} is not installed: its checks are SKIPPED")
    return False


# Keras has a process of its own: TensorFlow and PyTorch's exporter do not bear each other in one.
def keras_load(path):
    global network
    import load_keras

    network = load_keras.load(path)


def keras_logits(pictures):
    return np.asarray(network(pictures, training=False))


class Checks:
    def __init__(self, lekka, logits, folder):
        self.program, self.logits_program, self.folder = lekka.resolve(), logits.resolve(), folder
        self.failed = False
        random = np.random.default_rng(1)
        # Strokes and paper rather than even noise: most values 0 or 1.
        self.pictures = np.clip(random.normal(0.3, 0.6, (64, 28, 28, 1)), 0, 1).astype(np.float32)
        self.pictures.tofile(folder / "pictures")
        self.torch, self.keras = installed("torch"), installed("keras")

    def lekka(self, *arguments):
        subprocess.run([self.program, *map(str, arguments)], check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def ours(self, weights):
        """Lekka's logits; raw pictures go through the example."""
        command = [self.logits_program, weights, "pictures", "logits"]
        subprocess.run(list(map(str, command)), check=True, cwd=self.folder)
        return np.fromfile(self.folder / "logits", np.float32).reshape(64, -1)

    def compare(self, title, expected, run):
        worst = 0.0
        for batch in BATCHES:
            parts = [run(self.pictures[i : i + batch]) for i in range(0, 64, batch)]
            found = np.concatenate(parts)
            # A NaN must not pass.
            difference = np.abs(found - expected).max() if found.shape == expected.shape else np.inf
            worst = max(worst, float(np.nan_to_num(difference, nan=np.inf)))
        verdict = "ok" if worst <= LIMIT else "FAILED"
        self.failed |= worst > LIMIT
        print(f"{title:<44} largest difference {worst:.2e} (logits up to {np.abs(expected).max():.1f})  {verdict}")

    def exports(self, weights):
        given = [Path(weights).resolve()] if weights else []
        title = Path(weights).stem if weights else "built-in"
        self.lekka("model", "export", *given, "--format", "onnx", "-o", "a.onnx")
        self.lekka("model", "export", *given, "--format", "safetensors", "-o", "p.safetensors")
        self.lekka("model", "export", *given, "--format", "safetensors", "--names", "keras", "-o", "k.safetensors")
        backs = []
        for name in ("a.onnx", "p.safetensors", "k.safetensors"):
            self.lekka("model", "import", name, "-o", "back.safetensors")
            backs.append((self.folder / "back.safetensors").read_bytes())
        if len(set(backs)) != 1:
            print(f"{title}: what comes back differs between the three files  FAILED")
            self.failed = True
        expected = self.ours("back.safetensors")
        self.compare(f"{title}: ONNX Runtime", expected, self.onnx(self.folder / "a.onnx"))
        if self.torch:
            self.compare(f"{title}: PyTorch", expected, self.pytorch(self.folder / "p.safetensors"))
        if self.keras:
            with multiprocessing.get_context("spawn").Pool(1, keras_load, (self.folder / "k.safetensors",)) as pool:
                self.compare(f"{title}: Keras", expected, lambda x: pool.apply(keras_logits, (x,)))

    def imports(self):
        """Weights that PyTorch made up, in a file without anything of ours."""
        if not self.torch:
            return
        import load_pytorch
        import torch
        from safetensors.torch import save_file

        torch.manual_seed(1)
        # Any exported file says what the paper's network is.
        self.lekka("model", "export", "--format", "safetensors", "-o", "p.safetensors")
        network = load_pytorch.Network(load_pytorch.spec_of(self.folder / "p.safetensors"))
        with torch.no_grad():
            # Statistics that are not 0 and 1.
            network(torch.rand(64, 28, 28, 1))
        network.eval()
        save_file(network.state_dict(), self.folder / "torch.safetensors")
        files = {"PyTorch's state dict": "torch.safetensors"}
        for dynamo in (False, True) if installed("onnxscript") else (False,):
            name = f"torch{int(dynamo)}.onnx"
            batch = {"dynamic_shapes": ({0: torch.export.Dim("N")},)} if dynamo else {"dynamic_axes": {"x": [0]}}
            options = {"external_data": False} if dynamo else {}
            example = (torch.rand(3, 28, 28, 1),)
            path = str(self.folder / name)
            torch.onnx.export(network, example, path, input_names=["x"], dynamo=dynamo, verbose=False, **batch, **options)
            files[f"torch.onnx.export(dynamo={dynamo})"] = name
        run = self.torch_runner(network)
        for title, name in files.items():
            self.lekka("model", "import", name, "--preset", "paper", "-o", "torch-back.safetensors")
            self.compare(f"from {title}", self.ours("torch-back.safetensors"), run)

    def onnx(self, path):
        import onnx
        import onnxruntime

        onnx.checker.check_model(str(path), full_check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        properties = session.get_modelmeta().custom_metadata_map
        if len(properties["classes"].split(",")) != len(json.loads(properties["lekka"])["classes"]):
            print("the ONNX file has not one label for each class  FAILED")
            self.failed = True
        return lambda pictures: session.run(["logits"], {"images": pictures})[0]

    def pytorch(self, path):
        import load_pytorch

        return self.torch_runner(load_pytorch.load(path))

    def torch_runner(self, network):
        import torch

        def run(pictures):
            with torch.no_grad():
                return network(torch.from_numpy(pictures)).numpy()

        return run


if __name__ == "__main__":
    main()
