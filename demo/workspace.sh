#!/usr/bin/env bash
# A workspace with the demo's data, and its runs queued, once: workspace.sh PROGRAM FOLDER
set -euo pipefail
shaoguang=$1
workspace=$2
here=$(dirname "${BASH_SOURCE[0]}")
templates=/usr/share/mricron/templates
dicom=/usr/lib/python3/dist-packages/pydicom/data/test_files
[[ -e $workspace/.filled ]] && exit 0
rm -rf "$workspace"
printf '\n== Filling the workspace %s\n' "$workspace"
"$shaoguang" workspace create --workspace "$workspace"
"$shaoguang" workspace import "$dicom"/{CT_small,MR_small_RLE,MR_small_jp2klossless,SC_rgb_rle_2frame,rtdose}.dcm \
  "$dicom/dicomdirtests/77654033/CT2" --workspace "$workspace" --tag dicom
"$shaoguang" workspace pipeline "$here/pipeline.json" --workspace "$workspace" --title "Two brain scans aligned and judged" \
  --set brain="$templates/ch2.nii.gz" --set labels="$templates/aal.nii.gz"
touch "$workspace/.filled"
