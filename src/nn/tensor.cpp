#include "nn/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace sg::nn {

std::int64_t count(const Shape& shape) {
  std::int64_t values = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || (size > 0 && values > std::numeric_limits<std::int64_t>::max() / size))
      throw Error(ErrorCode::invalid_input, fmt::format("a tensor of shape {} cannot be", to_string(shape)));
    values *= size;
  }
  return values;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  constexpr std::size_t most = 32;
  for (std::size_t i = 0; i < std::min(shape.size(), most); ++i)
    text += (i > 0 ? "," : "") + (shape[i] < 0 ? "?" : std::to_string(shape[i]));
  return text + (shape.size() > most ? ",…]" : "]");
}

Tensor::Tensor(Shape s) : shape(std::move(s)), values(count(shape)) {}

Tensor Tensor::clone() const {
  Tensor copy;
  copy.shape = shape;
  copy.values = values.clone();
  return copy;
}

}  // namespace sg::nn
