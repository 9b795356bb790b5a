#!/usr/bin/env bash
# example_data.sh PROGRAM FOLDER: makes the data that every operation's examples run on, by the program itself, from the
# Colin27 brain and the AAL labels of Debian's mricron-data. Done again when the program is newer.
#   ch2.nii.gz aal.nii.gz                     as shipped, 1 mm
#   brain.nii.gz labels.nii.gz                the same at 3 mm
#   acquired.nii.gz acquired_labels.nii.gz    a simulated second acquisition of brain.nii.gz
#   truth.tfm                                 points of brain → points of acquired
#   bmode.png bmode_intensity.nii.gz echoes.nii.gz   a simulated ultrasound picture, its intensities, its I/Q lines
#   amplitude.nii.gz                          the envelope of those lines
#   metrics.jsonl                             the log of a training of three steps
set -euo pipefail
program=$1 folder=$2 templates=/usr/share/mricron/templates
# The program is a stub beside its libraries: any of them that is newer counts.
if [[ -e $folder/.done && -z $(find "$(dirname "$program")/../lib" "$0" -newer "$folder/.done" -print -quit) ]]; then exit 0; fi
if [[ ! -e $templates/ch2.nii.gz ]]; then
  echo "the example data need the Debian package mricron-data" >&2
  exit 1
fi
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
ln -s $templates/ch2.nii.gz $templates/aal.nii.gz .
[[ -e $templates/aal.nii.txt ]] && ln -s $templates/aal.nii.txt .
run() { "$program" "$@" --quiet > /dev/null; }
run image resample --image ch2.nii.gz --spacing 3 --resampled brain.nii.gz
run image resample --image aal.nii.gz --reference brain.nii.gz --interpolation nearest --resampled labels.nii.gz
run image simulate_acquisition --image brain.nii.gz --labels labels.nii.gz --spacing 3 --seed 1 \
  --acquired acquired.nii.gz --acquired_labels acquired_labels.nii.gz --truth truth.tfm
run ultrasound simulate_bmode --seed 1 --picture bmode.png --intensity bmode_intensity.nii.gz --echoes echoes.nii.gz
run ultrasound envelope --echoes echoes.nii.gz --amplitude amplitude.nii.gz
cat > metrics.jsonl <<'LOG'
{"step":1,"loss":0.9,"learning_rate":0.001,"seconds":1.5}
{"step":2,"loss":0.7,"learning_rate":0.001,"seconds":3.1,"validation":{"loss":0.8,"dice brain":0.5}}
{"step":3,"loss":0.6,"learning_rate":0.0005,"seconds":4.6,"validation":{"loss":0.7,"dice brain":0.6}}
LOG
rm -f ./*.run.json
touch .done
