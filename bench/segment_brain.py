"""image.segment_brain with the model that comes with the program, on real heads: Dice of the brain mask.

Data: Colin27 (Debian's mricron-data) and ../shared/data/registration/brain3d (left out without). References are other
programs' masks and labels, so every figure is an agreement. None of these heads was used in training, but the method was developed
with these figures in view (a window about the brain was dropped for them). Expected:
Dice ≥ .95; `met` says where."""
import json

import common

BAR = 0.95


def run():
    program = common.ROOT / "build/release/bin/brain_masks"
    if not program.exists():
        print("skipped: needs build/release/bin/brain_masks (./run bench builds it)")
        return True
    brains = common.SHARED / "registration/brain3d"
    _, _, text = common.timed([program, common.TEMPLATES, brains if brains.exists() else ""])
    result = json.loads(text)
    for mask in result["masks"]:
        mask["met"] = mask["dice"] >= BAR
        print(f"{mask['name']:10} Dice {mask['dice']:.3f}  {'met' if mask['met'] else 'not met'}  {mask['against']}")
    if brains.exists():
        common.note_figures(common.ROOT / "models/brain", [
            {"name": "Dice of the brain mask", "on": mask["name"], "against": mask["against"], "value": mask["dice"]}
            for mask in result["masks"]])
        common.write("segment_brain", {"bar": BAR, **result})
    return True
