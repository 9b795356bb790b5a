#include "ultrasound/nlm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ultrasound/block_means.h"
#include "ultrasound/intensity.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

using namespace test;

TEST(Nlm, FastExponentialIsTheExponential) {
  for (float x = 0; x > -87; x -= 0.0137F) {
    const double e = std::exp(double{x});
    ASSERT_NEAR(detail::fast_exp(x) / e, 1, 1e-6) << x;
  }
  EXPECT_EQ(detail::fast_exp(0), 1);
  EXPECT_LT(detail::fast_exp(-1e30F), 2e-38F);
}

/// Block after block, in doubles.
class Plain {
 public:
  Plain(const Volume<float>& values, const Volume<float>& scale, const detail::BlockMeans& options)
      : values_(values), scale_(scale), o_(options) {}
  std::vector<double> run() {
    const auto [width, height, depth] = values_.grid().size;
    sum_.assign(static_cast<std::size_t>(values_.size()), 0);
    count_ = sum_;
    for (std::int64_t y = 0; y < height; y += o_.step)
      for (std::int64_t x = 0; x < width; x += o_.step) restore(x, y);
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] /= count_[i];
    return sum_;
  }

 private:
  static double at(const Volume<float>& image, std::int64_t x, std::int64_t y) {
    return image.at(mirrored(x, image.grid().size[0]), mirrored(y, image.grid().size[1]), 0);
  }
  template <class Term>
  double block_mean(const Term& term) const {
    double sum = 0;
    for (int j = -o_.patch_radius; j <= o_.patch_radius; ++j)
      for (int i = -o_.patch_radius; i <= o_.patch_radius; ++i) sum += term(i, j);
    return sum / std::pow(2 * o_.patch_radius + 1, 2);
  }
  double weight(std::int64_t x, std::int64_t y, int dx, int dy) const {
    const double a = block_mean([&](int i, int j) { return at(values_, x + i, y + j); });
    const double b = block_mean([&](int i, int j) { return at(values_, x + dx + i, y + dy + j); });
    if (std::min(a, b) < o_.mean_ratio * std::max(a, b)) return 0;
    const double d = block_mean([&](int i, int j) {
      const double e = at(values_, x + i, y + j) - at(values_, x + dx + i, y + dy + j);
      return e * e * at(scale_, x + dx + i, y + dy + j);
    });
    return std::exp(-std::max(0.0, d - o_.offset) * o_.slope);
  }
  void restore(std::int64_t x, std::int64_t y) {
    std::vector<double> weights;
    double best = 1e-6, total = 0;
    for (int dy = -o_.search_radius; dy <= o_.search_radius; ++dy)
      for (int dx = -o_.search_radius; dx <= o_.search_radius; ++dx) {
        weights.push_back(dx == 0 && dy == 0 ? 0 : weight(x, y, dx, dy));
        best = std::max(best, weights.back());
        total += weights.back();
      }
    weights[weights.size() / 2] = best;
    total += best;
    for (int j = -o_.patch_radius; j <= o_.patch_radius; ++j)
      for (int i = -o_.patch_radius; i <= o_.patch_radius; ++i) add(x, y, i, j, weights, total);
  }
  void add(std::int64_t x, std::int64_t y, int i, int j, const std::vector<double>& weights, double total) {
    if (x + i < 0 || y + j < 0 || x + i >= values_.grid().size[0] || y + j >= values_.grid().size[1]) return;
    const auto to = static_cast<std::size_t>(values_.offset(x + i, y + j, 0));
    count_[to] += 1;
    std::size_t k = 0;
    for (int dy = -o_.search_radius; dy <= o_.search_radius; ++dy)
      for (int dx = -o_.search_radius; dx <= o_.search_radius; ++dx)
        sum_[to] += weights[k++] / total * at(values_, x + dx + i, y + dy + j);
  }

  const Volume<float>&values_, &scale_;
  const detail::BlockMeans o_;
  std::vector<double> sum_, count_;
};

TEST(Nlm, BlockMeansAreThePlainLoops) {
  // Heights beyond one band of rows; widths that are no multiple of the step; windows larger than the image.
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{25, 41}, {16, 16}, {3, 50}, {4, 1}})
    for (const int patch : {3, 2})
      for (int step = 1; step <= patch; ++step) {
        const Volume<float> image = add_speckle(phantom(width, height), 2, Rng(3));
        Volume<float> scale = image.clone();
        for (float& v : scale.values()) v = 1 / std::max(v, 1.0F);
        detail::BlockMeans options;
        options.patch_radius = patch;
        options.search_radius = 4;
        options.step = step;
        options.slope = 0.05F;
        options.offset = 3;
        options.mean_ratio = 0.6F;
        const Volume<float> found = detail::block_means({image, image, &scale}, options, {});
        const std::vector<double> expected = Plain(image, scale, options).run();
        for (std::int64_t i = 0; i < image.size(); ++i)
          ASSERT_NEAR(found.data()[i], expected[static_cast<std::size_t>(i)], 2e-3)
              << width << 'x' << height << " patch " << patch << " step " << step << " at " << i;
      }
}

TEST(Nlm, RemovesGaussianNoise) {
  const Volume<float> clean = phantom();
  Volume<float> noisy = clean.clone();
  Rng rng(7);
  for (float& v : noisy.values()) v += static_cast<float>(20 * rng.normal());
  const auto error = [&](const Volume<float>& image) {
    double sum = 0;
    for (std::int64_t i = 0; i < clean.size(); ++i)
      sum += std::pow(double{image.data()[i]} - double{clean.data()[i]}, 2);
    return std::sqrt(sum / static_cast<double>(clean.size()));
  };
  EXPECT_LT(error(nl_means(noisy, 20)), 7);
  EXPECT_TRUE(same(nl_means(noisy, 0), noisy));
  EXPECT_THROW(nl_means(noisy, -1), Error);
  EXPECT_THROW(nl_means(noisy, std::nan("")), Error);
  noisy.data()[4] = std::nanf("");
  EXPECT_THROW(nl_means(noisy, 1), Error);
}

TEST(Nlm, RefusesOptionsOutsideTheirRanges) {
  const auto refused = [](const char* field, const auto& change) {
    ObnlmOptions options;
    change(options);
    try {
      obnlm(phantom(9, 9), options);
      ADD_FAILURE() << field;
    } catch (const Error& error) {
      EXPECT_EQ(error.field(), field) << error.what();
    }
  };
  refused("strength", [](ObnlmOptions& o) { o.strength = -1; });
  refused("mean_ratio", [](ObnlmOptions& o) { o.mean_ratio = 1.5; });
  refused("gamma", [](ObnlmOptions& o) { o.gamma = 3; });
  refused("exponent", [](ObnlmOptions& o) { o.exponent = 0; });
  refused("patch_radius", [](ObnlmOptions& o) { o.patch_radius = 0; });
  refused("search_radius", [](ObnlmOptions& o) { o.search_radius = 0; });
  refused("step", [](ObnlmOptions& o) { o.step = 4; });
}

}  // namespace
}  // namespace sg::ultrasound
