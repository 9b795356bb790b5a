#include "ultrasound/benchmark.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/speckle.h"
#include "core/test_folder.h"
#include "io/image_io.h"
#include "ultrasound/quality.h"
#include "ultrasound/rivals.h"

namespace sg::ultrasound {
namespace {

/// A bright disc on a ramp, 64×48.
Volume<std::uint8_t> scene(int bright = 200) {
  Grid grid;
  grid.size = {64, 48, 1};
  Volume<std::uint8_t> picture(grid);
  for (std::int64_t y = 0; y < 48; ++y)
    for (std::int64_t x = 0; x < 64; ++x)
      picture.at(x, y, 0) =
          static_cast<std::uint8_t>(std::hypot(x - 30, y - 24) < 14 ? bright : 40 + static_cast<int>(x));
  return picture;
}

io::ImageFolder pictures(const TestFolder& folder) {
  std::filesystem::create_directory(folder.path / "clean");
  io::write_image(scene(), folder.at("clean/a.png"));
  io::write_image(scene(150), folder.at("clean/b.png"));
  return io::ImageFolder::open(folder.path / "clean");
}

template <class T>
const std::vector<T>& column(const Table& table, const std::string& name) {
  for (const Column& each : table.columns)
    if (each.name == name) return std::get<std::vector<T>>(each.values);
  throw std::runtime_error(name);
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(DespeckleBenchmark, ScoresAreThoseOfTheFiltersOnTheDrawsOfTheSeeds) {
  const TestFolder folder;
  BenchmarkOptions options;
  options.looks = {4};
  options.methods = {"lee"};
  options.seed = 7;
  const Benchmark result = benchmark(pictures(folder), nullptr, options);
  ASSERT_EQ(result.scores.size(), 4U);  // noisy and lee, on two pictures
  const Volume<float> clean = converted_to<float>(AnyVolume(scene(150)));
  const Volume<float> noisy = add_speckle(clean, 4, Rng(8));
  const Score &untouched = result.scores[2], &lee = result.scores[3];
  EXPECT_EQ(untouched.method, "noisy");
  EXPECT_NEAR(untouched.psnr, psnr(noisy, clean), 1e-9);
  DespeckleOptions own;
  own.method = Method::lee;
  EXPECT_NEAR(lee.psnr, psnr(filter(noisy, lee.looks_used, own), clean), 1e-6);
  EXPECT_GT(lee.psnr, untouched.psnr + 3);
  const Table means = mean_scores(result);
  EXPECT_EQ(column<std::string>(means, "method"), (std::vector<std::string>{"noisy", "lee"}));
  EXPECT_NEAR(column<double>(means, "psnr")[1], 0.5 * (result.scores[1].psnr + lee.psnr), 1e-9);
  EXPECT_EQ(all_scores(result).rows(), 4U);
}

TEST(DespeckleBenchmark, NobodyStopsTheDiffusionBetterThanTheBestStop) {
  const TestFolder folder;
  BenchmarkOptions options;
  options.looks = {1, 10};
  options.methods = {"diffusion", "srad", "dpad", "kuan"};
  options.best_stop = true;
  for (const Score& score : benchmark(pictures(folder), nullptr, options).scores) {
    if (score.method == "noisy" || score.method == "kuan") {
      EXPECT_TRUE(std::isnan(score.best_stop));
    } else {
      EXPECT_GE(score.best_stop, score.psnr - 0.05) << score.method << " " << score.looks;
      EXPECT_LT(score.best_stop, score.psnr + 4) << score.method << " " << score.looks;
    }
  }
}

TEST(DespeckleBenchmark, TakesSpeckleMadeElsewhere) {
  const TestFolder folder;
  const io::ImageFolder clean = pictures(folder);
  std::filesystem::create_directories(folder.path / "speckled/L2");
  for (const char* name : {"a", "b"})
    io::write_image(converted_to<float>(AnyVolume(scene(name[0] == 'a' ? 200 : 150))),
                    folder.at("speckled/L2/" + std::string(name) + ".nii.gz"));
  const io::ImageFolder speckled = io::ImageFolder::open(folder.path / "speckled");
  BenchmarkOptions options;
  options.looks = {2};
  options.methods = {"lee"};
  const Benchmark result = benchmark(clean, &speckled, options);
  EXPECT_TRUE(std::isinf(result.scores[0].psnr));  // it has no speckle at all
  options.looks = {3};
  EXPECT_EQ(refusal([&] { benchmark(clean, &speckled, options); }), "speckled holds no L3/a.*");
}

TEST(DespeckleBenchmark, DiscsKeepSomeOfTheirStep) {
  const TestFolder folder;
  BenchmarkOptions options;
  options.looks = {10};
  options.methods = {"diffusion", "lee", "dpad"};
  options.discs = 1;
  const Benchmark result = benchmark(pictures(folder), nullptr, options);
  ASSERT_EQ(result.discs.size(), 16U);  // four rows on four backgrounds
  for (const DiscScore& score : result.discs) {
    if (score.method == "noisy") continue;
    EXPECT_GT(score.found.enl, 20) << score.method;
    EXPECT_LT(std::abs(score.found.step_kept), 4) << score.method;
    EXPECT_NEAR(score.diffusion.enl, score.found.enl, 1e-6 * score.found.enl) << score.method;
    if (score.method == "diffusion") continue;
    EXPECT_GT(score.diffusion.cnr, score.found.cnr) << score.method;
  }
  EXPECT_EQ(disc_scores(result).rows(), 16U);
}

TEST(DespeckleBenchmark, NamesWhatIsWrong) {
  const TestFolder folder;
  const io::ImageFolder clean = pictures(folder);
  const auto with = [&](const std::function<void(BenchmarkOptions&)>& change) {
    BenchmarkOptions options;
    options.methods = {"lee"};
    change(options);
    return refusal([&] { benchmark(clean, nullptr, options); });
  };
  EXPECT_EQ(with([](BenchmarkOptions& o) {
              o.looks = {4, 0};
            }),
            "looks holds 0, expected more than 0, at most 1000");
  EXPECT_EQ(with([](BenchmarkOptions& o) { o.looks.clear(); }), "looks is empty, expected at least one");
  EXPECT_NE(with([](BenchmarkOptions& o) {
              o.methods = {"lee", "median"};
            }).find("methods names median, expected some of diffusion, network, network_once, srad"),
            std::string::npos);
  Volume<float> dark = converted_to<float>(AnyVolume(scene()));
  dark.data()[5] = -3;
  io::write_image(dark, folder.at("dark.nii.gz"));
  EXPECT_EQ(refusal([&] { benchmark(io::ImageFolder::open(folder.path / "dark.nii.gz"), nullptr, {}); }),
            "dark.nii.gz holds -3, expected grey values of 0 to 255");
}

/// A program bm3d of one's own in front of the PATH.
class Programs {
 public:
  Programs(const TestFolder& folder, const std::string& script) : before_(std::getenv("PATH")) {
    folder.write("bm3d", "#!/bin/sh\n" + script + "\n");
    ::chmod(folder.at("bm3d").c_str(), 0755);
    ::setenv("PATH", (folder.path.string() + ":" + before_).c_str(), 1);
  }
  ~Programs() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

TEST(Rivals, AreRunOnFilesAndScaledBack) {
  const TestFolder folder;
  const Programs programs(folder, "cp \"$1\" \"$3\" && echo \"$2\" > " + folder.at("sigma"));
  const std::vector<Rival> rivals = installed_rivals();
  ASSERT_EQ(rivals.size(), 1U);
  Volume<float> image = converted_to<float>(AnyVolume(scene()));  // 40…200
  for (float& value : image.values()) value = 0.01F * value - 1;
  const Volume<float> same = denoiser_of(rivals[0])(image, 0.1);
  for (std::int64_t i = 0; i < image.size(); ++i) ASSERT_NEAR(same.data()[i], image.data()[i], 1e-5);
  EXPECT_NEAR(std::stod(folder.read("sigma")), 0.1 * 255 / 1.6, 1e-3);
  BenchmarkOptions options;
  options.looks = {4};
  options.methods = {"log_bm3d"};
  EXPECT_EQ(benchmark(pictures(folder), nullptr, options).scores[1].method, "log_bm3d");
}

TEST(Rivals, FailuresAreTold) {
  const TestFolder folder;
  const Programs programs(folder, "exit 3");
  const Volume<float> image = converted_to<float>(AnyVolume(scene()));
  EXPECT_EQ(refusal([&] { denoiser_of(installed_rivals().at(0))(image, 1); }), "bm3d failed");
}

TEST(Rivals, CanBeStopped) {
  const TestFolder folder;
  const Programs programs(folder, "sleep 60");
  const Context context;
  context.cancel();
  const Volume<float> image = converted_to<float>(AnyVolume(scene()));
  EXPECT_THROW(denoiser_of(installed_rivals().at(0), context)(image, 1), Error);
}

}  // namespace
}  // namespace sg::ultrasound
