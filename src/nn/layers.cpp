#include "nn/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/error.h"

namespace sg::nn {
namespace {

constexpr std::int64_t largest_size = std::int64_t{1} << 31;
constexpr double largest_factor = 1e6;

template <class... Parts>
[[noreturn]] void refuse(fmt::format_string<Parts...> text, Parts&&... parts) {
  throw Error(ErrorCode::invalid_input, fmt::format(text, std::forward<Parts>(parts)...));
}

std::int64_t in_range(std::string_view what, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) refuse("{} is {}, expected {} to {}", what, value, low, high);
  return value;
}

double in_range(std::string_view what, double value, double low, double high) {
  if (!(value >= low && value <= high)) refuse("{} is {}, expected {} to {}", what, value, low, high);
  return value;
}

const Shape& with_axes(const Shape& shape, std::size_t least, std::size_t most, std::string_view layout) {
  if (shape.size() < least || shape.size() > most)
    refuse("the input is {}, expected {}", to_string(shape), layout);
  return shape;
}

const Shape& image(const Shape& shape) { return with_axes(shape, 4, 5, "[N,C,H,W] or [N,C,D,H,W]"); }

std::int64_t known(const Shape& shape, std::size_t axis, std::string_view why) {
  if (shape[axis] < 0) refuse("axis {} of {} must be known: {}", axis, to_string(shape), why);
  return shape[axis];
}

std::size_t axis_of(std::int64_t axis, const Shape& shape) {
  const auto axes = static_cast<std::int64_t>(shape.size());
  if (axis < -axes || axis >= axes) refuse("axis is {}, but the input is {}", axis, to_string(shape));
  return static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
}

void check_extent(std::string_view what, const Extent& extent, std::size_t spatial, std::int64_t low,
                  std::int64_t high) {
  if (extent.sizes().size() != 1 && extent.sizes().size() != spatial)
    refuse("{} has {} numbers, expected 1 or {}", what, extent.sizes().size(), spatial);
  for (const std::int64_t size : extent.sizes()) in_range(what, size, low, high);
}

std::int64_t padding_of(const Extent& padding, const Extent& kernel, const Extent& dilation,
                        std::size_t axis) {
  return padding[axis] == same ? dilation[axis] * (kernel[axis] - 1) / 2 : padding[axis];
}

std::int64_t window_count(std::int64_t size, std::int64_t window, std::int64_t stride, std::int64_t padding) {
  if (size < 0) return -1;
  if (size + 2 * padding < window) refuse("a size of {} is smaller than the kernel", size);
  return (size + 2 * padding - window) / stride + 1;
}

Shape channel_wise(const Shape& x) {
  known(x, 1, "there is one weight a channel");
  return x;
}

void check_epsilon(double epsilon) {
  if (!(epsilon > 0 && epsilon <= 1)) refuse("epsilon is {}, expected more than 0, at most 1", epsilon);
}

/// Two sizes that must agree; one that is not known takes the other.
std::int64_t agreed(std::int64_t a, std::int64_t b, const Shape& left, const Shape& right) {
  if (a >= 0 && b >= 0 && a != b)
    refuse("the inputs {} and {} do not fit", to_string(left), to_string(right));
  return std::max(a, b);
}

Shape broadcast(const Shape& a, const Shape& b) {
  if (a.size() != b.size()) refuse("the inputs {} and {} do not fit", to_string(a), to_string(b));
  Shape shape = a;
  for (std::size_t i = 0; i < a.size(); ++i)
    shape[i] = a[i] == 1 ? b[i] : b[i] == 1 ? a[i] : agreed(a[i], b[i], a, b);
  return shape;
}

// output_of: the shape rule of each layer.

Shape output_of(const Input& layer, std::span<const Shape>) { return layer.shape; }

Shape output_of(const Convolution& layer, std::span<const Shape> in) {
  Shape shape = image(in[0]);
  const std::size_t spatial = shape.size() - 2;
  in_range("channels", layer.channels, 1, 1 << 16);
  check_extent("kernel", layer.kernel, spatial, 1, 1 << 10);
  check_extent("stride", layer.stride, spatial, 1, 1 << 10);
  check_extent("dilation", layer.dilation, spatial, 1, 1 << 10);
  check_extent("padding", layer.padding, spatial, same, 1 << 20);
  const std::int64_t channels = known(shape, 1, "weights depend on it");
  in_range("groups", layer.groups, 1, channels);
  if (channels % layer.groups != 0 || layer.channels % layer.groups != 0)
    refuse("groups is {}, which must divide {} and {} channels", layer.groups, channels, layer.channels);
  shape[1] = layer.channels;
  for (std::size_t a = 0; a < spatial; ++a)
    shape[a + 2] = window_count(shape[a + 2], layer.dilation[a] * (layer.kernel[a] - 1) + 1, layer.stride[a],
                                padding_of(layer.padding, layer.kernel, layer.dilation, a));
  return shape;
}

Shape output_of(const TransposedConvolution& layer, std::span<const Shape> in) {
  Shape shape = image(in[0]);
  const std::size_t spatial = shape.size() - 2;
  in_range("channels", layer.channels, 1, 1 << 16);
  check_extent("kernel", layer.kernel, spatial, 1, 1 << 10);
  check_extent("stride", layer.stride, spatial, 1, 1 << 10);
  check_extent("padding", layer.padding, spatial, 0, 1 << 20);
  check_extent("output_padding", layer.output_padding, spatial, 0, 1 << 10);
  const std::int64_t channels = known(shape, 1, "weights depend on it");
  in_range("groups", layer.groups, 1, channels);
  if (channels % layer.groups != 0 || layer.channels % layer.groups != 0)
    refuse("groups is {}, which must divide {} and {} channels", layer.groups, channels, layer.channels);
  shape[1] = layer.channels;
  for (std::size_t a = 0; a < spatial; ++a) {
    if (layer.output_padding[a] >= layer.stride[a])
      refuse("output_padding is {}, expected less than the stride {}", layer.output_padding[a],
             layer.stride[a]);
    if (shape[a + 2] < 0) continue;
    shape[a + 2] = (shape[a + 2] - 1) * layer.stride[a] - 2 * layer.padding[a] + layer.kernel[a] +
                   layer.output_padding[a];
    if (shape[a + 2] < 1) refuse("padding is {}: nothing is left", layer.padding[a]);
  }
  return shape;
}

Shape output_of(const Linear& layer, std::span<const Shape> in) {
  Shape shape = with_axes(in[0], 1, 8, "1 to 8 axes");
  in_range("features", layer.features, 1, 1 << 20);
  known(shape, shape.size() - 1, "weights depend on it");
  shape.back() = layer.features;
  return shape;
}

Shape output_of(const Gru& layer, std::span<const Shape> in) {
  Shape shape = with_axes(in[0], 3, 3, "[N,T,C]");
  in_range("features", layer.features, 1, 1 << 16);
  known(shape, 2, "weights depend on it");
  const std::int64_t directions = layer.bidirectional ? 2 : 1;
  if (in.size() == 2) {
    const Shape& state = in[1];
    if (state.size() != 3 || (state[0] >= 0 && state[0] != directions) ||
        (state[1] >= 0 && shape[0] >= 0 && state[1] != shape[0]) ||
        (state[2] >= 0 && state[2] != layer.features))
      refuse("the first state is {}, expected {}", to_string(state),
             to_string({directions, shape[0], layer.features}));
  }
  shape[2] = layer.features * directions;
  return shape;
}

Shape output_of(const InstanceNorm& layer, std::span<const Shape> in) {
  check_epsilon(layer.epsilon);
  return channel_wise(image(in[0]));
}
Shape output_of(const BatchNorm& layer, std::span<const Shape> in) {
  check_epsilon(layer.epsilon);
  return channel_wise(with_axes(in[0], 2, 5, "[N,C,…]"));
}

Shape output_of(const GroupNorm& layer, std::span<const Shape> in) {
  check_epsilon(layer.epsilon);
  Shape shape = channel_wise(image(in[0]));
  in_range("groups", layer.groups, 1, shape[1]);
  if (shape[1] % layer.groups != 0)
    refuse("groups is {}, which must divide {} channels", layer.groups, shape[1]);
  return shape;
}

Shape output_of(const LayerNorm& layer, std::span<const Shape> in) {
  check_epsilon(layer.epsilon);
  Shape shape = with_axes(in[0], 1, 8, "1 to 8 axes");
  known(shape, shape.size() - 1, "there is one weight a place");
  return shape;
}

Shape output_of(const Activation& layer, std::span<const Shape> in) {
  in_range("slope", layer.slope, -largest_factor, largest_factor);
  return in[0];
}
Shape output_of(const ParametricRelu&, std::span<const Shape> in) {
  return channel_wise(with_axes(in[0], 2, 5, "[N,C,…]"));
}

Shape output_of(const Softmax& layer, std::span<const Shape> in) {
  axis_of(layer.axis, in[0]);
  return in[0];
}

Shape output_of(const Pool& layer, std::span<const Shape> in) {
  Shape shape = image(in[0]);
  const std::size_t spatial = shape.size() - 2;
  check_extent("kernel", layer.kernel, spatial, 1, 1 << 10);
  check_extent("stride", layer.stride, spatial, 1, 1 << 10);
  check_extent("padding", layer.padding, spatial, 0, 1 << 10);
  for (std::size_t a = 0; a < spatial; ++a) {
    in_range("padding", layer.padding[a], 0, layer.kernel[a] / 2);
    shape[a + 2] = window_count(shape[a + 2], layer.kernel[a], layer.stride[a], layer.padding[a]);
  }
  return shape;
}

Shape output_of(const GlobalAverage&, std::span<const Shape> in) {
  Shape shape = image(in[0]);
  std::fill(shape.begin() + 2, shape.end(), 1);
  return shape;
}

Shape output_of(const Upsample& layer, std::span<const Shape> in) {
  Shape shape = image(in[0]);
  const std::size_t spatial = shape.size() - 2;
  check_extent("factor", layer.factor, spatial, 1, 1 << 10);
  if (in.size() == 2) {
    if (in[1].size() != shape.size())
      refuse("the inputs {} and {} do not fit", to_string(shape), to_string(in[1]));
    std::copy(in[1].begin() + 2, in[1].end(), shape.begin() + 2);
    return shape;
  }
  for (std::size_t a = 0; a < spatial; ++a)
    if (shape[a + 2] >= 0) shape[a + 2] *= layer.factor[a];
  return shape;
}

Shape output_of(const Concat& layer, std::span<const Shape> in) {
  Shape shape = in[0];
  const std::size_t axis = axis_of(layer.axis, shape);
  for (const Shape& other : in.subspan(1)) {
    if (other.size() != shape.size())
      refuse("the inputs {} and {} do not fit", to_string(shape), to_string(other));
    for (std::size_t a = 0; a < shape.size(); ++a) {
      if (a != axis)
        shape[a] = agreed(shape[a], other[a], in[0], other);
      else
        shape[a] = shape[a] < 0 || other[a] < 0 ? -1 : shape[a] + other[a];
    }
  }
  return shape;
}

Shape output_of(const Add&, std::span<const Shape> in) { return broadcast(in[0], in[1]); }
Shape output_of(const Multiply&, std::span<const Shape> in) { return broadcast(in[0], in[1]); }

Shape output_of(const Slice& layer, std::span<const Shape> in) {
  Shape shape = in[0];
  std::int64_t& size = shape[axis_of(layer.axis, shape)];
  if (size < 0) {
    const bool same_side = layer.end != to_end && (layer.begin < 0) == (layer.end < 0);
    if (same_side || (layer.begin < 0 && layer.end == to_end)) {
      in_range("begin", layer.begin, -largest_size, largest_size);
      const std::int64_t length = (layer.end == to_end ? 0 : layer.end) - layer.begin;
      if (length < 1) refuse("the slice {} to {} is empty", layer.begin, layer.end);
      size = length;
    }
    return shape;
  }
  const std::int64_t begin = layer.begin < 0 ? layer.begin + size : layer.begin;
  const std::int64_t end = layer.end == to_end ? size : layer.end < 0 ? layer.end + size : layer.end;
  if (begin < 0 || end > size || begin >= end)
    refuse("the slice {} to {} does not lie in a size of {}", layer.begin, layer.end, size);
  size = end - begin;
  return shape;
}

Shape output_of(const MatrixProduct& layer, std::span<const Shape> in) {
  in_range("scale", layer.scale, -largest_factor, largest_factor);
  const Shape &a = in[0], &b = in[1];
  const auto misfit = [&] {
    refuse("the inputs {} and {}{} do not fit", to_string(a), to_string(b),
           layer.transpose ? " (transposed)" : "");
  };
  if (a.size() < 2 || a.size() > 5 || a.size() != b.size()) misfit();
  Shape shape = a;
  const std::size_t last = a.size() - 1;
  for (std::size_t i = 0; i + 1 < last; ++i) shape[i] = agreed(a[i], b[i], a, b);
  const std::int64_t inner = b[layer.transpose ? last : last - 1];
  if (a[last] >= 0 && inner >= 0 && a[last] != inner) misfit();
  shape[last] = b[layer.transpose ? last - 1 : last];
  return shape;
}

Shape output_of(const Reshape& layer, std::span<const Shape> in) {
  Shape shape = layer.shape;
  if (shape.empty() || shape.size() > 8) refuse("shape has {} axes, expected 1 to 8", shape.size());
  std::optional<std::size_t> open;
  for (std::size_t a = 0; a < shape.size(); ++a) {
    in_range("shape", shape[a], -1, largest_size);
    if (shape[a] == 0) {
      if (a >= in[0].size()) refuse("shape keeps axis {}, which {} lacks", a, to_string(in[0]));
      shape[a] = in[0][a];
    } else if (shape[a] == -1) {
      if (open) refuse("shape {} leaves more than one size open", to_string(layer.shape));
      open = a;
    }
  }
  if (std::count(in[0].begin(), in[0].end(), -1) > 0) return shape;
  const std::int64_t values = count(in[0]);
  if (open) {
    Shape rest = shape;
    rest[*open] = 1;
    const std::int64_t others = count(rest);
    if (others == 0 || values % others != 0)
      refuse("{} cannot be given the shape {}", to_string(in[0]), to_string(layer.shape));
    shape[*open] = values / others;
  }
  if (count(shape) != values)
    refuse("{} cannot be given the shape {}", to_string(in[0]), to_string(layer.shape));
  return shape;
}

Shape output_of(const Permute& layer, std::span<const Shape> in) {
  with_axes(in[0], 1, 8, "1 to 8 axes");
  Shape sorted = layer.order;
  std::sort(sorted.begin(), sorted.end());
  bool fits = sorted.size() == in[0].size();
  for (std::size_t i = 0; fits && i < sorted.size(); ++i) fits = sorted[i] == static_cast<std::int64_t>(i);
  if (!fits) refuse("order is {}, expected each axis of {} once", to_string(layer.order), to_string(in[0]));
  Shape shape;
  for (const std::int64_t axis : layer.order) shape.push_back(in[0][static_cast<std::size_t>(axis)]);
  return shape;
}

Shape output_of(const Warp&, std::span<const Shape> in) {
  Shape shape = image(in[0]);
  const Shape& u = in[1];
  if (u.size() != shape.size() || u[1] != static_cast<std::int64_t>(u.size()) - 2)
    refuse("the displacement is {}, expected {} with {} channels", to_string(u), to_string(shape),
           shape.size() - 2);
  for (std::size_t a = 0; a < shape.size(); ++a)
    if (a != 1) shape[a] = agreed(shape[a], u[a], in[0], u);
  return shape;
}

// parameters_of: what each layer learns.

std::vector<ParameterShape> parameters_of(const auto&, std::span<const Shape>) { return {}; }

std::vector<ParameterShape> with_bias(Shape weight, std::int64_t outputs, bool bias) {
  std::vector<ParameterShape> all{{"weight", std::move(weight)}};
  if (bias) all.push_back({"bias", {outputs}});
  return all;
}

std::vector<ParameterShape> parameters_of(const Convolution& layer, std::span<const Shape> in) {
  Shape weight{layer.channels, in[0][1] / layer.groups};
  for (std::size_t a = 0; a + 2 < in[0].size(); ++a) weight.push_back(layer.kernel[a]);
  return with_bias(weight, layer.channels, layer.bias);
}

std::vector<ParameterShape> parameters_of(const TransposedConvolution& layer, std::span<const Shape> in) {
  Shape weight{in[0][1], layer.channels / layer.groups};
  for (std::size_t a = 0; a + 2 < in[0].size(); ++a) weight.push_back(layer.kernel[a]);
  return with_bias(weight, layer.channels, layer.bias);
}

std::vector<ParameterShape> parameters_of(const Linear& layer, std::span<const Shape> in) {
  return with_bias({layer.features, in[0].back()}, layer.features, layer.bias);
}

std::vector<ParameterShape> parameters_of(const Gru& layer, std::span<const Shape> in) {
  std::vector<ParameterShape> all;
  for (const std::string suffix : {"", "_reverse"}) {
    if (!suffix.empty() && !layer.bidirectional) break;
    const std::int64_t gates = 3 * layer.features;
    all.push_back({"weight_ih_l0" + suffix, {gates, in[0][2]}});
    all.push_back({"weight_hh_l0" + suffix, {gates, layer.features}});
    all.push_back({"bias_ih_l0" + suffix, {gates}});
    all.push_back({"bias_hh_l0" + suffix, {gates}});
  }
  return all;
}

std::vector<ParameterShape> scale_and_shift(std::int64_t size) {
  return {{"weight", {size}}, {"bias", {size}}};
}
std::vector<ParameterShape> parameters_of(const InstanceNorm&, std::span<const Shape> in) {
  return scale_and_shift(in[0][1]);
}
std::vector<ParameterShape> parameters_of(const GroupNorm&, std::span<const Shape> in) {
  return scale_and_shift(in[0][1]);
}
std::vector<ParameterShape> parameters_of(const LayerNorm&, std::span<const Shape> in) {
  return scale_and_shift(in[0].back());
}
std::vector<ParameterShape> parameters_of(const BatchNorm&, std::span<const Shape> in) {
  std::vector<ParameterShape> all = scale_and_shift(in[0][1]);
  all.push_back({"running_mean", {in[0][1]}, false});
  all.push_back({"running_var", {in[0][1]}, false});
  return all;
}
std::vector<ParameterShape> parameters_of(const ParametricRelu&, std::span<const Shape> in) {
  return {{"weight", {in[0][1]}}};
}

// work_of: multiply-adds.

std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) refuse("more multiply-adds than can be counted");
  return result;
}

std::int64_t product(const Extent& extent, std::size_t spatial) {
  std::int64_t result = 1;
  for (std::size_t a = 0; a < spatial; ++a) result *= extent[a];
  return result;
}

std::int64_t work_of(const auto&, std::span<const Shape>, const Shape&) { return 0; }
std::int64_t work_of(const Convolution& layer, std::span<const Shape> in, const Shape& out) {
  return times(count(out), times(in[0][1] / layer.groups, product(layer.kernel, out.size() - 2)));
}
std::int64_t work_of(const TransposedConvolution& layer, std::span<const Shape> in, const Shape& out) {
  return times(count(in[0]), times(layer.channels / layer.groups, product(layer.kernel, out.size() - 2)));
}
std::int64_t work_of(const Linear&, std::span<const Shape> in, const Shape& out) {
  return times(count(out), in[0].back());
}
std::int64_t work_of(const Gru& layer, std::span<const Shape> in, const Shape& out) {
  return times(count(out), 3 * (in[0][2] + layer.features));
}
std::int64_t work_of(const MatrixProduct&, std::span<const Shape> in, const Shape& out) {
  return times(count(out), in[0].back());
}
std::int64_t work_of(const Multiply&, std::span<const Shape>, const Shape& out) { return count(out); }
std::int64_t work_of(const Warp&, std::span<const Shape> in, const Shape& out) {
  return times(count(out), in[0].size() == 5 ? 8 : 4);
}

}  // namespace

std::string_view kind_name(const Kind& kind) {
  return std::visit([](const auto& layer) { return std::decay_t<decltype(layer)>::kind; }, kind);
}

Shape output_shape(const Kind& kind, std::span<const Shape> inputs) {
  Shape shape = std::visit([&](const auto& layer) { return output_of(layer, inputs); }, kind);
  for (const std::int64_t size : shape)
    if (size > largest_size)
      refuse("the result would be {}, expected sizes up to {}", to_string(shape), largest_size);
  return shape;
}

std::vector<ParameterShape> parameter_shapes(const Kind& kind, std::span<const Shape> inputs) {
  return std::visit([&](const auto& layer) { return parameters_of(layer, inputs); }, kind);
}

std::int64_t multiply_adds(const Kind& kind, std::span<const Shape> inputs, const Shape& output) {
  return std::visit([&](const auto& layer) { return work_of(layer, inputs, output); }, kind);
}

std::string_view name(Function function) {
  static constexpr std::array<std::string_view, 7> names{"relu", "leaky_relu", "elu", "silu",
                                                         "gelu", "sigmoid",    "tanh"};
  return names[static_cast<std::size_t>(function)];
}
std::string_view name(Reduce reduce) { return reduce == Reduce::maximum ? "maximum" : "average"; }
std::string_view name(Interpolation interpolation) {
  return interpolation == Interpolation::nearest ? "nearest" : "linear";
}
std::string_view name(Border border) { return border == Border::zeros ? "zeros" : "edge"; }

}  // namespace sg::nn
