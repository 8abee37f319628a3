"""Measures `lekka serve` with wrk, and the command line on the same pictures. Run it by `bash bench/load`.

For a digit and a page, in rounds that alternate between the two: pictures per second of one process of `lekka read`, and
requests per second with percentiles of their time at 1, 8 and 64 connections. Then the server's memory while it reads
many digits and pages, its answers under 1,000 connections, and whether every answer under load is the right one.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEKKA = pathlib.Path(os.environ.get("LEKKA", ROOT / "target" / "release" / "lekka"))

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seconds", type=float, default=10, help="length of each measurement")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--connections", default="1,8,64")
parser.add_argument("--digits", type=int, default=100_000, help="single digits read while memory is watched")
parser.add_argument("--pages", type=int, default=2_000, help="pages read while memory is watched")
parser.add_argument("--digit", type=pathlib.Path, default=ROOT / "samples" / "digit-7.png")
parser.add_argument("--page", type=pathlib.Path, default=ROOT / "samples" / "sheet.png")
parser.add_argument("--json", type=pathlib.Path, help="also write every measurement to this file")
arguments = parser.parse_args()
CONNECTIONS = [int(number) for number in arguments.connections.split(",")]
results = {"rounds": [], "memory": []}


class Server:
    def __enter__(self):
        command = [LEKKA, "serve", "--port", "0", "--log-level", "error", "--queue", "2000", "--max-connections", "2000"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().rstrip("/")
        if not self.url:
            sys.exit("the server does not start")
        self.address = self.url.split("://")[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        if status != 0:
            sys.exit(f"the server ended with status {status}")

    def memory(self):
        """Resident memory in MB, now and at most."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        values = dict(line.split(":", 1) for line in lines)
        return [int(values[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]

    def load(self, file, connections, seconds):
        threads = min(2, connections)
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s",
                   "-s", ROOT / "bench" / "load.lua", f"{self.url}/v1/read"]
        output = subprocess.run(command, check=True, capture_output=True, text=True,
                                env={**os.environ, "LOAD_FILE": str(file)}).stdout
        measured = json.loads(output.strip().splitlines()[-1])
        if measured["wrong"] or measured["broken"]:
            sys.exit(f"not all requests were answered with 200: {measured}")
        measured["per_second"] = measured["requests"] / measured["microseconds"] * 1e6
        return measured

    def ask(self, file):
        connection = http.client.HTTPConnection(self.address, timeout=120)
        connection.request("POST", "/v1/read", file.read_bytes())
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body


def command_line(file, seconds):
    """Pictures per second of one process that reads as many copies as the time takes."""
    with tempfile.TemporaryDirectory() as folder:
        def read(count):
            for index in range(len(os.listdir(folder)), count):
                shutil.copy(file, pathlib.Path(folder) / f"{index}{file.suffix}")
            start = time.perf_counter()
            subprocess.run([LEKKA, "read", folder, "--format", "json", "-o", os.devnull], check=True)
            return time.perf_counter() - start
        few = read(4)
        count = max(8, int(4 * seconds / few))
        # The start of the process, with the preparation of the weights, is not part of a picture's time.
        return (count - 4) / max(1e-9, read(count) - few)


def speed():
    # What is not answered at the end of a measurement does not count, so those of pages, which take longer, are longer.
    for name, file, seconds in (("digit", arguments.digit, arguments.seconds), ("page", arguments.page, 4 * arguments.seconds)):
        rounds = []
        for _ in range(arguments.rounds):
            with Server() as server:
                server.load(file, 8, 1)
                measured = {connections: server.load(file, connections, seconds) for connections in CONNECTIONS}
            rounds.append({"picture": name, "command_line": command_line(file, seconds), "server": measured})
        results["rounds"] += rounds
        base = statistics.median(one["command_line"] for one in rounds)
        print(f"\n{name} ({file.name}): command line {base:.1f} pictures/s\n")
        print("| connections | requests/s | of the command line | median | 90 % | 99 % | longest |\n|---|---|---|---|---|---|---|")
        for connections in CONNECTIONS:
            def median(key):
                return statistics.median(one["server"][connections][key] for one in rounds)
            ratio = statistics.median(one["server"][connections]["per_second"] / one["command_line"] for one in rounds)
            times = " | ".join(f"{median(key) / 1e3:.1f} ms" for key in ("p50", "p90", "p99", "longest"))
            print(f"| {connections} | {median('per_second'):.1f} | {100 * ratio:.0f} % | {times} |", flush=True)


def memory():
    print("\n| read so far | memory | at most |\n|---|---|---|")
    with Server() as server:
        for name, file, count in (("digits", arguments.digit, arguments.digits), ("pages", arguments.page, arguments.pages)):
            done = 0
            while done < count:
                done += server.load(file, 8, min(arguments.seconds, 10))["requests"]
                now, most = server.memory()
                results["memory"].append({"kind": name, "done": done, "mb": now, "most_mb": most})
                print(f"| {done} {name} | {now:.0f} MB | {most:.0f} MB |", flush=True)


def many():
    """1,000 connections at once, and answers compared with those of an idle server."""
    files = sorted((ROOT / "samples").glob("*.png"))
    with Server() as server:
        measured = server.load(arguments.digit, 1000, arguments.seconds)
        print(f"\n1,000 connections: {measured['per_second']:.1f} requests/s, 99 % within {measured['p99'] / 1e3:.0f} ms, "
              f"longest {measured['longest'] / 1e3:.0f} ms")
        results["many"] = measured

        def digits(answer):
            status, body = answer
            assert status == 200, body
            return [[field["ascii"] for field in json.loads(line)["fields"]] for line in body.splitlines()]
        alone = {file: digits(server.ask(file)) for file in files}
        jobs = files * max(1, 600 // len(files))
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            wrong = sum(digits(answer) != alone[file] for file, answer in zip(jobs, pool.map(server.ask, jobs)))
        print(f"{len(jobs)} mixed pictures over 32 connections: {wrong} answers other than alone")
        if wrong:
            sys.exit("answers were mixed up")


speed()
memory()
many()
if arguments.json:
    arguments.json.write_text(json.dumps(results, indent=1))
