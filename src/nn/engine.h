#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/context.h"
#include "nn/graph.h"

namespace sg::nn {

/// How convolutions and matrix products are computed; values between layers stay float32.
enum class Precision {
  f32,   // float32 throughout
  bf16,  // operands rounded to bfloat16 (relative 2⁻⁸), sums in float32; CPUs with AVX512-BF16 or AMX
  i8     // operands in 8 bits, scales from a calibration run, sums in 32-bit integers; CPUs with VNNI
};
std::string_view name(Precision precision);
/// Whether this CPU computes it natively.
bool is_native(Precision precision);

/// Weights by their names in the graph ("<layer>.weight").
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Throws invalid_input naming what is missing, superfluous, of another shape or not a finite number.
void check_weights(const Graph& graph, const NamedTensors& weights);

struct EngineOptions {
  Precision precision = Precision::f32;
  /// Inputs for the calibration of i8: typical ones, one set; empty for the others.
  std::vector<Tensor> calibration;
  /// Computes a precision that is_native denies, slowly, by wider arithmetic: for tests.
  bool emulate = false;
};

/// A network made ready to run on inputs of given sizes by oneDNN (Debian's 2.6): norms and activations
/// folded into the convolutions before them, weights packed into the layouts the CPU likes, all intermediate
/// values laid into one arena by the time they live. Running allocates nothing but the outputs.
///
/// The result does not depend on the number of threads. One run at a time per Engine; several Engines are
/// independent.
class Engine {
 public:
  /// Shapes of the inputs in the graph's order. Throws invalid_input for shapes that do not fit and for
  /// check_weights' reasons, resource where memory is short, unavailable for a precision the CPU lacks.
  Engine(const Graph& graph, const NamedTensors& weights, std::vector<Shape> inputs,
         const EngineOptions& options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Runs once; reports progress by the multiply-adds done and hears of cancel between layers. Outputs in the
  /// graph's order.
  std::vector<Tensor> run(const std::vector<const Tensor*>& inputs, const Context& context = {});
  /// The same into tensors of the right shape.
  void run_into(const std::vector<const Tensor*>& inputs, const std::vector<Tensor*>& outputs,
                const Context& context = {});

  const std::vector<Shape>& input_shapes() const;
  const std::vector<Shape>& output_shapes() const;
  /// Bytes held: the arena and the packed weights.
  std::int64_t arena_bytes() const;
  std::int64_t weight_bytes() const;
  /// What is done, a line a step: name, kernel, layout. For those who tune.
  std::string plan() const;

  class Builder;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::nn
