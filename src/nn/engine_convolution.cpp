#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "nn/engine_builder.h"

// Convolutions, their transposes, and products with a weight matrix, with what is folded into them.

namespace sg::nn {

using detail::Desc;
using detail::Dims;
using detail::Fused;
using detail::Slot;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

namespace {

Desc with_any_layout(const Dims& dims, Type type = Type::f32) { return {dims, type, Tag::any}; }

Dims spatial(const Extent& extent, std::size_t axes, std::int64_t less = 0) {
  Dims dims;
  for (std::size_t a = 0; a < axes; ++a) dims.push_back(extent[a] - less);
  return dims;
}

/// A layer's weights and bias with the norm behind it folded in:
/// norm(w·x + b) = (w·k)·x + (b − mean)·k + shift, k = scale/√(variance + ε), for each output channel.
struct Folded {
  std::vector<float> weight, bias;
};

/// `channel_of` says which output channel the weight at an index makes.
template <class ChannelOf>
Folded fold(const Tensor& weight, const Tensor* bias, std::int64_t channels, const Fused& fused,
            const Engine::Builder& builder, const ChannelOf& channel_of) {
  Folded folded;
  folded.weight.assign(weight.data(), weight.data() + weight.size());
  folded.bias.assign(static_cast<std::size_t>(channels), 0.0F);
  if (bias != nullptr) folded.bias.assign(bias->data(), bias->data() + bias->size());
  if (fused.norm == nullptr) return folded;
  const Layer& norm = *fused.norm;
  const double epsilon = std::get<BatchNorm>(norm.kind).epsilon;
  std::vector<double> factor;
  for (std::int64_t c = 0; c < channels; ++c) {
    const double k = static_cast<double>(builder.weight(norm, "weight").data()[c]) /
                     std::sqrt(static_cast<double>(builder.weight(norm, "running_var").data()[c]) + epsilon);
    const auto at = static_cast<std::size_t>(c);
    const double mean = static_cast<double>(builder.weight(norm, "running_mean").data()[c]);
    const double shift = static_cast<double>(builder.weight(norm, "bias").data()[c]);
    folded.bias[at] = static_cast<float>((static_cast<double>(folded.bias[at]) - mean) * k + shift);
    factor.push_back(k);
  }
  for (std::size_t i = 0; i < folded.weight.size(); ++i)
    folded.weight[i] =
        static_cast<float>(static_cast<double>(folded.weight[i]) *
                           factor[static_cast<std::size_t>(channel_of(static_cast<std::int64_t>(i)))]);
  return folded;
}

/// 127 over the largest magnitude of each row of weights; 1 for rows of zeros.
std::vector<float> row_scales(const std::vector<float>& weight, std::size_t rows) {
  std::vector<float> scales(rows, 1.0F);
  const std::size_t length = weight.size() / rows;
  for (std::size_t r = 0; r < rows; ++r) {
    float largest = 0;
    for (std::size_t i = 0; i < length; ++i) largest = std::max(largest, std::abs(weight[r * length + i]));
    if (largest > 0) scales[r] = 127 / largest;
  }
  return scales;
}

/// float32 values in a vector register of this CPU.
std::int64_t vector_lanes() {
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) &
          static_cast<unsigned>(dnnl::cpu_isa::avx512_core)) ==
                 static_cast<unsigned>(dnnl::cpu_isa::avx512_core)
             ? 16
             : 8;
}

float input_scale(float range) { return range > 0 ? 127 / range : 1; }

}  // namespace

void Engine::Builder::append(dnnl::post_ops& operations, const Layer& activation) const {
  using dnnl::algorithm;
  const Activation& a = std::get<Activation>(activation.kind);
  const auto slope = static_cast<float>(a.slope);
  switch (a.function) {
    case Function::relu: operations.append_eltwise(1, algorithm::eltwise_relu, 0, 0); break;
    case Function::leaky_relu: operations.append_eltwise(1, algorithm::eltwise_relu, slope, 0); break;
    case Function::elu: operations.append_eltwise(1, algorithm::eltwise_elu, slope, 0); break;
    case Function::silu: operations.append_eltwise(1, algorithm::eltwise_swish, 1, 0); break;
    case Function::gelu: operations.append_eltwise(1, algorithm::eltwise_gelu_erf, 0, 0); break;
    case Function::sigmoid: operations.append_eltwise(1, algorithm::eltwise_logistic, 0, 0); break;
    case Function::tanh: operations.append_eltwise(1, algorithm::eltwise_tanh, 0, 0); break;
  }
}

Slot Engine::Builder::build(const Convolution& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Value input = own.inputs[0];
  const Shape &in = shape(input), &out = shape(fused.result);
  const std::size_t axes = in.size() - 2;
  const Tensor& weight_tensor = weight(own, "weight");
  const std::int64_t each = weight_tensor.size() / layer.channels;
  const Folded folded = fold(weight_tensor, has_weight(own, "bias") ? &weight(own, "bias") : nullptr,
                             layer.channels, fused, *this, [&](std::int64_t i) { return i / each; });
  Dims weight_dims = weight_tensor.shape;
  if (layer.groups > 1) {
    weight_dims.insert(weight_dims.begin(), layer.groups);
    weight_dims[1] = layer.channels / layer.groups;
  }
  Dims before, after;
  for (std::size_t a = 0; a < axes; ++a) {
    const std::int64_t window = layer.dilation[a] * (layer.kernel[a] - 1) + 1;
    before.push_back(layer.padding[a] == same ? (window - 1) / 2 : layer.padding[a]);
    after.push_back((out[a + 2] - 1) * layer.stride[a] + window - in[a + 2] - before.back());
  }

  dnnl::primitive_attr attributes = detail::user_scratchpad();
  dnnl::post_ops operations;
  if (fused.activation != nullptr) append(operations, *fused.activation);
  attributes.set_post_ops(operations);
  const bool quantised = precision() == Precision::i8;
  const Type type = quantised ? Type::s8 : precision() == Precision::bf16 ? Type::bf16 : Type::f32;
  std::vector<float> scales, bias = folded.bias;
  const float from = quantised ? input_scale(range_of(input)) : 1;
  dnnl::primitive_attr packing;
  if (quantised) {
    scales = row_scales(folded.weight, static_cast<std::size_t>(layer.channels));
    std::vector<float> back;
    for (std::size_t c = 0; c < scales.size(); ++c) {
      back.push_back(1 / (scales[c] * from));
      bias[c] *= scales[c] * from;  // oneDNN adds the bias before it scales
    }
    attributes.set_output_scales(1 << 1, back);
    packing.set_output_scales(layer.groups > 1 ? 3 : 1, scales);
  }
  const auto choose = [&](const Desc& source, const Desc& target) {
    const dnnl::convolution_forward::desc wanted(
        detail::inference, dnnl::algorithm::convolution_direct, source, with_any_layout(weight_dims, type),
        Desc({layer.channels}, Type::f32, Tag::x), target, spatial(layer.stride, axes),
        spatial(layer.dilation, axes, 1), before, after);
    return dnnl::convolution_forward::primitive_desc(wanted, attributes, cpu_);
  };
  auto chosen = choose(with_any_layout(in, type), with_any_layout(out));
  // Left to itself oneDNN 2.6 takes channels last. Where channels fill whole vectors, blocks of channels are
  // as fast or faster (16→16 at 128³: 92 against 98 ms, 1→16: 8 against 12), and blocks can be joined without
  // copying. Where they do not, such kernels fall back to plain loops, a thousand times slower.
  const std::int64_t lanes = vector_lanes();
  const bool whole_in = in[1] % lanes == 0, whole_out = layer.channels % lanes == 0;
  if (layer.groups == 1 && !quantised && whole_out && (whole_in || in[1] <= 3)) {
    Desc source = whole_in ? blocked(in, lanes) : plain(in);
    source.data.data_type = dnnl::memory::convert_to_c(type);
    const auto other = choose(source, blocked(out, lanes));
    if (std::string_view(other.impl_info_str()).starts_with("jit")) chosen = other;
  } else if (layer.groups == 1 && !quantised && whole_in && weight_tensor.size() == in[1] * layer.channels) {
    Desc source = blocked(in, lanes);  // a kernel of 1 reads blocks as well and spares a copy
    source.data.data_type = dnnl::memory::convert_to_c(type);
    const auto other = choose(source, with_any_layout(out));
    if (std::string_view(other.impl_info_str()).starts_with("jit")) chosen = other;
  }
  const Slot source = quantised ? scaled(slot(input), chosen.src_desc(), from, own.name + " input")
                                : as(slot(input), chosen.src_desc(), own.name + " input");
  const Slot result = make(chosen.dst_desc());
  const Shape& s = shape(input);
  emit(
      own.name, multiply_adds(own.kind, std::span(&s, 1), out), dnnl::convolution_forward(chosen),
      chosen.scratchpad_desc(), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, result}},
      {{DNNL_ARG_WEIGHTS, constant(folded.weight.data(), plain(weight_dims), chosen.weights_desc(), packing)},
       {DNNL_ARG_BIAS, constant(bias.data(), plain({layer.channels}), chosen.bias_desc())}});
  return result;
}

Slot Engine::Builder::build(const TransposedConvolution& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Value input = own.inputs[0];
  const Shape &in = shape(input), &out = shape(fused.result);
  const std::size_t axes = in.size() - 2;
  const Tensor& weight_tensor = weight(own, "weight");  // [I, O/groups, kernel…]
  const std::int64_t outputs = layer.channels / layer.groups, inputs = in[1] / layer.groups;
  const std::int64_t taps = weight_tensor.size() / (in[1] * outputs);
  const Folded folded = fold(
      weight_tensor, has_weight(own, "bias") ? &weight(own, "bias") : nullptr, layer.channels, fused, *this,
      [&](std::int64_t i) { return i / (taps * outputs * inputs) * outputs + i / taps % outputs; });
  // oneDNN wants [groups, O/groups, I/groups, kernel…]: the same values seen with other strides.
  Dims dims{layer.groups, outputs, inputs}, strides{inputs * outputs * taps, taps, outputs * taps};
  std::int64_t stride = taps;
  for (std::size_t a = 0; a < axes; ++a) {
    dims.push_back(layer.kernel[a]);
    stride /= layer.kernel[a];
    strides.push_back(stride);
  }
  if (layer.groups == 1) {
    dims.erase(dims.begin());
    strides.erase(strides.begin());
  }
  Dims after;
  for (std::size_t a = 0; a < axes; ++a)
    after.push_back((in[a + 2] - 1) * layer.stride[a] + layer.kernel[a] - layer.padding[a] - out[a + 2]);

  dnnl::primitive_attr attributes = detail::user_scratchpad();
  dnnl::post_ops operations;
  if (fused.activation != nullptr) append(operations, *fused.activation);
  attributes.set_post_ops(operations);
  const dnnl::deconvolution_forward::desc wanted(
      detail::inference, dnnl::algorithm::deconvolution_direct, with_any_layout(in), with_any_layout(dims),
      Desc({layer.channels}, Type::f32, Tag::x), with_any_layout(out), spatial(layer.stride, axes),
      spatial(layer.padding, axes), after);
  const dnnl::deconvolution_forward::primitive_desc chosen(wanted, attributes, cpu_);
  const Slot source = as(slot(input), chosen.src_desc(), own.name + " input");
  const Slot result = make(chosen.dst_desc());
  emit(own.name, multiply_adds(own.kind, std::span(&in, 1), out), dnnl::deconvolution_forward(chosen),
       chosen.scratchpad_desc(), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, result}},
       {{DNNL_ARG_WEIGHTS,
         constant(folded.weight.data(), Desc(dims, Type::f32, strides), chosen.weights_desc())},
        {DNNL_ARG_BIAS, constant(folded.bias.data(), plain({layer.channels}), chosen.bias_desc())}});
  return result;
}

Slot Engine::Builder::build(const Linear& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Value input = own.inputs[0];
  const Shape &in = shape(input), &out = shape(fused.result);
  const std::int64_t features = in.back(), rows = count(in) / features;
  const Tensor& matrix = weight(own, "weight");
  const std::vector<float> zeros(static_cast<std::size_t>(layer.features), 0.0F);
  dnnl::primitive_attr attributes = detail::user_scratchpad();
  dnnl::post_ops operations;
  if (fused.activation != nullptr) append(operations, *fused.activation);
  attributes.set_post_ops(operations);
  const Type type = precision() == Precision::bf16 ? Type::bf16 : Type::f32;
  const dnnl::inner_product_forward::desc wanted(detail::inference, Desc({rows, features}, type, Tag::ab),
                                                 with_any_layout({layer.features, features}, type),
                                                 Desc({layer.features}, Type::f32, Tag::x),
                                                 Desc({rows, layer.features}, Type::f32, Tag::ab));
  const dnnl::inner_product_forward::primitive_desc chosen(wanted, attributes, cpu_);
  Slot source = as_plain(slot(input), own.name + " input");
  source.desc = plain({rows, features});
  source = as(source, chosen.src_desc(), own.name + " input");
  Slot result = make(chosen.dst_desc());
  emit(own.name, multiply_adds(own.kind, std::span(&in, 1), out), dnnl::inner_product_forward(chosen),
       chosen.scratchpad_desc(), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, result}},
       {{DNNL_ARG_WEIGHTS, constant(matrix.data(), plain({layer.features, features}), chosen.weights_desc())},
        {DNNL_ARG_BIAS, constant(layer.bias ? weight(own, "bias").data() : zeros.data(),
                                 plain({layer.features}), chosen.bias_desc())}});
  result.desc = plain(out);
  return result;
}

}  // namespace sg::nn
