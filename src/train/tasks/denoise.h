#pragma once
#include <filesystem>
#include <memory>

#include "nn/networks.h"
#include "train/task.h"

namespace sg::train {

struct DenoiseOptions {
  nn::Denoiser network;
  std::int64_t patch = 64;               // pixels across
  double lowest = 0.03, highest = 0.12;  // standard deviation of the noise, of the range 0…1
  double from_data = 0.9;                // share of patches from the data file, where there is one
  int validation_pictures = 8;
};

/// Removal of Gaussian and Rician noise from 2-D images, given over the standard deviation σ of their noise,
/// so that all noise is alike and weak noise counts as much as strong: learns on phantoms (phantom.h) and,
/// with `data`, a safetensors file, on slices of its images "images.<name>" [D,H,W] of any type and range and
/// of its label maps of heads (head_maps.h) in simulated contrasts (head_slice.h). Loss: Charbonnier, ε 2σ.
/// Validation is on phantoms with 5 % and 10 % noise: "psnr noisy" and "psnr" for a range of 1,
/// 10·log₁₀(1/mean square error) in dB. Throws invalid_input for options out of range, data without images or
/// label maps, and images smaller than a patch; what TensorFile::open and read_head_maps throw.
std::unique_ptr<Task> denoise_task(const std::filesystem::path& data, const DenoiseOptions& options);

}  // namespace sg::train
