"""Trilinear warp of 256³ float by a displacement field: ours beside ITK's ResampleImageFilter in one process, same
threads. Expected: ≥ 3× ITK, results equal to 1e-4 of the intensity range (which is 4 here)."""
import json

import common


def run():
    program = common.ROOT / "build/release/bin/itk_warp"
    if not program.exists():
        print("skipped: needs ITK (libinsighttoolkit5-dev) when building")
        return True
    _, _, out = common.timed([program])
    result = json.loads(out)
    ratios = [t / o for t, o in zip(result["itk_s"], result["ours_s"])]
    summary = {"ours_ms": 1000 * common.median(result["ours_s"]), "itk_ms": 1000 * common.median(result["itk_s"]),
               "times_faster": common.median(ratios), "lowest_ratio": min(ratios),
               "max_difference": result["max_difference"]}
    common.write("resampling", {"what": "trilinear warp of 256³ float by a dense displacement field",
                                "threads": result["threads"], "summary": summary})
    common.table([summary])
    return summary["times_faster"] >= 3 and summary["max_difference"] <= 4e-4
