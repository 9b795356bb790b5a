#include "ultrasound/given_regions.h"

#include <fmt/format.h>

#include "core/error.h"
#include "ultrasound/despeckle_report.h"

namespace sg::ultrasound {
namespace {

/// Mean over the box in slice `z` of `channels` channels from `first`.
struct Place {
  std::int64_t z = 0, first = 0, channels = 1;
};

double mean_in(const AnyVolume& image, const Box& box, const Place& place) {
  return std::visit(
      [&](const auto& voxels) {
        double sum = 0;
        for (std::int64_t c = place.first; c < place.first + place.channels; ++c)
          for (std::int64_t y = box.y; y < box.y + box.height; ++y)
            for (std::int64_t x = box.x; x < box.x + box.width; ++x)
              sum += static_cast<double>(voxels.at(x, y, place.z, c));
        return sum / static_cast<double>(box.width * box.height * place.channels);
      },
      image);
}

/// Where the middle frame lies in the image: B-mode volumes are filtered slice by slice, others whole.
Place place_of(const Image& image, const Despeckled& result) {
  const Middle middle = middle_of(result);
  const auto frame = static_cast<std::int64_t>(middle.frame);
  const std::int64_t depth = grid_of(image.voxels).size[2], slices = result.frames[0].noisy.grid().size[2];
  const bool by_slices = slices == 1;
  const bool series =
      std::visit([](const auto& voxels) { return voxels.outer() == OuterAxis::time; }, image.voxels);
  Place place;
  place.z = by_slices ? frame % depth : middle.slice;
  place.first = series ? (by_slices ? frame / depth : frame) : 0;
  place.channels = series ? 1 : channels_of(image.voxels);
  return place;
}

}  // namespace

std::vector<Box> given_regions(const std::vector<int>& numbers, std::int64_t width, std::int64_t height) {
  if (numbers.size() % 4 != 0)
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("regions has {} numbers, expected four for each: x, y, width, height", numbers.size()),
        "regions");
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < numbers.size(); i += 4) {
    const Box box{numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]};
    if (box.x < 0 || box.y < 0 || box.width < 1 || box.height < 1 || box.x + box.width > width ||
        box.y + box.height > height)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the region {}×{} at ({}, {}) is not within the image of {}×{}", box.width,
                              box.height, box.x, box.y, width, height),
                  "regions");
    boxes.push_back(box);
  }
  return boxes;
}

Table region_table(const Image& before, const Despeckled& result) {
  const DespeckledFrame& frame = result.frames[middle_of(result).frame];
  const Place place = place_of(before, result);
  std::vector<double> width, height, mean_before, mean_after;
  for (const Box& box : frame.boxes) {
    width.push_back(static_cast<double>(box.width));
    height.push_back(static_cast<double>(box.height));
    mean_before.push_back(mean_in(before.voxels, box, place));
    mean_after.push_back(mean_in(result.image.voxels, box, place));
  }
  Table table = box_table(frame);
  table.columns.insert(
      table.columns.begin() + 2,
      {{"width", width}, {"height", height}, {"mean_before", mean_before}, {"mean_after", mean_after}});
  return table;
}

}  // namespace sg::ultrasound
