#include "core/resample.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

#include "core/parallel.h"
#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::noise;
using test::oblique_grid;

constexpr Interpolation all_interpolations[] = {Interpolation::nearest, Interpolation::linear,
                                                Interpolation::cubic};

std::array<std::int64_t, 3> any_size() {
  return {*rc::gen::inRange<std::int64_t>(1, 24), *rc::gen::inRange<std::int64_t>(1, 24),
          *rc::gen::inRange<std::int64_t>(1, 12)};
}

double any_real(double low, double high) { return low + (high - low) * *rc::gen::inRange(0, 100001) / 1e5; }

Vec3 any_vector(double low, double high) {
  return {any_real(low, high), any_real(low, high), any_real(low, high)};
}

/// A trilinear polynomial in the patient frame: linear interpolation is exact on it.
double ramp(LpsPoint p) { return 3 + 0.5 * p.x - 0.25 * p.y + 0.125 * p.z; }

Volume<float> ramp_on(const Grid& grid) {
  Volume<float> image(grid);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const VoxelIndex index{static_cast<double>(i % grid.size[0]),
                           static_cast<double>(i / grid.size[0] % grid.size[1]),
                           static_cast<double>(i / grid.size[0] / grid.size[1])};
    image.data()[i] = static_cast<float>(ramp(grid.to_lps(index)));
  }
  return image;
}

RC_GTEST_PROP(Resample, IdentityIsBitExact, ()) {
  Grid grid = oblique_grid(any_size(), any_vector(0.1, 5));
  grid.origin = as_point(any_vector(-500, 500));
  grid.direction = rotation(any_vector(-3, 3));
  const Volume<float> image = noise(grid, 2);
  for (Interpolation how : {Interpolation::nearest, Interpolation::linear}) {
    const Volume<float> same = resample(image, {}, grid, how, -1);
    RC_ASSERT(std::equal(same.values().begin(), same.values().end(), image.values().begin()));
  }
  const Volume<float> same = resample(image, {}, grid, Interpolation::cubic, -1);
  for (std::int64_t i = 0; i < image.size(); ++i)
    RC_ASSERT(std::abs(same.data()[i] - image.data()[i]) < 1e-5F);
}

RC_GTEST_PROP(Resample, WholeVoxelShiftMovesVoxels, ()) {
  const Volume<float> image = noise(grid_of_size({17, 9, 5}));
  const auto dx = *rc::gen::inRange<std::int64_t>(-20, 20), dy = *rc::gen::inRange<std::int64_t>(-10, 10);
  const Transform shift{{Mat3{}, {static_cast<double>(dx), static_cast<double>(dy), 0}}, {}};
  for (Interpolation how : {Interpolation::nearest, Interpolation::linear}) {
    const Volume<float> moved = resample(image, shift, image.grid(), how, -9);
    for (std::int64_t y = 0; y < 9; ++y) {
      for (std::int64_t x = 0; x < 17; ++x) {
        const bool inside = x + dx >= 0 && x + dx < 17 && y + dy >= 0 && y + dy < 9;
        RC_ASSERT(moved.at(x, y, 2) == (inside ? image.at(x + dx, y + dy, 2) : -9.0F));
      }
    }
  }
}

TEST(Resample, ReproducesRampsBetweenAnyGrids) {
  const Grid image_grid = oblique_grid({40, 36, 20}), reference = oblique_grid({19, 23, 11}, {1.1, 0.9, 2});
  const Volume<float> image = ramp_on(image_grid);
  const Affine affine = Affine::about(image_grid.centre(), rotation({0.05, 0.1, -0.1}), {2, -1, 1.5});
  for (Interpolation how : {Interpolation::linear, Interpolation::cubic}) {
    const Volume<float> result = resample(image, {affine, {}}, reference, how, 1e6F);
    int compared = 0;
    for (std::int64_t i = 0; i < result.size(); ++i) {
      const VoxelIndex at{static_cast<double>(i % 19), static_cast<double>(i / 19 % 23),
                          static_cast<double>(i / 19 / 23)};
      const LpsPoint p = affine.apply(reference.to_lps(at));
      const VoxelIndex inside = image_grid.to_index(p);
      // Mirrored borders bend a ramp: the cubic needs a margin.
      const double margin = how == Interpolation::cubic ? 6 : 0;
      if (std::min({inside.i - margin, inside.j - margin, inside.k - margin, 39 - margin - inside.i,
                    35 - margin - inside.j, 19 - margin - inside.k}) < 0) {
        continue;
      }
      ASSERT_NEAR(result.data()[i], ramp(p), 2e-3) << i;
      ++compared;
    }
    EXPECT_GT(compared, 500);
  }
}

TEST(Resample, FieldOnAnyGridIsAddedBeforeTheAffine) {
  const Grid grid = oblique_grid({24, 20, 14}), other = oblique_grid({9, 12, 7}, {2.5, 2, 5});
  const Volume<float> image = ramp_on(grid);
  for (const Grid& field_grid : {grid, other}) {
    const Transform transform{Affine::about(grid.centre(), rotation({0.02, 0, 0.05}), {0.5, 0.2, -0.3}),
                              Field{noise(field_grid, 3, 1.5)}};
    const Volume<float> warped = resample(image, transform, grid, Interpolation::linear, 1e6F);
    for (std::int64_t z = 4; z < 10; ++z) {
      for (std::int64_t y = 5; y < 15; ++y) {
        for (std::int64_t x = 5; x < 19; ++x) {
          const VoxelIndex at{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
          ASSERT_NEAR(warped.at(x, y, z), ramp(transform.apply(grid.to_lps(at))), 1e-4);
        }
      }
    }
  }
}

TEST(Resample, BorderValueHoldsForHalfAVoxel) {
  Volume<float> image(grid_of_size({3, 1, 1}));
  image.data()[0] = 1, image.data()[1] = 2, image.data()[2] = 4;
  for (Interpolation how : all_interpolations) {
    const auto at = [&](double x) {
      return resample(image, {{Mat3{}, {x, 0, 0}}, {}}, grid_of_size({1, 1, 1}), how, -1).data()[0];
    };
    EXPECT_FLOAT_EQ(at(-0.5), 1);
    EXPECT_FLOAT_EQ(at(-0.501), -1);
    EXPECT_FLOAT_EQ(at(2.5), 4);
    EXPECT_FLOAT_EQ(at(2.501), -1);
  }
}

TEST(Resample, FlatImagesAndAxesOfSizeOne) {
  for (std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{9, 7, 1}, {1, 7, 5}, {9, 1, 5}, {1, 1, 1}, {1, 1, 6}}) {
    const Volume<float> image = noise(grid_of_size(size));
    for (Interpolation how : all_interpolations) {
      const Transform slightly{
          {Mat3{}, {size[0] == 1 ? 0.3 : 0, size[1] == 1 ? 0.3 : 0, size[2] == 1 ? 0.3 : 0}}, {}};
      const Volume<float> same = resample(image, slightly, image.grid(), how, -1);
      for (std::int64_t i = 0; i < image.size(); ++i) ASSERT_NEAR(same.data()[i], image.data()[i], 1e-5);
    }
  }
}

TEST(Resample, LabelsAreNeverBlended) {
  LabelMap labels{Volume<std::int32_t>(oblique_grid({20, 18, 10})), {{7, "seven"}}};
  Rng rng(3);
  for (auto& v : labels.voxels.values()) v = rng.uniform() < 0.5 ? 7 : 2147483647;
  const Transform transform{Affine::about(labels.voxels.grid().centre(), rotation({0.3, 0.2, 0.1})), {}};
  const LabelMap moved = resample(labels, transform, oblique_grid({15, 15, 15}, {1, 1, 1}));
  for (std::int32_t v : moved.voxels.values()) ASSERT_TRUE(v == 0 || v == 7 || v == 2147483647);
  EXPECT_EQ(moved.names.at(7), "seven");
}

TEST(Resample, NearestKeepsEveryTypeExactly) {
  const Grid grid = oblique_grid({6, 5, 4});
  Volume<std::int32_t> voxels(grid);
  for (auto& v : voxels.values()) v = 2147483647;  // float would make it 2147483648
  Grid wider = grid;
  wider.size = {12, 5, 4};
  const AnyVolume result = resample_nearest(AnyVolume(std::move(voxels)), Transform{}, wider, -5);
  for (const std::int32_t v : std::get<Volume<std::int32_t>>(result).values())
    ASSERT_TRUE(v == 2147483647 || v == -5);

  const AnyVolume bytes = Volume<std::uint8_t>(grid);
  for (const double outside : {-1.0, 256.0, .5, std::nan("")}) {
    try {
      resample_nearest(bytes, Transform{}, grid, outside);
      FAIL() << outside;
    } catch (const Error& e) {
      EXPECT_EQ(e.field(), "outside");
      EXPECT_NE(std::string(e.what()).find("whole number from 0 to 255 for uint8 voxels"), std::string::npos);
    }
  }
}

TEST(Resample, ResultDoesNotDependOnTheThreadCount) {
  const Grid grid = oblique_grid({50, 40, 30});
  const Volume<float> image = noise(grid);
  const Transform transform{{}, Field{noise(grid, 3, 4)}};
  for (Interpolation how : all_interpolations) {
    set_threads(1);
    const Volume<float> one = resample(image, transform, grid, how);
    set_threads(0);
    const Volume<float> all = resample(image, transform, grid, how);
    EXPECT_TRUE(std::equal(one.values().begin(), one.values().end(), all.values().begin()));
  }
}

TEST(Resample, ManyChannelsKeepTheirMeaning) {
  Volume<float> series(grid_of_size({6, 5, 4}), 3, OuterAxis::time);
  series.set_time_step(2.5);
  for (std::int64_t c = 0; c < 3; ++c) std::ranges::fill(series.channel(c), static_cast<float>(c));
  const Volume<float> result = resample(series, {}, oblique_grid({3, 3, 3}), Interpolation::linear, -1);
  EXPECT_EQ(result.outer(), OuterAxis::time);
  EXPECT_EQ(result.time_step(), 2.5);
  for (std::int64_t c = 0; c < 3; ++c) {
    for (float v : result.channel(c)) EXPECT_TRUE(v == -1 || v == static_cast<float>(c));
  }
}

TEST(Resample, NanStaysWhereItIs) {
  Volume<float> image = noise(grid_of_size({12, 12, 12}));
  image.at(6, 6, 6) = std::numeric_limits<float>::quiet_NaN();
  const Transform half{{Mat3{}, {0.5, 0, 0}}, {}};
  const Volume<float> moved = resample(image, half, image.grid());
  std::int64_t count = 0;
  for (float v : moved.values()) count += std::isnan(v);
  EXPECT_TRUE(std::isnan(moved.at(5, 6, 6)) && std::isnan(moved.at(6, 6, 6)));
  EXPECT_LE(count, 8);  // the cells that touch it
  EXPECT_NO_THROW(resample(image, half, image.grid(), Interpolation::cubic));
}

TEST(Resample, RefusesWhatItCannotUse) {
  const Volume<float> image = noise(grid_of_size({4, 4, 4}));
  const Grid good = image.grid();
  EXPECT_EQ(error_of([&] { resample(Volume<float>(), {}, good); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { resample(LabelMap{}, {}, good); }), ErrorCode::invalid_input);
  Grid flat = good;
  flat.spacing.y = 0;
  EXPECT_EQ(error_of([&] { resample(image, {}, flat); }), ErrorCode::invalid_input);
  const Transform singular{{Mat3::diagonal({1, 0, 1}), {}}, {}};
  EXPECT_EQ(error_of([&] { resample(image, singular, good); }), ErrorCode::invalid_input);
  const Transform lost{{Mat3{}, {0, std::numeric_limits<double>::quiet_NaN(), 0}}, {}};
  EXPECT_EQ(error_of([&] { resample(image, lost, good); }), ErrorCode::invalid_input);
  const Transform scalar_field{{}, Field{noise(good, 1)}};
  EXPECT_EQ(error_of([&] { resample(image, scalar_field, good); }), ErrorCode::invalid_input);
  const Context context;
  context.cancel();
  EXPECT_EQ(error_of([&] { resample(image, {}, good, Interpolation::linear, 0, context); }),
            ErrorCode::cancelled);
}

RC_GTEST_PROP(IndexMap, TakesFromIndexToToIndex, ()) {
  const Grid from = oblique_grid(any_size(), any_vector(0.2, 4)),
             to = oblique_grid(any_size(), any_vector(0.2, 4));
  const Affine affine{rotation(any_vector(-1, 1)), any_vector(-50, 50)};
  const IndexMap map = index_map(from, affine, to);
  const Vec3 at = any_vector(-20, 40);
  const VoxelIndex expected = to.to_index(affine.apply(from.to_lps({at.x, at.y, at.z})));
  const Vec3 got = map.matrix * at + map.offset;
  RC_ASSERT(norm(got - Vec3{expected.i, expected.j, expected.k}) < 1e-7);
}

struct Row {
  std::vector<float> value, gx, gy, gz, inside;
  explicit Row(std::size_t n) : value(n), gx(n), gy(n), gz(n), inside(n) {}
  SampledRow spans() { return {value, gx, gy, gz, inside}; }
};

TEST(SampleRow, GradientMatchesFiniteDifferences) {
  const Volume<float> image = noise(grid_of_size({30, 30, 30}));
  const IndexMap map{rotation({0.1, 0.2, 0.3}), {3.3, -1.7, 5.1}};
  const double h = 1e-2;
  Row here(30);
  for (std::int64_t k = 0; k < 30; k += 3) {
    for (std::int64_t j = 0; j < 30; j += 3) {
      sample_row(image, map, j, k, here.spans());
      for (int axis = 0; axis < 3; ++axis) {
        IndexMap up = map, down = map;
        up.offset[axis] += h;
        down.offset[axis] -= h;
        Row above(30), below(30);
        sample_row(image, up, j, k, above.spans());
        sample_row(image, down, j, k, below.spans());
        for (std::size_t i = 0; i < 30; ++i) {
          const Vec3 at =
              map.matrix * Vec3{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)} +
              map.offset;
          const double in_cell = at[axis] - std::floor(at[axis]);
          if (here.inside[i] == 0 || in_cell < 2 * h || in_cell > 1 - 2 * h) continue;
          const float slope = axis == 0 ? here.gx[i] : axis == 1 ? here.gy[i] : here.gz[i];
          // Linear along an axis within the cell: the difference is exact but for float32.
          ASSERT_NEAR((above.value[i] - below.value[i]) / (2 * h), slope, 2e-3);
        }
      }
    }
  }
}

TEST(SampleRow, InsideMeansAllEightNeighbours) {
  const Volume<float> image = noise(grid_of_size({5, 5, 5}));
  Row row(9);
  sample_row(image, {Mat3{}, {-2, 0, 4}}, 3, 0, row.spans());
  EXPECT_EQ(row.inside, (std::vector<float>{0, 0, 1, 1, 1, 1, 1, 0, 0}));
  for (std::size_t i = 2; i < 7; ++i)
    EXPECT_EQ(row.value[i], image.at(static_cast<std::int64_t>(i) - 2, 3, 4));
  EXPECT_EQ(row.value[0], 0);
  EXPECT_EQ(row.gx[8], 0);
  sample_row(image, {Mat3{}, {0, 0, 4.001}}, 3, 0, row.spans());
  EXPECT_EQ(row.inside, std::vector<float>(9, 0.0F));
}

TEST(SampleRow, FlatImagesHaveNoSlopeAcross) {
  const Volume<float> image = noise(grid_of_size({6, 6, 1}));
  Row row(6);
  sample_row(image, {Mat3{}, {0, 0.5, 0.25}}, 2, 0, row.spans());
  EXPECT_EQ(row.inside, (std::vector<float>{1, 1, 1, 1, 1, 1}));
  for (float g : row.gz) EXPECT_EQ(g, 0);
  EXPECT_NEAR(row.gy[3], image.at(3, 3, 0) - image.at(3, 2, 0), 1e-6);
}

TEST(SampleRow, GradientMayBeLeftOut) {
  const Volume<float> image = noise(grid_of_size({6, 6, 6}));
  Row full(6), bare(6);
  const IndexMap map{rotation({0.1, 0, 0.2}), {0.2, 0.3, 0.1}};
  sample_row(image, map, 2, 2, full.spans());
  sample_row(image, map, 2, 2, {bare.value, {}, {}, {}, bare.inside});
  EXPECT_EQ(full.value, bare.value);
  EXPECT_EQ(full.inside, bare.inside);
}

TEST(SampleRow, RefusesSpansOfDifferentLengths) {
  const Volume<float> image = noise(grid_of_size({6, 6, 6}));
  Row row(6);
  std::vector<float> shorter(5);
  EXPECT_EQ(error_of([&] {
              sample_row(image, {}, 0, 0, {row.value, row.gx, row.gy, row.gz, shorter});
            }),
            ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { sample_row(noise(image.grid(), 2), {}, 0, 0, row.spans()); }),
            ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { sample_row(Volume<float>(), {}, 0, 0, row.spans()); }), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace sg
