#include <algorithm>

#include "nn/engine_builder.h"

// Layers of sequences and attention: recurrent units, matrix products, layer norm, softmax.

namespace sg::nn {

using detail::Desc;
using detail::Dims;
using detail::Fused;
using detail::Slot;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

namespace {

/// PyTorch's gates are r, z, n; oneDNN's update (z), reset (r), output (n).
constexpr std::int64_t gate_order[3] = {1, 0, 2};

/// [3F, K] of each direction → [1, directions, K, 3, F] ("ldigo").
std::vector<float> gru_matrix(const std::vector<const Tensor*>& directions, std::int64_t features) {
  const std::int64_t inputs = directions[0]->shape[1];
  std::vector<float> packed;
  for (const Tensor* matrix : directions)
    for (std::int64_t i = 0; i < inputs; ++i)
      for (const std::int64_t gate : gate_order)
        for (std::int64_t f = 0; f < features; ++f)
          packed.push_back(matrix->data()[(gate * features + f) * inputs + i]);
  return packed;
}

}  // namespace

Slot Engine::Builder::build(const Gru& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Shape& in = shape(own.inputs[0]);
  const std::int64_t samples = in[0], times = in[1], inputs = in[2], features = layer.features;
  const std::int64_t directions = layer.bidirectional ? 2 : 1;
  std::vector<const Tensor*> from_input, from_state;
  std::vector<float> bias;  // [1, directions, 4, F]: z, r, n of the input, n of the state
  for (const std::string suffix : {"", "_reverse"}) {
    if (!suffix.empty() && !layer.bidirectional) break;
    from_input.push_back(&weight(own, "weight_ih_l0" + suffix));
    from_state.push_back(&weight(own, "weight_hh_l0" + suffix));
    const float* of_input = weight(own, "bias_ih_l0" + suffix).data();
    const float* of_state = weight(own, "bias_hh_l0" + suffix).data();
    for (const std::int64_t gate : {1, 0})
      for (std::int64_t f = 0; f < features; ++f)
        bias.push_back(of_input[gate * features + f] + of_state[gate * features + f]);
    for (std::int64_t f = 0; f < features; ++f) bias.push_back(of_input[2 * features + f]);
    for (std::int64_t f = 0; f < features; ++f) bias.push_back(of_state[2 * features + f]);
  }
  const Dims input_dims{1, directions, inputs, 3, features}, state_dims{1, directions, features, 3, features};
  const Dims first_dims{1, directions, samples, features};
  const bool has_state = own.inputs.size() == 2;
  const Desc first = has_state ? Desc(first_dims, Type::f32, Tag::ldnc) : Desc();
  const dnnl::lbr_gru_forward::desc wanted(
      detail::inference,
      layer.bidirectional ? dnnl::rnn_direction::bidirectional_concat
                          : dnnl::rnn_direction::unidirectional_left2right,
      Desc({times, samples, inputs}, Type::f32, Tag::tnc), first, Desc(input_dims, Type::f32, Tag::any),
      Desc(state_dims, Type::f32, Tag::any), Desc({1, directions, 4, features}, Type::f32, Tag::ldgo),
      Desc({times, samples, directions * features}, Type::f32, Tag::tnc), Desc());
  const dnnl::lbr_gru_forward::primitive_desc chosen(wanted, detail::user_scratchpad(), cpu_);

  Slot source = as_plain(slot(own.inputs[0]), own.name + " input");  // [N,T,C], seen as [T,N,C]
  source.desc = Desc({times, samples, inputs}, Type::f32, Dims{inputs, times * inputs, 1});
  source = scaled(source, chosen.src_layer_desc(), 1, own.name + " input");
  const Slot result = make(chosen.dst_layer_desc());
  std::vector<Argument> arguments{{DNNL_ARG_SRC_LAYER, source}, {DNNL_ARG_DST_LAYER, result}};
  if (has_state) {
    Slot state = as_plain(slot(own.inputs[1]), own.name + " state");
    state.desc = chosen.src_iter_desc();
    arguments.push_back({DNNL_ARG_SRC_ITER, state});
  }
  const std::vector<float> w = gru_matrix(from_input, features), r = gru_matrix(from_state, features);
  emit(own.name, multiply_adds(own.kind, std::span(&in, 1), shape(fused.result)),
       dnnl::lbr_gru_forward(chosen), chosen.scratchpad_desc(), arguments,
       {{DNNL_ARG_WEIGHTS_LAYER, constant(w.data(), plain(input_dims), chosen.weights_layer_desc())},
        {DNNL_ARG_WEIGHTS_ITER, constant(r.data(), plain(state_dims), chosen.weights_iter_desc())},
        {DNNL_ARG_BIAS, constant(bias.data(), plain({1, directions, 4, features}), chosen.bias_desc())}});
  // Back to [N,T,…].
  const std::int64_t width = directions * features;
  Slot turned = result;
  turned.desc = Desc({samples, times, width}, Type::f32, Dims{width, samples * width, 1});
  return scaled(turned, plain({samples, times, width}), 1, own.name + " result");
}

Slot Engine::Builder::build(const MatrixProduct& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Slot a = as_plain(slot(own.inputs[0]), own.name + " input");
  Slot b = as_plain(slot(own.inputs[1]), own.name + " input");
  if (layer.transpose) {
    Dims dims = shape(own.inputs[1]), strides(dims.size(), 1);
    for (std::size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    std::swap(strides[dims.size() - 1], strides[dims.size() - 2]);
    b.desc = Desc(dims, Type::f32, strides);
  }
  dnnl::primitive_attr attributes = detail::user_scratchpad();
  if (layer.scale != 1) attributes.set_output_scales(0, {static_cast<float>(layer.scale)});
  const Slot result = make(plain(shape(fused.result)));
  const dnnl::matmul::primitive_desc chosen(dnnl::matmul::desc(a.desc, b.desc, result.desc), attributes,
                                            cpu_);
  const Shape shapes[2] = {shape(own.inputs[0]), shape(own.inputs[1])};
  emit(own.name, multiply_adds(own.kind, shapes, shape(fused.result)), dnnl::matmul(chosen),
       chosen.scratchpad_desc(), {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, result}});
  return result;
}

Slot Engine::Builder::build(const LayerNorm& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Shape& in = shape(own.inputs[0]);
  Slot input = as_plain(slot(own.inputs[0]), own.name + " input");
  const std::int64_t features = in.back();
  input.desc = plain({count(in) / features, features});
  Slot result = is_last_use(slot(own.inputs[0])) ? input : make(input.desc);
  const dnnl::layer_normalization_forward::primitive_desc chosen(
      dnnl::layer_normalization_forward::desc(
          detail::inference, input.desc, static_cast<float>(layer.epsilon),
          dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift),
      detail::user_scratchpad(), cpu_);
  emit(own.name, 0, dnnl::layer_normalization_forward(chosen), chosen.scratchpad_desc(),
       {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, result}},
       {{DNNL_ARG_SCALE, constant(weight(own, "weight").data(), plain({features}), plain({features}))},
        {DNNL_ARG_SHIFT, constant(weight(own, "bias").data(), plain({features}), plain({features}))}});
  result.desc = plain(in);
  return result;
}

Slot Engine::Builder::build(const Softmax& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Slot input = as_plain(slot(own.inputs[0]), own.name + " input");
  const Slot result = is_last_use(slot(own.inputs[0])) ? input : make(input.desc);
  const auto axes = static_cast<std::int64_t>(shape(fused.result).size());
  const dnnl::softmax_forward::primitive_desc chosen(
      dnnl::softmax_forward::desc(detail::inference, input.desc,
                                  static_cast<int>(layer.axis < 0 ? layer.axis + axes : layer.axis)),
      detail::user_scratchpad(), cpu_);
  emit(own.name, 0, dnnl::softmax_forward(chosen), chosen.scratchpad_desc(),
       {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, result}});
  return result;
}

}  // namespace sg::nn
