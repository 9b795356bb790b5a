#pragma once
#include <filesystem>
#include <memory>

#include "nn/despeckler.h"
#include "train/task.h"

namespace sg::train {

/// How the difference e between result and truth counts. truncated: λ·ψ(α|e|)/α + (1 − λ)·e² with ψ(t) =
/// ln(1 + t + t²/2), which grows like 2 ln t, so that the rare large errors of heavy-tailed noise do not rule
/// (Zhang & Zhou, NeurIPS 2018, after Catoni 2012, doi:10.1214/11-AIHP454); absolute: |e|; charbonnier:
/// √(e² + 10⁻⁶). e is in tenths of the range 0…1.
enum class DespeckleLoss { truncated, absolute, charbonnier };

struct DespeckleOptions {
  nn::Despeckler network;
  std::int64_t patch = 64;                   // pixels across
  int draws = 1;                             // of a patch, the one with the most detail is taken
  std::int64_t shrink = 1;                   // pictures are shrunk by a whole number up to this
  double fewest_looks = 1, most_looks = 16;  // drawn evenly in the logarithm
  double correlated = 0.2;                   // share of patches with correlated speckle
  double phantoms = 0.2;                     // share of patches that are phantoms
  DespeckleLoss loss = DespeckleLoss::truncated;
  double alpha = 1, lambda = 0.5;  // of the truncated loss
  double log_share = 0.05;         // of the loss: the same of the logarithms
  int held_out = 24;               // pictures that validation is on
};

/// Speckle removal: learns on patches of pictures ("images.<name>" of the data file; a large photograph is
/// soft pixel by pixel, so it is shrunk by 1, 2, … up to `shrink`, by chance), by themselves or laid over
/// each other in random shapes, and on phantoms (phantom.h), with Gamma speckle of a random number of looks,
/// correlated in a share of them (core/speckle.h). The number of looks that the network is told is off by a
/// random factor, since a user's is an estimate. Pictures of 8 bits are taken as intensities 0…255, others
/// are rescaled to that range. Validation: "psnr <looks>" and "psnr noisy <looks>" in dB, result clipped to
/// the range, at 1, 4 and 10 looks on every n-th picture, which training leaves out. Throws as denoise_task
/// does.
std::unique_ptr<Task> despeckle_task(const std::filesystem::path& data, const DespeckleOptions& options);

}  // namespace sg::train
