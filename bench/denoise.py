"""The denoiser that comes with the program on slices of Colin27 (Debian's mricron-data) with simulated Gaussian noise,
beside a Gaussian and non-local means that are told the noise and tuned on these very slices. Colin27 was not used in
training. Expected: better than both at 5 % and 10 % noise; trained in less than two minutes on two cores."""
import json

import common


def run():
    program = common.ROOT / "build/release/bin/denoise"
    image = common.TEMPLATES / "ch2.nii.gz"
    if not program.exists() or not image.exists():
        print("skipped: needs build/release/bin/denoise (./run bench builds it) and mricron-data")
        return True
    folder = common.ROOT / "models/denoise"
    result = json.loads(common.timed([program, image, folder])[2])
    common.write("denoise", result)
    common.table([{k: v for k, v in row.items() if k not in ("gaussian", "nl_means")} for row in result["rows"]])
    common.note_figures(folder, [
        {"name": "PSNR", "unit": "dB", "on": f"{result['slices']} slices of Colin27 with {row['noise_percent']:g} % noise",
         "against": f"the slices without (noisy {row['noisy_db']:.1f}, tuned Gaussian {row['gaussian_db']:.1f}, "
                    f"tuned non-local means {row['nl_means_db']:.1f})",
         "value": round(row["network_db"], 2), "count": result["slices"]} for row in result["rows"]])
    return result["training_s"] < 120 and all(
        min(row["network_db"], row["network_not_told_db"]) > max(row["gaussian_db"], row["nl_means_db"])
        for row in result["rows"])
