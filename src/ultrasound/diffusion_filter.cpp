#include "ultrasound/diffusion_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::ultrasound {
namespace {

constexpr int most_steps = 60;
constexpr double dark = 0.12;  // of the bright: ratios below it are left out

/// Sums over the pixels that are looked at, in rows added up in order.
class Judge {
 public:
  Judge(const Volume<float>& noisy, const Mask* mask, double looks, std::array<int, 2> lag)
      : noisy_(noisy), mask_(mask), looks_(looks), lag_(lag) {}

  DiffusionMoment judge(const Volume<float>& u, double bright, double time) const {
    const auto [width, height, depth] = u.grid().size;
    const auto least = static_cast<float>(dark * bright);
    std::vector<Sums> rows(static_cast<std::size_t>(height * depth));
    parallel_for(
        height * depth,
        [&, width = width, height = height](std::int64_t begin, std::int64_t end) {
          for (std::int64_t row = begin; row < end; ++row)
            rows[static_cast<std::size_t>(row)] =
                sums(u, least, row * width, width, row % height + lag_[1] < height ? lag_[1] * width : 0);
        },
        {}, 16);
    Sums all;
    for (const Sums& row : rows) {
      all.error += row.error, all.energy += row.energy;
      all.product += row.product, all.square += row.square;
    }
    return {time, all.energy > 0 ? looks_ * all.error / all.energy : 0,
            all.square > 0 ? all.product / all.square : 0};
  }

 private:
  struct Sums {
    double error = 0, energy = 0, product = 0, square = 0;
  };

  bool in(std::int64_t i) const { return mask_ == nullptr || mask_->data()[i] != 0; }

  /// One row; `below` is how far on the row `lag` rows down begins, 0 if there is none.
  Sums sums(const Volume<float>& u, float least, std::int64_t first, std::int64_t width,
            std::int64_t below) const {
    Sums s;
    const auto rest = [&](std::int64_t i) { return noisy_.data()[i] / u.data()[i] - 1; };
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t i = first + x, right = x + lag_[0] < width ? i + lag_[0] : i, under = i + below;
      if (!in(i)) continue;
      const double value = u.data()[i], error = noisy_.data()[i] - value;
      s.error += error * error;
      s.energy += value * value;
      if (right == i || under == i || !in(right) || !in(under)) continue;
      if (u.data()[i] <= least || u.data()[right] <= least || u.data()[under] <= least) continue;
      const double r = rest(i);
      s.product += r * 0.5 * (rest(right) + rest(under));
      s.square += r * r;
    }
    return s;
  }

  const Volume<float>& noisy_;
  const Mask* mask_;
  double looks_;
  std::array<int, 2> lag_;
};

/// The time at which one of the tests is passed first; nothing before it is.
struct Crossing {
  double limit;
  std::optional<double> time;

  void look(double before, double value_before, double now, double value) {
    if (time || value < limit) return;
    const double step = value - value_before;
    const double share = step > 0 ? std::clamp((limit - value_before) / step, 0.0, 1.0) : 1;
    time = before + share * (now - before);
  }
};

/// (1 − share)·a + share·b
Volume<float> blend(const Volume<float>& a, const Volume<float>& b, double share) {
  Volume<float> result = a.clone();
  const auto s = static_cast<float>(share);
  for (std::int64_t i = 0; i < result.size(); ++i) result.data()[i] += s * (b.data()[i] - a.data()[i]);
  return result;
}

struct Snapshot {
  double time;
  Volume<float> image;
};

Volume<float> at_time(const std::deque<Snapshot>& snapshots, double time) {
  for (std::size_t i = 1; i < snapshots.size(); ++i) {
    const Snapshot &before = snapshots[i - 1], &after = snapshots[i];
    if (time <= after.time)
      return blend(before.image, after.image,
                   std::clamp((time - before.time) / (after.time - before.time), 0.0, 1.0));
  }
  return snapshots.back().image.clone();
}

/// Runs until both tests are passed and fills the outcome.
void run_until_white(Diffusion& diffusion, const Volume<float>& noisy, const Judge& judge,
                     DiffusionOutcome& outcome, const Context& context) {
  const double looks = std::min(outcome.looks, 16.0);
  Crossing energy{1.022 - 0.0047 * looks, {}}, whiteness{0.001 - 0.0033 * looks, {}};
  std::deque<Snapshot> snapshots;
  snapshots.push_back({0, noisy.clone()});
  DiffusionMoment before{0, 0, -1};
  // Correlated speckle is no whiter when it is gone than before: energy alone decides there.
  const bool white = outcome.estimate.stride == std::array<int, 2>{1, 1};
  const auto done = [&] { return energy.time && (whiteness.time || !white); };
  for (int step = 0; step < most_steps && !done(); ++step) {
    context.progress(static_cast<double>(step) / most_steps);
    diffusion.advance();
    const DiffusionMoment now = judge.judge(diffusion.image(), diffusion.level(), diffusion.time());
    energy.look(before.time, before.energy, now.time, now.energy);
    whiteness.look(before.time, step == 0 ? now.whiteness : before.whiteness, now.time, now.whiteness);
    outcome.course.push_back(now);
    snapshots.push_back({now.time, diffusion.image().clone()});
    // Nothing earlier than the step before the first crossing is asked for again.
    if (!energy.time && !(white && whiteness.time))
      while (snapshots.size() > 2) snapshots.pop_front();
    before = now;
  }
  outcome.reached = done();
  const double last = snapshots.back().time;
  const double by_energy = energy.time.value_or(last);
  outcome.time = white ? std::sqrt(by_energy * whiteness.time.value_or(last)) : by_energy;
  outcome.image = at_time(snapshots, outcome.time);
}

bool is_constant(const Volume<float>& image) {
  const auto [low, high] = std::minmax_element(image.values().begin(), image.values().end());
  return image.empty() || *low == *high;
}

}  // namespace

DiffusionOutcome filter_by_diffusion(const Volume<float>& intensity, const DiffusionFilter& options,
                                     const Mask* mask, const Context& context) {
  if (options.looks < 0 || !std::isfinite(options.looks))
    throw Error(ErrorCode::invalid_input,
                fmt::format("looks is {}, expected 0 (estimate) or more", options.looks), "looks");
  DiffusionOutcome outcome;
  outcome.estimate = estimate_speckle(intensity, mask, context.part(0, 0.1, "estimating the speckle"));
  outcome.looks = options.looks > 0 ? options.looks : outcome.estimate.looks;
  if (is_constant(intensity)) {
    outcome.image = intensity.clone();
    return outcome;
  }
  const auto [stride_x, stride_y] = outcome.estimate.stride;
  DiffusionLaw law = options.law;
  if (law.sigma == 0) law.sigma = (outcome.looks <= 2 ? 1 : 0.8) * std::max(stride_x, stride_y);
  // About eight steps to the usual end.
  const double step = 9 * std::pow(std::clamp(outcome.looks, 0.5, 100.0), -0.85) * stride_x * stride_y;
  Diffusion diffusion(intensity, law, {options.scheme, options.scheme == Scheme::explicit_euler ? 0 : step});
  const Judge judge(intensity, mask, outcome.looks, outcome.estimate.stride);
  const Context part = context.part(0.1, 1, "diffusing");
  if (options.time <= 0) {
    run_until_white(diffusion, intensity, judge, outcome, part);
    return outcome;
  }
  while (diffusion.time() < options.time * (1 - 1e-9)) {
    part.progress(diffusion.time() / options.time);
    diffusion.advance(options.time - diffusion.time());
    outcome.course.push_back(judge.judge(diffusion.image(), diffusion.level(), diffusion.time()));
  }
  outcome.time = diffusion.time();
  outcome.image = diffusion.image().clone();
  return outcome;
}

}  // namespace sg::ultrasound
