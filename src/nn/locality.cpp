#include <algorithm>
#include <numeric>

#include "nn/tiling.h"

namespace sg::nn {
namespace {

/// A value as its place in the input sees it: one sample stands for `pitch` input voxels (a fraction after
/// more up-sampling than down-sampling), and depends on `halo` voxels around those.
struct Sight {
  std::int64_t pitch = 1, divisor = 1;  // pitch / divisor
  std::int64_t halo = 0;
  std::string obstacle;

  std::int64_t voxels(std::int64_t samples) const { return (samples * pitch + divisor - 1) / divisor; }
  void coarser(std::int64_t factor) {
    pitch *= factor;
    reduce();
  }
  void finer(std::int64_t factor) {
    divisor *= factor;
    reduce();
  }
  void reduce() {
    const std::int64_t common = std::gcd(pitch, divisor);
    pitch /= common;
    divisor /= common;
  }
};

std::int64_t largest(const Extent& extent) {
  return *std::max_element(extent.sizes().begin(), extent.sizes().end());
}

bool is_equal(const Extent& extent) {
  return std::all_of(extent.sizes().begin(), extent.sizes().end(),
                     [&](std::int64_t s) { return s == extent[0]; });
}

/// What a layer does to the sight of its input.
class Looking {
 public:
  Looking(const Layer& layer, Sight sight, const Sight* partner)
      : layer_(layer), sight_(std::move(sight)), partner_(partner) {}
  Sight result() {
    std::visit([&](const auto& kind) { of(kind); }, layer_.kind);
    return sight_;
  }

 private:
  void refuse() {
    sight_.obstacle =
        "\"" + layer_.name + "\" (" + std::string(kind_name(layer_.kind)) + ") looks everywhere";
  }
  void unequal() {
    sight_.obstacle = "\"" + layer_.name + "\" changes the size by other than a whole factor";
  }

  void of(const auto&) { refuse(); }
  void of(const BatchNorm&) {}
  void of(const Activation&) {}
  void of(const ParametricRelu&) {}
  void of(const Add&) { keep_whole_images(); }
  void of(const Multiply&) { keep_whole_images(); }
  void of(const Softmax& layer) { along_channels(layer.axis); }
  void of(const Concat& layer) { along_channels(layer.axis); }
  void of(const Slice& layer) { along_channels(layer.axis); }

  void of(const Convolution& layer) {
    bool keeps = is_equal(layer.stride);
    std::int64_t reach = 0;
    for (std::size_t a = 0; a < layer_.shape.size() - 2; ++a) {
      const std::int64_t span = layer.dilation[a] * (layer.kernel[a] - 1);
      const std::int64_t padding = layer.padding[a] == same ? span / 2 : layer.padding[a];
      // Any other padding changes the size by more than the stride.
      keeps = keeps && (2 * padding <= span && 2 * padding > span - layer.stride[a]);
      reach = std::max(reach, std::max(padding, span - padding));
    }
    if (!keeps) return unequal();
    sight_.halo += sight_.voxels(reach);
    sight_.coarser(layer.stride[0]);
  }

  void of(const Pool& layer) {
    bool keeps = is_equal(layer.stride);
    std::int64_t reach = 0;
    for (std::size_t a = 0; a < layer_.shape.size() - 2; ++a) {
      const std::int64_t span = layer.kernel[a] - 1, padding = layer.padding[a];
      keeps = keeps && (2 * padding <= span && 2 * padding > span - layer.stride[a]);
      reach = std::max(reach, std::max(padding, span + 1 - layer.stride[a] - padding));
    }
    if (!keeps) return unequal();
    sight_.halo += sight_.voxels(reach);
    sight_.coarser(layer.stride[0]);
  }

  void of(const TransposedConvolution& layer) {
    if (!is_equal(layer.stride)) return unequal();
    for (std::size_t a = 0; a < layer_.shape.size() - 2; ++a)  // else the size is no multiple
      if (layer.kernel[a] + layer.output_padding[a] - 2 * layer.padding[a] != layer.stride[a])
        return unequal();
    sight_.halo +=
        sight_.voxels((largest(layer.kernel) - 1) / layer.stride[0] + (layer.padding[0] > 0 ? 1 : 0));
    sight_.finer(layer.stride[0]);
  }

  void of(const Upsample& layer) {
    if (layer.interpolation == Interpolation::linear) sight_.halo += sight_.voxels(1);
    if (layer_.inputs.size() == 2) {
      sight_.pitch = partner_->pitch;
      sight_.divisor = partner_->divisor;
      return;
    }
    if (!is_equal(layer.factor)) return unequal();
    sight_.finer(layer.factor[0]);
  }

  void along_channels(std::int64_t axis) {
    if (axis != 1 && axis + static_cast<std::int64_t>(layer_.shape.size()) != 1) refuse();
    keep_whole_images();
  }
  void keep_whole_images() {
    if (layer_.shape.size() < 4) refuse();
  }

  const Layer& layer_;
  Sight sight_;
  const Sight* partner_;
};

}  // namespace

Locality locality(const Graph& graph) {
  std::vector<Sight> sights;
  Locality result;
  for (const Layer& layer : graph.layers()) {
    if (layer.inputs.empty()) {
      sights.emplace_back();
      if (layer.shape.size() < 4) sights.back().obstacle = "\"" + layer.name + "\" is no image";
      continue;
    }
    Sight from = sights[static_cast<std::size_t>(layer.inputs[0].layer)];
    const Sight& last = sights[static_cast<std::size_t>(layer.inputs.back().layer)];
    const bool sizes_only = std::holds_alternative<Upsample>(layer.kind);
    for (std::size_t i = 1; i < layer.inputs.size() && !sizes_only; ++i) {
      const Sight& other = sights[static_cast<std::size_t>(layer.inputs[i].layer)];
      if (from.obstacle.empty()) from.obstacle = other.obstacle;
      if (from.obstacle.empty() && (other.pitch != from.pitch || other.divisor != from.divisor))
        from.obstacle = "\"" + layer.name + "\" joins images of different resolution";
      from.halo = std::max(from.halo, other.halo);
    }
    const std::string before = from.obstacle;
    Sight sight = Looking(layer, from, &last).result();
    if (!before.empty()) sight.obstacle = before;
    result.step = std::lcm(result.step, sight.pitch);
    sights.push_back(std::move(sight));
  }
  for (const Output& output : graph.outputs()) {
    const Sight& sight = sights[static_cast<std::size_t>(output.value.layer)];
    result.halo = std::max(result.halo, sight.halo);
    if (result.obstacle.empty()) result.obstacle = sight.obstacle;
    if (result.obstacle.empty() && (sight.pitch != 1 || sight.divisor != 1))
      result.obstacle = "output \"" + output.name + "\" has another resolution than the input";
  }
  return result;
}

}  // namespace sg::nn
