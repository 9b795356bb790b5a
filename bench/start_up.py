"""Start-up: `shaoguang --version` ≤ 20 ms, `shaoguang image info` of Colin27 ≤ 150 ms (median wall of 15 runs)."""
import common


def run():
    colin = common.TEMPLATES / "ch2.nii.gz"
    commands = {"shaoguang --version": ([common.SHAOGUANG, "--version"], 20)}
    if colin.exists():
        commands["shaoguang image info ch2.nii.gz"] = ([common.SHAOGUANG, "image", "info", colin], 150)
    rows = []
    for name, (command, bar) in commands.items():
        times = [1000 * common.timed(command)[0] for _ in range(16)][1:]
        rows.append({"command": name, "wall_ms": common.median(times), "min_ms": min(times), "bar_ms": bar})
    common.write("start_up", {"rows": rows})
    common.table(rows)
    return all(r["wall_ms"] <= r["bar_ms"] for r in rows)
