#include "model/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/onto_grid.h"
#include "core/parallel.h"
#include "core/stats.h"
#include "nn/tiling.h"

namespace sg::model {
namespace {

/// An axis-parallel grid over everything `from` covers.
Grid aligned_grid(const Grid& from, const std::string& orientation, double spacing) {
  Grid grid = from;
  if (!orientation.empty()) {
    const double sign = orientation == "RAS" ? -1 : 1;  // LPS is the patient frame itself
    grid.direction = Mat3::diagonal({sign, sign, 1});
    LpsPoint low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
    for (int corner = 0; corner < 8; ++corner) {
      VoxelIndex index;
      double* of[3] = {&index.i, &index.j, &index.k};
      for (int a = 0; a < 3; ++a)
        *of[a] =
            (corner >> a & 1) != 0 ? static_cast<double>(from.size[static_cast<std::size_t>(a)]) - 0.5 : -0.5;
      const LpsPoint p = from.to_lps(index);
      low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
    }
    // The finest spacing of the image for all axes, unless one is asked for: axes may change places.
    const double finest = std::min({from.spacing.x, from.spacing.y, from.spacing.z});
    const double step = spacing > 0 ? spacing : finest;
    grid.spacing = {step, step, step};
    const Vec3 extent = as_vector(high) - as_vector(low), middle = 0.5 * (as_vector(high) + as_vector(low));
    Vec3 half;
    for (int a = 0; a < 3; ++a) {
      const auto n = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(extent[a] / step - 1e-6)));
      grid.size[static_cast<std::size_t>(a)] = n;
      half[a] = 0.5 * static_cast<double>(n - 1) * step;
    }
    grid.origin = as_point(middle - grid.direction * half);
    return grid;
  }
  return spacing > 0 ? with_spacing(from, {spacing, spacing, from.is_2d() ? from.spacing.z : spacing}) : grid;
}

}  // namespace

Grid prepared_grid(const Grid& image, const nn::Card::Preparation& preparation) {
  return aligned_grid(image, preparation.orientation, preparation.spacing_mm);
}

Grid window_about(const LpsPoint& centre, const Grid& prepared, const nn::Card::Preparation& preparation) {
  const VoxelIndex at = prepared.to_index(centre);
  const double middle[3] = {at.i, at.j, at.k};
  VoxelIndex first;
  double* of[3] = {&first.i, &first.j, &first.k};
  Grid grid = prepared;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] = preparation.window[a];
    *of[a] = std::round(middle[a] - 0.5 * static_cast<double>(grid.size[a] - 1));
  }
  grid.origin = prepared.to_lps(first);
  return grid;
}

Volume<float> prepare(const Volume<float>& image, const Grid& grid, const nn::Card::Preparation& preparation,
                      const Context& context) {
  Volume<float> ready =
      image.grid() == grid ? image.clone() : onto_grid(image, grid, Interpolation::linear, true, context);
  for (float& v : ready.values())
    if (!std::isfinite(v)) v = 0;
  if (preparation.high > 0) {
    const double p[2] = {preparation.low / 100, preparation.high / 100};
    const std::vector<double> bounds = quantiles(ready.values(), p);
    const double width = bounds[1] - bounds[0];
    if (!(width > 0))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("percentiles {} and {} of the image are both {}: nothing to see",
                              preparation.low, preparation.high, bounds[0]),
                  "image");
    for (float& v : ready.values())
      v = static_cast<float>(std::clamp((static_cast<double>(v) - bounds[0]) / width, 0.0, 1.0));
  }
  return ready;
}

Volume<float> predict(const Model& model, const Volume<float>& image, const PredictOptions& options,
                      const Context& context) {
  const nn::Graph& graph = model.card.graph;
  const std::vector<nn::Value> inputs = graph.inputs();
  if (inputs.size() != 1 || graph.outputs().size() != 1)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the model takes {} inputs and gives {} outputs, expected one of each",
                            inputs.size(), graph.outputs().size()),
                "model");
  const nn::Shape& declared = graph[inputs[0]].shape;
  if (declared.size() != 4 && declared.size() != 5)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the model takes {}, no image", nn::to_string(declared)), "model");
  if (declared[1] >= 0 && declared[1] != image.channels())
    throw Error(ErrorCode::invalid_input,
                fmt::format("the image has {} channels, the model takes {}", image.channels(), declared[1]),
                "image");
  const bool flat = declared.size() == 4;
  if (!flat && image.grid().is_2d())
    throw Error(ErrorCode::invalid_input, "the image is 2-D, the model takes volumes", "image");
  const nn::Card::Preparation& preparation = model.card.preparation;
  const Volume<float> ready =
      prepare(image, options.grid ? *options.grid : prepared_grid(image.grid(), preparation), preparation,
              context.part(0, 0.1, "preparing"));
  const auto& size = ready.grid().size;
  const std::int64_t slices = flat ? size[2] : 1, plane = size[0] * size[1];
  nn::Shape shape{1, image.channels(), size[1], size[0]};
  if (!flat) shape.insert(shape.begin() + 2, size[2]);
  nn::TilingOptions tiling;
  tiling.memory_limit = options.memory_limit;
  nn::TiledEngine engine(graph, model.weights, {shape}, tiling);
  nn::Tensor given(shape);
  Volume<float> result;
  for (std::int64_t z = 0; z < slices; ++z) {
    const Context share =
        context.part(0.1 + 0.9 * static_cast<double>(z) / static_cast<double>(slices),
                     0.1 + 0.9 * static_cast<double>(z + 1) / static_cast<double>(slices), "network");
    for (std::int64_t c = 0; c < image.channels(); ++c) {
      const float* from = ready.channel(c).data() + (flat ? z * plane : 0);
      std::copy_n(from, given.size() / image.channels(), given.data() + c * given.size() / image.channels());
    }
    const nn::Tensor maps = std::move(engine.run({&given}, share)[0]);
    if (z == 0)
      result = Volume<float>(ready.grid(), maps.shape[1],
                             maps.shape[1] > 1 ? OuterAxis::channel : OuterAxis::none);
    const std::int64_t each = maps.size() / maps.shape[1];
    for (std::int64_t c = 0; c < maps.shape[1]; ++c)
      std::copy_n(maps.data() + c * each, each, result.channel(c).data() + (flat ? z * plane : 0));
  }
  return result;
}

LabelMap classify(const Volume<float>& scores, const Grid& grid, const std::vector<std::string>& classes,
                  const Context& context) {
  LabelMap result;
  result.voxels = Volume<std::int32_t>(grid);
  Volume<float> best(grid);
  std::fill_n(best.data(), best.size(), -std::numeric_limits<float>::infinity());
  const std::int64_t n = scores.channels();
  for (std::int64_t c = 0; c < n; ++c) {
    // One class at a time: nine maps of a head at 1 mm would be half a gigabyte.
    Volume<float> one(scores.grid());
    std::copy_n(scores.channel(c).data(), one.size(), one.data());
    const Volume<float> here =
        resample(one, Transform{}, grid, Interpolation::linear, -std::numeric_limits<float>::max(),
                 context.part(static_cast<double>(c) / static_cast<double>(n),
                              static_cast<double>(c + 1) / static_cast<double>(n), "classes"));
    parallel_for(
        grid.voxel_count(),
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            if (here.data()[i] <= best.data()[i]) continue;
            best.data()[i] = here.data()[i];
            result.voxels.data()[i] = static_cast<std::int32_t>(c);
          }
        },
        {}, 1 << 16);
  }
  for (std::size_t c = 1; c < classes.size(); ++c) result.names[static_cast<std::int32_t>(c)] = classes[c];
  return result;
}

}  // namespace sg::model
