#include <algorithm>

#include "core/parallel.h"
#include "core/smooth.h"
#include "registration/similarity.h"

namespace sg::registration {
namespace {

constexpr float variance_floor =
    1e-4F;  // sd .01 of the intensity range: below it a window is flat, not structure

class Lncc final : public Similarity {
 public:
  Lncc(const Volume<float>& fixed, int radius)
      : Similarity(fixed.grid()),
        fixed_(fixed.clone()),
        radius_{radius, radius, fixed.grid().is_2d() ? 0 : radius},
        moments_(fixed.grid(), 6, OuterAxis::channel),
        terms_(fixed.grid(), 4, OuterAxis::channel) {}

  double evaluate(const Volume<float>& warped, const Volume<float>& weight, bool derivatives,
                  const Context& context) override {
    fill_moments(warped, weight, context);
    box_mean_into(moments_, radius_, moments_, context);
    const auto [sum, total] = correlate(weight, derivatives, context);
    if (total <= 0) return 0;
    if (derivatives) {
      box_mean_adjoint_into(terms_, radius_, terms_, context);
      differentiate(warped, weight, total, context);
    }
    return -sum / total;
  }

 private:
  std::int64_t slice() const { return fixed_.grid().size[0] * fixed_.grid().size[1]; }
  std::int64_t slices() const { return fixed_.grid().size[2]; }

  void fill_moments(const Volume<float>& warped, const Volume<float>& weight, const Context& context) {
    parallel_for(
        slices(),
        [&](std::int64_t begin, std::int64_t end) {
          const std::int64_t n = fixed_.size();
          const float *f = fixed_.data(), *w = warped.data(), *m = weight.data();
          float* out = moments_.data();
          for (std::int64_t i = begin * slice(); i < end * slice(); ++i) {
            const float mf = m[i] * f[i], mw = m[i] * w[i];
            out[i] = m[i];
            out[n + i] = mf;
            out[2 * n + i] = mf * f[i];
            out[3 * n + i] = mw;
            out[4 * n + i] = mw * w[i];
            out[5 * n + i] = mf * w[i];
          }
        },
        context);
  }

  struct Sums {
    double correlation = 0, weight = 0;
  };

  /// Σ m·s²/(pq) and Σ m; leaves m/⟨m⟩ · (A, A·a, B, B·b) with A = s/(pq), B = A·s/q in terms_ if asked.
  Sums correlate(const Volume<float>& weight, bool derivatives, const Context& context) {
    std::vector<Sums> partial(static_cast<std::size_t>(slices()));
    parallel_for(
        slices(),
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t z = begin; z < end; ++z) {
            partial[static_cast<std::size_t>(z)] = correlate_slice(weight, derivatives, z);
          }
        },
        context);
    Sums sums;
    for (const Sums& p : partial) {
      sums.correlation += p.correlation;
      sums.weight += p.weight;
    }
    return sums;
  }

  Sums correlate_slice(const Volume<float>& weight, bool derivatives, std::int64_t z) {
    const std::int64_t n = fixed_.size();
    const float *m = weight.data(), *moment = moments_.data();
    float* term = terms_.data();
    const std::int64_t row = fixed_.grid().size[0];
    Sums sums;
    for (std::int64_t start = z * slice(); start < (z + 1) * slice(); start += row) {
      float row_correlation = 0, row_weight = 0;
      for (std::int64_t i = start; i < start + row; ++i) {
        // A weight of 0 everywhere in the window makes every moment 0; the correlation is then 0 as well.
        const float scale = moment[i] > 1e-6F ? 1 / moment[i] : 0;
        const float a = moment[n + i] * scale, b = moment[3 * n + i] * scale;
        const float s = moment[5 * n + i] * scale - a * b;
        const float p = std::max(moment[2 * n + i] * scale - a * a, 0.F) + variance_floor;
        const float q = std::max(moment[4 * n + i] * scale - b * b, 0.F) + variance_floor;
        const float aa = s / (p * q);
        row_correlation += m[i] * aa * s;
        row_weight += m[i];
        if (derivatives) {
          const float share = m[i] * scale, bb = aa * s / q;
          term[i] = share * aa;
          term[n + i] = share * aa * a;
          term[2 * n + i] = share * bb;
          term[3 * n + i] = share * bb * b;
        }
      }
      sums.correlation += static_cast<double>(row_correlation);
      sums.weight += static_cast<double>(row_weight);
    }
    return sums;
  }

  void differentiate(const Volume<float>& warped, const Volume<float>& weight, double total,
                     const Context& context) {
    const float factor = static_cast<float>(2 / total);
    parallel_for(
        slices(),
        [&](std::int64_t begin, std::int64_t end) {
          const std::int64_t n = fixed_.size();
          const float *f = fixed_.data(), *w = warped.data(), *m = weight.data(), *term = terms_.data();
          float *slope = slope_.data(), *curvature = curvature_.data();
          for (std::int64_t i = begin * slice(); i < end * slice(); ++i) {
            const float share = factor * m[i];
            slope[i] = -share * (f[i] * term[i] - term[n + i] - w[i] * term[2 * n + i] + term[3 * n + i]);
            curvature[i] = share * std::max(term[2 * n + i], 0.F);
          }
        },
        context);
  }

  Volume<float> fixed_;
  std::array<int, 3> radius_;
  Volume<float> moments_;  // box means of m, mF, mF², mW, mW², mFW
  Volume<float> terms_;    // A, A·a, B, B·b, then their adjoint box means
};

}  // namespace

std::unique_ptr<Similarity> make_lncc(const Volume<float>& fixed, int radius) {
  return std::make_unique<Lncc>(fixed, radius);
}

}  // namespace sg::registration
