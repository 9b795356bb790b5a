#include <algorithm>

#include "nn/engine_builder.h"

// Layers that move values or combine two: concat, slice, reshape, permute, add, multiply.

namespace sg::nn {

using detail::Desc;
using detail::Dims;
using detail::Fused;
using detail::Layout;
using detail::Places;
using detail::Slot;
using Type = dnnl::memory::data_type;

namespace {

std::size_t place_of(std::int64_t axis, const Shape& shape) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(shape.size()) : axis);
}

}  // namespace

Slot Engine::Builder::build(const Concat& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Shape& out = shape(fused.result);
  const std::size_t axis = place_of(layer.axis, out);
  // Channels of one sample lie one behind the other in plain layouts, and in blocked ones where each input
  // fills its blocks: then the inputs are given their places in the result from the start, and nothing is
  // copied.
  const Desc first = slot(own.inputs[0]).desc;
  const std::optional<Layout> first_layout = detail::layout_of(first);
  const bool first_is_blocked = first.data.format_desc.blocking.inner_nblks == 1;
  bool alike = axis == 1 && first_layout && (first_is_blocked || first_layout->lanes == 1), any_plain = false;
  bool in_place = out[0] == 1;
  std::vector<int> blocks;
  for (const Value value : own.inputs) {
    const Slot& input = slot(value);
    const std::optional<Layout> layout = detail::layout_of(input.desc);
    alike = alike && layout && layout->lanes == first_layout->lanes &&
            layout->channels % layout->lanes == 0 &&
            (input.desc.data.format_desc.blocking.inner_nblks == 1) == first_is_blocked;
    any_plain = any_plain || !layout || layout->lanes == 1;
    in_place = in_place && alike && !plan_.is_external(input.block) && !plan_.is_placed(input.block) &&
               std::find(blocks.begin(), blocks.end(), input.block) == blocks.end() &&
               static_cast<std::int64_t>(input.desc.get_size()) == count(shape(value)) * 4;
    blocks.push_back(input.block);
  }
  // Else channels last, if that is how convolutions left them, or plain.
  const bool last = !alike && axis == 1 && !any_plain;
  std::vector<Slot> inputs;
  for (const Value value : own.inputs) {
    const Desc wanted = alike ? slot(value).desc : last ? channels_last(shape(value)) : plain(shape(value));
    inputs.push_back(as(slot(value), wanted, own.name + " input"));
  }
  const Desc desc = alike ? like(out, first) : last ? channels_last(out) : plain(out);
  const Slot result = make(desc);
  if (in_place) {
    std::int64_t offset = 0;
    for (const Slot& input : inputs) {
      plan_.place(input.block, result.block, offset);
      offset += static_cast<std::int64_t>(input.desc.get_size());
      block_uses_[static_cast<std::size_t>(input.block)] += 1 << 20;  // nothing may write over it any more
    }
    block_uses_[static_cast<std::size_t>(result.block)] += 1 << 20;
    parents_.push_back(result.block);
    return result;
  }
  std::vector<Desc> descs;
  std::vector<Argument> arguments{{DNNL_ARG_DST, result}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    descs.push_back(inputs[i].desc);
    arguments.push_back({DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), inputs[i]});
  }
  const dnnl::concat::primitive_desc chosen(desc, static_cast<int>(axis), descs, cpu_,
                                            detail::user_scratchpad());
  emit(own.name, 0, dnnl::concat(chosen), chosen.scratchpad_desc(), arguments);
  return result;
}

Slot Engine::Builder::build(const Slice& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Shape &in = shape(own.inputs[0]), &out = shape(fused.result);
  const std::size_t axis = place_of(layer.axis, in);
  const Slot input = as_plain(slot(own.inputs[0]), own.name + " input");
  Dims offsets(in.size(), 0);
  offsets[axis] = layer.begin < 0 ? layer.begin + in[axis] : layer.begin;
  Slot part = input;
  part.desc = input.desc.submemory_desc(out, offsets);
  return as(part, plain(out), own.name);
}

Slot Engine::Builder::build(const Reshape&, const Fused& fused) {
  Slot slot_of_input = as_plain(slot(fused.layer->inputs[0]), fused.layer->name + " input");
  slot_of_input.desc = plain(shape(fused.result));
  return slot_of_input;
}

Slot Engine::Builder::build(const Permute& layer, const Fused& fused) {
  const Layer& own = *fused.layer;
  const Slot input = as_plain(slot(own.inputs[0]), own.name + " input");
  const Shape& out = shape(fused.result);
  const Shape& from = shape(own.inputs[0]);
  Dims strides(from.size(), 1), seen;
  for (std::size_t i = from.size(); i-- > 1;) strides[i - 1] = strides[i] * from[i];
  for (const std::int64_t axis : layer.order) seen.push_back(strides[static_cast<std::size_t>(axis)]);
  Slot turned = input;
  turned.desc = Desc(out, Type::f32, seen);
  return scaled(turned, plain(out), 1, own.name);
}

Slot Engine::Builder::combine(const Fused& fused, dnnl::algorithm algorithm) {
  const Layer& own = *fused.layer;
  const Shape& out = shape(fused.result);
  Value first = own.inputs[0], second = own.inputs[1];
  if (shape(first) != out)
    std::swap(first, second);  // both operations commute; oneDNN repeats the second only
  Slot a = slot(first);
  const bool whole = shape(first) == out;
  if (!whole) a = repeated(as_plain(a, own.name + " input"), shape(first), out, own.name + " repeat");
  Slot b = slot(second);
  b = shape(second) == out ? as(b, a.desc, own.name + " input")
                           : as(b, like(shape(second), a.desc), own.name + " input");
  const Slot result = whole && is_last_use(slot(first)) && first.layer != second.layer ? a : make(a.desc);
  const dnnl::binary::primitive_desc chosen(dnnl::binary::desc(algorithm, a.desc, b.desc, result.desc),
                                            detail::user_scratchpad(), cpu_);
  emit(own.name, 0, dnnl::binary(chosen), chosen.scratchpad_desc(),
       {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, result}});
  return result;
}

Slot Engine::Builder::repeated(const Slot& input, const Shape& from, const Shape& to,
                               const std::string& why) {
  const Slot result = make(plain(to));
  std::vector<std::int64_t> strides(from.size());
  std::int64_t stride = 1;
  for (std::size_t a = from.size(); a-- > 0;) {
    strides[a] = from[a] == 1 ? 0 : stride;
    stride *= from[a];
  }
  emit(why, "repeat", 0, {input, result}, [=](Places places) {
    const float* source = detail::floats(places, input);
    float* target = detail::floats(places, result);
    std::vector<std::int64_t> at(to.size(), 0);
    const std::int64_t values = count(to);
    for (std::int64_t i = 0; i < values; ++i) {
      std::int64_t index = 0;
      for (std::size_t a = 0; a < to.size(); ++a) index += at[a] * strides[a];
      target[i] = source[index];
      for (std::size_t a = to.size(); a-- > 0 && ++at[a] == to[a];) at[a] = 0;
    }
  });
  return result;
}

Slot Engine::Builder::build(const Add&, const Fused& fused) {
  return combine(fused, dnnl::algorithm::binary_add);
}
Slot Engine::Builder::build(const Multiply&, const Fused& fused) {
  return combine(fused, dnnl::algorithm::binary_mul);
}

}  // namespace sg::nn
