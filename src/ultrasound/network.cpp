#include "ultrasound/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/smooth.h"
#include "model/predict.h"
#include "nn/despeckler.h"

namespace sg::ultrasound {
namespace {

void check(const Volume<float>& intensity, double looks, const model::Model& model) {
  if (!(looks > 0 && std::isfinite(looks)))
    throw Error(ErrorCode::invalid_input, fmt::format("looks is {}, expected more than 0", looks), "looks");
  const auto inputs = model.card.graph.inputs();
  if (inputs.size() != 1 || model.card.graph[inputs[0]].shape != nn::Shape{-1, 3, -1, -1})
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("the model {} is no despeckler: expected one input [any,3,any,any]", model.card.name),
        "model");
  for (const float value : intensity.values())
    if (!std::isfinite(value) || value < 0)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the image holds {}, expected intensities of 0 or more", value), "image");
}

/// The network sees nothing darker than a thousandth of the mean; where that is the case, what it gives is
/// lowered by as much as the darkness was lifted: local mean of f over that of max(f, floor).
Volume<float> below_floor(std::span<const float> intensity, const Grid& grid) {
  double sum = 0;
  for (const float value : intensity) sum += value;
  const auto least =
      static_cast<float>(1e-3 * sum / static_cast<double>(std::max<std::size_t>(1, intensity.size())));
  Volume<float> plain(grid), lifted(grid);
  for (std::size_t i = 0; i < intensity.size(); ++i) {
    plain.data()[i] = intensity[i];
    lifted.data()[i] = std::max(intensity[i], least);
  }
  const Vec3 sigma{2 * grid.spacing.x, 2 * grid.spacing.y, 0};
  plain = gaussian(plain, sigma);
  lifted = gaussian(lifted, sigma);
  for (std::int64_t i = 0; i < plain.size(); ++i)
    plain.data()[i] = lifted.data()[i] > 0 ? plain.data()[i] / lifted.data()[i] : 1;
  return plain;
}

}  // namespace

Volume<float> filter_by_network(const Volume<float>& intensity, double looks, const model::Model& model,
                                bool average, const Context& context) {
  check(intensity, looks, model);
  const std::int64_t depth = intensity.grid().size[2],
                     plane = intensity.grid().size[0] * intensity.grid().size[1];
  model::PredictOptions options;
  options.symmetries = average;
  Volume<float> result(intensity.grid());
  Grid flat = intensity.grid();
  flat.size[2] = 1;
  Volume<float> input(flat, 3, OuterAxis::channel);
  for (std::int64_t z = 0; z < depth; ++z) {
    const auto n = static_cast<std::size_t>(plane);
    const std::span<const float> slice = intensity.values().subspan(static_cast<std::size_t>(z) * n, n);
    const auto [low, high] = std::minmax_element(slice.begin(), slice.end());
    if (*low == *high) {  // nothing to take away, and nothing to be painted
      std::copy(slice.begin(), slice.end(), result.data() + z * plane);
      continue;
    }
    const float mean = nn::despeckler_input(slice, looks, input.values());
    const Volume<float> logarithm =
        model::predict(model, input, options,
                       context.part(static_cast<double>(z) / static_cast<double>(depth),
                                    static_cast<double>(z + 1) / static_cast<double>(depth)));
    const Volume<float> share = below_floor(slice, flat);
    for (std::int64_t i = 0; i < plane; ++i)
      result.data()[z * plane + i] = share.data()[i] * mean * std::exp(std::min(logarithm.data()[i], 20.0F));
  }
  return result;
}

}  // namespace sg::ultrasound
