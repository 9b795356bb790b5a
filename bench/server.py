"""The server of a workspace: small requests a second, latency while a job computes, memory of an upload, idle listeners."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import common

MIB = 1 << 20


class Served:
    """A server on a fresh workspace and a free port."""

    def __init__(self, folder):
        self.process = subprocess.Popen([common.SHAOGUANG, "serve", "--workspace", folder, "--port", "0"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group()
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)

    def call(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", method=method, data=body)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def memory(self, what):
        """VmRSS or VmHWM of the server, MiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", text).group(1)) / 1024

    def rest(self, deadline=float("inf")):
        """Until nothing is inspected or run."""
        while time.monotonic() < deadline:
            health = self.call("GET", "health")["workspace"]["runs"]
            if not health["queued"] and not health["running"] and not self.call("GET", "artifacts?state=inspecting")["total"]:
                return
            time.sleep(.1)
        raise RuntimeError("the workspace does not come to rest")

    def upload(self, path):
        return self.call("POST", f"artifacts?name={Path(path).name}", Path(path).read_bytes())["id"]


def wrk(url, seconds):
    """16 clients; requests a second and percentiles in ms."""
    _, _, out = common.timed(["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", url])
    def milliseconds(text):
        number, unit = re.match(r"([\d.]+)(us|ms|s)", text).groups()
        return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
    failures = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {"per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            "median_ms": milliseconds(re.search(r"50%\s+(\S+)", out).group(1)),
            "p99_ms": milliseconds(re.search(r"99%\s+(\S+)", out).group(1)),
            "failures": int(failures.group(1)) if failures else 0}


def while_computing(served):
    """16 clients at about 1000 requests a second (each waits between its requests) while an alignment at full size uses
    all cores; percentiles of what each request took."""
    fixed = served.upload(common.TEMPLATES / "ch2.nii.gz")
    body = {"cache": False, "parameters": {"max_rotation": 10}, "inputs": {"image": fixed}}
    simulated = served.call("POST", "operations/image.simulate_acquisition/runs", json.dumps(body).encode())["id"]
    served.rest()
    moving = served.call("GET", f"runs/{simulated}")["outputs"]["acquired"]["artifact"]
    runs = [served.call("POST", "operations/registration.affine/runs", json.dumps(
        {"cache": False, "seed": seed, "inputs": {"fixed": fixed, "moving": moving}}).encode())["id"] for seed in range(6)]
    while served.call("GET", f"runs/{runs[0]}")["state"] == "queued":
        time.sleep(.02)
    client = subprocess.run(["python3", Path(__file__).with_name("paced_client.py"), str(served.port), "16", "6"],
                            capture_output=True, text=True, check=True)
    still = served.call("GET", f"runs/{runs[-1]}")["state"]
    for run in runs:
        if served.call("GET", f"runs/{run}")["state"] in ("queued", "running"):
            served.call("DELETE", f"runs/{run}")
    served.rest()
    return {**json.loads(client.stdout), "jobs_outlasted_it": still in ("queued", "running")}


def big_upload(served):
    """1 GiB sent in blocks; how far the server's memory rises."""
    before = served.memory("VmRSS")
    Path(f"/proc/{served.process.pid}/clear_refs").write_text("5")  # VmHWM begins anew
    block, size = os.urandom(MIB), 1024
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(f"POST /api/v1/artifacts?name=big.bin&kind=file HTTP/1.1\r\nHost: localhost\r\n"
                           f"Content-Length: {size * MIB}\r\nConnection: close\r\n\r\n".encode())
        for _ in range(size):
            connection.sendall(block)
        status = connection.makefile().readline().split()[1]
    seconds = time.monotonic() - started
    return {"mib": size, "status": int(status), "seconds": seconds, "extra_memory_mib": served.memory("VmHWM") - before}


def listeners(served, count):
    """Idle clients of the event stream; requests a second with and without them, one after the other twice."""
    url = f"{served.url}/api/v1/health"
    rates = {"without": [], "with": []}
    for _ in range(3):
        rates["without"].append(wrk(url, 3)["per_second"])
        connections = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", served.port))
            connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connections.append(connection)
        for connection in connections:
            heard = b""
            while b"hello" not in heard:
                heard += connection.recv(65536)
        rates["with"].append(wrk(url, 3)["per_second"])
        memory = served.memory("VmRSS")
        for connection in connections:
            connection.close()
        time.sleep(1)
    return {"clients": count, "ratio": common.median(rates["with"]) / common.median(rates["without"]),
            "memory_mib": memory}


def run():
    if not common.installed("wrk") or not (common.TEMPLATES / "ch2.nii.gz").exists():
        print("skipped: needs the Debian packages wrk and mricron-data")
        return True
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder) / "w") as served:
        result = {"small_requests": wrk(f"{served.url}/api/v1/health", 8)}
        result["listeners"] = listeners(served, 200)
        result["while_computing"] = while_computing(served)
        result["upload"] = big_upload(served)
    print(json.dumps(result, indent=1))
    common.write("server", result)
    return (result["small_requests"]["per_second"] >= 10000 and result["while_computing"]["p99_ms"] <= 20
            and result["upload"]["extra_memory_mib"] < 64 and result["listeners"]["ratio"] > .8)
