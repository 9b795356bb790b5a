#include "op/preview.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "core/error.h"
#include "op/check.h"
#include "op/guarded.h"
#include "op/runner.h"

namespace sg::op {
namespace {

/// The name that io/dicom.h gives to places in pixels.
constexpr const char* places_in_pixels = "UltrasoundRegions";

std::int64_t time_points(const Image& image) {
  return std::visit([](const auto& v) { return v.outer() == OuterAxis::time ? v.channels() : 1; },
                    image.voxels);
}

std::int64_t whole_number(const Json& json, const char* name) {
  if (!json.contains(name)) return 0;
  const Json& value = json[name];
  const bool good = value.is_number_integer() && value >= 0 && value <= (std::int64_t{1} << 40);
  if (!good)
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("region.{} is {}, expected a whole number of 0 or more", name, dump(value).substr(0, 80)),
        "region");
  return value.get<std::int64_t>();
}

/// `count` pixels from `first` along an axis of `size`; 0 = all that follow.
std::int64_t extent(const char* axis, std::int64_t first, std::int64_t count, std::int64_t size) {
  const std::int64_t found = count == 0 ? size - first : count;
  if (first < 0 || found < 1 || first + found > size)
    throw Error(ErrorCode::invalid_input,
                fmt::format("region is {} to {} along {}, but the image has {} pixels there", first,
                            first + std::max<std::int64_t>(found, 1) - 1, axis, size),
                "region");
  return found;
}

template <class T>
Volume<T> cut(const Volume<T>& all, const Window& w) {
  const bool series = all.outer() == OuterAxis::time;
  const std::int64_t depth = all.grid().size[2], z = w.frame % depth, first = series ? w.frame / depth : 0;
  const std::int64_t channels = series ? 1 : all.channels();
  Grid grid = all.grid();
  grid.origin = grid.to_lps({static_cast<double>(w.x), static_cast<double>(w.y), static_cast<double>(z)});
  grid.size = {w.width, w.height, 1};
  Volume<T> part(grid, channels, channels > 1 ? all.outer() : OuterAxis::none);
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t y = 0; y < w.height; ++y)
      std::copy_n(all.data() + all.offset(w.x, w.y + y, z, first + c), w.width, &part.at(0, y, 0, c));
  return part;
}

bool is_image(const FieldInfo* field) { return field->type->to_image != nullptr; }

std::vector<const FieldInfo*> asked_for(const Operation& operation, const std::vector<std::string>& names) {
  std::vector<const FieldInfo*> images;
  for (const FieldInfo* field : operation.fields_of(Role::output))
    if (is_image(field)) images.push_back(field);
  if (names.empty()) return {images.front()};
  std::vector<const FieldInfo*> found;
  std::vector<std::string> known;
  for (const FieldInfo* field : images) known.push_back(field->name);
  for (const std::string& name : names) {
    const auto one = std::find(known.begin(), known.end(), name);
    if (one == known.end())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("outputs holds {}, expected images: {}{}", name, fmt::join(known, ", "),
                              did_you_mean(name, known)),
                  "outputs");
    found.push_back(images[static_cast<std::size_t>(one - known.begin())]);
  }
  return found;
}

}  // namespace

Window window_from(const Json& json) {
  for (const auto& [name, value] : json.items()) {
    static const std::vector<std::string> known{"frame", "x", "y", "width", "height"};
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("region has no \"{}\", expected {}{}", name, fmt::join(known, ", "),
                              did_you_mean(name, known)),
                  "region");
  }
  return {whole_number(json, "frame"), whole_number(json, "x"), whole_number(json, "y"),
          whole_number(json, "width"), whole_number(json, "height")};
}

std::int64_t frames_of(const Image& image) { return time_points(image) * grid_of(image.voxels).size[2]; }

Window within(const Image& image, Window window) {
  const auto& size = grid_of(image.voxels).size;
  if (window.frame < 0 || window.frame >= frames_of(image))
    throw Error(ErrorCode::invalid_input,
                fmt::format("region.frame is {}, but the image has {} frames, counted from 0", window.frame,
                            frames_of(image)),
                "region");
  window.width = extent("x", window.x, window.width, size[0]);
  window.height = extent("y", window.y, window.height, size[1]);
  return window;
}

Image part_of(const Image& image, const Window& window) {
  const Window w = within(image, window);
  Image part;
  part.voxels = std::visit([&](const auto& voxels) -> AnyVolume { return cut(voxels, w); }, image.voxels);
  part.format = image.format;
  part.metadata = image.metadata;
  const auto& size = grid_of(image.voxels).size;
  if (w.width != size[0] || w.height != size[1]) part.metadata.erase(places_in_pixels);
  return part;
}

Preview preview(const Operation& operation, Image image, const Json& parameters,
                std::vector<std::string> outputs, const Context& context) {
  if (!operation.previews)
    throw Error(ErrorCode::invalid_input, operation.name + " gives no previews, expected a run", "operation");
  const std::vector<const FieldInfo*> wanted = asked_for(operation, outputs);
  const std::shared_ptr<void> object = operation.make();
  for (const FieldInfo* field : operation.fields_of(Role::input)) {
    if (field->optional) continue;
    field->type->from_image(field->value(object.get()), std::move(image));
    break;
  }
  set_parameters(operation, object.get(), parameters);
  for (const FieldInfo* field : wanted) field->engage(object.get());
  Preview result;
  const auto start = std::chrono::steady_clock::now();
  guarded("", [&] { operation.run(object.get(), context); });
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const FieldInfo* field : wanted)
    result.images.emplace_back(field->name, field->type->to_image(field->value(object.get())));
  for (const FieldInfo* field : operation.fields_of(Role::output))
    if (is_shown(field->kind())) show_output(*field, object.get(), result.values, result.units);
  return result;
}

}  // namespace sg::op
