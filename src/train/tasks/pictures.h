#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/rng.h"
#include "nn/dtype.h"
#include "nn/tensor.h"

namespace sg::train {

/// An image to learn from, [D,H,W].
struct Picture {
  std::string name;
  nn::Tensor values;
  bool bytes = false;  // stored in 8 bits: 0…255
};

/// The tensors "images.<name>" of a safetensors file, in the order of their names. Throws invalid_input for
/// other shapes and for slices of less than `least` pixels along an axis; what TensorFile::open throws.
std::vector<Picture> read_pictures(const std::filesystem::path& data, std::int64_t least);

/// size × size pixels of a random slice, turned or mirrored by chance; each the mean of shrink × shrink of
/// the image's, which must have as many.
std::vector<float> random_patch(const nn::Tensor& image, std::int64_t size, Rng& rng,
                                std::int64_t shrink = 1);

}  // namespace sg::train
