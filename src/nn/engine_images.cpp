#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "nn/engine_builder.h"
#include "nn/warp_kernel.h"

// Inputs, pooling, up-sampling and warping.

namespace sg::nn {

using detail::Desc;
using detail::Dims;
using detail::Fused;
using detail::Layout;
using detail::Places;
using detail::Slot;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

namespace {

/// Which source place each target place reads along one axis: the one whose pixel holds the target's centre.
std::vector<std::int64_t> nearest_places(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < to; ++i)
    places.push_back(std::min(from - 1, static_cast<std::int64_t>((2 * i + 1) * from / (2 * to))));
  return places;
}

}  // namespace

Slot Engine::Builder::build(const Input&, const Fused& fused) {
  const Slot slot = make(plain(shape(fused.result)));
  plan_.make_external(slot.block);
  input_blocks_.push_back(slot.block);
  return slot;
}

Slot Engine::Builder::build(const Pool& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Slot& input = slot(own.inputs[0]);
  const Shape &in = shape(own.inputs[0]), &out = shape(fused.result);
  Dims kernel, stride, before, after;
  for (std::size_t a = 0; a + 2 < in.size(); ++a) {
    kernel.push_back(layer.kernel[a]);
    stride.push_back(layer.stride[a]);
    before.push_back(layer.padding[a]);
    after.push_back((out[a + 2] - 1) * layer.stride[a] + layer.kernel[a] - in[a + 2] - layer.padding[a]);
  }
  const auto algorithm = layer.reduce == Reduce::maximum ? dnnl::algorithm::pooling_max
                                                         : dnnl::algorithm::pooling_avg_include_padding;
  const dnnl::pooling_forward::primitive_desc chosen(
      dnnl::pooling_forward::desc(detail::inference, algorithm, input.desc, like(out, input.desc), stride,
                                  kernel, before, after),
      detail::user_scratchpad(), cpu_);
  const Slot result = make(chosen.dst_desc());
  emit(own.name, 0, dnnl::pooling_forward(chosen), chosen.scratchpad_desc(),
       {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, result}});
  return result;
}

Slot Engine::Builder::build(const GlobalAverage&, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Slot& input = slot(own.inputs[0]);
  const Desc to = like(shape(fused.result), input.desc);
  const dnnl::reduction::primitive_desc chosen(
      dnnl::reduction::desc(dnnl::algorithm::reduction_mean, input.desc, to, 0, 0), detail::user_scratchpad(),
      cpu_);
  const Slot result = make(to);
  emit(own.name, 0, dnnl::reduction(chosen), chosen.scratchpad_desc(),
       {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, result}});
  return result;
}

Slot Engine::Builder::build(const Upsample& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  Slot input = slot(own.inputs[0]);
  const Shape &in = shape(own.inputs[0]), &out = shape(fused.result);
  if (layer.interpolation == Interpolation::linear) {
    const dnnl::resampling_forward::primitive_desc chosen(
        dnnl::resampling_forward::desc(detail::inference, dnnl::algorithm::resampling_linear, input.desc,
                                       like(out, input.desc)),
        detail::user_scratchpad(), cpu_);
    const Slot result = make(chosen.dst_desc());
    emit(own.name, 0, dnnl::resampling_forward(chosen), chosen.scratchpad_desc(),
         {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, result}});
    return result;
  }
  if (!detail::layout_of(input.desc)) input = as_plain(input, own.name + " input");
  const Layout layout = *detail::layout_of(input.desc);
  const Slot result = make(like(out, input.desc));
  const bool flat = in.size() == 4;
  const std::int64_t from[3] = {flat ? 1 : in[2], in[in.size() - 2], in.back()};
  const std::int64_t to[3] = {flat ? 1 : out[2], out[out.size() - 2], out.back()};
  const std::vector<std::int64_t> z_of = nearest_places(from[0], to[0]),
                                  y_of = nearest_places(from[1], to[1]),
                                  x_of = nearest_places(from[2], to[2]);
  const std::int64_t maps = layout.samples * layout.groups(), lanes = layout.lanes;
  const std::int64_t height = from[1], width = from[2], depth = to[0], rows = to[1], columns = to[2];
  const std::int64_t planes_in = from[0];
  emit(own.name, "nearest", 0, {input, result}, [=](Places places) {
    const float* source = detail::floats(places, input);
    float* target = detail::floats(places, result);
    const auto row_bytes = static_cast<std::size_t>(columns * lanes) * sizeof(float);
#pragma omp parallel for schedule(static)
    for (std::int64_t t = 0; t < maps * depth; ++t) {
      const std::int64_t map = t / depth, z = t % depth;
      for (std::int64_t y = 0; y < rows; ++y) {
        float* row = target + ((map * depth + z) * rows + y) * columns * lanes;
        const auto at = static_cast<std::size_t>(y);
        if (y > 0 && y_of[at] == y_of[at - 1]) {
          std::memcpy(row, row - columns * lanes, row_bytes);
          continue;
        }
        const float* line =
            source +
            ((map * planes_in + z_of[static_cast<std::size_t>(z)]) * height + y_of[at]) * width * lanes;
        if (lanes == 1) {
          for (std::int64_t x = 0; x < columns; ++x) row[x] = line[x_of[static_cast<std::size_t>(x)]];
        } else if (lanes == 16) {
          for (std::int64_t x = 0; x < columns; ++x)
            std::memcpy(row + x * 16, line + x_of[static_cast<std::size_t>(x)] * 16, 16 * sizeof(float));
        } else {
          for (std::int64_t x = 0; x < columns; ++x)
            std::memcpy(row + x * lanes, line + x_of[static_cast<std::size_t>(x)] * lanes,
                        static_cast<std::size_t>(lanes) * sizeof(float));
        }
      }
    }
  });
  return result;
}

Slot Engine::Builder::build(const Warp& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Shape& in = shape(own.inputs[0]);
  Slot image = slot(own.inputs[0]);
  if (!detail::layout_of(image.desc)) image = as_plain(image, own.name + " input");
  const Slot displacement = as_plain(slot(own.inputs[1]), own.name + " displacement");
  const Layout layout = *detail::layout_of(image.desc);
  const Slot result = make(image.desc);
  const bool flat = in.size() == 4;
  const detail::WarpGrid grid{in.back(), in[in.size() - 2], flat ? 1 : in[2], flat ? 2 : 3};
  const Interpolation interpolation = layer.interpolation;
  const Border border = layer.border;
  const std::int64_t rows = grid.height * grid.depth, rows_each = std::min<std::int64_t>(rows, 16);
  emit(own.name, layout.lanes > 1 ? "warp, blocked" : "warp, plain", count(in) * (flat ? 4 : 8),
       {image, displacement, result}, [=](Places places) {
         const float* source = detail::floats(places, image);
         const float* u = detail::floats(places, displacement);
         float* target = detail::floats(places, result);
         for (std::int64_t n = 0; n < layout.samples; ++n) {
#pragma omp parallel for schedule(static)
           for (std::int64_t begin = 0; begin < rows; begin += rows_each)
             detail::warp_rows(grid, begin, std::min(begin + rows_each, rows), source + n * layout.sample(),
                               layout.groups(), layout.lanes, u + n * grid.axes * layout.positions,
                               target + n * layout.sample(), interpolation, border);
         }
       });
  return result;
}

}  // namespace sg::nn
