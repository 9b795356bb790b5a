#include "ultrasound/diffusion_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>

#include "core/error.h"
#include "core/parallel.h"
#include "ultrasound/ratio_kernels.h"

namespace sg::ultrasound {
namespace {

constexpr int most_steps = 60;
constexpr double energy_share = 0.45;  // of the two times, in their weighted geometric mean
constexpr double early = 0.9;          // of the time of the best PSNR: outlines and dark detail go before it
constexpr double most_patience = 60;   // times the time of enough energy, for whiteness
constexpr double dark = 0.12;          // of the bright: ratios below it are left out

/// Sums over the pixels that are looked at, in rows added up in order.
class Judge {
 public:
  Judge(const Volume<float>& noisy, const Mask* mask, double looks, std::array<int, 2> lag)
      : noisy_(noisy), looks_(looks), lag_(lag) {
    const auto left_out = [](std::uint8_t value) { return value == 0; };
    if (mask == nullptr || std::none_of(mask->values().begin(), mask->values().end(), left_out)) return;
    weight_ = Volume<float>(noisy.grid());
    for (std::int64_t i = 0; i < weight_->size(); ++i) weight_->data()[i] = mask->data()[i] != 0 ? 1 : 0;
  }

  DiffusionMoment judge(const Volume<float>& u, double bright, double time) const {
    const auto [width, height, depth] = u.grid().size;
    const auto least = static_cast<float>(dark * bright);
    std::vector<detail::RowSums> rows(static_cast<std::size_t>(height * depth));
    parallel_for(
        height * depth,
        [&, width = width, height = height](std::int64_t begin, std::int64_t end) {
          for (std::int64_t row = begin; row < end; ++row) {
            const bool last = row % height + lag_[1] >= height;
            const detail::RatioRow below = row_at(u, last ? 0 : (row + lag_[1]) * width);
            rows[static_cast<std::size_t>(row)] =
                detail::ratio_sums(row_at(u, row * width), last ? nullptr : &below, width, lag_[0], least);
          }
        },
        {}, 16);
    detail::RowSums all;
    for (const detail::RowSums& row : rows) {
      all.error += row.error, all.energy += row.energy;
      all.product += row.product, all.square += row.square;
    }
    return {time, all.energy > 0 ? looks_ * all.error / all.energy : 0,
            all.square > 0 ? all.product / all.square : 0};
  }

 private:
  detail::RatioRow row_at(const Volume<float>& u, std::int64_t first) const {
    return {noisy_.data() + first, u.data() + first, weight_ ? weight_->data() + first : nullptr};
  }

  const Volume<float>& noisy_;
  std::optional<Volume<float>> weight_;  // none: all count
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
  Crossing energy{0.97 - 0.0205 * looks, {}}, whiteness{0.0078 - 0.0005 * looks, {}};
  std::deque<Snapshot> snapshots;
  snapshots.push_back({0, noisy.clone()});
  DiffusionMoment before{0, 0, -1};
  // Correlated speckle is no whiter when it is gone than before: energy alone decides there.
  const bool white = outcome.estimate.stride == std::array<int, 2>{1, 1};
  const auto done = [&] {
    return energy.time && (whiteness.time || !white || diffusion.time() >= most_patience * *energy.time);
  };
  for (int step = 0; step < most_steps && !done(); ++step) {
    context.progress(static_cast<double>(step) / most_steps);
    diffusion.advance();
    const DiffusionMoment now = judge.judge(diffusion.image(), diffusion.level(), diffusion.time());
    energy.look(before.time, before.energy, now.time, now.energy);
    whiteness.look(before.time, step == 0 ? now.whiteness : before.whiteness, now.time, now.whiteness);
    outcome.course.push_back(now);
    snapshots.push_back({now.time, diffusion.image().clone()});
    // Nothing earlier than that share of the first crossing is asked for again.
    if (!energy.time && !(white && whiteness.time))
      while (snapshots.size() > 2 && snapshots[1].time <= early * before.time) snapshots.pop_front();
    before = now;
  }
  outcome.reached = done();
  const double last = snapshots.back().time, by_energy = energy.time.value_or(last);
  const double by_whiteness = std::min(whiteness.time.value_or(last), most_patience * by_energy);
  outcome.time = white ? early * std::pow(by_energy, energy_share) * std::pow(by_whiteness, 1 - energy_share)
                       : by_energy;
  outcome.image = at_time(snapshots, outcome.time);
}

bool is_constant(const Volume<float>& image) {
  const auto [low, high] = std::minmax_element(image.values().begin(), image.values().end());
  return image.empty() || *low == *high;
}

}  // namespace

Diffusion diffusion_for(const Volume<float>& intensity, const DiffusionFilter& options, double looks,
                        std::array<int, 2> stride) {
  const auto [stride_x, stride_y] = stride;
  DiffusionLaw law = options.law;
  const int longest = std::max(stride_x, stride_y);
  law.sigma *= longest, law.rho *= longest, law.rho_tensor *= longest;
  const double step = 2.5 * std::pow(std::clamp(looks, 0.5, 100.0), -0.85) * stride_x * stride_y;
  return {intensity, law, {options.scheme, options.scheme == Scheme::explicit_euler ? 0 : step, 1.3}};
}

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
  Diffusion diffusion = diffusion_for(intensity, options, outcome.looks, outcome.estimate.stride);
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
