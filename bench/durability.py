"""kill -9 of the server or of a run's process at random moments during imports and runs: what had been acknowledged is
there, nothing partial is listed, `workspace check` is clean."""
import hashlib
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import common
from server import Served

KILLS = 100
BRAIN = common.ROOT / "build/release/example_data/brain.nii.gz"


class Client(threading.Thread):
    """Imports files and asks for runs until told to stop; remembers what the server said it has."""

    def __init__(self, served, seed, known):
        super().__init__()
        self.served, self.random, self.known, self.stop = served, random.Random(seed), known, False

    def run(self):
        image = None
        while not self.stop:
            try:
                if image is None or self.random.random() < .5:
                    content = BRAIN.read_bytes() if self.random.random() < .3 else self.random.randbytes(200000)
                    name = "brain.nii.gz" if content[:2] == b"\x1f\x8b" and len(content) != 200000 else "random.bin"
                    made = self.served.call("POST", f"artifacts?name={name}", content)
                    self.known["artifacts"][made["id"]] = hashlib.sha256(content).hexdigest()
                    if name == "brain.nii.gz":
                        image = made["id"]
                else:
                    body = {"cache": False, "seed": self.random.randrange(10**6), "inputs": {"image": image},
                            "parameters": {"spacing": self.random.choice([4, 6])}}
                    made = self.served.call("POST", "operations/image.resample/runs", json.dumps(body).encode())
                    self.known["runs"].add(made["id"])
            except (urllib.error.URLError, ConnectionError, json.JSONDecodeError, OSError, ValueError):
                return  # killed in the middle: nothing was acknowledged
            time.sleep(self.random.uniform(0, .05))


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += (task / "children").read_text().split()
    return [int(p) for p in found]


def missing(served, known):
    """Acknowledged things that are gone or other than they were, and listed things without their bytes."""
    problems = []
    for identity, sha256 in known["artifacts"].items():
        try:
            if served.call("GET", f"artifacts/{identity}")["sha256"] != sha256:
                problems.append(f"artifact {identity} has other bytes")
        except urllib.error.HTTPError:
            problems.append(f"artifact {identity} is gone")
    for identity in known["runs"]:
        try:
            run = served.call("GET", f"runs/{identity}")
        except urllib.error.HTTPError:
            problems.append(f"run {identity} is gone")
            continue
        for output in run["outputs"].values():
            if "artifact" not in output:
                continue
            if run["state"] != "succeeded":
                problems.append(f"run {identity} is {run['state']} and lists an artifact")
            made = served.call("GET", f"artifacts/{output['artifact']}")
            with urllib.request.urlopen(f"{served.url}/api/v1/artifacts/{made['id']}/content") as reply:
                if hashlib.sha256(reply.read()).hexdigest() != made["sha256"]:
                    problems.append(f"artifact {made['id']} is listed with other bytes")
    return problems


def strike(served, chance):
    """Kills the server, or one of its children if there is any. Returns what was killed."""
    victims = children(served.process.pid)
    if victims and chance.random() < .5:
        try:
            os.kill(chance.choice(victims), signal.SIGKILL)
            return "job"
        except ProcessLookupError:
            pass
    served.process.kill()
    served.process.wait()
    return "server"


def run():
    if not BRAIN.exists():
        print("skipped: needs the example data (./run test makes them)")
        return True
    chance = random.Random(1)
    known = {"artifacts": {}, "runs": set()}
    killed = {"server": 0, "job": 0}
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "w"
        served = Served(workspace)
        for number in range(KILLS):
            clients = [Client(served, 1000 * number + n, known) for n in range(3)]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(.05, .8))
            what = strike(served, chance)
            killed[what] += 1
            for client in clients:
                client.stop = True
            for client in clients:
                client.join()
            if what == "server":
                served = Served(workspace)
                if number % 10 == 0:
                    problems += missing(served, known)
        with served:
            deadline = time.monotonic() + 600
            served.rest(deadline)
            problems += missing(served, known)
            states = {}
            for identity in known["runs"]:
                state = served.call("GET", f"runs/{identity}")["state"]
                states[state] = states.get(state, 0) + 1
        check = subprocess.run([common.SHAOGUANG, "workspace", "check", "--workspace", workspace], capture_output=True,
                               text=True)
        if check.returncode != 0:
            problems.append(check.stderr)
    result = {"kills": killed, "acknowledged": {"artifacts": len(known["artifacts"]), "runs": len(known["runs"])},
              "run_states": states, "problems": problems}
    print(json.dumps(result, indent=1))
    common.write("durability", result)
    return not problems
