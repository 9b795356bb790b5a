#include <cmath>

#include "core/rng.h"
#include "nn/card.h"

namespace sg::nn {

std::vector<Tensor> check_inputs(const Card::Check& check) {
  Rng rng(check.seed);
  std::vector<Tensor> inputs;
  for (const Shape& shape : check.inputs) {
    Tensor& tensor = inputs.emplace_back(shape);
    for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(rng.normal());
  }
  return inputs;
}

std::vector<Card::Check::Result> check_results(std::span<const Tensor> outputs) {
  std::vector<Card::Check::Result> results;
  for (const Tensor& tensor : outputs) {
    Card::Check::Result result;
    const auto n = static_cast<double>(tensor.size());
    for (std::int64_t i = 0; i < tensor.size(); ++i) result.mean += static_cast<double>(tensor.data()[i]) / n;
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      result.deviation += std::pow(static_cast<double>(tensor.data()[i]) - result.mean, 2) / n;
    result.deviation = std::sqrt(result.deviation);
    result.first = static_cast<double>(tensor.data()[0]);
    result.last = static_cast<double>(tensor.data()[tensor.size() - 1]);
    results.push_back(result);
  }
  return results;
}

}  // namespace sg::nn
