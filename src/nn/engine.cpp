#include "nn/engine.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/error.h"
#include "core/parallel.h"
#include "nn/engine_builder.h"

namespace sg::nn {

using detail::Fused;
using detail::Places;
using detail::Slot;
using detail::Step;

namespace {

/// oneDNN's errors in our words.
template <class F>
auto guarded(const F& work) {
  try {
    return work();
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) throw Error(ErrorCode::resource, "memory is short for the network");
    throw Error(ErrorCode::internal, fmt::format("the network library failed: {}", e.message));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::resource, "memory is short for the network");
  }
}

/// Largest magnitude of every value when the network runs on the calibration inputs.
std::vector<float> calibrate(const Graph& graph, const NamedTensors& weights,
                             const std::vector<Shape>& shapes, const std::vector<Tensor>& inputs) {
  Graph observed = graph;
  std::vector<int> layers;
  for (const Layer& layer : graph.layers())
    for (const Value value : layer.inputs)
      if (std::find(layers.begin(), layers.end(), value.layer) == layers.end()) layers.push_back(value.layer);
  for (const int layer : layers) observed.output(fmt::format("observed.{}", layer), {layer});
  Engine engine(observed, weights, shapes);
  std::vector<const Tensor*> given;
  for (const Tensor& input : inputs) given.push_back(&input);
  const std::vector<Tensor> seen = engine.run(given);
  std::vector<float> ranges(graph.layers().size(), 0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Tensor& values = seen[graph.outputs().size() + i];
    float& range = ranges[static_cast<std::size_t>(layers[i])];
    for (std::int64_t k = 0; k < values.size(); ++k) range = std::max(range, std::abs(values.data()[k]));
  }
  return ranges;
}

}  // namespace

std::string_view name(Precision precision) {
  return precision == Precision::f32 ? "f32" : precision == Precision::bf16 ? "bf16" : "i8";
}

bool is_native(Precision precision) {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto has = [&](dnnl::cpu_isa wanted) {
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
  };
  if (precision == Precision::bf16) return has(dnnl::cpu_isa::avx512_core_bf16);
  if (precision == Precision::i8)
    return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni);
  return true;
}

void check_weights(const Graph& graph, const NamedTensors& weights) {
  std::map<std::string_view, const Tensor*> given;
  for (const auto& [key, tensor] : weights) {
    if (!given.emplace(key, &tensor).second)
      throw Error(ErrorCode::invalid_input, fmt::format("weight \"{}\" comes twice", key), key);
  }
  for (const ParameterShape& wanted : parameters(graph)) {
    const auto found = given.find(wanted.name);
    if (found == given.end())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("weight \"{}\" {} is missing", wanted.name, to_string(wanted.shape)),
                  wanted.name);
    const Tensor& tensor = *found->second;
    if (tensor.shape != wanted.shape)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("weight \"{}\" is {}, expected {}", wanted.name, to_string(tensor.shape),
                              to_string(wanted.shape)),
                  wanted.name);
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      if (!std::isfinite(tensor.data()[i]))
        throw Error(ErrorCode::invalid_input,
                    fmt::format("weight \"{}\" holds {} at {}", wanted.name, tensor.data()[i], i),
                    wanted.name);
    given.erase(found);
  }
  if (!given.empty())
    throw Error(ErrorCode::invalid_input,
                fmt::format("weight \"{}\" belongs to no layer", given.begin()->first),
                std::string(given.begin()->first));
}

struct Engine::State {
  std::vector<Shape> inputs, outputs;
  dnnl::engine cpu;
  dnnl::stream stream;
  std::vector<Step> steps;
  std::vector<int> input_blocks, output_blocks;
  Buffer<float> arena;
  std::vector<std::byte*> places;
  std::int64_t arena_bytes = 0, weight_bytes = 0, work = 0;
};

Engine::Engine(const Graph& graph, const NamedTensors& weights, std::vector<Shape> inputs,
               const EngineOptions& options)
    : state_(std::make_unique<State>()) {
  if (graph.outputs().empty()) throw Error(ErrorCode::invalid_input, "the network has no output");
  if (!options.emulate && !is_native(options.precision))
    throw Error(ErrorCode::unavailable,
                fmt::format("this CPU does not compute in {}", name(options.precision)), "precision");
  check_weights(graph, weights);
  guarded([&] {
    Builder builder(graph, weights, inputs, options);
    builder.build();
    state_->inputs = std::move(inputs);
    state_->outputs = std::move(builder.output_shapes_);
    state_->cpu = builder.cpu_;
    state_->stream = builder.stream_;
    state_->steps = std::move(builder.steps_);
    state_->input_blocks = std::move(builder.input_blocks_);
    state_->output_blocks = std::move(builder.output_blocks_);
    const std::vector<std::int64_t> offsets = builder.plan_.arrange();
    state_->arena_bytes = builder.plan_.bytes();
    state_->weight_bytes = builder.weight_bytes_;
    state_->arena = Buffer<float>((state_->arena_bytes + 3) / 4);
    for (const std::int64_t offset : offsets)
      state_->places.push_back(offset < 0 ? nullptr
                                          : reinterpret_cast<std::byte*>(state_->arena.data()) + offset);
    for (const Step& step : state_->steps) state_->work += step.work;
  });
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

const std::vector<Shape>& Engine::input_shapes() const { return state_->inputs; }
const std::vector<Shape>& Engine::output_shapes() const { return state_->outputs; }
std::int64_t Engine::arena_bytes() const { return state_->arena_bytes; }
std::int64_t Engine::weight_bytes() const { return state_->weight_bytes; }

std::string Engine::plan() const {
  std::string text;
  for (const Step& step : state_->steps) text += fmt::format("{:<28} {}\n", step.name, step.what);
  return text;
}

std::vector<Tensor> Engine::run(const std::vector<const Tensor*>& inputs, const Context& context) {
  std::vector<Tensor> outputs;
  std::vector<Tensor*> into;
  outputs.reserve(state_->outputs.size());
  for (const Shape& shape : state_->outputs) outputs.emplace_back(shape);
  for (Tensor& tensor : outputs) into.push_back(&tensor);
  run_into(inputs, into, context);
  return outputs;
}

void Engine::run_into(const std::vector<const Tensor*>& inputs, const std::vector<Tensor*>& outputs,
                      const Context& context) {
  const auto bind = [&](const auto& tensors, const std::vector<Shape>& shapes, const std::vector<int>& blocks,
                        std::string_view what) {
    if (tensors.size() != shapes.size())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} {}s, expected {}", tensors.size(), what, shapes.size()));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i]->shape != shapes[i])
        throw Error(ErrorCode::invalid_input,
                    fmt::format("{} {} is {}, made ready for {}", what, i, to_string(tensors[i]->shape),
                                to_string(shapes[i])));
      // Inputs are read only; one array of addresses serves both.
      state_->places[static_cast<std::size_t>(blocks[i])] =
          reinterpret_cast<std::byte*>(const_cast<float*>(tensors[i]->data()));  // NOLINT
    }
  };
  bind(inputs, state_->inputs, state_->input_blocks, "input");
  bind(outputs, state_->outputs, state_->output_blocks, "output");
  const int before = omp_get_max_threads();
  omp_set_num_threads(thread_count());
  guarded([&] {
    std::int64_t done = 0;
    for (const Step& step : state_->steps) {
      context.progress(state_->work > 0 ? static_cast<double>(done) / static_cast<double>(state_->work) : 0);
      step.run(state_->places);
      done += step.work;
    }
    state_->stream.wait();
  });
  omp_set_num_threads(before);
  context.progress(1);
}

// Builder

Engine::Builder::Builder(const Graph& graph, const NamedTensors& weights, const std::vector<Shape>& inputs,
                         const EngineOptions& options)
    : graph_(graph), options_(options), shapes_(shapes(graph, inputs)), slots_(shapes_.size()) {
  for (const auto& [key, tensor] : weights) weights_.emplace(key, &tensor);
  uses_.assign(shapes_.size(), 0);
  for (const Layer& layer : graph.layers())
    for (const Value value : layer.inputs) ++uses_[static_cast<std::size_t>(value.layer)];
  for (const Output& output : graph.outputs()) ++uses_[static_cast<std::size_t>(output.value.layer)];
  if (options.precision == Precision::i8) {
    if (options.calibration.empty() && !inputs.empty())
      throw Error(ErrorCode::invalid_input, "i8 needs inputs to calibrate with", "calibration");
    ranges_ = calibrate(graph, weights, inputs, options.calibration);
  }
}

const Tensor& Engine::Builder::weight(const Layer& layer, std::string_view part) const {
  return *weights_.find(fmt::format("{}.{}", layer.name, part))->second;
}

bool Engine::Builder::has_weight(const Layer& layer, std::string_view part) const {
  return weights_.contains(fmt::format("{}.{}", layer.name, part));
}

detail::Desc Engine::Builder::plain(const Shape& shape) {
  Dims strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return {shape, dnnl::memory::data_type::f32, strides};
}

detail::Desc Engine::Builder::blocked(const Shape& shape, std::int64_t lanes) {
  using Tag = dnnl::memory::format_tag;
  const bool flat = shape.size() == 4;
  const Tag tag = lanes == 16  ? (flat ? Tag::nChw16c : Tag::nCdhw16c)
                  : lanes == 8 ? (flat ? Tag::nChw8c : Tag::nCdhw8c)
                               : (flat ? Tag::nChw4c : Tag::nCdhw4c);
  return {shape, dnnl::memory::data_type::f32, tag};
}

detail::Desc Engine::Builder::channels_last(const Shape& shape) {
  using Tag = dnnl::memory::format_tag;
  return {shape, dnnl::memory::data_type::f32, shape.size() == 4 ? Tag::nhwc : Tag::ndhwc};
}

detail::Desc Engine::Builder::like(const Shape& shape, const Desc& other) {
  const std::optional<detail::Layout> layout = detail::layout_of(other);
  if (!layout || layout->lanes == 1 || shape.size() < 4) return plain(shape);
  return other.data.format_desc.blocking.inner_nblks == 1 ? blocked(shape, layout->lanes)
                                                          : channels_last(shape);
}

Slot Engine::Builder::make(const Desc& desc) {
  block_uses_.push_back(0);
  return {plan_.add(static_cast<std::int64_t>(desc.get_size())), desc};
}

bool Engine::Builder::is_last_use(const Slot& slot) const {
  return block_uses_[static_cast<std::size_t>(slot.block)] == 1 && !plan_.is_external(slot.block);
}

void Engine::Builder::emit(std::string name, std::string what, std::int64_t work,
                           std::initializer_list<Slot> touched, std::function<void(Places)> run) {
  const int step = static_cast<int>(steps_.size());
  for (const Slot& slot : touched) plan_.touch(slot.block, step);
  steps_.push_back({std::move(name), std::move(what), work, std::move(run)});
}

void Engine::Builder::emit(std::string name, std::int64_t work, const dnnl::primitive& primitive,
                           const Desc& scratchpad, std::vector<Argument> arguments,
                           const std::map<int, dnnl::memory>& constants) {
  if (scratchpad.get_size() > 0) arguments.push_back({DNNL_ARG_SCRATCHPAD, make(scratchpad)});
  const int step = static_cast<int>(steps_.size());
  std::unordered_map<int, dnnl::memory> bound(constants.begin(), constants.end());
  for (const Argument& argument : arguments) {
    plan_.touch(argument.slot.block, step);
    bound.emplace(argument.which, dnnl::memory(argument.slot.desc, cpu_, nullptr));
  }
  std::string what;
  const char* info = nullptr;
  if (dnnl_primitive_desc_query(primitive.get_primitive_desc(), dnnl_query_impl_info_str, 0, &info) ==
      dnnl_success)
    what = info;
  steps_.push_back(
      {std::move(name), std::move(what), work,
       [primitive, arguments, bound, stream = stream_](Places places) mutable {
         for (const Argument& argument : arguments)
           bound.at(argument.which).set_data_handle(places[static_cast<std::size_t>(argument.slot.block)]);
         primitive.execute(stream, bound);
       }});
}

Slot Engine::Builder::as(const Slot& slot, const Desc& desc, const std::string& why) {
  return slot.desc == desc ? slot : scaled(slot, desc, 1, why);
}

Slot Engine::Builder::scaled(const Slot& slot, const Desc& desc, float factor, const std::string& why) {
  const Slot result = make(desc);
  dnnl::primitive_attr attributes = detail::user_scratchpad();
  if (factor != 1) attributes.set_output_scales(0, {factor});
  const dnnl::reorder::primitive_desc reorder(cpu_, slot.desc, cpu_, desc, attributes);
  emit(why, 0, dnnl::reorder(reorder), reorder.scratchpad_desc(),
       {{DNNL_ARG_FROM, slot}, {DNNL_ARG_TO, result}});
  return result;
}

dnnl::memory Engine::Builder::constant(const float* values, const Desc& from, const Desc& to,
                                       const dnnl::primitive_attr& attributes) {
  dnnl::memory source(from, cpu_, const_cast<float*>(values));  // NOLINT: only read
  dnnl::memory result(to, cpu_);
  dnnl::reorder(source, result, attributes).execute(stream_, source, result);
  stream_.wait();
  weight_bytes_ += static_cast<std::int64_t>(to.get_size());
  return result;
}

std::shared_ptr<float[]> Engine::Builder::constant(std::vector<float> values) {
  std::shared_ptr<float[]> kept(new float[values.size() + 16]());
  std::copy(values.begin(), values.end(), kept.get());
  weight_bytes_ += static_cast<std::int64_t>(values.size() * sizeof(float));
  return kept;
}

std::vector<Fused> Engine::Builder::fuse() const {
  const auto& layers = graph_.layers();
  std::vector<int> reader(layers.size(), -1);  // the only layer that reads a value, if there is but one
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const Value value : layers[i].inputs)
      if (uses_[static_cast<std::size_t>(value.layer)] == 1)
        reader[static_cast<std::size_t>(value.layer)] = static_cast<int>(i);
  std::vector<bool> absorbed(layers.size(), false);
  std::vector<Fused> all;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (absorbed[i]) continue;
    Fused fused{&layers[i], nullptr, nullptr, {static_cast<int>(i)}};
    const Kind& kind = layers[i].kind;
    const bool linear =
        std::holds_alternative<Convolution>(kind) || std::holds_alternative<TransposedConvolution>(kind);
    const bool norm = std::holds_alternative<InstanceNorm>(kind) || std::holds_alternative<GroupNorm>(kind) ||
                      std::holds_alternative<BatchNorm>(kind);
    const auto next = [&]() -> const Layer* {
      const int at = reader[static_cast<std::size_t>(fused.result.layer)];
      return at < 0 ? nullptr : &layers[static_cast<std::size_t>(at)];
    };
    const auto absorb = [&](const Layer*& into) {
      into = next();
      fused.result = {static_cast<int>(into - layers.data())};
      absorbed[static_cast<std::size_t>(fused.result.layer)] = true;
    };
    if (linear && next() != nullptr && std::holds_alternative<BatchNorm>(next()->kind)) absorb(fused.norm);
    if ((linear || std::holds_alternative<Linear>(kind)) && next() != nullptr &&
        std::holds_alternative<Activation>(next()->kind)) {
      absorb(fused.activation);
    } else if (norm && next() != nullptr) {
      const Activation* activation = std::get_if<Activation>(&next()->kind);
      if (std::holds_alternative<ParametricRelu>(next()->kind) ||
          (activation != nullptr &&
           (activation->function == Function::relu || activation->function == Function::leaky_relu)))
        absorb(fused.activation);
    }
    all.push_back(fused);
  }
  return all;
}

void Engine::Builder::finish(const Value& value, const Slot& slot) {
  slots_[static_cast<std::size_t>(value.layer)] = slot;
  block_uses_[static_cast<std::size_t>(slot.block)] += uses_[static_cast<std::size_t>(value.layer)];
}

void Engine::Builder::build_layer(const Fused& fused) {
  finish(fused.result, std::visit([&](const auto& layer) { return build(layer, fused); }, fused.layer->kind));
  for (const Value value : fused.layer->inputs) --block_uses_[static_cast<std::size_t>(slot(value).block)];
}

void Engine::Builder::build_outputs() {
  std::set<int> taken;
  for (const Output& output : graph_.outputs()) {
    const Slot& value = slot(output.value);
    output_shapes_.push_back(shape(output.value));
    // What a step wrote plainly into a block of its own goes straight to the caller's memory.
    const bool direct = value.desc == plain(shape(output.value)) && !plan_.is_external(value.block) &&
                        plan_.bytes_of(value.block) == count(shape(output.value)) * 4 &&
                        !plan_.is_placed(value.block) && taken.insert(value.block).second;
    bool holds_others = false;
    for (const int parent : parents_) holds_others = holds_others || parent == value.block;
    if (direct && !holds_others) {
      plan_.make_external(value.block);
      output_blocks_.push_back(value.block);
      continue;
    }
    const Slot own = make(plain(shape(output.value)));
    const dnnl::reorder::primitive_desc reorder(cpu_, value.desc, cpu_, own.desc, detail::user_scratchpad());
    emit(output.name, 0, dnnl::reorder(reorder), reorder.scratchpad_desc(),
         {{DNNL_ARG_FROM, value}, {DNNL_ARG_TO, own}});
    plan_.make_external(own.block);
    output_blocks_.push_back(own.block);
  }
}

void Engine::Builder::build() {
  for (const Fused& fused : fuse()) build_layer(fused);
  build_outputs();
}

}  // namespace sg::nn
