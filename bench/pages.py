"""Measures how fast Lekka reads pages: one, and a folder of many.

    python3 bench/pages.py [--pages 1000] [--jobs 2] [--rounds 5] [--kind numbers|grid] [--format png|jpg|pdf]
                           [--lekka PROGRAM]

Draws A4 pages at 300 dpi with 200 written digits each (crates/lekka-strokes/examples/page.rs), then prints the time of
one page from the start of the process to its end (median), and of many: seconds per page, the rate in each tenth of the
run, the peak memory, and whether all pages are in the result, in order, each once. Pages of ten hands are drawn; the
folder holds links to them under as many names as there are pages. Nothing else should run on the machine meanwhile.

JPEG and PDF need Pillow; the PDF is one file of all pages.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HANDS = 10

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--pages", type=int, default=1000)
parser.add_argument("--jobs", type=int, default=2)
parser.add_argument("--rounds", type=int, default=5, help="how often one page is read")
parser.add_argument("--kind", choices=["numbers", "grid"], default="numbers")
parser.add_argument("--format", choices=["png", "jpg", "pdf"], default="png")
parser.add_argument("--lekka", type=pathlib.Path, help="a program that is built already, with examples/page beside it (default: a release build)")
arguments = parser.parse_args()
LEKKA = arguments.lekka or ROOT / "target" / "release" / "lekka"


def cargo(*words):
    subprocess.run(["cargo", *words], check=True, cwd=ROOT)


def draw(folder):
    """Pages of ten hands."""
    pages = []
    for seed in range(HANDS):
        page = folder / f"hand-{seed}.png"
        command = [LEKKA.parent / "examples" / "page", page, str(seed + 1)]
        subprocess.run(command + (["grid"] if arguments.kind == "grid" else []), check=True)
        if arguments.format != "png":
            from PIL import Image
            with Image.open(page) as image:
                page = page.with_suffix(".jpg")
                image.save(page, quality=85, dpi=(300, 300))
        pages.append(page)
    return pages


def collect(folder, pages):
    """What stands for so many pages: a folder of links, or one PDF."""
    if arguments.format == "pdf":
        from PIL import Image
        images = [Image.open(page) for page in pages]
        path = folder / "pages.pdf"
        rest = [images[index % HANDS] for index in range(1, arguments.pages)]
        images[0].save(path, save_all=True, append_images=rest, resolution=300)
        return path
    path = folder / "pages"
    path.mkdir()
    for index in range(arguments.pages):
        os.link(pages[index % HANDS], path / f"{index:05}{pages[0].suffix}")
    return path


def one(page):
    times, peak = [], 0
    for _ in range(arguments.rounds):
        start = time.perf_counter()
        child = subprocess.Popen([LEKKA, "read", page, "--jobs", str(arguments.jobs)], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        times.append(time.perf_counter() - start)
        peak = max(peak, usage.ru_maxrss / 1024)
        if status:
            sys.exit(f"reading {page} failed")
    spread = f"{min(times):.3f} to {max(times):.3f}"
    print(f"one page: {statistics.median(times):.3f} s ({spread}), peak memory {peak:.0f} MB")


def many(path):
    command = [LEKKA, "read", path, "--format", "csv", "--script", "ascii", "--jobs", str(arguments.jobs), "-q"]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    arrivals, digits, order = {}, 0, []

    def listen():
        nonlocal digits
        for line in child.stdout:
            cells = line.split(",")
            if cells[0] == "source":
                continue
            key = (cells[0], int(cells[1]))
            digits += 1
            if key not in arrivals:
                order.append(key)
                arrivals[key] = time.perf_counter() - start

    listener = threading.Thread(target=listen)
    listener.start()
    listener.join()
    _, status, usage = os.wait4(child.pid, 0)
    whole = time.perf_counter() - start
    if status or order != sorted(order) or len(order) != arguments.pages:
        sys.exit(f"{len(order)} of {arguments.pages} pages came, in order: {order == sorted(order)}, status {status}")
    times = sorted(arrivals.values())
    tenth = max(1, len(times) // 10)
    starts = [0.0] + [times[i] for i in range(tenth - 1, len(times), tenth)]
    rates = [tenth / (b - a) for a, b in zip(starts, starts[1:]) if b > a]
    print(f"{arguments.pages} pages: {whole / arguments.pages:.3f} s per page, {digits / arguments.pages:.0f} digits "
          f"a page, peak memory {usage.ru_maxrss / 1024:.0f} MB")
    print("pages per second in each tenth of the run: " + " ".join(f"{rate:.2f}" for rate in rates))


if not arguments.lekka:
    cargo("build", "-q", "--release", "-p", "lekka-cli")
    cargo("build", "-q", "--release", "-p", "lekka-strokes", "--example", "page")
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    pages = draw(folder)
    print(f"A4 at 300 dpi, {arguments.kind}, {arguments.format}, {arguments.jobs} jobs")
    one(pages[0])
    many(collect(folder, pages))
