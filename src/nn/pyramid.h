#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/graph.h"

namespace sg::nn::detail {

/// A network at several resolutions, each half the one above with twice its channels: down by convolutions of
/// 2, back by the nearest value, joined with its equal on the way down by addition. `work` makes the layers
/// of a level on the way down ("down0", …) and up ("up0" last): work(name, value, channels) → value.
template <class Work>
Value pyramid(Graph& g, Value x, std::int64_t channels, int levels, const Work& work) {
  std::vector<Value> partners;
  for (int level = 0; level < levels; ++level) {
    const std::string name = fmt::format("down{}", level);
    if (level > 0)
      x = g.add(name + ".halve",
                Convolution{.channels = channels << level, .kernel = 2, .stride = 2, .padding = 0}, x);
    x = work(name, x, channels << level);
    partners.push_back(x);
  }
  for (int level = levels - 2; level >= 0; --level) {
    const std::string name = fmt::format("up{}", level);
    const Value partner = partners[static_cast<std::size_t>(level)];
    x = g.add(name + ".narrow", Convolution{.channels = channels << level, .kernel = 1}, x);
    x = g.add(name + ".enlarge", Upsample{}, std::vector{x, partner});
    x = g.add(name + ".join", Add{}, std::vector{x, partner});
    x = work(name, x, channels << level);
  }
  return x;
}

}  // namespace sg::nn::detail
