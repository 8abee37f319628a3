"""The paper's claims, put to the test: the same convolutions with other heads, and with other activations.

    python3 bench/claims.py --data DATA --runs runs/claims [--lekka target/release/lekka] [--threads N] [--part K/N]

Trains every variant by the paper's protocol, but with a rate that falls from 1e-3 to nothing along a cosine, so that all
end settled, on the same ten writers for five epochs, validates on five others after each epoch, measures the official
test once at the end, and prints the table of docs/paper.md. Runs that are finished are not made again; `--part 0/2`
makes every second one, so that two processes can share the work. Seconds of an epoch are those of the run's fastest, or,
with `--speed` on a machine that does nothing else, of a run made for it: one epoch on two writers, on one thread.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile

TRAIN = "14,54,21,03,53,17,01,57,10,05"
HELD_OUT = "07,28,45,11,06"
EPOCHS = 5
HEADS = [("GRU (the paper's)", "paper", "relu"), ("dense layers", "dense", "relu"), ("LSTM", "lstm", "relu"),
         ("unidirectional GRU", "unidirectional", "relu"), ("columns as time steps", "columns", "relu"),
         ("no head but pooling", "pooling", "relu")]
ACTIVATIONS = [("LeakyReLU", "paper", "leaky_relu"), ("ELU", "paper", "elu"), ("SiLU", "paper", "silu"),
               ("Mish", "paper", "mish"), ("GELU", "paper", "gelu")]
# Three seeds for the claim that matters, one for the others.
VARIANTS = ([(*variant, 1) for variant in HEADS + ACTIVATIONS]
            + [(*HEADS[head], seed) for seed in (2, 3) for head in (0, 1)])


def images_per_second(lekka, data, network, activation):
    """Of an epoch on two writers, on one thread."""
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        command = [lekka, "train", "--preset", "paper", "--network", network, "--activation", activation, "--epochs", "1",
                   "--data", data, "--run", run, "--train-writers", "14,54", "--hold-out-writers", "07", "--threads", "1",
                   "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        with open(run / "metrics.csv", newline="") as file:
            return float(next(csv.DictReader(file))["images_per_second"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--runs", type=pathlib.Path, required=True)
    parser.add_argument("--lekka", default="target/release/lekka")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--speed", action="store_true", help="measure seconds of an epoch by themselves")
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    arguments.runs.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (title, network, activation, seed) in enumerate(VARIANTS):
        run = arguments.runs / f"{network}-{activation}-{seed}"
        weights = run / "model.safetensors"
        if not weights.exists():
            if number % parts != part:
                continue
            resume = ["--resume", run] if run.exists() else [
                "--preset", "paper", "--learning-rate", "1e-3", "--schedule", "cosine", "--min-rate", "0",
                "--network", network, "--activation", activation, "--seed", str(seed),
                "--epochs", str(EPOCHS), "--data", arguments.data, "--run", run, "--train-writers", TRAIN,
                "--hold-out-writers", HELD_OUT]
            subprocess.run([arguments.lekka, "train", *resume, "--threads", arguments.threads, "--quiet"], check=True)
        measured = run / "test.json"
        if not measured.exists():
            subprocess.run([arguments.lekka, "eval", "--data", arguments.data, "--split", "test", "--weights", weights,
                            "--format", "json", "-o", measured, "--quiet", "--threads", arguments.threads], check=True)
        with open(run / "metrics.csv", newline="") as file:
            epochs = list(csv.DictReader(file))
        held_out = [float(epoch["val_accuracy"]) for epoch in epochs]
        reached = next((str(index + 1) for index, value in enumerate(held_out) if value >= 0.98), "not reached")
        if arguments.speed and seed == 1:
            images = len(TRAIN.split(",")) * 1280
            seconds = images / images_per_second(arguments.lekka, arguments.data, network, activation)
        else:
            seconds = min(float(epoch["seconds"]) for epoch in epochs)
        info = subprocess.run([arguments.lekka, "model", "info", weights, "--format", "json"], check=True,
                              capture_output=True).stdout
        rows.append((title, seed, held_out[-1], max(held_out), json.loads(measured.read_text())["accuracy"], reached,
                     seconds, json.loads(info)))
    print("| variant | seed | held-out writers, last epoch | best epoch | official test | epochs to 98 % "
          "| seconds an epoch | parameters |")
    print("|---|---|---|---|---|---|---|---|")
    for title, seed, last, best, test, reached, seconds, info in rows:
        parameters = sum(layer["parameters"] for layer in info["layers"])
        print(f"| {title} | {seed} | {100 * last:.2f} % | {100 * best:.2f} % | {100 * test:.2f} % | {reached} "
              f"| {seconds:.0f} | {parameters:,} |")


if __name__ == "__main__":
    main()
