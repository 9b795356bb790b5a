#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/volume.h"

namespace sg::nn {

/// Sizes along the axes, slowest first: images [N,C,H,W], volumes [N,C,D,H,W], sequences [N,T,C].
using Shape = std::vector<std::int64_t>;

/// Number of values; 1 for a scalar's empty shape. Sizes must not be negative.
std::int64_t count(const Shape& shape);
/// "[1,16,64,64]"; sizes not known yet (−1) as "?". What follows 32 axes as "…".
std::string to_string(const Shape& shape);

/// float32 values of a shape, contiguous, last axis fastest; 64 bytes after the end may be read. Move-only.
struct Tensor {
  Shape shape;
  Buffer<float> values;

  Tensor() = default;
  /// All values 0. Throws invalid_input for a negative size, resource if memory is short.
  explicit Tensor(Shape shape);
  Tensor clone() const;
  float* data() { return values.data(); }
  const float* data() const { return values.data(); }
  std::int64_t size() const { return values.size(); }
};

}  // namespace sg::nn
