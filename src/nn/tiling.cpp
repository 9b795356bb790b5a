#include "nn/tiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace sg::nn {
namespace {

std::int64_t up_to_multiple(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

Shape spatial(const Shape& shape) { return {shape.begin() + 2, shape.end()}; }

Shape with_spatial(const Shape& shape, const Shape& sizes) {
  Shape result{shape[0], shape[1]};
  result.insert(result.end(), sizes.begin(), sizes.end());
  return result;
}

/// Calls f(from, to) for every row of a region of `size` rows along all axes but the last: where it begins in
/// an image of sizes `a`, at `at_a`, and in one of sizes `b`, at `at_b`.
template <class F>
void for_rows(const Shape& size, const Shape& a, const Shape& at_a, const Shape& b, const Shape& at_b,
              const F& f) {
  Shape at(size.size(), 0);
  const std::size_t last = size.size() - 1;
  for (bool more = true; more;) {
    std::int64_t from = 0, to = 0;
    for (std::size_t i = 0; i < size.size(); ++i) {
      from = from * a[i] + at_a[i] + at[i];
      to = to * b[i] + at_b[i] + at[i];
    }
    f(from, to, at);
    more = false;
    for (std::size_t i = last; i-- > 0;) {
      if (++at[i] < size[i]) {
        more = true;
        break;
      }
      at[i] = 0;
    }
  }
}

/// Copies what of the window lies inside the image; the rest stays 0.
void cut_out(const Tensor& image, const Shape& start, Tensor& window) {
  std::fill_n(window.data(), window.size(), 0.0F);
  const Shape a = spatial(image.shape), b = spatial(window.shape);
  Shape size = b;
  for (std::size_t i = 0; i < size.size(); ++i) size[i] = std::min(size[i], a[i] - start[i]);
  if (std::any_of(size.begin(), size.end(), [](std::int64_t s) { return s <= 0; })) return;
  const Shape zero(size.size(), 0);
  for (std::int64_t c = 0; c < image.shape[1]; ++c)
    for_rows(size, a, start, b, zero, [&](std::int64_t from, std::int64_t to, const Shape&) {
      std::copy_n(image.data() + c * count(a) + from, size.back(), window.data() + c * count(b) + to);
    });
}

/// How windows cover one axis.
struct Axis {
  std::int64_t size = 0;    // a multiple of the step
  std::int64_t window = 0;  // input read by each
  std::vector<std::int64_t> starts;
  std::vector<std::pair<std::int64_t, std::int64_t>>
      owned;  // exact tiles: what each window's result is kept of
};

/// The smallest windows, all of one size, of which `pieces` give the right result all over the axis. A window
/// is right but for a halo at its ends, and up to the very end where the image ends too: so outer windows
/// give more than inner ones.
Axis exact_axis(std::int64_t size, std::int64_t pieces, std::int64_t halo, std::int64_t step) {
  Axis axis;
  axis.size = size;
  const std::int64_t least = (size + 2 * halo * (pieces - 1) + pieces - 1) / pieces;
  axis.window = std::min(size, up_to_multiple(least, step));
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t start = std::clamp<std::int64_t>(at - halo, 0, size - axis.window);
    const std::int64_t end = start + axis.window == size ? size : start + axis.window - halo;
    axis.starts.push_back(start);
    axis.owned.emplace_back(at, end);
    at = end;
  }
  return axis;
}

Axis blended_axis(std::int64_t size, std::int64_t window, double overlap) {
  Axis axis;
  axis.size = axis.window = std::max(size, window);
  if (size <= window) {
    axis.starts = {0};
    return axis;
  }
  axis.window = window;
  const auto stride = std::max<std::int64_t>(1, std::llround(static_cast<double>(window) * (1 - overlap)));
  const std::int64_t steps = (size - window + stride - 1) / stride;
  axis.size = size;
  for (std::int64_t i = 0; i <= steps; ++i)
    axis.starts.push_back(
        steps == 0 ? 0 : std::llround(static_cast<double>((size - window) * i) / static_cast<double>(steps)));
  return axis;
}

Shape windows_of(const std::vector<Axis>& axes) {
  Shape sizes;
  for (const Axis& axis : axes) sizes.push_back(axis.window);
  return sizes;
}

}  // namespace

struct TiledEngine::State {
  std::vector<Shape> inputs;
  std::vector<Axis> axes;
  Shape window;
  bool exact = true;
  std::optional<Engine> engine;
};

TiledEngine::TiledEngine(const Graph& graph, const NamedTensors& weights, std::vector<Shape> inputs,
                         const TilingOptions& options)
    : state_(std::make_unique<State>()) {
  const std::vector<Shape> whole = shapes(graph, inputs);
  if (inputs.empty() || options.overlap < 0 || options.overlap >= 1)
    throw Error(ErrorCode::invalid_input,
                fmt::format("overlap is {}, expected 0 up to less than 1", options.overlap), "overlap");
  for (const Shape& shape : inputs)
    if (shape.size() < 4 || shape[0] != 1 || spatial(shape) != spatial(inputs[0]))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("inputs {} and {}: tiles take single images of one size", to_string(inputs[0]),
                              to_string(shape)));
  const Locality view = locality(graph);
  for (const Output& output : graph.outputs()) {
    const Shape& shape = whole[static_cast<std::size_t>(output.value.layer)];
    if (shape.size() != inputs[0].size() || spatial(shape) != spatial(inputs[0]))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("output \"{}\" is {} for an input of {}: only images of the same "
                              "size can be tiled",
                              output.name, to_string(shape), to_string(inputs[0])));
  }
  state_->exact = view.obstacle.empty();
  const std::int64_t halo = up_to_multiple(view.halo, view.step);
  Shape size = spatial(inputs[0]);
  for (std::int64_t& s : size) s = up_to_multiple(s, view.step);
  if (!options.window.empty() && options.window.size() != size.size())
    throw Error(ErrorCode::invalid_input,
                fmt::format("window {} for an image of {}", to_string(options.window), to_string(size)),
                "window");

  const auto make_ready = [&](const std::vector<Axis>& axes) {
    state_->axes = axes;
    state_->window = windows_of(axes);
    std::vector<Shape> cut;
    for (const Shape& shape : inputs) cut.push_back(with_spatial(shape, state_->window));
    EngineOptions engine_options;
    engine_options.precision = options.precision;
    state_->engine.reset();  // before the next one takes its memory
    state_->engine.emplace(graph, weights, cut, engine_options);
    return state_->engine->arena_bytes();
  };
  const auto too_large = [&](std::int64_t bytes) {
    return Error(ErrorCode::resource,
                 fmt::format("windows of {} need {} MiB, more than the {} MiB allowed",
                             to_string(state_->window), bytes >> 20, options.memory_limit >> 20),
                 "memory_limit");
  };

  std::vector<Axis> axes(size.size());
  if (!state_->exact) {
    for (std::size_t a = 0; a < size.size(); ++a)
      axes[a] = blended_axis(size[a],
                             options.window.empty() ? size[a] : up_to_multiple(options.window[a], view.step),
                             options.overlap);
    if (const std::int64_t bytes = make_ready(axes); bytes > options.memory_limit) throw too_large(bytes);
  } else {
    std::vector<std::int64_t> pieces(size.size(), 1);
    const auto arrange = [&] {
      for (std::size_t a = 0; a < size.size(); ++a) axes[a] = exact_axis(size[a], pieces[a], halo, view.step);
    };
    if (!options.window.empty()) {
      for (std::size_t a = 0; a < size.size(); ++a) {
        const std::int64_t wanted = up_to_multiple(options.window[a], view.step);
        if (wanted >= size[a]) continue;
        const std::int64_t inner = std::max(wanted - 2 * halo, view.step);
        pieces[a] = std::max<std::int64_t>(2, (size[a] - 2 * halo + inner - 1) / inner);
      }
      arrange();
      if (const std::int64_t bytes = make_ready(axes); bytes > options.memory_limit) throw too_large(bytes);
    } else {
      // Cuts along the slowest axis first: its windows are whole slabs of memory. Then along whichever axis
      // shrinks the window most.
      for (;;) {
        arrange();
        const std::int64_t bytes = make_ready(axes);
        if (bytes <= options.memory_limit) break;
        std::size_t best = size.size();
        double best_cost = 0;
        for (std::size_t a = 0; a < size.size(); ++a) {
          const Axis finer = exact_axis(size[a], pieces[a] + 1, halo, view.step);
          if (finer.window >= axes[a].window) continue;
          // Work per voxel of result grows as windows overlap more; memory falls with the window.
          const double saved =
              std::log(static_cast<double>(axes[a].window) / static_cast<double>(finer.window));
          const double paid = std::log(
              static_cast<double>(finer.window * static_cast<std::int64_t>(finer.starts.size())) /
              static_cast<double>(axes[a].window * static_cast<std::int64_t>(axes[a].starts.size())));
          const double cost = saved / (paid + 0.01);
          if (cost > best_cost) {
            best_cost = cost;
            best = a;
          }
        }
        if (best == size.size()) throw too_large(bytes);
        ++pieces[best];
      }
    }
  }
  state_->inputs = std::move(inputs);
}

TiledEngine::~TiledEngine() = default;
TiledEngine::TiledEngine(TiledEngine&&) noexcept = default;

std::int64_t TiledEngine::windows() const {
  std::int64_t windows = 1;
  for (const Axis& axis : state_->axes) windows *= static_cast<std::int64_t>(axis.starts.size());
  return windows;
}
const Shape& TiledEngine::window() const { return state_->window; }
bool TiledEngine::is_exact() const { return state_->exact || windows() == 1; }
std::int64_t TiledEngine::arena_bytes() const { return state_->engine->arena_bytes(); }

std::vector<Tensor> TiledEngine::run(const std::vector<const Tensor*>& inputs, const Context& context) {
  if (inputs.size() != state_->inputs.size())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} inputs, expected {}", inputs.size(), state_->inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i]->shape != state_->inputs[i])
      throw Error(ErrorCode::invalid_input,
                  fmt::format("input {} is {}, made ready for {}", i, to_string(inputs[i]->shape),
                              to_string(state_->inputs[i])));
  const Shape size = spatial(state_->inputs[0]);
  std::vector<Tensor> results, cut, part;
  std::vector<const Tensor*> given;
  std::vector<Tensor*> into;
  for (const Shape& shape : state_->engine->input_shapes()) cut.emplace_back(shape);
  for (const Shape& shape : state_->engine->output_shapes()) {
    part.emplace_back(shape);
    results.emplace_back(with_spatial(shape, size));
  }
  for (Tensor& tensor : cut) given.push_back(&tensor);
  for (Tensor& tensor : part) into.push_back(&tensor);

  const std::int64_t total = windows();
  const bool blend = !is_exact();
  Tensor weight_sum(blend ? with_spatial({1, 1}, size) : Shape{0});
  std::vector<std::vector<float>> bell;
  for (const Axis& axis : state_->axes) {
    std::vector<float> line;
    const double middle = static_cast<double>(axis.window - 1) / 2,
                 sigma = static_cast<double>(axis.window) / 8;
    for (std::int64_t i = 0; i < axis.window; ++i)
      line.push_back(
          static_cast<float>(std::exp(-0.5 * std::pow((static_cast<double>(i) - middle) / sigma, 2)) + 1e-3));
    bell.push_back(std::move(line));
  }
  for (std::int64_t w = 0; w < total; ++w) {
    Shape start(size.size()), from(size.size()), extent(size.size());
    std::int64_t rest = w;
    for (std::size_t a = size.size(); a-- > 0;) {
      const Axis& axis = state_->axes[a];
      const auto i = static_cast<std::size_t>(rest % static_cast<std::int64_t>(axis.starts.size()));
      rest /= static_cast<std::int64_t>(axis.starts.size());
      start[a] = axis.starts[i];
      from[a] = blend || !state_->exact ? start[a] : axis.owned[i].first;
      const std::int64_t to = blend || !state_->exact ? start[a] + axis.window : axis.owned[i].second;
      extent[a] = std::min(to, size[a]) - from[a];
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) cut_out(*inputs[i], start, cut[i]);
    state_->engine->run_into(given, into,
                             context.part(static_cast<double>(w) / static_cast<double>(total),
                                          static_cast<double>(w + 1) / static_cast<double>(total)));
    if (std::any_of(extent.begin(), extent.end(), [](std::int64_t e) { return e <= 0; })) continue;
    Shape inside(size.size());
    for (std::size_t a = 0; a < size.size(); ++a) inside[a] = from[a] - start[a];
    for (std::size_t r = 0; r < results.size(); ++r) {
      for (std::int64_t c = 0; c < results[r].shape[1]; ++c) {
        const float* source = part[r].data() + c * count(state_->window);
        float* target = results[r].data() + c * count(size);
        for_rows(extent, state_->window, inside, size, from,
                 [&](std::int64_t a, std::int64_t b, const Shape& at) {
                   if (!blend) {
                     std::copy_n(source + a, extent.back(), target + b);
                     return;
                   }
                   float weight = 1;
                   for (std::size_t i = 0; i + 1 < at.size(); ++i)
                     weight *= bell[i][static_cast<std::size_t>(at[i])];
                   for (std::int64_t x = 0; x < extent.back(); ++x) {
                     const float own = weight * bell.back()[static_cast<std::size_t>(x)];
                     target[b + x] += own * source[a + x];
                     if (r == 0 && c == 0) weight_sum.data()[b + x] += own;
                   }
                 });
      }
    }
  }
  if (blend)
    for (Tensor& result : results)
      for (std::int64_t i = 0; i < result.size(); ++i) result.data()[i] /= weight_sum.data()[i % count(size)];
  return results;
}

}  // namespace sg::nn
