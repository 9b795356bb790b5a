"""What every bench shares: running commands with wall and CPU time, and writing docs/results/<name>.json."""
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHAOGUANG = ROOT / "build/release/bin/shaoguang"
SHARED = ROOT.parent / "shared" / "data"  # development data; benches that need it skip without
TEMPLATES = Path("/usr/share/mricron/templates")  # Debian's mricron-data


def timed(command, cwd=None, env=None):
    """Runs a command; returns (wall seconds, CPU seconds, stdout). Raises with the command's own words on failure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout


def shaoguang(*arguments, cwd=None):
    """One operation with --json; returns (wall, CPU, result)."""
    wall, cpu, out = timed([SHAOGUANG, *arguments, "--json", "--overwrite", "--quiet"], cwd=cwd)
    return wall, cpu, json.loads(out)


def installed(program):
    return shutil.which(program) is not None


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values, p):
    """Linear between order statistics."""
    ordered = sorted(values)
    at = p * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def host():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    return {"cpu": model, "cores": len(os.sched_getaffinity(0))}


def write(name, result):
    """docs/results/<name>.json; README's tables are rendered from these files."""
    file = ROOT / "docs/results" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    result = {"bench": name, "date": time.strftime("%Y-%m-%d"), "host": host(), **result}
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"wrote {file.relative_to(ROOT)}", file=sys.stderr)


def note_figures(model, figures):
    """Puts measured figures into the card of a model's folder."""
    timed([ROOT / "build/release/bin/card_figures", model, json.dumps(figures)])


def table(rows):
    """Rows of dicts, printed aligned."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    cells = [names] + [[f"{row[n]:.3g}" if isinstance(row.get(n), float) else str(row.get(n, "–")) for n in names]
                       for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)))


def scratch():
    return tempfile.TemporaryDirectory(prefix="shaoguang-bench-")
