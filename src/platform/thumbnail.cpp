#include "platform/thumbnail.h"

#include "core/error.h"
#include "image/view.h"
#include "io/image_io.h"
#include "io/raster.h"

namespace sg::platform {
namespace {

constexpr int height = 192;  // three slices side by side still make a small picture

Volume<std::uint8_t> picture_of(const std::filesystem::path& path, const std::string& kind,
                                const Context& context) {
  image::ViewOptions options;
  options.height = height;
  options.letters = options.scale_bar = false;
  if (kind != "labels") return image::render_orthogonal(io::read_volume(path, context), options, context);
  const LabelMap labels = io::read_labels(path, context);
  // On black, slices through the middle of what is labelled.
  Volume<float> mask(labels.voxels.grid());
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = labels.voxels.data()[i] != 0 ? 1 : 0;
  options.point = image::centre_of_mass(mask, {0, 1});
  options.labels = &labels;
  options.label_opacity = 1;
  options.window = image::Window{1, 2};
  return image::render_orthogonal(mask, options, context);
}

}  // namespace

std::vector<std::uint8_t> thumbnail(const std::filesystem::path& path, const std::string& kind,
                                    const Context& context) {
  if (kind != "volume" && kind != "labels" && kind != "series" && kind != "images" && kind != "picture")
    return {};
  try {
    return io::encode_png(picture_of(path, kind, context));
  } catch (const Error& error) {
    // A folder of several series, an image without finite values: kept and described, but without a picture.
    if (error.code() == ErrorCode::cancelled) throw;
    return {};
  }
}

}  // namespace sg::platform
