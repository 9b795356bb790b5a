#!/usr/bin/env bash
# What ./run demo does once the program is built: demo.sh PROGRAM FOLDER
set -euo pipefail
shaoguang=$1
folder=$2
here=$(dirname "${BASH_SOURCE[0]}")
templates=/usr/share/mricron/templates
dicom=/usr/lib/python3/dist-packages/pydicom/data/test_files
[[ -f $templates/ch2.nii.gz ]] || { echo "missing $templates/ch2.nii.gz (Debian package mricron-data)" >&2; exit 1; }
mkdir -p "$folder"

printf '\n== 1. Real data from Debian packages\n'
printf '\n-- Colin27, a T1 brain\n'
"$shaoguang" image info "$templates/ch2.nii.gz"
printf '\n-- its AAL labels\n'
"$shaoguang" image info "$templates/aal.nii.gz"
# CT and MR, a multi-frame dose and a colour multi-frame, big-endian, RLE, JPEG-LS, JPEG 2000 and JPEG encodings
for object in CT_small MR_small_bigendian MR_small_RLE MR_small_jpeg_ls_lossless MR_small_jp2klossless \
  SC_rgb_jpeg_dcmtk SC_rgb_rle_2frame rtdose; do
  [[ -f $dicom/$object.dcm ]] || { echo "missing $dicom/$object.dcm (Debian package python3-pydicom)" >&2; exit 1; }
  printf '\n-- DICOM %s\n' "$object"
  "$shaoguang" image info "$dicom/$object.dcm"
done

printf '\n== 2. and 3. A simulated second acquisition with a known affine, aligned and judged\n'
"$shaoguang" pipeline "$here/pipeline.json" --directory "$folder" --overwrite \
  --set brain="$templates/ch2.nii.gz" --set labels="$templates/aal.nii.gz"

printf '\nThe report, one file to open in any browser: %s\n' "$(realpath "$folder/report.html")"
