#include "core/grey.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace sg {

Volume<float> grey_of(const AnyVolume& picture) {
  Volume<float> values = converted_to<float>(picture);
  const std::int64_t channels = values.channels();
  if (channels == 1) return values;
  if (values.outer() == OuterAxis::time || channels > 4)
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} {}, expected grey (1 or 2 channels) or colour (3 or 4)", channels,
                            values.outer() == OuterAxis::time ? "time points" : "channels"));
  Volume<float> grey(values.grid());
  const std::span<const float> first = values.channel(0);
  if (channels == 2) {
    std::copy(first.begin(), first.end(), grey.data());
    return grey;
  }
  const std::span<const float> green = values.channel(1), blue = values.channel(2);
  for (std::size_t i = 0; i < first.size(); ++i)
    grey.data()[i] = 0.299F * first[i] + 0.587F * green[i] + 0.114F * blue[i];
  return grey;
}

}  // namespace sg
