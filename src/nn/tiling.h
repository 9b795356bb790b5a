#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/engine.h"

namespace sg::nn {

/// How far a network looks, in voxels of its inputs: what lies more than `halo` beyond a region whose bounds
/// are multiples of `step` does not change the result there. One number for all spatial axes (the largest).
struct Locality {
  std::int64_t halo = 0, step = 1;
  /// Why the network cannot be cut into exact tiles: the layer that looks everywhere, or results smaller than
  /// the inputs. Empty if it can.
  std::string obstacle;
};
Locality locality(const Graph& graph);

struct TilingOptions {
  /// Bytes the network may take for its intermediate values (Engine::arena_bytes).
  std::int64_t memory_limit = std::int64_t{2} << 30;
  /// Sizes of the window along the spatial axes; empty: the whole image if memory allows, else the fewest
  /// windows that do. Rounded up to multiples of the network's step.
  Shape window;
  /// For networks with an obstacle only: how much of a window neighbours share, 0 up to less than 1. Results
  /// are blended by Gaussian weights of σ = window/8 (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z).
  double overlap = 0.5;
  Precision precision = Precision::f32;
};

/// A network over images of one size that need not fit into memory at once. Images are continued by zeros to
/// multiples of the network's step, so the same image gives the same result however it is cut: exactly up to
/// rounding (1e-6 of the largest value) for local networks, by overlap and blending for others.
class TiledEngine {
 public:
  /// Shapes [1,C,…] of the inputs, all of one spatial size. Throws as Engine; invalid_input for batches, for
  /// a graph that changes the size of the image, and for an overlap outside its range; resource if even the
  /// smallest useful window exceeds the limit.
  TiledEngine(const Graph& graph, const NamedTensors& weights, std::vector<Shape> inputs,
              const TilingOptions& options = {});
  ~TiledEngine();
  TiledEngine(TiledEngine&&) noexcept;

  std::vector<Tensor> run(const std::vector<const Tensor*>& inputs, const Context& context = {});

  std::int64_t windows() const;
  const Shape& window() const;  // spatial sizes of each
  bool is_exact() const;
  std::int64_t arena_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::nn
