#include "model/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/onto_grid.h"
#include "core/parallel.h"
#include "core/stats.h"
#include "nn/tiling.h"

namespace sg::model {
namespace {

/// How an image is changed before the network sees it.
struct Turn {
  bool x = false, y = false, z = false;  // mirrored along
  bool transpose = false;                // then x and y exchanged
};

std::vector<Turn> all_turns(const std::vector<std::string>& symmetries) {
  std::vector<Turn> turns(1);
  for (const std::string& symmetry : symmetries) {
    const std::vector<Turn> before = turns;
    for (Turn turn : before) {
      (symmetry == "x"   ? turn.x
       : symmetry == "y" ? turn.y
       : symmetry == "z" ? turn.z
                         : turn.transpose) = true;
      turns.push_back(turn);
    }
  }
  return turns;
}

/// Copies between an image [1,C,(D,)H,W] and the same turned, whose sizes `turned` has: `copy(i, t)` for each
/// place i of the one and t of the other.
template <class Copy>
void for_turned(const nn::Shape& turned, const Turn& turn, const Copy& copy) {
  const std::int64_t w = turned.back(), h = turned[turned.size() - 2];
  const std::int64_t d = turned.size() == 5 ? turned[2] : 1, c = turned[1];
  const std::int64_t width = turn.transpose ? h : w, height = turn.transpose ? w : h;
  std::int64_t t = 0;
  for (std::int64_t channel = 0; channel < c; ++channel)
    for (std::int64_t k = 0; k < d; ++k)
      for (std::int64_t j = 0; j < h; ++j)
        for (std::int64_t i = 0; i < w; ++i, ++t) {
          const std::int64_t x = turn.transpose ? j : i, y = turn.transpose ? i : j;
          const std::int64_t at_x = turn.x ? width - 1 - x : x, at_y = turn.y ? height - 1 - y : y;
          const std::int64_t at_z = turn.z ? d - 1 - k : k;
          copy(((channel * d + at_z) * height + at_y) * width + at_x, t);
        }
}

nn::Shape exchanged(nn::Shape shape, const Turn& turn) {
  if (turn.transpose) std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return shape;
}

nn::Tensor turned(const nn::Tensor& image, const Turn& turn) {
  nn::Tensor result(exchanged(image.shape, turn));
  for_turned(result.shape, turn, [&](std::int64_t i, std::int64_t t) { result.data()[t] = image.data()[i]; });
  return result;
}

nn::Tensor turned_back(const nn::Tensor& image, const Turn& turn) {
  nn::Tensor result(exchanged(image.shape, turn));
  for_turned(image.shape, turn, [&](std::int64_t i, std::int64_t t) { result.data()[i] = image.data()[t]; });
  return result;
}

}  // namespace

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

double estimate_noise(const Volume<float>& image) {
  const auto [width, height, depth] = image.grid().size;
  std::vector<float> magnitudes;
  for (std::int64_t c = 0; c < image.channels(); ++c)
    for (std::int64_t z = 0; z < depth; ++z) {
      const float* slice = image.channel(c).data() + z * width * height;
      const auto second = [&](std::int64_t y, std::int64_t x) {  // along x
        const float* at = slice + y * width + x;
        return at[-1] - 2 * at[0] + at[1];
      };
      for (std::int64_t y = 1; y + 1 < height; ++y)
        for (std::int64_t x = 1; x + 1 < width; ++x) {
          const float value = std::abs(second(y - 1, x) - 2 * second(y, x) + second(y + 1, x));
          if (value > 0) magnitudes.push_back(value);
        }
    }
  if (magnitudes.empty()) return 0;
  const auto middle = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 2);
  std::nth_element(magnitudes.begin(), middle, magnitudes.end());
  return 1.4826 * static_cast<double>(*middle) / 6;
}

Volume<float> prepare(const Volume<float>& image, const nn::Card::Preparation& preparation,
                      const Context& context) {
  const Grid grid = aligned_grid(image.grid(), preparation.orientation, preparation.spacing_mm);
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
  Volume<float> ready = prepare(image, preparation, context.part(0, 0.1, "preparing"));
  const double sigma = !preparation.per_noise ? 1 : options.noise > 0 ? options.noise : estimate_noise(ready);
  if (!(sigma > 0))
    throw Error(ErrorCode::invalid_input, "the image has no noise that could be measured: say how much",
                "image");
  if (sigma != 1)
    for (float& v : ready.values()) v = static_cast<float>(static_cast<double>(v) / sigma);
  const auto& size = ready.grid().size;
  const std::int64_t slices = flat ? size[2] : 1, plane = size[0] * size[1];
  nn::Shape shape{1, image.channels(), size[1], size[0]};
  if (!flat) shape.insert(shape.begin() + 2, size[2]);
  const std::vector<Turn> turns =
      all_turns(options.symmetries ? preparation.symmetries : std::vector<std::string>{});
  std::map<nn::Shape, nn::TiledEngine> engines;  // one, or two where x and y are exchanged
  Volume<float> result;
  const double parts = static_cast<double>(slices) * static_cast<double>(turns.size());
  double part = 0;
  for (std::int64_t z = 0; z < slices; ++z) {
    nn::Tensor given(shape);
    for (std::int64_t c = 0; c < image.channels(); ++c) {
      const float* from = ready.channel(c).data() + (flat ? z * plane : 0);
      std::copy_n(from, given.size() / image.channels(), given.data() + c * given.size() / image.channels());
    }
    for (const Turn& turn : turns) {
      const nn::Tensor seen = turned(given, turn);
      auto engine = engines.find(seen.shape);
      if (engine == engines.end()) {
        nn::TilingOptions tiling;
        tiling.memory_limit = options.memory_limit / (turns.back().transpose ? 2 : 1);
        engine =
            engines.try_emplace(seen.shape, graph, model.weights, std::vector<nn::Shape>{seen.shape}, tiling)
                .first;
      }
      const nn::Tensor maps = turned_back(
          engine->second.run(
              {&seen}, context.part(0.1 + 0.9 * part / parts, 0.1 + 0.9 * (part + 1) / parts, "network"))[0],
          turn);
      part += 1;
      if (result.empty())
        result = Volume<float>(ready.grid(), maps.shape[1],
                               maps.shape[1] > 1 ? OuterAxis::channel : OuterAxis::none);
      const std::int64_t each = maps.size() / maps.shape[1];
      const auto share = static_cast<float>(sigma / static_cast<double>(turns.size()));
      for (std::int64_t c = 0; c < maps.shape[1]; ++c) {
        float* to = result.channel(c).data() + (flat ? z * plane : 0);
        for (std::int64_t i = 0; i < each; ++i) to[i] += share * maps.data()[c * each + i];
      }
    }
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
