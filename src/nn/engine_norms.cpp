#include <omp.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "nn/engine_builder.h"
#include "nn/layout_kernels.h"

// Norms, scales and activations: everything that treats values one by one.

namespace sg::nn {

using detail::Desc;
using detail::Fused;
using detail::Layout;
using detail::Places;
using detail::Slot;

namespace detail {

std::optional<Layout> layout_of(const Desc& desc) {
  const dnnl_memory_desc_t& d = desc.data;
  if (d.format_kind != dnnl_blocked || d.data_type != dnnl_f32 || d.ndims < 2 || d.offset0 != 0)
    return std::nullopt;
  const dnnl_blocking_desc_t& blocking = d.format_desc.blocking;
  Layout layout{d.dims[0], d.dims[1], 1, 1};
  if (blocking.inner_nblks > 1 || (blocking.inner_nblks == 1 && blocking.inner_idxs[0] != 1))
    return std::nullopt;
  if (blocking.inner_nblks == 1) layout.lanes = blocking.inner_blks[0];
  for (int a = 2; a < d.ndims; ++a) layout.positions *= d.dims[a];
  const bool last = blocking.inner_nblks == 0 && d.ndims >= 4 && layout.channels > 1 &&
                    layout.positions > 1 && blocking.strides[1] == 1;
  if (last) layout.lanes = layout.channels;
  std::int64_t expected = layout.lanes;
  for (int a = d.ndims - 1; a >= 2; --a) {
    if (d.dims[a] > 1 && blocking.strides[a] != expected) return std::nullopt;
    expected *= d.dims[a];
  }
  if (layout.groups() > 1 && blocking.strides[1] != layout.group()) return std::nullopt;
  if (layout.samples > 1 && blocking.strides[0] != layout.sample()) return std::nullopt;
  return layout;
}

}  // namespace detail

namespace {

constexpr std::int64_t piece =
    1 << 14;  // positions a task; fixed, so that sums do not depend on the thread count

std::int64_t pieces_of(const Layout& layout) { return (layout.positions + piece - 1) / piece; }

/// Calls f(sample, group, first position, count) for all pieces of all groups, on all threads.
template <class F>
void for_pieces(const Layout& layout, const F& f) {
  const std::int64_t pieces = pieces_of(layout), groups = layout.groups();
  const std::int64_t tasks = layout.samples * groups * pieces;
#pragma omp parallel for schedule(static)
  for (std::int64_t t = 0; t < tasks; ++t) {
    const std::int64_t from = t % pieces * piece;
    f(t / pieces / groups, t / pieces % groups, from, std::min(piece, layout.positions - from));
  }
}

/// Scale, offset and slope of each sample and channel, padded to whole groups by zeros so that padding stays
/// zero.
struct Lines {
  std::int64_t channels;  // with padding
  std::vector<float> scale, offset, slope;
  Lines(const Layout& layout, std::int64_t samples)
      : channels(layout.groups() * layout.lanes),
        scale(static_cast<std::size_t>(samples * channels)),
        offset(scale.size()),
        slope(scale.size(), 1.0F) {}
};

void apply(const Layout& layout, const float* x, float* y, const Lines& lines, bool by_sample) {
  for_pieces(layout, [&](std::int64_t n, std::int64_t g, std::int64_t from, std::int64_t count) {
    const std::int64_t at = n * layout.sample() + g * layout.group() + from * layout.lanes;
    const std::int64_t c = (by_sample ? n * lines.channels : 0) + g * layout.lanes;
    detail::scale_and_bend(x + at, y + at, count, layout.lanes, lines.scale.data() + c,
                           lines.offset.data() + c, lines.slope.data() + c);
  });
}

/// Mean and variance of each sample's and channel's own positions.
struct Moments {
  std::vector<double> mean, variance;
};

Moments moments(const Layout& layout, const float* x) {
  const std::int64_t channels = layout.groups() * layout.lanes, pieces = pieces_of(layout);
  std::vector<double> sums(static_cast<std::size_t>(layout.samples * channels * pieces * 2));
  std::vector<float> shift(static_cast<std::size_t>(layout.samples * channels));
  for (std::int64_t i = 0; i < layout.samples * channels; ++i) {
    const std::int64_t n = i / channels, c = i % channels;
    shift[static_cast<std::size_t>(i)] =
        x[n * layout.sample() + c / layout.lanes * layout.group() + c % layout.lanes];
  }
  for_pieces(layout, [&](std::int64_t n, std::int64_t g, std::int64_t from, std::int64_t count) {
    const std::int64_t c = n * channels + g * layout.lanes;
    double* sum = sums.data() + (from / piece * layout.samples * channels + c) * 2;
    // sums of one group: first all sums, then all squares
    detail::add_moments(x + n * layout.sample() + g * layout.group() + from * layout.lanes, count,
                        layout.lanes, shift.data() + c, sum, sum + layout.lanes);
  });
  Moments result;
  const auto positions = static_cast<double>(layout.positions);
  for (std::int64_t i = 0; i < layout.samples * channels; ++i) {
    double sum = 0, squares = 0;
    for (std::int64_t p = 0; p < pieces; ++p) {
      const double* of = sums.data() + (p * layout.samples * channels + i / layout.lanes * layout.lanes) * 2;
      sum += of[i % layout.lanes];
      squares += of[layout.lanes + i % layout.lanes];
    }
    const double mean = sum / positions;
    result.mean.push_back(mean + static_cast<double>(shift[static_cast<std::size_t>(i)]));
    result.variance.push_back(std::max(0.0, squares / positions - mean * mean));
  }
  return result;
}

float slope_of(const Layer* activation, std::int64_t channel, const Engine::Builder& builder) {
  if (activation == nullptr) return 1;
  if (std::holds_alternative<ParametricRelu>(activation->kind))
    return builder.weight(*activation, "weight").data()[channel];
  const Activation& a = std::get<Activation>(activation->kind);
  return a.function == Function::relu ? 0 : static_cast<float>(a.slope);
}

}  // namespace

Slot Engine::Builder::normalise(const Fused& fused, std::int64_t groups, double epsilon) {
  const Layer& own = *fused.layer;
  Slot input = slot(own.inputs[0]);
  if (!detail::layout_of(input.desc)) input = as_plain(input, own.name + " input");
  const Layout layout = *detail::layout_of(input.desc);
  const Slot result = is_last_use(slot(own.inputs[0])) ? input : make(input.desc);
  const std::int64_t channels = layout.channels, each = channels / groups;
  std::vector<float> scale, offset, slope;
  for (std::int64_t c = 0; c < channels; ++c) {
    scale.push_back(weight(own, "weight").data()[c]);
    offset.push_back(weight(own, "bias").data()[c]);
    slope.push_back(slope_of(fused.activation, c, *this));
  }
  emit(own.name, std::string("norm and bend, ") + (layout.lanes > 1 ? "blocked" : "plain"), 0,
       {input, result}, [=](Places places) {
         const Moments seen = moments(layout, detail::floats(places, input));
         Lines lines(layout, layout.samples);
         for (std::int64_t n = 0; n < layout.samples; ++n) {
           for (std::int64_t g = 0; g < groups; ++g) {
             double mean = 0, square = 0;
             for (std::int64_t c = g * each; c < (g + 1) * each; ++c) {
               const auto at = static_cast<std::size_t>(n * lines.channels + c);
               mean += seen.mean[at];
               square += seen.variance[at] + seen.mean[at] * seen.mean[at];
             }
             mean /= static_cast<double>(each);
             // Channel by channel about the group's mean: no difference of large squares where each = 1.
             double variance = 0;
             for (std::int64_t c = g * each; c < (g + 1) * each; ++c) {
               const auto at = static_cast<std::size_t>(n * lines.channels + c);
               variance += seen.variance[at] + (seen.mean[at] - mean) * (seen.mean[at] - mean);
             }
             const double k = 1 / std::sqrt(variance / static_cast<double>(each) + epsilon);
             for (std::int64_t c = g * each; c < (g + 1) * each; ++c) {
               const auto at = static_cast<std::size_t>(n * lines.channels + c),
                          of = static_cast<std::size_t>(c);
               lines.scale[at] = static_cast<float>(static_cast<double>(scale[of]) * k);
               lines.offset[at] = static_cast<float>(static_cast<double>(offset[of]) -
                                                     mean * k * static_cast<double>(scale[of]));
               lines.slope[at] = slope[of];
             }
           }
         }
         apply(layout, detail::floats(places, input), detail::floats(places, result), lines, true);
       });
  return result;
}

Slot Engine::Builder::build(const InstanceNorm& layer, const Fused& fused) {
  return normalise(fused, shape(fused.result)[1], layer.epsilon);
}

Slot Engine::Builder::build(const GroupNorm& layer, const Fused& fused) {
  return normalise(fused, layer.groups, layer.epsilon);
}

namespace {

/// y = x·scale + offset, bent by slope, a line a channel.
template <class ScaleOf, class OffsetOf, class SlopeOf>
Slot channel_lines(Engine::Builder& builder, const Layer& own, const std::string& what,
                   const ScaleOf& scale_of, const OffsetOf& offset_of, const SlopeOf& slope_at) {
  Slot input = builder.slot(own.inputs[0]);
  if (!detail::layout_of(input.desc)) input = builder.as_plain(input, own.name + " input");
  const Layout layout = *detail::layout_of(input.desc);
  const Slot result = builder.is_last_use(builder.slot(own.inputs[0])) ? input : builder.make(input.desc);
  Lines lines(layout, 1);
  for (std::int64_t c = 0; c < layout.channels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    lines.scale[at] = scale_of(c);
    lines.offset[at] = offset_of(c);
    lines.slope[at] = slope_at(c);
  }
  builder.emit(own.name, what, 0, {input, result}, [=](Places places) {
    apply(layout, detail::floats(places, input), detail::floats(places, result), lines, false);
  });
  return result;
}

}  // namespace

Slot Engine::Builder::build(const BatchNorm& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const auto factor = [&](std::int64_t c) {
    return static_cast<double>(weight(own, "weight").data()[c]) /
           std::sqrt(static_cast<double>(weight(own, "running_var").data()[c]) + layer.epsilon);
  };
  return channel_lines(
      *this, own, "scale and bend", [&](std::int64_t c) { return static_cast<float>(factor(c)); },
      [&](std::int64_t c) {
        return static_cast<float>(static_cast<double>(weight(own, "bias").data()[c]) -
                                  static_cast<double>(weight(own, "running_mean").data()[c]) * factor(c));
      },
      [&](std::int64_t c) { return slope_of(fused.activation, c, *this); });
}

Slot Engine::Builder::build(const ParametricRelu&, const Fused& fused) {
  const Layer& own = *fused.layer;
  return channel_lines(
      *this, own, "bend", [](std::int64_t) { return 1.0F; }, [](std::int64_t) { return 0.0F; },
      [&](std::int64_t c) { return slope_of(&own, c, *this); });
}

Slot Engine::Builder::build(const Activation&, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Slot& input = slot(own.inputs[0]);
  dnnl::post_ops operations;
  append(operations, own);
  float scale = 0, alpha = 0, beta = 0;
  dnnl::algorithm algorithm{};
  operations.get_params_eltwise(0, scale, algorithm, alpha, beta);
  const dnnl::eltwise_forward::primitive_desc chosen(
      dnnl::eltwise_forward::desc(detail::inference, algorithm, input.desc, alpha, beta),
      detail::user_scratchpad(), cpu_);
  const Slot result = is_last_use(input) ? input : make(input.desc);
  emit(own.name, 0, dnnl::eltwise_forward(chosen), chosen.scratchpad_desc(),
       {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, result}});
  return result;
}

}  // namespace sg::nn
