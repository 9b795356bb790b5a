#include "ultrasound/iterate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::ultrasound::detail {
namespace {

template <class Term>
double sum_over(const Volume<float>& image, const Term& term) {
  return parallel_sum(image.size(), [&](std::int64_t begin, std::int64_t end) {
    double piece = 0;
    for (std::int64_t i = begin; i < end; ++i) piece += term(i);
    return piece;
  });
}

double squares(const Volume<float>& image) {
  return sum_over(image, [&](std::int64_t i) { return double{image.data()[i]} * double{image.data()[i]}; });
}

double squared_difference(const Volume<float>& a, const Volume<float>& b) {
  return sum_over(a, [&](std::int64_t i) {
    const double d = double{a.data()[i]} - double{b.data()[i]};
    return d * d;
  });
}

}  // namespace

void flux_step(const Volume<float>& u, const Volume<float>& c, float step, float least, Volume<float>& next) {
  const Rows rows(u.grid());
  parallel_for(
      rows.count,
      [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t width = rows.width;
        for (std::int64_t row = begin; row < end; ++row) {
          const float *here = u.data() + row * width, *above = u.data() + rows.north(row) * width,
                      *below = u.data() + rows.south(row) * width;
          const float *own = c.data() + row * width, *south = c.data() + rows.south(row) * width;
          float* out = next.data() + row * width;
          const auto at = [&](std::int64_t x, std::int64_t west, std::int64_t east) {
            const float flux = own[x] * (above[x] - here[x] + here[west] - here[x]) +
                               south[x] * (below[x] - here[x]) + own[east] * (here[east] - here[x]);
            out[x] = std::max(least, here[x] + step * flux);
          };
          at(0, 0, std::min<std::int64_t>(1, width - 1));
          for (std::int64_t x = 1; x < width - 1; ++x) at(x, x - 1, x + 1);
          if (width > 1) at(width - 1, width - 2, width - 1);
        }
      },
      {}, rows.grain());
}

void require_iterations(const IterationOptions& options) {
  const auto refuse = [](const char* field, double value, const char* expected) {
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {}", field, value, expected),
                field);
  };
  if (options.iterations < 0) refuse("iterations", options.iterations, "0 or more");
  if (options.most_iterations < 0) refuse("most_iterations", options.most_iterations, "0 or more");
  if (!(options.noise_share > 0)) refuse("noise_share", options.noise_share, "more than 0");
  if (!(options.tolerance >= 0)) refuse("tolerance", options.tolerance, "0 or more");
  if (options.observe_every < 1) refuse("observe_every", options.observe_every, "1 or more");
}

Diffused iterate(
    const Volume<float>& noisy, Volume<float> start, double looks, const IterationOptions& options,
    const std::function<void(int iteration, const Volume<float>& u, Volume<float>& next)>& advance,
    const IterateObserver& observer, const Context& context) {
  Diffused result{std::move(start)};
  Volume<float> next(noisy.grid());
  const int last = options.iterations > 0 ? options.iterations : options.most_iterations;
  while (result.iterations < last) {
    context.progress(static_cast<double>(result.iterations) / last);
    advance(result.iterations, result.image, next);
    bool enough = false;
    if (options.iterations == 0) {
      const double tolerated = options.tolerance * options.tolerance * squares(result.image);
      enough = squared_difference(result.image, next) <= tolerated ||
               squared_difference(noisy, next) >= options.noise_share / looks * squares(next);
    }
    std::swap(result.image, next);
    ++result.iterations;
    const bool shown = observer && result.iterations % options.observe_every == 0;
    if ((shown && !observer(result.iterations, result.image)) || enough) break;
  }
  return result;
}

}  // namespace sg::ultrasound::detail
