#include "train/layer_forward.h"

#include <algorithm>

namespace sg::train {
namespace {

using torch::Tensor;
using Tensors = std::span<const Tensor>;

std::size_t spatial(const Tensor& x) { return static_cast<std::size_t>(x.dim()) - 2; }

std::vector<std::int64_t> expanded(const nn::Extent& extent, std::size_t axes) {
  std::vector<std::int64_t> all(axes);
  for (std::size_t a = 0; a < axes; ++a) all[a] = extent[a];
  return all;
}

Tensor optional(Tensors weights, std::size_t i) { return i < weights.size() ? weights[i] : Tensor(); }

Tensor apply(const nn::Input&, Tensors x, Tensors, bool) { return x[0]; }

Tensor apply(const nn::Convolution& layer, Tensors x, Tensors w, bool) {
  const std::size_t axes = spatial(x[0]);
  const auto kernel = expanded(layer.kernel, axes), dilation = expanded(layer.dilation, axes);
  auto padding = expanded(layer.padding, axes);
  for (std::size_t a = 0; a < axes; ++a)
    if (padding[a] == nn::same) padding[a] = dilation[a] * (kernel[a] - 1) / 2;
  return torch::convolution(x[0], w[0], optional(w, 1), expanded(layer.stride, axes), padding, dilation,
                            false, std::vector<std::int64_t>(axes, 0), layer.groups);
}

Tensor apply(const nn::TransposedConvolution& layer, Tensors x, Tensors w, bool) {
  const std::size_t axes = spatial(x[0]);
  return torch::convolution(x[0], w[0], optional(w, 1), expanded(layer.stride, axes),
                            expanded(layer.padding, axes), std::vector<std::int64_t>(axes, 1), true,
                            expanded(layer.output_padding, axes), layer.groups);
}

Tensor apply(const nn::Linear&, Tensors x, Tensors w, bool) {
  return torch::linear(x[0], w[0], optional(w, 1));
}

Tensor apply(const nn::Gru& layer, Tensors x, Tensors w, bool) {
  const std::int64_t directions = layer.bidirectional ? 2 : 1;
  const Tensor first =
      x.size() > 1 ? x[1] : torch::zeros({directions, x[0].size(0), layer.features}, x[0].options());
  return std::get<0>(torch::gru(x[0], first, std::vector<Tensor>(w.begin(), w.end()), true, 1, 0.0, false,
                                layer.bidirectional, true));
}

Tensor apply(const nn::InstanceNorm& layer, Tensors x, Tensors w, bool) {
  return torch::instance_norm(x[0], w[0], w[1], {}, {}, true, 0.0, layer.epsilon, false);
}

Tensor apply(const nn::BatchNorm& layer, Tensors x, Tensors w, bool training) {
  return torch::batch_norm(x[0], w[0], w[1], w[2], w[3], training, 0.1, layer.epsilon, false);
}

Tensor apply(const nn::GroupNorm& layer, Tensors x, Tensors w, bool) {
  return torch::group_norm(x[0], layer.groups, w[0], w[1], layer.epsilon, false);
}

Tensor apply(const nn::LayerNorm& layer, Tensors x, Tensors w, bool) {
  return torch::layer_norm(x[0], {x[0].size(-1)}, w[0], w[1], layer.epsilon, false);
}

Tensor apply(const nn::Activation& layer, Tensors x, Tensors, bool) {
  switch (layer.function) {
    case nn::Function::relu: return torch::relu(x[0]);
    case nn::Function::leaky_relu: return torch::leaky_relu(x[0], layer.slope);
    case nn::Function::elu: return torch::elu(x[0], layer.slope);
    case nn::Function::silu: return torch::silu(x[0]);
    case nn::Function::gelu: return torch::gelu(x[0]);
    case nn::Function::sigmoid: return torch::sigmoid(x[0]);
    case nn::Function::tanh: return torch::tanh(x[0]);
  }
  return x[0];
}

Tensor apply(const nn::ParametricRelu&, Tensors x, Tensors w, bool) { return torch::prelu(x[0], w[0]); }

Tensor apply(const nn::Softmax& layer, Tensors x, Tensors, bool) { return torch::softmax(x[0], layer.axis); }

Tensor apply(const nn::Pool& layer, Tensors x, Tensors, bool) {
  const std::size_t axes = spatial(x[0]);
  const auto kernel = expanded(layer.kernel, axes), stride = expanded(layer.stride, axes),
             padding = expanded(layer.padding, axes);
  if (layer.reduce == nn::Reduce::maximum)
    return axes == 2 ? torch::max_pool2d(x[0], kernel, stride, padding)
                     : torch::max_pool3d(x[0], kernel, stride, padding);
  return axes == 2 ? torch::avg_pool2d(x[0], kernel, stride, padding, false, true)
                   : torch::avg_pool3d(x[0], kernel, stride, padding, false, true);
}

Tensor apply(const nn::GlobalAverage&, Tensors x, Tensors, bool) {
  std::vector<std::int64_t> axes;
  for (std::int64_t a = 2; a < x[0].dim(); ++a) axes.push_back(a);
  return x[0].mean(axes, true);
}

Tensor apply(const nn::Upsample& layer, Tensors x, Tensors, bool) {
  const std::size_t axes = spatial(x[0]);
  std::vector<std::int64_t> size = expanded(layer.factor, axes);
  for (std::size_t a = 0; a < axes; ++a) {
    const auto axis = static_cast<std::int64_t>(a) + 2;
    size[a] = x.size() > 1 ? x[1].size(axis) : size[a] * x[0].size(axis);
  }
  if (layer.interpolation == nn::Interpolation::nearest)
    return axes == 2 ? torch::_upsample_nearest_exact2d(x[0], size)
                     : torch::_upsample_nearest_exact3d(x[0], size);
  return axes == 2 ? torch::upsample_bilinear2d(x[0], size, false)
                   : torch::upsample_trilinear3d(x[0], size, false);
}

Tensor apply(const nn::Concat& layer, Tensors x, Tensors, bool) {
  return torch::cat(std::vector<Tensor>(x.begin(), x.end()), layer.axis);
}

Tensor apply(const nn::Add&, Tensors x, Tensors, bool) { return x[0] + x[1]; }
Tensor apply(const nn::Multiply&, Tensors x, Tensors, bool) { return x[0] * x[1]; }

Tensor apply(const nn::Slice& layer, Tensors x, Tensors, bool) {
  const std::int64_t size = x[0].size(layer.axis);
  return torch::slice(x[0], layer.axis, layer.begin, layer.end == nn::to_end ? size : layer.end);
}

Tensor apply(const nn::MatrixProduct& layer, Tensors x, Tensors, bool) {
  const Tensor product = torch::matmul(x[0], layer.transpose ? x[1].transpose(-1, -2) : x[1]);
  return layer.scale == 1 ? product : product * layer.scale;
}

Tensor apply(const nn::Reshape& layer, Tensors x, Tensors, bool) {
  nn::Shape shape = layer.shape;
  for (std::size_t a = 0; a < shape.size(); ++a)
    if (shape[a] == 0) shape[a] = x[0].size(static_cast<std::int64_t>(a));
  return x[0].reshape(shape);
}

Tensor apply(const nn::Permute& layer, Tensors x, Tensors, bool) { return x[0].permute(layer.order); }

/// Places in −1…1 from the outer edge of the first voxel to that of the last, as grid_sample counts them.
Tensor apply(const nn::Warp& layer, Tensors x, Tensors, bool) {
  const std::size_t axes = spatial(x[0]);
  std::vector<Tensor> places;
  for (std::size_t channel = 0; channel < axes; ++channel) {
    const auto axis = static_cast<std::int64_t>(axes + 1 - channel);
    const std::int64_t size = x[0].size(axis);
    std::vector<std::int64_t> shape(axes, 1);
    shape[axes - 1 - channel] = size;
    const Tensor index = torch::arange(size, x[1].options()).view(shape);
    const Tensor at = index + x[1].select(1, static_cast<std::int64_t>(channel));
    places.push_back((2 * at + 1) / static_cast<double>(size) - 1);
  }
  const std::int64_t mode = layer.interpolation == nn::Interpolation::linear ? 0 : 1;
  const std::int64_t border = layer.border == nn::Border::zeros ? 0 : 1;
  return torch::grid_sampler(x[0], torch::stack(places, -1), mode, border, false);
}

}  // namespace

torch::Tensor layer_forward(const nn::Kind& kind, std::span<const torch::Tensor> inputs,
                            std::span<const torch::Tensor> weights, bool training) {
  return std::visit([&](const auto& layer) { return apply(layer, inputs, weights, training); }, kind);
}

}  // namespace sg::train
