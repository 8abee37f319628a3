#!/usr/bin/env python3
"""Sends the pictures that appear in a folder to a server, and puts the answers beside them.

    python3 examples/server/watch.py scans/ --url http://127.0.0.1:8080 [--form marks-sheet] [--once]

For scans/page.png the answer is scans/page.png.json, with the bytes of `lekka read --format json` or, with --form, of
`lekka form read --format json`. A picture that the server refuses gets scans/page.png.error.json, the reason. Both keep
it from being sent again; delete them to have it read once more. Files that are still being written are left for the next
look. A token is taken from LEKKA_TOKEN. Needs Python 3.9 and nothing else.
"""

import argparse
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ENDINGS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pnm", ".pbm", ".pgm", ".ppm", ".webp", ".gif", ".pdf"}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the server is")
parser.add_argument("--form", help="name of the form that the scans show")
parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks")
parser.add_argument("--once", action="store_true", help="look once and end")
arguments = parser.parse_args()

if not arguments.folder.is_dir():
    sys.exit(f"there is no folder {arguments.folder}")
route = f"/v1/forms/{urllib.parse.quote(arguments.form)}" if arguments.form else "/v1/read"
headers = {"content-type": "application/octet-stream"}
if "LEKKA_TOKEN" in os.environ:
    headers["authorization"] = "Bearer " + os.environ["LEKKA_TOKEN"]


def waiting():
    """Pictures without an answer that were not changed within the last second."""
    for path in sorted(arguments.folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or path.name.startswith("."):
            continue
        answered = any(beside(path, kind).exists() for kind in ("json", "error.json"))
        if not answered and time.time() - path.stat().st_mtime >= 1.0:
            yield path


def beside(path, kind):
    return path.with_name(f"{path.name}.{kind}")


def write(path, content):
    """Written beside and renamed: whoever sees the file sees all of it."""
    half = path.with_name("." + path.name + ".part")
    half.write_bytes(content)
    half.replace(path)


def send(path):
    """True when the picture has its answer now."""
    query = urllib.parse.urlencode({"source": path.name})
    request = urllib.request.Request(f"{arguments.url}{route}?{query}", path.read_bytes(), headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            write(beside(path, "json"), response.read())
            print(f"{path.name}: read", flush=True)
            return True
    except urllib.error.HTTPError as error:
        reason = error.read()
        if error.code in (408, 429, 503):
            time.sleep(float(error.headers.get("retry-after", "1")))
            return False
        if error.code in (401, 404):
            sys.exit(f"the server does not let us: {reason.decode(errors='replace')}")
        write(beside(path, "error.json"), reason)
        print(f"{path.name}: refused, {reason.decode(errors='replace')}", file=sys.stderr, flush=True)
        return True
    except (urllib.error.URLError, TimeoutError) as error:
        print(f"{path.name}: no answer ({error}), tried again later", file=sys.stderr, flush=True)
        return False


complete = True
try:
    while True:
        complete = all([send(path) for path in waiting()])
        if arguments.once:
            break
        time.sleep(arguments.every)
except KeyboardInterrupt:
    pass
sys.exit(0 if complete else 2)
