#pragma once
#include <functional>

#include "core/context.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// When an iterative filter ends.
struct IterationOptions {
  int iterations = 0;  // exactly so many; 0: by itself, by the next two
  double noise_share = 1;  // once Σ(f − u)² ≥ noise_share·Σu²/L: the noise of L looks has been taken away
  double tolerance = 1e-3;    // or ‖u_{k+1} − u_k‖₂ ≤ tolerance·‖u_k‖₂
  int most_iterations = 400;  // or at the latest
  int observe_every = 1;      // iterations from one call of the observer to the next
};

struct Diffused {
  Volume<float> image;
  int iterations = 0;
};
/// Sees iterate number `iteration` (1, 2, …); false ends the filter, which gives back that iterate.
using IterateObserver = std::function<bool(int iteration, const Volume<float>& image)>;

namespace detail {

/// Rows of all slices, with their neighbours within the slice (the row itself at the border).
struct Rows {
  std::int64_t width, height, count;
  explicit Rows(const Grid& grid)
      : width(grid.size[0]), height(grid.size[1]), count(grid.size[1] * grid.size[2]) {}
  std::int64_t north(std::int64_t row) const { return row % height == 0 ? row : row - 1; }
  std::int64_t south(std::int64_t row) const { return row % height == height - 1 ? row : row + 1; }
  /// A few thousand voxels a piece.
  std::int64_t grain() const { return width < 4096 ? 4096 / width : 1; }
};

/// next = max(least, u + step·[c·(u_N − u) + c·(u_W − u) + c_S·(u_S − u) + c_E·(u_E − u)]), differences
/// across the border 0.
void flux_step(const Volume<float>& u, const Volume<float>& c, float step, float least, Volume<float>& next);

/// Throws invalid_input for negative iterations or tolerance, a noise_share that is not positive, or
/// observe_every < 1.
void require_iterations(const IterationOptions& options);

/// Repeats advance(k, u, next), k = 0, 1, …, from `start` until the options, the observer or the context say
/// stop. `noisy` and `looks` serve the stop by noise_share alone.
Diffused iterate(
    const Volume<float>& noisy, Volume<float> start, double looks, const IterationOptions& options,
    const std::function<void(int iteration, const Volume<float>& u, Volume<float>& next)>& advance,
    const IterateObserver& observer, const Context& context);

}  // namespace detail
}  // namespace sg::ultrasound
