"""Affine alignment of two real brains (160×192×224, 1 mm), ours beside elastix and NiftyReg where installed.

Data: ../shared/data/registration/brain3d (skipped without). Metric: mean Dice over 13 structures, labels carried by
nearest neighbour; wall time from file to file. Expected: Dice ≥ .60 for subjV onto subjA, ≤ 6 s on two cores."""
import json
import os

import common

ELASTIX_PARAMETERS = """(FixedInternalImagePixelType "float")(MovingInternalImagePixelType "float")
(FixedImageDimension 3)(MovingImageDimension 3)(UseDirectionCosines "true")
(Registration "MultiResolutionRegistration")(Interpolator "BSplineInterpolator")(BSplineInterpolationOrder 1)
(ResampleInterpolator "FinalBSplineInterpolator")(FinalBSplineInterpolationOrder 3)(Resampler "DefaultResampler")
(FixedImagePyramid "FixedSmoothingImagePyramid")(MovingImagePyramid "MovingSmoothingImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent")(Transform "AffineTransform")(Metric "AdvancedNormalizedCorrelation")
(AutomaticScalesEstimation "true")(AutomaticTransformInitialization "true")(HowToCombineTransforms "Compose")
(NumberOfResolutions 4)(MaximumNumberOfIterations 250)(NumberOfSpatialSamples 4096)(NewSamplesEveryIteration "true")
(ImageSampler "RandomCoordinate")(DefaultPixelValue 0)(WriteResultImage "true")(ResultImagePixelType "float")
(ResultImageFormat "nii.gz")
""".replace(")(", ")\n(")


def ours(fixed, moving, labels, folder):
    wall, cpu, _ = common.shaoguang("registration", "affine", "--fixed", fixed, "--moving", moving, "--warped",
                                    "w.nii.gz", "--affine", "t.tfm", cwd=folder)
    common.shaoguang("registration", "apply", "--image", labels, "--transform", "t.tfm", "--reference", fixed,
                     "--interpolation", "nearest", "--resampled", "l.nii.gz", cwd=folder)
    return wall, cpu, os.path.join(folder, "l.nii.gz")


def elastix(fixed, moving, labels, folder):
    with open(os.path.join(folder, "affine.txt"), "w") as file:
        file.write(ELASTIX_PARAMETERS)
    wall, cpu, _ = common.timed(["elastix", "-f", fixed, "-m", moving, "-p", "affine.txt", "-out", folder, "-threads",
                                 "2"], cwd=folder)
    with open(os.path.join(folder, "TransformParameters.0.txt")) as file:
        text = file.read().replace("(FinalBSplineInterpolationOrder 3)", "(FinalBSplineInterpolationOrder 0)")
    with open(os.path.join(folder, "labels.txt"), "w") as file:
        file.write(text)
    common.timed(["transformix", "-in", labels, "-tp", "labels.txt", "-out", folder], cwd=folder)
    return wall, cpu, os.path.join(folder, "result.nii.gz")


def niftyreg(fixed, moving, labels, folder):
    wall, cpu, _ = common.timed(["reg_aladin", "-ref", fixed, "-flo", moving, "-aff", "a.txt", "-res", "w.nii.gz"],
                                cwd=folder)
    common.timed(["reg_resample", "-ref", fixed, "-flo", labels, "-trans", "a.txt", "-inter", "0", "-res",
                  "l.nii.gz"], cwd=folder)
    return wall, cpu, os.path.join(folder, "l.nii.gz")


METHODS = {"Shaoguang registration.affine": (ours, None), "elastix (affine)": (elastix, "elastix"),
           "NiftyReg reg_aladin": (niftyreg, "reg_aladin")}


def run():
    data = common.SHARED / "registration/brain3d"
    if not data.exists():
        print("skipped: needs ../shared/data/registration/brain3d")
        return True
    rows = []
    for fixed_name, moving_name in (("subjA", "subjV"), ("subjV", "subjA")):
        fixed, moving = data / f"{fixed_name}_t1.nii.gz", data / f"{moving_name}_t1.nii.gz"
        reference, labels = data / f"{fixed_name}_seg13.nii.gz", data / f"{moving_name}_seg13.nii.gz"
        pair = f"{moving_name}→{fixed_name}"
        _, _, before = common.shaoguang("evaluation", "overlap", "--reference", reference, "--candidate", labels)
        rows.append({"pair": pair, "method": "identity", "dice": before["mean_dice"], "hd95_mm": before["mean_hd95"]})
        for method, (function, program) in METHODS.items():
            if program and not common.installed(program):
                print(f"{method}: {program} is not installed, left out")
                continue
            with common.scratch() as folder:
                repeats = [function(fixed, moving, labels, folder) for _ in range(3)]
                carried = repeats[-1][2]
                _, _, after = common.shaoguang("evaluation", "overlap", "--reference", reference, "--candidate",
                                               carried)
            rows.append({"pair": pair, "method": method, "dice": after["mean_dice"], "hd95_mm": after["mean_hd95"],
                         "wall_s": common.median([r[0] for r in repeats]),
                         "cpu_s": common.median([r[1] for r in repeats])})
            print(json.dumps(rows[-1]), flush=True)
    common.write("affine_brain", {"data": "brain3d: two real T1 brains, 13 structures, labels by nearest neighbour",
                                  "rows": rows})
    common.table(rows)
    own = next(r for r in rows if r["method"].startswith("Shaoguang"))
    return own["dice"] >= 0.60 and own["wall_s"] <= 6
