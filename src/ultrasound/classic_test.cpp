#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "ultrasound/dpad.h"
#include "ultrasound/local_filters.h"
#include "ultrasound/mulog.h"
#include "ultrasound/nlm.h"
#include "ultrasound/quality.h"
#include "ultrasound/srad.h"
#include "ultrasound/ultrasound_fixture.h"

/// What all despecklers must do, one after the other.
namespace sg::ultrasound {
namespace {

using namespace test;

struct Method {
  std::string name;
  std::function<Volume<float>(const Volume<float>&, double looks)> run;
};

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {
      {"lee", [](const Volume<float>& f, double looks) { return lee(f, looks); }},
      {"kuan", [](const Volume<float>& f, double looks) { return kuan(f, looks); }},
      {"frost", [](const Volume<float>& f, double looks) { return frost(f, looks); }},
      {"srad",
       [](const Volume<float>& f, double looks) {
         SradOptions options;
         options.looks = looks;
         return srad(f, options).image;
       }},
      {"dpad",
       [](const Volume<float>& f, double looks) {
         DpadOptions options;
         options.looks = looks;
         return dpad(f, options).image;
       }},
      {"obnlm",
       [](const Volume<float>& f, double looks) {
         ObnlmOptions options;
         options.looks = looks;
         return obnlm(f, options);
       }},
      {"log-nlm", [](const Volume<float>& f, double looks) { return log_domain(f, looks); }},
      {"mulog", [](const Volume<float>& f, double looks) { return mulog(f, looks); }},
  };
  return all;
}

TEST(Classic, RemovesSpeckleAndKeepsTheMean) {
  const Volume<float> clean = phantom();
  for (const double looks : {1.0, 4.0}) {
    const Volume<float> noisy = add_speckle(clean, looks, Rng(11));
    for (const Method& method : methods()) {
      SCOPED_TRACE(method.name);
      const Volume<float> found = method.run(noisy, looks);
      EXPECT_GT(psnr(found, clean), psnr(noisy, clean) + (looks == 1 ? 5 : 4.5));
      EXPECT_GT(ssim(found, clean).mean, ssim(noisy, clean).mean + 0.1);
      // The mean of logarithms over an edge is below the logarithm of the mean.
      EXPECT_NEAR(mean(found) / mean(noisy), 1, 0.08);
    }
  }
}

TEST(Classic, AConstantStaysConstant) {
  for (const Method& method : methods())
    for (const float value : {0.0F, 0.25F, 37.0F, 4e4F}) {
      SCOPED_TRACE(method.name);
      const Volume<float> found = method.run(constant(20, 17, value), 4);
      for (const float v : found.values()) ASSERT_NEAR(v, value, 1e-5F * value);
    }
}

// One pixel aside, so that nobody gives it back as constant.
TEST(Classic, AnAlmostConstantStaysAlmostConstant) {
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    Volume<float> image = constant(30, 30, 50);
    image.at(3, 3, 0) = 51;
    const Volume<float> found = method.run(image, 20);
    for (const float v : found.values()) ASSERT_NEAR(v, 50, 2);
  }
}

TEST(Classic, TakesZerosSmallImagesAndLines) {
  for (const Method& method : methods())
    for (const auto& [width, height] :
         std::vector<std::pair<int, int>>{{1, 1}, {1, 40}, {40, 1}, {3, 2}, {5, 5}}) {
      SCOPED_TRACE(method.name);
      Volume<float> image = add_speckle(constant(width, height, 80), 1, Rng(2));
      image.data()[0] = 0;
      EXPECT_TRUE(all_finite(method.run(image, 1)));
    }
  Volume<float> sector = phantom();
  for (std::int64_t i = 0; i < sector.size(); ++i)
    if (i % sector.grid().size[0] < 40) sector.data()[i] = 0;
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    EXPECT_TRUE(all_finite(method.run(add_speckle(sector, 1, Rng(3)), 1)));
  }
}

TEST(Classic, RefusesWhatIsNoIntensity) {
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -3.0F}) {
      Volume<float> image = phantom(8, 6);
      image.at(5, 2, 0) = bad;
      try {
        method.run(image, 1);
        ADD_FAILURE() << "took " << bad;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::invalid_input);
        EXPECT_EQ(error.field(), "image");
        EXPECT_NE(std::string(error.what()).find("(5, 2, 0)"), std::string::npos) << error.what();
      }
    }
    EXPECT_THROW(method.run(Volume<float>(), 1), Error);
    EXPECT_THROW(method.run(Volume<float>(phantom(8, 6).grid(), 3), 1), Error);
    EXPECT_THROW(method.run(phantom(8, 6), 0), Error);
    EXPECT_THROW(method.run(phantom(8, 6), std::numeric_limits<double>::quiet_NaN()), Error);
  }
}

TEST(Classic, DoesNotDependOnThreads) {
  const Volume<float> noisy = add_speckle(phantom(67, 53), 2, Rng(5));
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    const Volume<float> many = method.run(noisy, 2);
    set_threads(1);
    const Volume<float> one = method.run(noisy, 2);
    set_threads(0);
    EXPECT_TRUE(same(many, one));
  }
}

// With a fixed number of iterations for those that stop all slices together.
TEST(Classic, SlicesAreTakenOneByOne) {
  const Volume<float> clean = phantom(40, 30, 2), noisy = add_speckle(clean, 2, Rng(5));
  const std::int64_t count = 40 * 30;
  Volume<float> second = constant(40, 30, 0);
  std::copy_n(noisy.data() + count, count, second.data());
  SradOptions srad_options;
  srad_options.iterations = 12;
  DpadOptions dpad_options;
  dpad_options.iterations = 12;
  const auto check = [&](const std::string& name, const auto& run, double tolerance) {
    SCOPED_TRACE(name);
    const Volume<float> whole = run(noisy), alone = run(second);
    for (std::int64_t i = 0; i < count; ++i)
      ASSERT_NEAR(whole.data()[count + i], alone.data()[i], tolerance * (1 + alone.data()[i]));
  };
  check(
      "lee", [](const auto& f) { return lee(f, 2); }, 1e-6);
  check(
      "frost", [](const auto& f) { return frost(f, 2); }, 1e-6);
  check(
      "nlm", [](const auto& f) { return nl_means(f, 20); }, 1e-6);
  check(
      "dpad", [&](const auto& f) { return dpad(f, dpad_options).image; }, 1e-5);
  // The floor comes from the mean of all slices.
  check(
      "srad", [&](const auto& f) { return srad(f, srad_options).image; }, 0.02);
}

TEST(Classic, ScalesWithTheImage) {
  const Volume<float> noisy = add_speckle(phantom(), 3, Rng(9));
  Volume<float> small = noisy.clone();
  for (float& v : small.values()) v /= 1024;
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    const Volume<float> a = method.run(noisy, 3), b = method.run(small, 3);
    for (std::int64_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(a.data()[i], b.data()[i] * 1024, 2e-3F * (1 + a.data()[i]));
  }
}

}  // namespace
}  // namespace sg::ultrasound
