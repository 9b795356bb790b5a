#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/parallel.h"
#include "registration/similarity.h"

namespace sg::registration {
namespace {

/// The four cubic B-spline weights of a value at fractional position t after the second knot, and their
/// derivatives.
struct Window {
  float weight[4], slope[4];
  explicit Window(float t) {
    const float u = 1 - t;
    weight[0] = u * u * u / 6;
    weight[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
    weight[2] = (3 * u * u * u - 6 * u * u + 4) / 6;
    weight[3] = t * t * t / 6;
    slope[0] = -u * u / 2;
    slope[1] = (3 * t * t - 4 * t) / 2;
    slope[2] = -(3 * u * u - 4 * u) / 2;
    slope[3] = t * t / 2;
  }
};

class MutualInformation final : public Similarity {
 public:
  MutualInformation(const Volume<float>& fixed, int bins)
      : Similarity(fixed.grid()), bins_(bins), fixed_bin_(static_cast<std::size_t>(fixed.size())) {
    for (std::int64_t i = 0; i < fixed.size(); ++i) {
      const float scaled = std::clamp(fixed.data()[i], 0.F, 1.F) * static_cast<float>(bins);
      fixed_bin_[static_cast<std::size_t>(i)] =
          static_cast<std::uint8_t>(std::min(static_cast<int>(scaled), bins - 1));
    }
  }

  double evaluate(const Volume<float>& warped, const Volume<float>& weight, bool derivatives,
                  const Context& context) override {
    const double total = fill_histogram(warped, weight, context);
    if (total <= 0) return 0;
    const double information = measure(total);
    if (derivatives) differentiate(warped, weight, total, context);
    return -information;
  }

 private:
  int columns() const { return bins_ + 3; }  // the window reaches one bin below and two above

  /// W in 0…1 → first of its four columns and the fraction behind it.
  std::pair<int, float> locate(float value) const {
    const float scaled = std::clamp(value, 0.F, 1.F) * static_cast<float>(bins_ - 1);
    const int column = std::min(static_cast<int>(scaled), bins_ - 1);
    return {column, scaled - static_cast<float>(column)};
  }

  double fill_histogram(const Volume<float>& warped, const Volume<float>& weight, const Context& context) {
    const std::int64_t pieces = 16;  // fixed, so that the sum does not depend on the thread count
    const std::int64_t n = warped.size(), length = (n + pieces - 1) / pieces;
    const auto cells = static_cast<std::size_t>(bins_ * columns());
    std::vector<std::vector<double>> partial(static_cast<std::size_t>(pieces), std::vector<double>(cells));
    parallel_for(
        pieces,
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t piece = begin; piece < end; ++piece) {
            double* cell = partial[static_cast<std::size_t>(piece)].data();
            for (std::int64_t i = piece * length; i < std::min(n, (piece + 1) * length); ++i) {
              const float m = weight.data()[i];
              if (m <= 0) continue;
              const auto [column, t] = locate(warped.data()[i]);
              const Window window(t);
              double* row = cell + fixed_bin_[static_cast<std::size_t>(i)] * columns() + column;
              for (int k = 0; k < 4; ++k) row[k] += static_cast<double>(m * window.weight[k]);
            }
          }
        },
        context);
    joint_.assign(cells, 0);
    for (const auto& p : partial) {
      for (std::size_t c = 0; c < cells; ++c) joint_[c] += p[c];
    }
    return std::accumulate(joint_.begin(), joint_.end(), 0.0);
  }

  /// Mutual information of joint_; leaves ln(P(f,w)/P(w)) in log_ratio_ and E[Var(W|F)] in
  /// conditional_variance_.
  double measure(double total) {
    std::vector<double> by_column(static_cast<std::size_t>(columns()));
    for (std::size_t c = 0; c < joint_.size(); ++c) by_column[c % by_column.size()] += joint_[c] / total;
    log_ratio_.assign(joint_.size(), 0);
    double information = 0, variance = 0;
    for (int f = 0; f < bins_; ++f) {
      const double* row = joint_.data() + f * columns();
      double p_row = 0, mean = 0, square = 0;
      for (int w = 0; w < columns(); ++w) {
        const double p = row[w] / total;
        p_row += p;
        mean += p * w;
        square += p * w * w;
      }
      if (p_row <= 0) continue;
      variance += square - mean * mean / p_row;
      for (int w = 0; w < columns(); ++w) {
        const double p = row[w] / total;
        if (p <= 0) continue;
        const double ratio = std::log(p / by_column[static_cast<std::size_t>(w)]);
        log_ratio_[static_cast<std::size_t>(f * columns() + w)] = ratio;
        information += p * (ratio - std::log(p_row));
      }
    }
    const double bin = 1.0 / (bins_ - 1);
    conditional_variance_ = std::max(variance * bin * bin, 1e-4);
    return information;
  }

  void differentiate(const Volume<float>& warped, const Volume<float>& weight, double total,
                     const Context& context) {
    const double per_unit = (bins_ - 1) / total;
    const auto curvature = static_cast<float>(1 / (total * conditional_variance_));
    const std::int64_t slice = warped.grid().size[0] * warped.grid().size[1];
    parallel_for(
        warped.grid().size[2],
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin * slice; i < end * slice; ++i) {
            const float m = weight.data()[i], value = warped.data()[i];
            slope_.data()[i] = 0;
            curvature_.data()[i] = m * curvature;
            if (m <= 0 || value <= 0 || value >= 1) continue;
            const auto [column, t] = locate(value);
            const Window window(t);
            const double* ratio =
                log_ratio_.data() + fixed_bin_[static_cast<std::size_t>(i)] * columns() + column;
            double sum = 0;
            for (int k = 0; k < 4; ++k) sum += ratio[k] * static_cast<double>(window.slope[k]);
            slope_.data()[i] = static_cast<float>(-static_cast<double>(m) * per_unit * sum);
          }
        },
        context);
  }

  int bins_;
  std::vector<std::uint8_t> fixed_bin_;
  std::vector<double> joint_;  // [fixed bin][warped column], weighted counts
  std::vector<double> log_ratio_;
  double conditional_variance_ = 1;
};

}  // namespace

std::unique_ptr<Similarity> make_mutual_information(const Volume<float>& fixed, int bins) {
  return std::make_unique<MutualInformation>(fixed, bins);
}

}  // namespace sg::registration
