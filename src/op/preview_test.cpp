#include "op/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "op/declare.h"

namespace sg::op {
namespace {

using testing::HasSubstr;

struct Half {
  Volume<float> image;
  double factor = 0.5;
  Volume<float> scaled;
  std::optional<Volume<float>> copy;
  double first = 0;
};

Operation half_operation() {
  return Declare<Half>("demo.half", "Scales an image.")
      .previews()
      .input(&Half::image, "image", "what is scaled")
      .param(&Half::factor, "factor", "times this")
      .in(0, 10)
      .unit("1")
      .output(&Half::scaled, "scaled", "times the factor")
      .output(&Half::copy, "copy", "as it was")
      .output(&Half::first, "first", "value")
      .unit("1")
      .cites("none")
      .example("--image brain.nii.gz", {"first >= 0"})
      .run([](Half& h, const Context&) {
        h.scaled = h.image.clone();
        for (float& v : h.scaled.values()) v = static_cast<float>(v * h.factor);
        if (h.copy) *h.copy = h.image.clone();
        h.first = h.scaled.data()[0];
      });
}

/// Each voxel's value tells where it lies: t·1000 + z·100 + y·10 + x.
Image series() {
  Grid grid;
  grid.size = {6, 5, 2};
  grid.spacing = {2, 3, 4};
  Volume<std::uint16_t> voxels(grid, 3, OuterAxis::time);
  for (std::int64_t t = 0; t < 3; ++t)
    for (std::int64_t z = 0; z < 2; ++z)
      for (std::int64_t y = 0; y < 5; ++y)
        for (std::int64_t x = 0; x < 6; ++x)
          voxels.at(x, y, z, t) = static_cast<std::uint16_t>(t * 1000 + z * 100 + y * 10 + x);
  return {std::move(voxels), "DICOM", {{"Modality", "US"}, {"UltrasoundRegions", "0,0,5,4"}}, {}};
}

std::string refusal(const std::function<void()>& step) {
  try {
    step();
  } catch (const Error& error) {
    return error.field() + ": " + error.what();
  }
  return "none";
}

TEST(Preview, AWindowIsCutOutOfItsFrame) {
  const Image image = series();
  EXPECT_EQ(frames_of(image), 6);
  const Image part = part_of(image, {3, 2, 1, 3, 2});
  const auto& voxels = std::get<Volume<std::uint16_t>>(part.voxels);
  EXPECT_EQ(voxels.grid().size, (std::array<std::int64_t, 3>{3, 2, 1}));
  EXPECT_EQ(voxels.at(0, 0, 0), 1112);
  EXPECT_EQ(voxels.at(2, 1, 0), 1124);
  EXPECT_EQ(voxels.grid().origin, (LpsPoint{4, 3, 4}));
  EXPECT_EQ(part.metadata.count("UltrasoundRegions"), 0U);  // pixels of another picture
  EXPECT_EQ(part.metadata.at("Modality"), "US");
  EXPECT_EQ(part_of(image, {}).metadata.count("UltrasoundRegions"), 1U);
  EXPECT_EQ(std::get<Volume<std::uint16_t>>(part_of(image, {5, 5, 4, 0, 0}).voxels).at(0, 0, 0), 2145);
}

TEST(Preview, AWindowElsewhereIsRefusedByName) {
  const Image image = series();
  EXPECT_EQ(refusal([&] {
              within(image, {6, 0, 0, 1, 1});
            }),
            "region: region.frame is 6, but the image has 6 frames, counted from 0");
  EXPECT_EQ(refusal([&] {
              within(image, {0, 4, 0, 3, 1});
            }),
            "region: region is 4 to 6 along x, but the image has 6 pixels there");
  EXPECT_THAT(refusal([&] { within(image, {0, 0, 5, 0, 0}); }), HasSubstr("5 to 5 along y"));
  EXPECT_THAT(refusal([&] { window_from({{"x", 1.5}}); }), HasSubstr("region.x is 1.5, expected a whole"));
  EXPECT_THAT(refusal([&] { window_from({{"y", -1}}); }), HasSubstr("region.y is -1"));
  EXPECT_THAT(refusal([&] { window_from({{"width", nullptr}}); }), HasSubstr("region.width is null"));
  EXPECT_THAT(refusal([&] { window_from({{"heigth", 1}}); }), HasSubstr("did you mean height?"));
}

TEST(Preview, AnOperationWorksOnThePart) {
  const Operation operation = half_operation();
  EXPECT_THAT(verify(operation), testing::IsEmpty());
  const Image image = series();
  const Preview one = preview(operation, part_of(image, {0, 2, 0, 2, 2}), {{"factor", 2}}, {}, {});
  ASSERT_EQ(one.images.size(), 1U);
  EXPECT_EQ(one.images[0].first, "scaled");
  EXPECT_EQ(std::get<Volume<float>>(one.images[0].second.voxels).at(1, 1, 0), 26);
  EXPECT_EQ(one.values["first"], 4);
  EXPECT_EQ(one.units["first"], "1");
  const Preview two = preview(operation, part_of(image, {}), Json::object(), {"copy", "scaled"}, {});
  EXPECT_EQ(two.images[0].first, "copy");
  EXPECT_EQ(std::get<Volume<float>>(two.images[1].second.voxels).at(3, 0, 0), 1.5F);
}

TEST(Preview, WhatIsNotPossibleIsRefused) {
  Operation operation = half_operation();
  const Image image = series();
  const auto ask = [&](const Json& parameters, const std::vector<std::string>& outputs) {
    return refusal([&] { preview(operation, part_of(image, {}), parameters, outputs, {}); });
  };
  EXPECT_EQ(ask({{"factor", 11}}, {}), "factor: factor is 11, expected a number from 0 to 10");
  EXPECT_EQ(ask(Json::object(), {"first"}), "outputs: outputs holds first, expected images: scaled, copy");
  operation.previews = false;
  EXPECT_EQ(ask(Json::object(), {}), "operation: demo.half gives no previews, expected a run");
}

TEST(Preview, AProblemIsTheErrorAgain) {
  const Error error = error_of(problem(Error(ErrorCode::resource, "no room", "image")));
  EXPECT_EQ(error.code(), ErrorCode::resource);
  EXPECT_STREQ(error.what(), "no room");
  EXPECT_EQ(error.field(), "image");
  EXPECT_THROW(error_of({{"title", "odd"}}), Error);
}

struct Blind {
  std::string text;
  double value = 0;
};

TEST(Preview, ADeclarationThatCannotKeepThePromiseIsFound) {
  const Operation operation = Declare<Blind>("demo.blind", "Sees nothing.")
                                  .previews()
                                  .param(&Blind::text, "text", "words")
                                  .output(&Blind::value, "value", "number")
                                  .unit("1")
                                  .cites("none")
                                  .example("", {"value == 0"})
                                  .run([](Blind&, const Context&) {});
  EXPECT_EQ(verify(operation).size(), 2U);
}

}  // namespace
}  // namespace sg::op
