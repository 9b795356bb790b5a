#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ultrasound/dpad.h"
#include "ultrasound/quality.h"
#include "ultrasound/srad.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

using namespace test;

/// A picture of doubles whose border values repeat.
struct Plain {
  std::int64_t width, height;
  std::vector<double> values;
  explicit Plain(const Volume<float>& image)
      : width(image.grid().size[0]),
        height(image.grid().size[1]),
        values(image.values().begin(), image.values().end()) {}
  double& at(std::int64_t x, std::int64_t y) {
    return values[static_cast<std::size_t>(std::clamp<std::int64_t>(y, 0, height - 1) * width +
                                           std::clamp<std::int64_t>(x, 0, width - 1))];
  }
};

/// u + τ·div with c at the pixel for north and west, at the neighbour for south and east.
Plain flux(Plain u, Plain c, double tau) {
  Plain next = u;
  for (std::int64_t y = 0; y < u.height; ++y)
    for (std::int64_t x = 0; x < u.width; ++x) {
      const double here = u.at(x, y);
      next.at(x, y) =
          here + tau * (c.at(x, y) * (u.at(x, y - 1) - here) + c.at(x, y) * (u.at(x - 1, y) - here) +
                        c.at(x, y + 1) * (u.at(x, y + 1) - here) + c.at(x + 1, y) * (u.at(x + 1, y) - here));
    }
  return next;
}

Plain plain_srad(const Volume<float>& image, double looks, double tau, int iterations) {
  Plain u(image);
  const double floor = mean(image) / 128;
  for (double& v : u.values) v = std::max(v, floor);
  for (int k = 0; k < iterations; ++k) {
    const double q0 = std::exp(-k * tau / 6) / std::sqrt(looks);
    Plain c = u;
    for (std::int64_t y = 0; y < u.height; ++y)
      for (std::int64_t x = 0; x < u.width; ++x) {
        const double here = u.at(x, y), n = u.at(x, y - 1) - here, s = u.at(x, y + 1) - here,
                     w = u.at(x - 1, y) - here, e = u.at(x + 1, y) - here;
        const double g2 = (n * n + s * s + w * w + e * e) / (here * here), l = (n + s + w + e) / here;
        const double q2 = std::max(0.0, g2 / 2 - l * l / 16) / ((1 + l / 4) * (1 + l / 4));
        c.at(x, y) = std::clamp(1 / (1 + (q2 - q0 * q0) / (q0 * q0 * (1 + q0 * q0))), 0.0, 1.0);
      }
    u = flux(u, c, tau);
  }
  return u;
}

Plain plain_dpad(const Volume<float>& image, double tau, int radius, int iterations) {
  Plain u(image);
  for (int k = 0; k < iterations; ++k) {
    Plain q2 = u;
    for (std::int64_t y = 0; y < u.height; ++y)
      for (std::int64_t x = 0; x < u.width; ++x) {
        std::vector<double> window;
        for (std::int64_t j = std::max<std::int64_t>(0, y - radius); j <= std::min(u.height - 1, y + radius);
             ++j)
          for (std::int64_t i = std::max<std::int64_t>(0, x - radius); i <= std::min(u.width - 1, x + radius);
               ++i)
            window.push_back(u.at(i, j));
        double m = 0, variance = 0;
        for (const double v : window) m += v / static_cast<double>(window.size());
        for (const double v : window) variance += (v - m) * (v - m) / static_cast<double>(window.size() - 1);
        q2.at(x, y) = variance / (m * m);
      }
    std::vector<double> sorted = q2.values;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t half = sorted.size() / 2;
    const double q0 = sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    Plain c = q2;
    for (double& v : c.values) v = std::min(1.0, (1 + 1 / v) / (1 + 1 / q0));
    u = flux(u, c, tau);
  }
  return u;
}

void expect_near(const Volume<float>& found, const Plain& expected, double relative) {
  for (std::int64_t i = 0; i < found.size(); ++i) {
    const double e = expected.values[static_cast<std::size_t>(i)];
    ASSERT_NEAR(found.data()[i], e, relative * (1 + e)) << i;
  }
}

TEST(Srad, IsThePlainDoubleLoop) {
  const Volume<float> noisy = add_speckle(phantom(23, 17), 2, Rng(4));
  SradOptions options;
  options.looks = 2;
  options.iterations = 25;
  const Diffused found = srad(noisy, options);
  EXPECT_EQ(found.iterations, 25);
  expect_near(found.image, plain_srad(noisy, 2, 0.1, 25), 1e-4);
}

TEST(Dpad, IsThePlainDoubleLoop) {
  const Volume<float> noisy = add_speckle(phantom(23, 17), 2, Rng(4));
  DpadOptions options;
  options.looks = 2;
  options.iterations = 15;
  expect_near(dpad(noisy, options).image, plain_dpad(noisy, 0.2, 2, 15), 1e-4);
}

TEST(Srad, ShowsItsIteratesAndStopsWhenTold) {
  const Volume<float> noisy = add_speckle(phantom(), 1, Rng(4));
  SradOptions options;
  options.iterations = 50;
  options.observe_every = 4;
  std::vector<int> seen;
  Volume<float> last;
  const Diffused found = srad(noisy, options, [&](int iteration, const Volume<float>& image) {
    seen.push_back(iteration);
    last = image.clone();
    return iteration < 12;
  });
  EXPECT_EQ(seen, (std::vector<int>{4, 8, 12}));
  EXPECT_EQ(found.iterations, 12);
  EXPECT_TRUE(same(found.image, last));
}

// The stop by the noise taken away comes near the best iterate.
TEST(Srad, StopsByItselfNearTheBest) {
  const Volume<float> clean = phantom(160, 150);
  for (const double looks : {1.0, 4.0, 10.0}) {
    const Volume<float> noisy = add_speckle(clean, looks, Rng(8));
    SradOptions options;
    options.looks = looks;
    const Diffused stopped = srad(noisy, options);
    options.iterations = 250;
    double best = 0;
    srad(noisy, options, [&](int, const Volume<float>& image) {
      best = std::max(best, psnr(image, clean));
      return true;
    });
    EXPECT_GT(psnr(stopped.image, clean), best - 0.8) << looks << ' ' << stopped.iterations;
    EXPECT_LT(stopped.iterations, 250);
  }
}

TEST(Srad, RefusesOptionsOutsideTheirRanges) {
  const Volume<float> image = phantom(8, 8);
  const auto refused = [&](const char* field, const auto& change) {
    SradOptions options;
    change(options);
    try {
      srad(image, options);
      ADD_FAILURE() << field;
    } catch (const Error& error) {
      EXPECT_EQ(error.field(), field) << error.what();
    }
  };
  refused("step", [](SradOptions& o) { o.step = 0.3; });
  refused("step", [](SradOptions& o) { o.step = 0; });
  refused("iterations", [](SradOptions& o) { o.iterations = -1; });
  refused("most_iterations", [](SradOptions& o) { o.most_iterations = -1; });
  refused("tolerance", [](SradOptions& o) { o.tolerance = -1; });
  refused("noise_share", [](SradOptions& o) { o.noise_share = 0; });
  refused("observe_every", [](SradOptions& o) { o.observe_every = 0; });
  DpadOptions options;
  options.radius = 0;
  EXPECT_THROW(dpad(image, options), Error);
}

}  // namespace
}  // namespace sg::ultrasound
