#include "ultrasound/diffusion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "core/error.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "ultrasound/diffusion_kernels.h"

namespace sg::ultrasound {
namespace {

Volume<float> random_image(std::array<std::int64_t, 3> size, std::uint64_t seed = 1) {
  Grid grid;
  grid.size = size;
  Volume<float> image(grid);
  Rng rng(seed);
  for (float& value : image.values()) value = static_cast<float>(255 * rng.gamma(1));
  return image;
}

double sum_of(const Volume<float>& image) {
  return std::accumulate(image.values().begin(), image.values().end(), 0.0);
}
double energy_of(const Volume<float>& image) {
  double sum = 0;
  for (const float value : image.values()) sum += static_cast<double>(value) * value;
  return sum;
}
std::pair<float, float> range_of(const Volume<float>& image) {
  const auto [low, high] = std::minmax_element(image.values().begin(), image.values().end());
  return {*low, *high};
}
double difference(const Volume<float>& a, const Volume<float>& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += std::pow(a.data()[i] - b.data()[i], 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

Volume<float> diffused(const Volume<float>& image, const DiffusionSteps& steps, double time,
                       const DiffusionLaw& law = {}) {
  Diffusion diffusion(image, law, steps);
  while (diffusion.time() < time - 1e-9) diffusion.advance(time - diffusion.time());
  return diffusion.image().clone();
}

constexpr DiffusionLaw undirected{.along = 1, .across = 1};

const std::vector<std::array<std::int64_t, 3>> sizes{
    {64, 48, 1}, {37, 1, 1}, {1, 29, 1}, {19, 17, 9}, {1, 1, 1}};

TEST(Diffusion, ConservesTheMean) {
  for (const auto& size : sizes)
    for (const DiffusionSteps steps :
         {DiffusionSteps{Scheme::explicit_euler, 0}, {Scheme::aos, 10}, {Scheme::fed, 10}}) {
      const Volume<float> image = random_image(size);
      const double before = sum_of(image);
      for (const DiffusionLaw& law : {DiffusionLaw{}, undirected})
        EXPECT_NEAR(sum_of(diffused(image, steps, 30, law)) / before, 1, 1e-6)
            << size[0] << "×" << size[1] << "×" << size[2];
    }
}

TEST(Diffusion, StaysWithinTheSmallestAndLargestValue) {
  for (const auto& size : sizes) {
    const Volume<float> image = random_image(size);
    const auto [low, high] = range_of(image);
    const float tolerance = 1e-5F * (high + 1);
    for (const DiffusionSteps steps :
         {DiffusionSteps{Scheme::explicit_euler, 0}, {Scheme::aos, 2}, {Scheme::aos, 10}}) {
      const auto [lowest, highest] = range_of(diffused(image, steps, 20, undirected));
      EXPECT_GE(lowest, low - tolerance);
      EXPECT_LE(highest, high + tolerance);
    }
  }
}

TEST(Diffusion, FastExplicitCyclesLoseEnergyAndOvershootLittle) {
  const Volume<float> image = random_image({80, 70, 1});
  const auto [low, high] = range_of(image);
  for (const DiffusionLaw& law : {DiffusionLaw{}, undirected}) {
    Diffusion diffusion(image, law, {Scheme::fed, 10});
    double before = energy_of(image);
    for (int cycle = 0; cycle < 10; ++cycle) {
      diffusion.advance();
      const double now = energy_of(diffusion.image());
      EXPECT_LE(now, before * (1 + 1e-6));
      before = now;
      const auto [lowest, highest] = range_of(diffusion.image());
      EXPECT_GE(lowest, low - 0.01F * (high - low));
      EXPECT_LE(highest, high + 0.01F * (high - low));
    }
  }
}

/// A step between 50 and 150 along a line at `angle`, with speckle of four looks.
Volume<float> speckled_step(double angle) {
  Volume<float> image = random_image({96, 96, 1}, 8);
  Rng rng(9);
  for (std::int64_t y = 0; y < 96; ++y)
    for (std::int64_t x = 0; x < 96; ++x) {
      const double side = std::cos(angle) * (static_cast<double>(x) - 47.5) +
                          std::sin(angle) * (static_cast<double>(y) - 47.5);
      image.at(x, y, 0) = static_cast<float>((side > 0 ? 150 : 50) * rng.gamma(4) / 4);
    }
  return image;
}

TEST(Diffusion, ADirectionSmoothsAlongEdgesAndNotAcross) {
  // Within three pixels of the edge, against the image without speckle.
  for (const double angle : {0.0, 0.6, 1.57, 2.5}) {
    const auto error = [&](const DiffusionLaw& law) {
      const Volume<float> now = diffused(speckled_step(angle), {Scheme::fed, 0, 1.2}, 12, law);
      double sum = 0;
      int count = 0;
      for (std::int64_t y = 10; y < 86; ++y)
        for (std::int64_t x = 10; x < 86; ++x) {
          const double side = std::cos(angle) * (static_cast<double>(x) - 47.5) +
                              std::sin(angle) * (static_cast<double>(y) - 47.5);
          if (std::abs(side) > 3) continue;
          sum += std::pow(now.at(x, y, 0) - (side > 0 ? 150 : 50), 2), ++count;
        }
      return std::sqrt(sum / count);
    };
    EXPECT_LT(error({}), 0.97 * error(undirected)) << angle;
  }
}

TEST(Diffusion, TurnsWithTheImage) {
  const Volume<float> image = random_image({50, 50, 1}, 6);
  Volume<float> turned = image.clone();
  for (std::int64_t y = 0; y < 50; ++y)
    for (std::int64_t x = 0; x < 50; ++x) turned.at(49 - y, x, 0) = image.at(x, y, 0);
  const Volume<float> now = diffused(image, {Scheme::fed, 2}, 8),
                      now_turned = diffused(turned, {Scheme::fed, 2}, 8);
  for (std::int64_t y = 0; y < 50; ++y)
    for (std::int64_t x = 0; x < 50; ++x)
      ASSERT_NEAR(now_turned.at(49 - y, x, 0), now.at(x, y, 0), 0.02) << x << " " << y;
}

TEST(Diffusion, SchemesAgreeAsStepsShrink) {
  const Volume<float> image = random_image({60, 50, 1});
  // A smooth law, so that the schemes' order shows.
  DiffusionLaw law = undirected;
  law.sigma = 2, law.rho = 0, law.k_share = 0.085, law.k_median = 0, law.kappa = 0, law.nu = 1;
  const Volume<float> reference = diffused(image, {Scheme::explicit_euler, 0.02}, 4, law);
  for (const Scheme scheme : {Scheme::aos, Scheme::fed, Scheme::explicit_euler}) {
    const double coarse = difference(
        diffused(image, {scheme, scheme == Scheme::explicit_euler ? 0.2 : 0.8}, 4, law), reference);
    const double fine = difference(
        diffused(image, {scheme, scheme == Scheme::explicit_euler ? 0.1 : 0.2}, 4, law), reference);
    EXPECT_LT(fine, 0.65 * coarse);
    EXPECT_LT(fine, 4) << "of a range of about 1000";
  }
}

TEST(Diffusion, WithoutEdgesItIsTheHeatEquation) {
  // g = 1: a cosine of wave number w decays by exp(−(2 − 2 cos w)·t), the discrete Laplacian's eigenvalue.
  Grid grid;
  grid.size = {64, 8, 1};
  Volume<float> wave(grid);
  const double w = std::numbers::pi * 4 / 64;
  for (std::int64_t y = 0; y < 8; ++y)
    for (std::int64_t x = 0; x < 64; ++x)
      wave.at(x, y, 0) = static_cast<float>(1000 + 100 * std::cos(w * (static_cast<double>(x) + 0.5)));
  const DiffusionLaw plain{.p_dark = 0, .p_bright = 0};
  const double expected = 100 * std::exp(-(2 - 2 * std::cos(w)) * 20);
  for (const DiffusionSteps steps :
       {DiffusionSteps{Scheme::explicit_euler, 0.02}, {Scheme::fed, 1}, {Scheme::aos, 0.02}}) {
    const Volume<float> now = diffused(wave, steps, 20, plain);
    EXPECT_NEAR(now.at(0, 3, 0) - 1000, expected * std::cos(w * 0.5), 0.01 * expected);
  }
}

TEST(Diffusion, UnequalSpacingCounts) {
  Volume<float> image = random_image({40, 40, 1});
  const DiffusionLaw plain{.p_dark = 0, .p_bright = 0};
  Grid grid = image.grid();
  grid.spacing = {1, 1000, 1};  // as good as no neighbours along y
  image.set_grid(grid);
  const Volume<float> now = diffused(image, {Scheme::fed, 10}, 1000, plain);
  for (std::int64_t y = 0; y < 40; ++y) {
    double mean = 0;
    for (std::int64_t x = 0; x < 40; ++x) mean += image.at(x, y, 0) / 40;
    EXPECT_NEAR(now.at(7, y, 0), mean, 0.02 * mean) << y;
  }
}

TEST(Diffusion, DoesNotDependOnThreads) {
  const Volume<float> image = random_image({90, 70, 1});
  const Volume<float> many = diffused(image, {Scheme::fed, 5}, 20);
  set_threads(1);
  const Volume<float> one = diffused(image, {Scheme::fed, 5}, 20);
  set_threads(0);
  EXPECT_EQ(difference(one, many), 0);
}

TEST(Diffusion, FedCyclesTakeTheTimeTheyShould) {
  for (const double time : {0.1, 0.25, 1.0, 7.0, 100.0}) {
    const std::vector<double> steps = fed_cycle(time, 0.25);
    EXPECT_NEAR(std::accumulate(steps.begin(), steps.end(), 0.0), time, 1e-9 * time);
    EXPECT_LE(static_cast<double>(steps.size()), 1 + std::sqrt(3 * time / 0.25));
  }
}

TEST(Diffusion, NamesTheOptionAtFault) {
  const auto refusal = [](const DiffusionLaw& law, const DiffusionSteps& steps,
                          float value = 1) -> std::string {
    Volume<float> image = random_image({8, 8, 1});
    image.data()[5] = value;
    try {
      Diffusion(image, law, steps);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({.sigma = 0}, {}), "sigma is 0, expected more than 0 to 20 pixels");
  EXPECT_EQ(refusal({}, {Scheme::explicit_euler, 0.3}),
            "step is 0.3, expected at most 0.25, the limit of the explicit scheme here");
  EXPECT_EQ(refusal({}, {}, std::nanf("")), "the image holds nan, expected finite values");
}

TEST(DiffusionKernels, AgreeWithPlainLoops) {
  Rng rng(3);
  for (const std::int64_t n : {1, 2, 3, 15, 16, 17, 33, 100}) {
    std::vector<std::vector<float>> u(5), g(5);
    for (auto* set : {&u, &g})
      for (auto& row : *set)
        for (std::int64_t i = 0; i < n; ++i)
          row.push_back(static_cast<float>(rng.uniform(0, set == &u ? 200 : 1)));
    for (const bool deep : {false, true}) {
      const auto rows = [&](const std::vector<std::vector<float>>& r) {
        return detail::Rows{r[0].data(), r[1].data(), r[2].data(), deep ? r[3].data() : nullptr,
                            deep ? r[4].data() : nullptr};
      };
      std::vector<float> a(static_cast<std::size_t>(n)), b = a;
      for (const detail::ConductivityLaw law : {detail::ConductivityLaw{20, 0.005F, 0, 1, 1, 1, 0.5F},
                                                {200, 0.01F, 0.75F, 1.5F, 2, 1.2F, 0.6F},
                                                {1, 0.01F, 0.6F, 0, 0.5F, 1, 1},
                                                {1, 0.01F, 0.875F, 0, 2, 1, 0.5F}}) {
        detail::gradient_row(rows(u), n, 0.7F, 0.3F, law, a.data());
        detail::gradient_row_reference(rows(u), n, 0.7F, 0.3F, law, b.data());
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4 * b[i]) << n << " " << i;
        detail::conductivity_row(u[0].data(), n, law, a.data());
        detail::conductivity_row_reference(u[0].data(), n, law, b.data());
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << n << " " << i;
      }
      detail::explicit_row(rows(u), rows(g), n, 0.2F, 0.7F, 0.3F, a.data());
      detail::explicit_row_reference(rows(u), rows(g), n, 0.2F, 0.7F, 0.3F, b.data());
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << n << " " << i;
    }
  }
}

TEST(DiffusionKernels, TensorsAgreeWithPlainLoops) {
  Rng rng(3);
  for (const std::int64_t n : {1, 2, 3, 15, 16, 17, 33, 100}) {
    std::vector<std::vector<float>> u(3), d(7);
    for (auto* set : {&u, &d})
      for (auto& row : *set)
        for (std::int64_t i = 0; i < n; ++i)
          row.push_back(static_cast<float>(set == &u ? rng.uniform(0, 200) : rng.uniform(-1, 1)));
    const detail::Rows rows{u[0].data(), u[1].data(), u[2].data()};
    const auto empty = [&] { return std::vector<float>(static_cast<std::size_t>(n)); };
    const auto near = [&](const std::vector<float>& a, const std::vector<float>& b, double tolerance) {
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << n << " " << i;
    };
    for (const detail::ConductivityLaw law :
         {detail::ConductivityLaw{2000, 0.005F, 0.875F, 0, 2, 0.9F, 0.65F, 0.6F, 1.3F},
          {20, 0.01F, 0, 1, 1, 1, 0.5F, 1, 0.5F}}) {
      std::vector<float> difference = empty(), product = empty(), difference_b = empty(), product_b = empty();
      detail::orientation_row(rows, n, 0.7F, law, {difference.data(), product.data()});
      detail::orientation_row_reference(rows, n, 0.7F, law, {difference_b.data(), product_b.data()});
      near(difference, difference_b, 1e-3);
      near(product, product_b, 1e-3);
      // A trace that belongs to them, once without any direction.
      std::vector<float> trace = empty(), r2 = empty();
      for (std::size_t i = 0; i < trace.size(); ++i) {
        if (i % 5 == 3) difference[i] = product[i] = 0;
        trace[i] = std::hypot(difference[i], product[i]) * static_cast<float>(rng.uniform(1, 4));
        r2[i] = static_cast<float>(rng.uniform(0, 0.01));
      }
      difference_b = difference, product_b = product;
      std::vector<float> trace_b = trace;
      detail::tensor_row(u[0].data(), r2.data(), n, law, trace.data(), {difference.data(), product.data()});
      detail::tensor_row_reference(u[0].data(), r2.data(), n, law, trace_b.data(),
                                   {difference_b.data(), product_b.data()});
      near(trace, trace_b, 1e-5);
      near(difference, difference_b, 1e-5);
      near(product, product_b, 1e-5);
    }
    std::vector<float> half(static_cast<std::size_t>((n + 1) / 2)), half_b = half;
    detail::halved_row(u[0].data(), u[1].data(), n, half.data());
    detail::halved_row_reference(u[0].data(), u[1].data(), n, half_b.data());
    near(half, half_b, 1e-4);
    std::vector<float> a = empty(), b = empty();
    detail::doubled_row(half.data(), u[2].data(), n, a.data());
    detail::doubled_row_reference(half.data(), u[2].data(), n, b.data());
    near(a, b, 1e-4);
    for (const bool first : {false, true}) {
      const detail::TensorRows tensor{d[0].data(),
                                      {d[1].data(), d[2].data(), d[3].data()},
                                      {d[4].data(), d[5].data(), d[6].data()},
                                      first,
                                      !first};
      detail::tensor_explicit_row(rows, tensor, n, 0.2F, 0.7F, a.data());
      detail::tensor_explicit_row_reference(rows, tensor, n, 0.2F, 0.7F, b.data());
      near(a, b, 1e-4);
    }
  }
}

}  // namespace
}  // namespace sg::ultrasound
