"""registration.affine on 20 simulated acquisitions of Colin27 with known affines (simulated: not patient data).

Data: Debian's mricron-data. Metric: target registration error at the AAL label centroids.
Expected: every run converged (95th percentile < 2 mm), median < 1 mm."""
import common

RUNS = 20


def run():
    brain, labels = common.TEMPLATES / "ch2.nii.gz", common.TEMPLATES / "aal.nii.gz"
    if not brain.exists():
        print("skipped: needs Debian's mricron-data")
        return True
    rows = []
    with common.scratch() as folder:
        for seed in range(1, RUNS + 1):
            common.shaoguang("image", "simulate_acquisition", "--image", brain, "--acquired", "a.nii.gz",
                             "--truth", "t.tfm", "--seed", seed, cwd=folder)
            wall, cpu, _ = common.shaoguang("registration", "affine", "--fixed", brain, "--moving", "a.nii.gz",
                                            "--warped", "w.nii.gz", "--affine", "e.tfm", cwd=folder)
            _, _, result = common.shaoguang("registration", "evaluate", "--fixed", brain, "--moving", "a.nii.gz",
                                            "--transform", "e.tfm", "--truth", "t.tfm", "--fixed_labels", labels,
                                            cwd=folder)
            rows.append({"seed": seed, "before": result["tre_before"], "median": result["tre_median"],
                         "p95": result["tre_p95"], "max": result["tre_max"], "wall_s": wall, "cpu_s": cpu})
            print(f"seed {seed}: {rows[-1]['before']:.1f} mm before, median {rows[-1]['median']:.3f}, "
                  f"95 % {rows[-1]['p95']:.3f} mm, {wall:.1f} s", flush=True)
    summary = {
        "runs": RUNS,
        "converged": sum(r["p95"] < 2 for r in rows),
        "tre_before_mm": common.median([r["before"] for r in rows]),
        "tre_median_mm": common.median([r["median"] for r in rows]),
        "tre_median_worst_mm": max(r["median"] for r in rows),
        "tre_p95_worst_mm": max(r["p95"] for r in rows),
        "wall_s": common.median([r["wall_s"] for r in rows]),
        "cpu_s": common.median([r["cpu_s"] for r in rows]),
    }
    common.write("affine_simulated", {"data": "Colin27 (mricron-data), simulated second acquisition",
                                      "summary": summary, "runs": rows})
    common.table([summary])
    return summary["converged"] == RUNS and summary["tre_median_worst_mm"] < 1
