#include "train/tasks/pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "nn/safetensors.h"

namespace sg::train {

std::vector<Picture> read_pictures(const std::filesystem::path& data, std::int64_t least) {
  std::vector<Picture> pictures;
  const nn::TensorFile file = nn::TensorFile::open(data);
  std::vector<std::string> names = file.names();
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!name.starts_with("images.")) continue;
    Picture picture{name.substr(7), file.tensor(name), file.entry(name).dtype == nn::DType::u8};
    const nn::Shape& shape = picture.values.shape;
    if (shape.size() != 3 || shape[1] < least || shape[2] < least)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{}: \"{}\" is {}, expected [D,H,W] with slices of {} pixels or more",
                              data.string(), name, nn::to_string(shape), least),
                  "data");
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

std::vector<float> random_patch(const nn::Tensor& image, std::int64_t size, Rng& rng, std::int64_t shrink) {
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
  };
  const std::int64_t width = image.shape[2], taken = shrink * size;
  const std::int64_t z = below(image.shape[0]), y0 = below(image.shape[1] - taken + 1),
                     x0 = below(width - taken + 1);
  const bool mirror = rng.uniform() < 0.5, transpose = rng.uniform() < 0.5;
  const auto mean = [&](std::int64_t row, std::int64_t column) {
    const float* first =
        image.data() + (z * image.shape[1] + y0 + shrink * row) * width + x0 + shrink * column;
    float sum = 0;
    for (std::int64_t y = 0; y < shrink; ++y)
      for (std::int64_t x = 0; x < shrink; ++x) sum += first[y * width + x];
    return sum / static_cast<float>(shrink * shrink);
  };
  std::vector<float> patch;
  for (std::int64_t y = 0; y < size; ++y)
    for (std::int64_t x = 0; x < size; ++x) {
      const std::int64_t column = transpose ? y : x;
      patch.push_back(mean(transpose ? x : y, mirror ? size - 1 - column : column));
    }
  return patch;
}

}  // namespace sg::train
