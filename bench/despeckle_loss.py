"""The loss of the despeckling network: the same small network (8 channels, 3 levels, a block each, 2500 steps of 16 patches) trained
with each loss, from three seeds where the question is whether losses differ at all, and measured on held-out pictures (24 patches,
in training's own check) and on twelve pictures it never saw (../shared/data/ultrasound/natural/Test/Set12), blind, not averaged over
symmetries. Small networks briefly trained: it compares losses, it does not say how good a network gets. Trains what
build/training/despeckle_loss lacks, three to four minutes each on two cores, from build/training/despeckle_pictures.safetensors
(tools/training_pictures)."""
import json
import os

import common

FOLDER = common.ROOT / "build/training"
SEVERAL, ONE = (5, 6, 7), (5,)
LOSSES = [  # name, options of shaoguang-train, seeds
    ("squared (λ 0)", ["--lambda", "0"], SEVERAL),
    ("truncated, α 1, λ 0.25", ["--lambda", "0.25"], ONE),
    ("truncated, α 1, λ 0.5", ["--lambda", "0.5"], SEVERAL),
    ("truncated, α 1, λ 0.75", ["--lambda", "0.75"], ONE),
    ("truncated, α 1, λ 1", ["--lambda", "1"], SEVERAL),
    ("truncated, α 0.1, λ 0.5", ["--lambda", "0.5", "--alpha", "0.1"], ONE),
    ("truncated, α 0.1, λ 1", ["--lambda", "1", "--alpha", "0.1"], ONE),
    ("truncated, α 10, λ 0.5", ["--lambda", "0.5", "--alpha", "10"], ONE),
    ("truncated, α 10, λ 1", ["--lambda", "1", "--alpha", "10"], ONE),
    ("absolute", ["--loss", "absolute"], SEVERAL),
    ("Charbonnier", ["--loss", "charbonnier"], ONE),
]


def trained(options, seed):
    """The folder of the network and its last check on held-out pictures."""
    name = "_".join(options).replace("--", "") + f"_{seed}"
    folder = FOLDER / "despeckle_loss" / name
    if not (folder / "card.json").exists():
        print(f"training {name}", flush=True)
        common.timed([common.ROOT / "build/release/bin/shaoguang-train", "despeckle", "--data", FOLDER / "despeckle_pictures.safetensors",
                      "--out", folder, "--resume", "--channels", 8, "--levels", 3, "--blocks", 1, "--steps", 2500, "--batch", 16,
                      "--rate", 0.002, "--seed", seed, "--threads", 2, "--validate-every", 500, "--checkpoint-every", 500, *options])
    return folder, json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])["validation"]


def run():
    pictures = common.SHARED / "ultrasound/natural/Test/Set12"
    if not (FOLDER / "despeckle_pictures.safetensors").exists() or not pictures.exists():
        print("skipped: needs build/training/despeckle_pictures.safetensors (tools/training_pictures) and the pictures of Set12")
        return True
    rows = []
    for loss, options, seeds in LOSSES:
        for seed in seeds:
            folder, held_out = trained(options, seed)
            os.environ["SHAOGUANG_MODELS"] = str(folder.parent)
            means = common.shaoguang("ultrasound", "benchmark", "--images", pictures, "--looks", "1,4,10", "--methods", "network_once",
                                     "--model", folder.name)[2]["means"]
            for row in means:
                if row["method"] == "network_once":
                    rows.append({"loss": loss, "seed": seed, "looks": row["looks"],
                                 "held_out_psnr": round(held_out[f"psnr {row['looks']:g}"], 2), "psnr": round(row["psnr"], 2),
                                 "ssim": round(row["ssim"], 3), "low_grey_ssim": round(row["low_grey_ssim"], 3),
                                 "mae": round(row["mae"], 2)})
    common.table(rows)
    common.write("despeckle_loss", {"pictures": 12, "rows": rows})
    return True
