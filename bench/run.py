"""Compares Lekka with PyTorch, ONNX Runtime, Keras and burn on the paper's network, on this machine.

    python3 bench/run.py [--rounds 5] [--seconds 4] [--environment FOLDER]
                         [--peers torch,onnxruntime,keras,burn-flex]

Builds the release binary and burn's twin of it (bench/burn), installs the Python peers of bench/requirements.txt
into a virtual environment of their own (first run only, some gigabytes), then measures in rounds: every round runs
each program alone, one after the other, so that a slow minute of the machine hits all of them. Prints medians over
the rounds, the ratio to Lekka, and the spread. Nothing else should run on the machine meanwhile.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=4.0)
parser.add_argument("--environment", type=pathlib.Path, default=ROOT / "target" / "bench-peers")
parser.add_argument("--peers", default="torch,onnxruntime,keras,burn-flex",
                    help="what to compare with, separated by commas; may be empty")
parser.add_argument("--json", type=pathlib.Path, help="also write every single measurement to this file")
arguments = parser.parse_args()

# (row of the table, work, threads, peers that can do it)
WORKS = [
    ("training step, batch 64", "training", 2, ["torch", "keras", "burn-flex"]),
    ("training step, batch 64, one thread", "training", 1, []),
    ("inference, batch 64", "batch64", 2, ["onnxruntime", "torch", "keras", "burn-flex"]),
    ("inference, batch 64, one thread", "batch64", 1, ["onnxruntime"]),
    ("inference, one image", "batch1", 2, ["onnxruntime", "torch", "burn-flex"]),
]


def interpreter():
    python = arguments.environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(arguments.environment, with_pip=True)
        requirements = ROOT / "bench" / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    return python


def lekka(work, threads):
    """Milliseconds per call, from `lekka bench`, which always measures all three works."""
    command = [ROOT / "target/release/lekka", "bench", "--format", "json", "--threads", str(threads),
               "--rounds", "5"]
    output = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    milliseconds = {
        "training": lambda: 64e3 / output["training"]["images_per_second"],
        "batch64": lambda: 64e3 / output["inference"]["batch_64_images_per_second"],
        "batch1": lambda: output["inference"]["batch_1_ms"],
    }[work]()
    return milliseconds, "lekka " + output.get("lekka_version", "")


def build_burn():
    """Builds bench/burn under the target folder of the project, and returns how to start it."""
    target = ROOT / "target" / "bench-burn"
    manifest = ROOT / "bench" / "burn" / "Cargo.toml"
    subprocess.run(["cargo", "build", "--release", "-q", "--locked", "--manifest-path", manifest,
                    "--target-dir", target], check=True)
    return [target / "release" / "lekka-bench-burn"]


def peer(start, work, threads):
    """Milliseconds per call, from a program that speaks like bench/peers.py; `start` is its command line so far."""
    command = [*start, work, "--threads", str(threads), "--seconds", str(arguments.seconds)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = json.loads(result.stdout)
    return output["milliseconds"], output["version"]


def main():
    known = sorted({name for _, _, _, peers in WORKS for name in peers})
    wanted = [name for name in arguments.peers.split(",") if name]
    for name in wanted:
        if name not in known:
            parser.error(f"--peers: {name} is not known; give some of {','.join(known)}")
    subprocess.run(["cargo", "build", "--release", "-q"], cwd=ROOT, check=True)
    starts = {}
    for name in wanted:
        if name == "burn-flex":
            starts[name] = build_burn()
        else:
            starts[name] = [interpreter(), ROOT / "bench/peers.py", name]
    measured, versions = {}, {}
    for round_number in range(arguments.rounds):
        for row, work, threads, peers in WORKS:
            for name in ["lekka"] + [name for name in peers if name in wanted]:
                milliseconds, version = lekka(work, threads) if name == "lekka" else peer(starts[name], work, threads)
                measured.setdefault(row, {}).setdefault(name, []).append(milliseconds)
                versions[name] = version
        print(f"round {round_number + 1} of {arguments.rounds} done", file=sys.stderr)
    print("| work | program | median ms (least, most) | images/s | Lekka is faster by |")
    print("|---|---|---|---|---|")
    for row, work, _, _ in WORKS:
        ours = statistics.median(measured[row]["lekka"])
        for name, times in measured[row].items():
            median = statistics.median(times)
            images = (1 if work == "batch1" else 64) / median * 1e3
            ratio = "" if name == "lekka" else f"{median / ours:.2f}x"
            print(f"| {row} | {versions[name]} | {median:.2f} ({min(times):.2f}, {max(times):.2f}) "
                  f"| {images:.0f} | {ratio} |")
    for work in ["training step, batch 64", "inference, batch 64"]:
        two, one = (statistics.median(measured[row]["lekka"]) for row in (work, work + ", one thread"))
        print(f"\n{work}: two threads are {one / two:.2f}x one thread")
    if arguments.json:
        arguments.json.write_text(json.dumps({"versions": versions, "milliseconds": measured}, indent=1))


main()
