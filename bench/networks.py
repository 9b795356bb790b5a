"""The engine beside libtorch in one process, runs of both in turn, two threads; and the memory of a U-Net on 192³.
Expected: conv3d 16→16 3³ at 128³ ≥ 1.5×, U-Net of 1.46 million parameters at 128³ ≥ 2×, warp of 16 channels of 64³ ≥ 10×
libtorch's grid_sample; all equal to 1e-4. 192³ within 2 GiB of the whole process, cut into windows, equal to the uncut
within 1e-5 (batch norm: networks that normalise over the image cannot be cut exactly)."""
import json
import os
import pathlib

import common

BARS = {"conv3d": 1.5, "3-D U-Net": 2, "warp": 10}


def run():
    program = common.ROOT / "build/release/bin/networks"
    if not program.exists():
        print("skipped: needs libtorch (libtorch-dev) and a build with SG_TRAIN and SG_BENCHES")
        return True
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    speed = json.loads(common.timed([program, "speed"], env=environment)[2])
    for case in speed["cases"]:
        case["bar"] = next((bar for name, bar in BARS.items() if case["case"].startswith(name)), None)
    with common.scratch() as folder:
        files = [pathlib.Path(folder) / name for name in ("whole", "cut")]
        whole, cut = (json.loads(common.timed([program, "memory", 192, limit, file], env=environment)[2])
                      for limit, file in zip((0, 1500), files))
        difference = json.loads(common.timed([program, "compare", *files])[2])["difference"]
    common.write("networks", {**speed, "memory": {"size": 192, "whole": whole, "cut": cut, "difference": difference}})
    common.table([{k: v for k, v in case.items() if k != "rounds"} for case in speed["cases"]])
    print(f"192³: {cut['peak_mib']} MiB in {cut['windows']} windows, {whole['peak_mib']} MiB uncut; difference {difference}")
    return (all(case["ratio"] >= (case["bar"] or 0) and case["difference"] <= 1e-4 for case in speed["cases"])
            and cut["peak_mib"] <= 2048 and difference <= 1e-5)
