#pragma once
#include <functional>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <span>

#include "nn/engine.h"
#include "nn/memory_plan.h"

// What the parts of the engine share while a network is made ready: engine.cpp walks the graph, engine_*.cpp
// know the layers. Only these files see oneDNN.

namespace sg::nn::detail {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

/// Where a value lies: a block of the memory plan and its layout there.
struct Slot {
  int block = -1;
  Desc desc;
};

/// How a float32 value of oneDNN lies in memory, as our own kernels want it: value (n,c,p), p the place among
/// `positions`, is at n·sample + (c / lanes)·group + p·lanes + c % lanes. lanes = 1: plain [N,C,…]; lanes =
/// channels: channels last; else blocks of channels.
struct Layout {
  std::int64_t samples = 0, channels = 0, positions = 0;
  std::int64_t lanes = 1;
  bool operator==(const Layout&) const = default;
  std::int64_t groups() const { return (channels + lanes - 1) / lanes; }
  std::int64_t group() const { return positions * lanes; }
  std::int64_t sample() const { return groups() * group(); }
};
/// None where the layout is none of these.
std::optional<Layout> layout_of(const Desc& desc);

constexpr auto inference = dnnl::prop_kind::forward_inference;

/// For primitives whose work memory is planned with all other memory.
inline dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Addresses of all blocks during a run.
using Places = std::span<std::byte* const>;
inline float* floats(Places places, const Slot& slot) {
  return reinterpret_cast<float*>(places[static_cast<std::size_t>(slot.block)]);
}

struct Step {
  std::string name, what;
  std::int64_t work = 0;  // multiply-adds, for progress
  std::function<void(Places)> run;
};

/// A layer with what it absorbs: the norm whose scale and shift are folded into its weights, and the
/// activation done on its result.
struct Fused {
  const Layer* layer = nullptr;
  const Layer* norm = nullptr;        // BatchNorm
  const Layer* activation = nullptr;  // Activation or, after norms, ParametricRelu
  Value result;                       // the value the last of them gives
};

}  // namespace sg::nn::detail

namespace sg::nn {

class Engine::Builder {
 public:
  Builder(const Graph& graph, const NamedTensors& weights, const std::vector<Shape>& inputs,
          const EngineOptions& options);
  /// Emits the steps of the whole graph and arranges the memory.
  void build();

  using Desc = detail::Desc;
  using Dims = detail::Dims;
  using Slot = detail::Slot;
  using Places = detail::Places;

  // What the layers' parts use.
  const Shape& shape(Value value) const { return shapes_[static_cast<std::size_t>(value.layer)]; }
  const Slot& slot(Value value) const { return slots_[static_cast<std::size_t>(value.layer)]; }
  const Tensor& weight(const Layer& layer, std::string_view name) const;
  bool has_weight(const Layer& layer, std::string_view name) const;

  static Desc plain(const Shape& shape);
  /// Images with channels in blocks of `lanes` (4, 8 or 16), or last.
  static Desc blocked(const Shape& shape, std::int64_t lanes);
  static Desc channels_last(const Shape& shape);
  /// In the same kind of layout as `other`.
  static Desc like(const Shape& shape, const Desc& other);
  Slot make(const Desc& desc);
  /// The same values in another layout; the slot itself if that is its own.
  Slot as(const Slot& slot, const Desc& desc, const std::string& why);
  /// The same with each value times a factor, rounded if the layout's type is an integer.
  Slot scaled(const Slot& slot, const Desc& desc, float factor, const std::string& why);
  Slot as_plain(const Slot& slot, const std::string& why) { return as(slot, plain(slot.desc.dims()), why); }
  /// Only this one use of the value's memory is left, so that a layer may write over it.
  bool is_last_use(const Slot& slot) const;
  /// A step that reads and writes these slots; run gets the addresses.
  void emit(std::string name, std::string what, std::int64_t work, std::initializer_list<Slot> touched,
            std::function<void(Places)> run);
  /// A oneDNN primitive as a step. Arguments: which (DNNL_ARG_…) and where; constants are kept alive.
  struct Argument {
    int which;
    Slot slot;
  };
  void emit(std::string name, std::int64_t work, const dnnl::primitive& primitive, const Desc& scratchpad,
            std::vector<Argument> arguments, const std::map<int, dnnl::memory>& constants = {});
  /// A constant in this layout, made once from plain float32 values.
  dnnl::memory constant(const float* values, const Desc& from, const Desc& to,
                        const dnnl::primitive_attr& attributes = {});
  std::shared_ptr<float[]> constant(std::vector<float> values);
  dnnl::engine& cpu() { return cpu_; }
  Precision precision() const { return options_.precision; }
  /// Largest magnitude of this value in the calibration run.
  float range_of(Value value) const { return ranges_[static_cast<std::size_t>(value.layer)]; }

  // What remains of a build, moved into the Engine.
  dnnl::engine cpu_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{cpu_};
  detail::MemoryPlan plan_;
  std::vector<detail::Step> steps_;
  std::vector<int> input_blocks_, output_blocks_;
  std::vector<Shape> output_shapes_;
  std::int64_t weight_bytes_ = 0;

 private:
  std::vector<detail::Fused> fuse() const;
  void build_layer(const detail::Fused& fused);
  void finish(const Value& value, const Slot& slot);
  void build_outputs();

  // engine_convolution.cpp
  Slot build(const Convolution& layer, const detail::Fused& fused);
  Slot build(const TransposedConvolution& layer, const detail::Fused& fused);
  Slot build(const Linear& layer, const detail::Fused& fused);
  // engine_sequence.cpp
  Slot build(const Gru& layer, const detail::Fused& fused);
  Slot build(const MatrixProduct& layer, const detail::Fused& fused);
  Slot build(const LayerNorm& layer, const detail::Fused& fused);
  Slot build(const Softmax& layer, const detail::Fused& fused);
  // engine_norms.cpp
  Slot build(const InstanceNorm& layer, const detail::Fused& fused);
  Slot build(const GroupNorm& layer, const detail::Fused& fused);
  Slot build(const BatchNorm& layer, const detail::Fused& fused);
  Slot build(const Activation& layer, const detail::Fused& fused);
  Slot build(const ParametricRelu& layer, const detail::Fused& fused);
  // engine_images.cpp
  Slot build(const Input& layer, const detail::Fused& fused);
  Slot build(const Pool& layer, const detail::Fused& fused);
  Slot build(const GlobalAverage& layer, const detail::Fused& fused);
  Slot build(const Upsample& layer, const detail::Fused& fused);
  Slot build(const Warp& layer, const detail::Fused& fused);
  // engine_shapes.cpp
  Slot build(const Concat& layer, const detail::Fused& fused);
  Slot build(const Slice& layer, const detail::Fused& fused);
  Slot build(const Reshape& layer, const detail::Fused& fused);
  Slot build(const Permute& layer, const detail::Fused& fused);
  Slot build(const Add& layer, const detail::Fused& fused);
  Slot build(const Multiply& layer, const detail::Fused& fused);

  Slot normalise(const detail::Fused& fused, std::int64_t groups, double epsilon);
  Slot combine(const detail::Fused& fused, dnnl::algorithm algorithm);
  /// Plain values repeated along the axes of size 1.
  Slot repeated(const Slot& input, const Shape& from, const Shape& to, const std::string& why);
  void append(dnnl::post_ops& operations, const Layer& activation) const;

  const Graph& graph_;
  const EngineOptions& options_;
  std::map<std::string, const Tensor*, std::less<>> weights_;
  std::vector<Shape> shapes_;
  std::vector<Slot> slots_;
  std::vector<float> ranges_;
  std::vector<int> uses_;        // of values, by layer: how many later layers and outputs read it
  std::vector<int> block_uses_;  // of blocks: reads still to come
  std::vector<int> parents_;     // blocks that hold others
};

}  // namespace sg::nn
