#pragma once
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <array>
#include <cstdint>

#include "core/error.h"
#include "core/rng.h"
#include "core/volume.h"

/// What the tests of this module share.
namespace sg::test {

inline Grid grid_of_size(std::array<std::int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  return grid;
}

/// Anisotropic, oblique, off the origin.
inline Grid oblique_grid(std::array<std::int64_t, 3> size, Vec3 spacing = {0.8, 1.1, 2.5}) {
  Grid grid = grid_of_size(size);
  grid.spacing = spacing;
  grid.direction = rotation({0.2, -0.4, 1.1});
  grid.origin = {-31.5, 12.25, 107};
  return grid;
}

inline Volume<float> noise(const Grid& grid, std::int64_t channels = 1, double amplitude = 1,
                           std::uint64_t seed = 7) {
  Volume<float> image(grid, channels);
  Rng rng(seed);
  for (float& v : image.values()) v = static_cast<float>(rng.uniform(-amplitude, amplitude));
  return image;
}

/// Runs `body` once with each instruction set that this CPU has.
template <class Body>
void for_each_target(const Body& body) {
  for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// The code of the Error that `action` throws, or a failure.
template <class Action>
ErrorCode error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    return error.code();
  }
  ADD_FAILURE() << "expected an Error";
  return ErrorCode::internal;
}

}  // namespace sg::test
