#include "nn/networks.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "nn/pyramid.h"

namespace sg::nn {
namespace {

Value block(Graph& g, const std::string& name, Value x, std::int64_t channels, Normalization norm) {
  for (const char* part : {".a", ".b"}) {
    const std::string layer = name + part;
    x = g.add(layer, Convolution{.channels = channels, .bias = norm == Normalization::none}, x);
    if (norm == Normalization::batch) x = g.add(layer + ".norm", BatchNorm{}, x);
    if (norm == Normalization::instance) x = g.add(layer + ".norm", InstanceNorm{}, x);
    x = g.add(layer + ".act", Activation{.function = Function::leaky_relu}, x);
  }
  return x;
}

}  // namespace

Graph unet(const UNet& options) {
  if (options.channels.empty() || options.channels.size() > 8)
    throw Error(ErrorCode::invalid_input,
                fmt::format("a U-Net of {} levels, expected 1 to 8", options.channels.size()));
  if (options.axes != 2 && options.axes != 3)
    throw Error(ErrorCode::invalid_input, fmt::format("axes is {}, expected 2 or 3", options.axes));
  Graph g;
  Shape shape(static_cast<std::size_t>(options.axes) + 2, -1);
  shape[1] = options.inputs;
  Value x = g.input("image", shape);
  std::vector<Value> partners;
  const std::size_t levels = options.channels.size();
  for (std::size_t level = 0; level < levels; ++level) {
    if (level > 0) x = g.add(fmt::format("down{}.pool", level), Pool{}, x);
    x = block(g, fmt::format("down{}", level), x, options.channels[level], options.norm);
    partners.push_back(x);
  }
  for (std::size_t level = levels - 1; level-- > 0;) {
    const std::string name = fmt::format("up{}", level);
    x = g.add(name + ".enlarge", Upsample{}, std::vector{x, partners[level]});
    x = g.add(name + ".join", Concat{}, std::vector{x, partners[level]});
    x = block(g, name, x, options.channels[level], options.norm);
  }
  g.output("logits", g.add("head", Convolution{.channels = options.outputs, .kernel = 1}, x));
  return g;
}

Graph denoiser(const Denoiser& options) {
  if (options.levels < 1 || options.levels > 6)
    throw Error(ErrorCode::invalid_input,
                fmt::format("a denoiser of {} levels, expected 1 to 6", options.levels));
  Graph g;
  const auto convolve = [&](const std::string& name, Value x, std::int64_t channels) {
    x = g.add(name, Convolution{.channels = channels}, x);
    return g.add(name + ".relu", Activation{}, x);
  };
  const Value noisy = g.input("noisy", {-1, 1, -1, -1});
  Value x = detail::pyramid(g, noisy, options.channels, options.levels,
                            [&](const std::string& name, Value value, std::int64_t channels) {
                              value = convolve(name + ".a", value, channels);
                              // One is enough at the end.
                              return name == "up0" ? value : convolve(name + ".b", value, channels);
                            });
  x = g.add("residual", Convolution{.channels = 1}, x);
  g.output("clean", g.add("clean", Add{}, std::vector{noisy, x}));
  return g;
}

}  // namespace sg::nn
