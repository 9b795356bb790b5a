#include "nn/despeckler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "nn/pyramid.h"

namespace sg::nn {

Graph despeckler(const Despeckler& options) {
  if (options.levels < 1 || options.levels > 6 || options.blocks < 1 || options.blocks > 8)
    throw Error(ErrorCode::invalid_input,
                fmt::format("a despeckler of {} levels and {} blocks, expected 1 to 6 and 1 to 8",
                            options.levels, options.blocks));
  Graph g;
  const auto residual_blocks = [&](const std::string& name, Value x, std::int64_t count) {
    for (int b = 0; b < options.blocks; ++b) {
      const std::string block = fmt::format("{}.{}", name, b);
      Value y = g.add(block + ".a", Convolution{.channels = count}, x);
      y = g.add(block + ".relu", Activation{}, y);
      y = g.add(block + ".b", Convolution{.channels = count}, y);
      x = g.add(block + ".sum", Add{}, std::vector{x, y});
    }
    return x;
  };
  const Value speckled = g.input("speckled", {-1, 3, -1, -1});
  Value x = g.add("head", Convolution{.channels = options.channels}, speckled);
  x = detail::pyramid(g, x, options.channels, options.levels, residual_blocks);
  x = g.add("change", Convolution{.channels = 1}, x);
  const Value logarithm = g.add("log_intensity", Slice{.axis = 1, .begin = 0, .end = 1}, speckled);
  g.output("log_clean", g.add("log_clean", Add{}, std::vector{logarithm, x}));
  return g;
}

float despeckler_input(std::span<const float> intensity, double looks, std::span<float> input) {
  constexpr float least = 1e-3F;  // speckle of one look is below it once in a thousand times
  double sum = 0;
  for (const float value : intensity) sum += value;
  const double average = intensity.empty() ? 0 : sum / static_cast<double>(intensity.size());
  const float mean = average > 0 ? static_cast<float>(average) : 1;
  const auto log_looks = static_cast<float>(std::log(looks));
  const std::size_t size = intensity.size();
  for (std::size_t i = 0; i < size; ++i) {
    const float f = std::max(intensity[i] / mean, least);
    input[i] = std::log(f);
    input[size + i] = std::sqrt(f);
    input[2 * size + i] = log_looks;
  }
  return mean;
}

}  // namespace sg::nn
