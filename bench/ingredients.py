"""What each ingredient of the recipe is worth on writers held out of the training set.

    python3 bench/ingredients.py --data DATA --config examples/train/varied.toml --runs runs/ingredients
        [--lekka target/release/lekka] [--only WORD] [--threads N]

Trains the network `small` by the preset `best` with the further sets of `--config` on the same 15 writers for three
epochs, once as it is (three seeds, to see what chance does) and once without or with each ingredient, and prints the
table of docs/accuracy.md: twelve other writers' official digits, the same cut again with another hand (`varied`), and
at the proportions of the paper (`natural`). A change is made in the augmentation of every set that has the ingredient.
Runs that are finished are not made again. The official test, Dig-MNIST and their writers' pages are not touched.
Needs Python 3.11.
"""

import argparse
import csv
import pathlib
import subprocess
import tomllib

TRAIN = "14,54,21,03,53,17,01,57,10,05,30,38,15,31,42"
HELD_OUT = "07,28,45,11,06,32,16,19,13,46,48,39"
EPOCHS = 3


def off(*keys):
    """Sets values of every augmentation, a dotted key each, to what turns them off."""
    neutral = {"height": [1.0, 1.0], "scale": [1.0, 1.0]}
    return {key: neutral.get(key, 0.0) for key in keys}


# Title, changes of augmentations, other options, seed.
RECIPE = "the recipe"
VARIANTS = [
    (RECIPE, {}, {}, 1),
    ("without elastic deformation", off("elastic.probability"), {}, 1),
    ("without stroke thickness", off("thickness.probability"), {}, 1),
    ("without pictures of no digit", off("non_digits"), {}, 1),
    ("without the squeeze of the height", off("height"), {}, 1),
    ("without rotation, shear, scale and shift", off("rotation", "shear", "scale", "shift"), {}, 1),
    ("without rules, smudges, noise and edge crops",
     off("clutter.line", "clutter.smudge", "noise.probability", "edge_crop.probability"), {}, 1),
    (RECIPE, {}, {}, 2),
    ("without the average of the weights", {}, {"--weight-average": "0"}, 1),
    ("label smoothing 0.05", {}, {"--label-smoothing": "0.05"}, 1),
    ("twice as many epochs", {}, {"--epochs": 2 * EPOCHS}, 1),
    ("LeakyReLU", {}, {"--activation": "leaky_relu"}, 1),
    ("SiLU", {}, {"--activation": "silu"}, 1),
    ("wider: rotation 25, shear 0.3, scale 0.7 to 1.1, shift 0.15",
     {"rotation": 25.0, "shear": 0.3, "scale": [0.7, 1.1], "shift": 0.15}, {}, 1),
    (RECIPE, {}, {}, 3),
]


def inline(value):
    """A value as TOML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def change(augmentation, changes):
    """Changes what an augmentation has in use; what is off stays off."""
    for key, value in changes.items():
        *path, last = key.split(".")
        place = augmentation
        for name in path:
            place = place[name]
        if place[last] not in (0.0, [1.0, 1.0]):
            place[last] = value


def settings(lekka, base, changes):
    """`--set` for the changes in the augmentation of the run and in those of further sets."""
    if not changes:
        return []
    text = subprocess.run([lekka, *base, "--print-config"], check=True, capture_output=True, text=True).stdout
    config = tomllib.loads(text)
    extra = config["data"]["extra"]
    for source in extra:
        if "augmentation" in source:
            change(source["augmentation"], changes)
        if "height" in changes and "height" in source:
            source["height"] = changes["height"]
    change(config["augmentation"], changes)
    values = {"augmentation": config["augmentation"], "data.extra": extra}
    return [part for key, value in values.items() for part in ("--set", f"{key}={inline(value)}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--runs", type=pathlib.Path, required=True)
    parser.add_argument("--lekka", default="target/release/lekka")
    parser.add_argument("--only", default="", help="only variants whose title has this in it")
    parser.add_argument("--threads", default="2")
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    rows = []
    for title, changes, more, seed in VARIANTS:
        if arguments.only not in title:
            continue
        name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
        run = arguments.runs / f"{name}-{seed}"
        if not (run / "model.safetensors").exists():
            if run.exists():
                command = ["train", "--resume", run]
            else:
                recipe = ["train", "--preset", "best", "--network", "small", "--config", arguments.config]
                options = {"--data": arguments.data, "--run": run, "--epochs": EPOCHS, "--seed": seed,
                           "--train-writers": TRAIN, "--hold-out-writers": HELD_OUT} | more
                command = [*recipe, *(str(part) for option in options.items() for part in option),
                           *settings(arguments.lekka, recipe, changes)]
            subprocess.run([arguments.lekka, *command, "--threads", arguments.threads, "--quiet"], check=True)
        with open(run / "metrics.csv", newline="") as file:
            last = list(csv.DictReader(file))[-1]
        rows.append((title, seed, last))
    sets = [key.removesuffix("accuracy").removesuffix("_") for key in rows[0][2]
            if key.endswith("accuracy") and not key.startswith("train_")]
    print("| " + " | ".join(["variant", "seed", *sets]) + " |")
    print("|---" * (len(sets) + 2) + "|")
    for title, seed, last in rows:
        cells = [f"{100 * float(last[f'{name}_accuracy']):.2f} %" for name in sets]
        print("| " + " | ".join([title, str(seed), *cells]) + " |")


if __name__ == "__main__":
    main()
