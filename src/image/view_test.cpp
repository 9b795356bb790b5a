#include "image/view.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "image/canvas.h"
#include "image/slice.h"

namespace sg::image {
namespace {

Grid grid_of(std::array<std::int64_t, 3> size, Vec3 spacing = {1, 1, 1}) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return grid;
}

template <class F>
Volume<float> filled(const Grid& grid, F value) {
  Volume<float> image(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        image.at(x, y, z) = static_cast<float>(
            value(grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)})));
      }
    }
  }
  return image;
}

/// A smooth blob to the patient's left, back and head, in a body 64 mm wide, 80 deep, 48 high.
double blob(LpsPoint p) {
  const Vec3 d = p - LpsPoint{14, 22, 12};
  return std::exp(-dot(d, d) / 50);
}
const Grid centred = [] {
  Grid grid = grid_of({64, 80, 48});
  grid.origin = {-31.5, -39.5, -23.5};
  return grid;
}();

ViewOptions bare() {
  ViewOptions options;
  options.letters = options.scale_bar = false;
  options.height = 160;
  options.window = Window{0, 1};
  options.point = LpsPoint{14, 22, 12};
  return options;
}

struct Spot {
  double x, y;  // centre of brightness
};
Spot spot(const Volume<std::uint8_t>& picture) {
  double sum = 0, x_sum = 0, y_sum = 0;
  for (std::int64_t y = 0; y < picture.grid().size[1]; ++y) {
    for (std::int64_t x = 0; x < picture.grid().size[0]; ++x) {
      const double v = picture.at(x, y, 0);
      sum += v;
      x_sum += v * static_cast<double>(x);
      y_sum += v * static_cast<double>(y);
    }
  }
  return {x_sum / sum, y_sum / sum};
}

TEST(View, FollowsTheRadiologicalConvention) {
  const Volume<float> image = filled(centred, blob);
  const double axial_mm = 80.0 / 160, flat_mm = 48.0 / 160;
  const Spot axial = spot(render_slice(image, Plane::axial, bare()));
  EXPECT_NEAR(axial.x, (14 + 32) / axial_mm - .5, 1);  // the patient's left is on the right
  EXPECT_NEAR(axial.y, (22 + 40) / axial_mm - .5, 1);  // the back is below
  const Spot coronal = spot(render_slice(image, Plane::coronal, bare()));
  EXPECT_NEAR(coronal.x, (14 + 32) / flat_mm - .5, 1);
  EXPECT_NEAR(coronal.y, (24 - 12) / flat_mm - .5, 1);  // the head is above
  const Spot sagittal = spot(render_slice(image, Plane::sagittal, bare()));
  EXPECT_NEAR(sagittal.x, (22 + 40) / flat_mm - .5, 1);  // the face looks to the left
  EXPECT_NEAR(sagittal.y, (24 - 12) / flat_mm - .5, 1);
}

TEST(View, DoesNotDependOnTheStorageOrder) {
  const Volume<std::uint8_t> expected = render_orthogonal(filled(centred, blob), bare());
  // Axes stored as z, x, y with x and z reversed: the same voxels in another order.
  Grid stored;
  stored.size = {48, 64, 80};
  stored.direction = Mat3{{{{0, -1, 0}, {0, 0, 1}, {-1, 0, 0}}}};
  stored.origin = {31.5, -39.5, 23.5};
  const Volume<std::uint8_t> other = render_orthogonal(filled(stored, blob), bare());
  ASSERT_EQ(other.grid(), expected.grid());
  for (std::int64_t i = 0; i < other.size(); ++i) ASSERT_NEAR(other.data()[i], expected.data()[i], 1) << i;
}

TEST(View, ObliqueAndUnequalVoxelsComeOutTrue) {
  const Volume<std::uint8_t> expected = render_slice(filled(centred, blob), Plane::axial, bare());
  Grid oblique = grid_of({90, 60, 40}, {1, 1.6, 2});
  oblique.direction = rotation({.3, -.2, .25});
  oblique.origin = as_point(oblique.direction * Vec3{-44.5, -47.2, -39});
  const Volume<float> image = filled(oblique, blob);
  const Volume<std::uint8_t> picture = render_slice(image, Plane::axial, bare());
  // Panels differ in extent; compare where both show the same place.
  const Panel a = make_panel(centred, Plane::axial, *bare().point, expected.grid().spacing.x);
  const Panel b = make_panel(oblique, Plane::axial, *bare().point, picture.grid().spacing.x);
  for (const Vec3 offset : {Vec3{0, 0, 0}, Vec3{5, 0, 0}, Vec3{0, -6, 0}, Vec3{-7, 3, 0}}) {
    const LpsPoint p = *bare().point + offset;
    const int u = expected.at(std::lround(a.x_of(p)), std::lround(a.y_of(p)), 0);
    const int v = picture.at(std::lround(b.x_of(p)), std::lround(b.y_of(p)), 0);
    EXPECT_NEAR(u, v, 16);
  }
}

TEST(View, PanelsShareOneScale) {
  const Volume<std::uint8_t> picture = render_orthogonal(filled(centred, blob), bare());
  EXPECT_EQ(picture.channels(), 3);
  EXPECT_NEAR(picture.grid().spacing.x, .5, 1e-9);
  EXPECT_EQ(picture.grid().size[1], 160);
  EXPECT_EQ(picture.grid().size[0], 160 + 128 + 128 + 2 * 6);
}

TEST(View, ATwoDimensionalImageIsShownAsItIs) {
  Grid grid = grid_of({40, 20, 1});
  Volume<float> image(grid);
  image.at(35, 2, 0) = 1;
  ViewOptions options = bare();
  options.height = 200;
  const Volume<std::uint8_t> picture = render_orthogonal(image, options);
  EXPECT_EQ(picture.grid().size, (std::array<std::int64_t, 3>{400, 200, 1}));
  const Spot at = spot(picture);
  EXPECT_NEAR(at.x, 354.5, 1);
  EXPECT_NEAR(at.y, 24.5, 1);
  EXPECT_EQ(render_mosaic(image, Plane::axial, 5, options).grid(), picture.grid());
  // A single sagittal slice lies in its own plane.
  grid.direction = Mat3{{{{0, 0, 1}, {1, 0, 0}, {0, -1, 0}}}};
  image.set_grid(grid);
  EXPECT_EQ(plane_of(grid), Plane::sagittal);
  EXPECT_NEAR(spot(render_orthogonal(image, options)).x, 354.5, 1);
}

TEST(View, ColourImagesKeepTheirColours) {
  Volume<float> image(grid_of({8, 8, 1}), 3);
  std::fill(image.channel(0).begin(), image.channel(0).end(), 1.F);
  const Volume<std::uint8_t> picture = render_orthogonal(image, bare());
  EXPECT_EQ(picture.at(80, 80, 0, 0), 255);
  EXPECT_EQ(picture.at(80, 80, 0, 1), 0);
}

TEST(View, LabelsAreFilledAndOutlined) {
  const Volume<float> image(centred);
  LabelMap labels{Volume<std::int32_t>(centred), {}};
  for (std::int64_t z = 10; z < 40; ++z) {
    for (std::int64_t y = 20; y < 60; ++y) {
      for (std::int64_t x = 20; x < 44; ++x) labels.voxels.at(x, y, z) = 7;
    }
  }
  ViewOptions options = bare();
  options.point = LpsPoint{0, 0, 0};
  options.labels = &labels;
  options.label_opacity = .5;
  const Volume<std::uint8_t> picture = render_slice(image, Plane::axial, options);
  const Color color = label_color(7);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(picture.at(64, 80, 0, static_cast<std::int64_t>(c)), 127.5F * color[c],
                2);  // inside: half opaque
    EXPECT_NEAR(picture.at(40, 80, 0, static_cast<std::int64_t>(c)), 234.6F * color[c],
                25);  // at the edge: nearly opaque
    EXPECT_EQ(picture.at(20, 80, 0, static_cast<std::int64_t>(c)), 0);
  }
  EXPECT_NE(label_color(7), label_color(8));
}

TEST(View, OverlayAndCheckerShowTheSecondImage) {
  const Volume<float> dark = filled(centred, [](LpsPoint p) { return p.x < -30 ? 1 : 0; });
  const Volume<float> light = filled(centred, [](LpsPoint p) { return p.x < -30 ? 0 : 1; });
  ViewOptions options = bare();
  options.checker = &light;
  options.tile = 10;
  const Volume<std::uint8_t> tiles = render_slice(dark, Plane::axial, options);
  EXPECT_LT(tiles.at(50, 10, 0), 10);   // third tile of the first row: the first image
  EXPECT_GT(tiles.at(30, 10, 0), 245);  // second tile: the second image
  EXPECT_GT(tiles.at(50, 30, 0), 245);  // one row further
  options.checker = nullptr;
  options.overlay = &light;
  options.overlay_opacity = 1;
  const Volume<std::uint8_t> warm = render_slice(dark, Plane::axial, options);
  EXPECT_GT(warm.at(80, 80, 0, 0), 240);
  EXPECT_LT(warm.at(80, 80, 0, 2), 220);
}

TEST(View, MosaicLaysOutItsSlices) {
  const Volume<float> image = filled(centred, blob);
  ViewOptions options = bare();
  options.height = 64;
  const Volume<std::uint8_t> picture = render_mosaic(image, Plane::axial, 6, options);
  const double columns = (static_cast<double>(picture.grid().size[0]) + 6) / (51 + 6);
  const double rows = (static_cast<double>(picture.grid().size[1]) + 6) / (64 + 6);
  EXPECT_NEAR(columns, std::round(columns), 1e-9);
  EXPECT_GE(std::round(columns) * std::round(rows), 6);
}

TEST(View, LettersNameThePatientsSides) {
  EXPECT_EQ(side_of({1, 0, 0}), 'L');
  EXPECT_EQ(side_of({-.9, .1, .2}), 'R');
  EXPECT_EQ(side_of({0, 1, 0}), 'P');
  EXPECT_EQ(side_of({0, -1, 0}), 'A');
  EXPECT_EQ(side_of({0, 0, 1}), 'S');
  EXPECT_EQ(side_of({0, 0, -1}), 'I');
  ViewOptions options = bare();
  const Volume<float> dark(centred);
  const auto brightest = [&](const Volume<std::uint8_t>& p) {
    return *std::max_element(p.values().begin(), p.values().end());
  };
  EXPECT_EQ(brightest(render_orthogonal(dark, options)), 0);
  options.letters = options.scale_bar = options.crosshair = true;
  EXPECT_GT(brightest(render_orthogonal(dark, options)), 200);
}

TEST(View, NotFiniteVoxelsAreBlack) {
  Volume<float> image = filled(centred, [](LpsPoint) { return 1; });
  image.at(32, 40, 24) = std::numeric_limits<float>::quiet_NaN();
  ViewOptions options = bare();
  options.point = LpsPoint{.5, .5, .5};
  const Volume<std::uint8_t> picture = render_slice(image, Plane::axial, options);
  EXPECT_EQ(picture.at(65, 81, 0), 0);
  EXPECT_EQ(picture.at(100, 81, 0), 255);
}

TEST(View, RefusesWhatItCannotShow) {
  const Volume<float> image = filled(centred, blob);
  const auto refused = [&](auto change) {
    ViewOptions options = bare();
    change(options);
    EXPECT_THROW(render_orthogonal(image, options), Error);
  };
  refused([](ViewOptions& o) { o.height = 31; });
  refused([](ViewOptions& o) { o.tile = 0; });
  refused([](ViewOptions& o) { o.tile = std::nan(""); });
  refused([](ViewOptions& o) { o.window = Window{1, 1}; });
  EXPECT_THROW(render_orthogonal(Volume<float>(), bare()), Error);
  EXPECT_THROW(render_mosaic(image, Plane::axial, 0, bare()), Error);
  EXPECT_THROW(render_mosaic(image, Plane::axial, 101, bare()), Error);
  const Volume<float> nothing = filled(grid_of({3, 3, 3}), [](LpsPoint) { return std::nan(""); });
  EXPECT_THROW(robust_window(nothing), Error);
}

TEST(Canvas, DrawsWhatItIsTold) {
  Canvas canvas(40, 20);
  canvas.line(5, 10, 35, 10, 3, {1, 1, 1});
  EXPECT_EQ(canvas.at(20, 10)[0], 1);
  EXPECT_EQ(canvas.at(20, 11)[0], 1);
  EXPECT_EQ(canvas.at(20, 14)[0], 0);
  canvas.blend(-1, 400, {1, 1, 1}, 1);  // outside: nothing happens
  canvas.text(-30, -30, 10, "outside R", {1, 1, 1});
  EXPECT_DOUBLE_EQ(text_width("L", 12), 7);
  EXPECT_DOUBLE_EQ(text_width("LL", 12), 7 + 4 + 7);
  EXPECT_EQ(text_width("?", 12), 0);
}

}  // namespace
}  // namespace sg::image
