#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/rng.h"
#include "core/volume.h"

namespace sg::io {

/// A folder of its own for one test, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name =
        std::string(test->test_suite_name()) + "." + test->name() + "." + std::to_string(::getpid());
    for (char& c : name) c = c == '/' ? '_' : c;
    path_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs `work`, which must throw an Error of this code whose message holds `part`.
template <class Work>
void expect_error(ErrorCode code, const std::string& part, const Work& work) {
  try {
    work();
    FAIL() << "no error, expected one with '" << part << "'";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
        << error.what() << "\nexpected: " << part;
  }
}

/// An oblique grid off the origin, with spacings that float32 cannot hold.
inline Grid oblique_grid(std::array<std::int64_t, 3> size = {5, 4, 3}) {
  Grid grid;
  grid.size = size;
  grid.spacing = {0.7, 1.3, 2.9};
  grid.origin = {-12.25, 33.125, -7.5};
  grid.direction = rotation({0.3, -0.2, 0.5});
  return grid;
}

/// Values over the whole range of T, extremes included.
template <class T>
Volume<T> noise(const Grid& grid, std::int64_t channels = 1, OuterAxis outer = OuterAxis::none) {
  Volume<T> volume(grid, channels, outer);
  Rng rng(42);
  for (T& value : volume.values()) {
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(rng.uniform(-1000, 1000));
    } else {
      const double low = static_cast<double>(std::numeric_limits<T>::min());
      const double high = static_cast<double>(std::numeric_limits<T>::max());
      value = static_cast<T>(std::floor(rng.uniform(low, high)));
    }
  }
  volume.data()[0] = std::numeric_limits<T>::lowest();
  volume.data()[volume.size() - 1] = std::numeric_limits<T>::max();
  return volume;
}

template <class T>
void expect_same_voxels(const Volume<T>& expected, const AnyVolume& actual) {
  ASSERT_TRUE(std::holds_alternative<Volume<T>>(actual)) << scalar_name(actual);
  const auto& volume = std::get<Volume<T>>(actual);
  ASSERT_EQ(volume.grid().size, expected.grid().size);
  ASSERT_EQ(volume.channels(), expected.channels());
  EXPECT_EQ(volume.outer(), expected.outer());
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(volume.data()[i], expected.data()[i]) << "value " << i;
  }
}

}  // namespace sg::io
