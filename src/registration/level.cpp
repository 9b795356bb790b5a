#include "registration/level.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"

namespace sg::registration {
namespace {

constexpr int lncc_radius = 3;  // 7³ boxes, the specification's window
constexpr int parzen_bins = 48;
constexpr int lanes = 8;  // partial sums a row, so that the compiler may vectorise without reordering sums

std::unique_ptr<Similarity> make_similarity(Metric metric, const Volume<float>& fixed) {
  return metric == Metric::lncc ? make_lncc(fixed, lncc_radius) : make_mutual_information(fixed, parzen_bins);
}

/// Sums over one row of voxels i: of i⁰, i¹ times slope·∇M (6) and i⁰, i¹, i² times curvature·∇M∇Mᵀ (18).
struct RowSums {
  float slope[2][3][lanes] = {};
  float curvature[3][6][lanes] = {};

  void add(const float* g[3], const float* slopes, const float* curvatures, std::int64_t n) {
    const std::int64_t whole = n / lanes * lanes;
    for (std::int64_t i = 0; i < whole; i += lanes) add_block(g, slopes, curvatures, i, lanes);
    if (whole < n) add_block(g, slopes, curvatures, whole, static_cast<int>(n - whole));
  }

  static double total(const float (&sums)[lanes]) {
    double sum = 0;
    for (float s : sums) sum += static_cast<double>(s);
    return sum;
  }

 private:
  void add_block(const float* g[3], const float* slopes, const float* curvatures, std::int64_t start,
                 int count) {
    for (int l = 0; l < count; ++l) {
      const std::int64_t i = start + l;
      const float index = static_cast<float>(i), d = slopes[i], h = curvatures[i];
      const float gx = g[0][i], gy = g[1][i], gz = g[2][i];
      const float along[3] = {d * gx, d * gy, d * gz};
      const float square[6] = {h * gx * gx, h * gx * gy, h * gx * gz, h * gy * gy, h * gy * gz, h * gz * gz};
      for (int c = 0; c < 3; ++c) {
        slope[0][c][l] += along[c];
        slope[1][c][l] += index * along[c];
      }
      for (int c = 0; c < 6; ++c) {
        curvature[0][c][l] += square[c];
        curvature[1][c][l] += index * square[c];
        curvature[2][c][l] += index * index * square[c];
      }
    }
  }
};

constexpr int pair_index[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};

/// Moments of one slice in the moving image's index gradient: [component][ũ] and [pair][ũ][ũ], ũ =
/// ((x−c)/reach, 1).
struct Moments {
  double slope[3][4] = {};
  double curvature[6][4][4] = {};

  /// ũ(i) = start + i·step along the row.
  void add(const RowSums& row, const std::array<double, 4>& start, const std::array<double, 4>& step) {
    for (std::size_t a = 0; a < 4; ++a) {
      for (int c = 0; c < 3; ++c) {
        slope[c][a] += start[a] * RowSums::total(row.slope[0][c]) + step[a] * RowSums::total(row.slope[1][c]);
      }
    }
    for (int p = 0; p < 6; ++p) {
      const double m0 = RowSums::total(row.curvature[0][p]), m1 = RowSums::total(row.curvature[1][p]),
                   m2 = RowSums::total(row.curvature[2][p]);
      for (std::size_t a = 0; a < 4; ++a) {
        for (std::size_t b = 0; b < 4; ++b) {
          curvature[p][a][b] += start[a] * start[b] * m0 + (start[a] * step[b] + step[a] * start[b]) * m1 +
                                step[a] * step[b] * m2;
        }
      }
    }
  }

  void add(const Moments& other) {
    for (int c = 0; c < 3; ++c) {
      for (int a = 0; a < 4; ++a) slope[c][a] += other.slope[c][a];
    }
    for (int p = 0; p < 6; ++p) {
      for (int a = 0; a < 4; ++a) {
        for (int b = 0; b < 4; ++b) curvature[p][a][b] += other.curvature[p][a][b];
      }
    }
  }
};

}  // namespace

Level::Level(Volume<float> fixed, Volume<float> moving, Metric metric, LpsPoint centre, double reach)
    : fixed_(std::move(fixed)),
      moving_(std::move(moving)),
      similarity_(make_similarity(metric, fixed_)),
      centre_(centre),
      reach_(reach),
      warped_(fixed_.grid()),
      weight_(fixed_.grid()),
      gradient_(fixed_.grid(), 3, OuterAxis::channel) {}

void Level::warp(const IndexMap& map, bool gradients, const Context& context) {
  const auto& size = fixed_.grid().size;
  const auto n = static_cast<std::size_t>(size[0]);
  parallel_for(
      size[1] * size[2],
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const auto at = static_cast<std::size_t>(row) * n;
          SampledRow out{warped_.values().subspan(at, n), {}, {}, {}, weight_.values().subspan(at, n)};
          if (gradients) {
            out.gx = gradient_.channel(0).subspan(at, n);
            out.gy = gradient_.channel(1).subspan(at, n);
            out.gz = gradient_.channel(2).subspan(at, n);
          }
          sample_row(moving_, map, row % size[1], row / size[1], out);
        }
      },
      context, 16);
}

Expansion Level::evaluate(const Affine& pose, bool derivatives, const Context& context) {
  warp(index_map(fixed_.grid(), pose, moving_.grid()), derivatives, context);
  Expansion expansion;
  expansion.loss = similarity_->evaluate(warped_, weight_, derivatives, context);
  const auto values = weight_.values();
  const std::int64_t slice = fixed_.grid().size[0] * fixed_.grid().size[1];
  expansion.overlap = parallel_sum(
                          weight_.size(),
                          [&](std::int64_t begin, std::int64_t end) {
                            double sum = 0;
                            for (std::int64_t i = begin; i < end; ++i) {
                              sum += static_cast<double>(values[static_cast<std::size_t>(i)]);
                            }
                            return sum;
                          },
                          context, slice) /
                      static_cast<double>(weight_.size());
  if (derivatives) accumulate(expansion, context);
  return expansion;
}

void Level::accumulate(Expansion& expansion, const Context& context) const {
  const Grid& grid = fixed_.grid();
  const auto& size = grid.size;
  const Vec3 step = (1 / reach_) * (grid.index_to_lps() * Vec3{1, 0, 0});
  std::vector<Moments> slices(static_cast<std::size_t>(size[2]));
  parallel_for(
      size[2],
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t z = begin; z < end; ++z) {
          for (std::int64_t y = 0; y < size[1]; ++y) {
            const std::int64_t at = fixed_.offset(0, y, z);
            const float* g[3] = {gradient_.channel(0).data() + at, gradient_.channel(1).data() + at,
                                 gradient_.channel(2).data() + at};
            RowSums row;
            row.add(g, similarity_->slope().data() + at, similarity_->curvature().data() + at, size[0]);
            const Vec3 start =
                (1 / reach_) * (grid.to_lps({0, static_cast<double>(y), static_cast<double>(z)}) - centre_);
            slices[static_cast<std::size_t>(z)].add(row, {start.x, start.y, start.z, 1},
                                                    {step.x, step.y, step.z, 0});
          }
        }
      },
      context);
  Moments sum;
  for (const Moments& slice : slices) sum.add(slice);

  // ∇M in moving index coordinates → LPS: G = Rᵀ g with R = (index ← LPS). Entry 4r+a is (row r of A, ũ_a).
  const Mat3 to_index = inverse(moving_.grid().index_to_lps());
  for (std::size_t p = 0; p < 12; ++p) {
    for (int c = 0; c < 3; ++c) expansion.gradient[p] += to_index[c][p / 4] * sum.slope[c][p % 4];
    for (std::size_t q = 0; q < 12; ++q) {
      for (int cd = 0; cd < 9; ++cd) {
        expansion.hessian[p][q] += to_index[cd / 3][p / 4] * to_index[cd % 3][q / 4] *
                                   sum.curvature[pair_index[cd / 3][cd % 3]][p % 4][q % 4];
      }
    }
  }
}

}  // namespace sg::registration
