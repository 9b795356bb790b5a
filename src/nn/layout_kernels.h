#pragma once
#include <cstdint>

namespace sg::nn::detail {

// Kernels on one group of channels as the engine's layouts hold them: `positions` times `lanes` values side
// by side, lane l of each being channel l of the group (lanes = 1: one plain channel). One source for every
// instruction set (Highway), chosen at run time.

/// sum[l] = Σ (x − shift[l]), squares[l] = Σ (x − shift[l])² over the positions of each lane, in double.
/// Positions are at most 2¹⁶ a call, so that float32 partial sums keep 1e-6.
void add_moments(const float* x, std::int64_t positions, std::int64_t lanes, const float* shift, double* sum,
                 double* squares);

/// y = x·scale[l] + offset[l], then y > 0 ? y : slope[l]·y. In place allowed.
void scale_and_bend(const float* x, float* y, std::int64_t positions, std::int64_t lanes, const float* scale,
                    const float* offset, const float* slope);

}  // namespace sg::nn::detail
