"""Compares Lekka with PyTorch, ONNX Runtime, Keras and burn on the paper's network, on this machine.

    python3 bench/run.py [--rounds 5] [--seconds 4] [--environment FOLDER]
                         [--peers torch,onnxruntime,keras,burn-flex] [--page SCAN]

Builds the release binary and burn's twin of it (bench/burn), installs the Python peers of bench/requirements.txt
into a virtual environment of their own (first run only, some gigabytes), then measures in rounds: every round runs
each program alone, one after the other, so that a slow minute of the machine hits all of them. Prints medians over
the rounds, the ratio to Lekka, and the spread; then the time and the peak memory of whole processes (reading a page
and a 28x28 picture, and `lekka bench`, which trains). Nothing else should run on the machine meanwhile.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=4.0)
parser.add_argument("--environment", type=pathlib.Path, default=ROOT / "target" / "bench-peers")
parser.add_argument("--peers", default="torch,onnxruntime,keras,burn-flex",
                    help="what to compare with, separated by commas; may be empty")
parser.add_argument("--page", type=pathlib.Path, default=ROOT / "samples" / "sheet.png",
                    help="scan for the time and memory of reading a page (default: the sample sheet)")
parser.add_argument("--json", type=pathlib.Path, help="also write every single measurement to this file")
arguments = parser.parse_args()

# (row of the table, work, threads, peers that can do it)
WORKS = [
    ("training step, batch 64", "training", 2, ["torch", "keras", "burn-flex"]),
    ("training step, batch 64, one thread", "training", 1, []),
    ("inference, batch 64", "batch64", 2, ["onnxruntime", "torch", "keras", "burn-flex"]),
    ("inference, batch 64, one thread", "batch64", 1, ["onnxruntime"]),
    ("inference, batch 64, portable path", "batch64", 2, ["onnxruntime"]),
    ("inference, one image", "batch1", 2, ["onnxruntime", "torch", "burn-flex"]),
]
LEKKA = ROOT / "target" / "release" / "lekka"


def interpreter():
    python = arguments.environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(arguments.environment, with_pip=True)
        requirements = ROOT / "bench" / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    return python


def lekka(row, work, threads):
    """Milliseconds per call, from `lekka bench`, which always measures all three works."""
    command = [LEKKA, "bench", "--format", "json", "--threads", str(threads), "--rounds", "5"]
    environment = dict(os.environ)
    if "portable" in row:
        environment["LEKKA_INSTRUCTIONS"] = "portable"
    output = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
    milliseconds = {
        "training": lambda: 64e3 / output["training"]["images_per_second"],
        "batch64": lambda: 64e3 / output["inference"]["batch_64_images_per_second"],
        "batch1": lambda: output["inference"]["batch_1_ms"],
    }[work]()
    return milliseconds, f"lekka {output['lekka_version']} ({output['instructions']})"


def whole_process(*words):
    """Milliseconds from the start of a process to its end, as medians, and its peak memory in MB."""
    command = [str(word) for word in (LEKKA, *words)]
    times, peak = [], 0
    for _ in range(max(5, arguments.rounds)):
        start = time.perf_counter()
        with open(os.devnull, "w") as nowhere:
            child = subprocess.Popen(command, stdout=nowhere)
            _, status, usage = os.wait4(child.pid, 0)
        times.append((time.perf_counter() - start) * 1e3)
        if status != 0:
            sys.exit(f"{' '.join(command)} failed")
        # Linux counts in KiB, macOS in bytes.
        peak = max(peak, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024))
    return statistics.median(times), peak


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
                milliseconds, version = lekka(row, work, threads) if name == "lekka" else peer(starts[name], work, threads)
                measured.setdefault(row, {}).setdefault(name, []).append(milliseconds)
                versions[row, name] = version
        print(f"round {round_number + 1} of {arguments.rounds} done", file=sys.stderr)
    print("| work | program | median ms (least, most) | images/s | Lekka is faster by |")
    print("|---|---|---|---|---|")
    for row, work, _, _ in WORKS:
        ours = statistics.median(measured[row]["lekka"])
        for name, times in measured[row].items():
            median = statistics.median(times)
            images = (1 if work == "batch1" else 64) / median * 1e3
            ratio = "" if name == "lekka" else f"{median / ours:.2f}x"
            print(f"| {row} | {versions[row, name]} | {median:.2f} ({min(times):.2f}, {max(times):.2f}) "
                  f"| {images:.0f} | {ratio} |")
    for work in ["training step, batch 64", "inference, batch 64"]:
        two, one = (statistics.median(measured[row]["lekka"]) for row in (work, work + ", one thread"))
        print(f"\n{work}: two threads are {one / two:.2f}x one thread")
    print("\n| whole process | median ms | peak memory MB |\n|---|---|---|")
    for title, words in [
        (f"`lekka read {arguments.page.name}`", ["read", arguments.page]),
        ("`lekka read digit-7-28x28.png`", ["read", ROOT / "samples" / "digit-7-28x28.png"]),
        ("`lekka bench --rounds 1`: training at batch 64", ["bench", "--rounds", "1"]),
    ]:
        milliseconds, peak = whole_process(*words)
        print(f"| {title} | {milliseconds:.1f} | {peak:.0f} |")
    if arguments.json:
        arguments.json.write_text(json.dumps({"milliseconds": measured}, indent=1))


main()
