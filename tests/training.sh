#!/usr/bin/env bash
# training.sh PROGRAM TRAINER EXAMPLE_DATA: from the AAL labels of mricron-data to a model that the program lists, verifies
# and runs on the real Colin27 brain: packed, trained for a few steps, its curves drawn. Says nothing about how good it is.
set -euo pipefail
program=$1 trainer=$2 data=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The labels of FreeSurfer, left and right, that an AAL region belongs to. AAL has no white matter, ventricles or brain stem.
awk 'BEGIN { print "label,becomes" }
  { left = 3; right = 42 }
  /Hippocampus/ { left = 17; right = 53 }
  /Amygdala/ { left = 18; right = 54 }
  /Caudate/ { left = 11; right = 50 }
  /Putamen/ { left = 12; right = 51 }
  /Pallidum/ { left = 13; right = 52 }
  /Thalamus/ { left = 10; right = 49 }
  /Cerebelum|Vermis/ { left = 8; right = 47 }
  NF > 1 { print $1 "," ($2 ~ /_R$/ ? right : left) }' "$data/aal.nii.txt" > freesurfer.csv
mkdir maps
cp "$data/labels.nii.gz" "$data/acquired_labels.nii.gz" maps/
"$program" model pack_training --images maps --relabel freesurfer.csv --source "AAL of mricron-data, 3 mm" \
  --licence "as in mricron-data" --packed heads.safetensors --quiet
"$trainer" brain --data heads.safetensors --out aal --name aal --held-out acquired_labels --validation-scans 1 \
  --size 32 32 32 --spacing 5 --channels 8 16 --steps 6 --warm-up 2 --validate-every 3 --threads 1
"$program" model training_report --metrics aal/metrics.jsonl --report curves.html --json | grep '"steps": 6' > /dev/null
export SHAOGUANG_MODELS=$folder
"$program" model verify aal
"$program" model info aal --json | grep 'AAL of mricron-data, 3 mm' > /dev/null
"$program" model run --image "$data/brain.nii.gz" --model aal --labels tissues.nii.gz --quiet
test -s curves.html -a -s tissues.nii.gz
