#include "train/tasks/brain_contrast.h"

#include <algorithm>
#include <map>

namespace sg::train {
namespace {

struct Grey {
  float mean = 0, deviation = 0;
};

Grey around(const Grey& other, double spread, Rng& rng) {
  return {static_cast<float>(std::clamp(other.mean + spread * rng.normal(), 0.0, 255.0)),
          static_cast<float>(std::clamp(other.deviation * rng.uniform(0.7, 1.3), 0.0, 35.0))};
}

Grey between(double low, double high, double most, Rng& rng) {
  return {static_cast<float>(rng.uniform(low, high)), static_cast<float>(rng.uniform(0, most))};
}

/// Fluid, cortex, white matter.
struct Trio {
  Grey fluid, cortex, white;
};

Trio known_trio(Rng& rng) {
  switch (rng.below(4)) {
    case 0: return {between(140, 250, 25, rng), between(80, 150, 20, rng), between(40, 100, 15, rng)};  // T2
    case 1: return {between(0, 60, 20, rng), between(130, 190, 20, rng), between(90, 150, 15, rng)};  // FLAIR
    default: return {between(5, 70, 25, rng), between(80, 150, 20, rng), between(150, 230, 15, rng)};  // T1
  }
}

/// Thalamus, pallidum and the ventral diencephalon hold much white matter.
double white_share(int label) {
  if (label == 49 || label == 52 || label == 60) return 0.6;
  return 0.15;
}

}  // namespace

Contrast random_contrast(const std::vector<int>& labels, double known, Rng& rng) {
  std::map<int, Grey> greys;
  for (const int label : labels) greys.try_emplace(without_side(label), between(0, 255, 35, rng));
  const bool ordered = rng.uniform() < known;
  if (ordered || rng.uniform() < 0.5) {
    const Trio trio = ordered ? known_trio(rng) : Trio{greys[24], greys[42], greys[41]};
    const double spread = ordered ? rng.uniform(2, 10) : rng.uniform(2, 25);
    const auto set = [&](int label, const Grey& grey) {
      if (greys.contains(label)) greys[label] = grey;
    };
    set(24, trio.fluid), set(42, trio.cortex), set(41, trio.white);
    for (const int label : {43, 44, 14, 15, 72}) set(label, around(trio.fluid, spread / 2, rng));
    for (const int label : {163, 164})
      set(label, around(rng.uniform() < 0.5 ? trio.fluid : trio.cortex, 20, rng));
    for (const int label : {46, 60, 16, 85, 62}) set(label, around(trio.white, spread, rng));
    if (rng.uniform() < 0.7) set(57, around(trio.white, spread, rng));
    set(47, around(trio.cortex, spread, rng));
    for (const int label : {49, 50, 51, 52, 53, 54, 58, 60}) {
      const auto share = static_cast<float>(std::clamp(white_share(label) + 0.15 * rng.normal(), 0.0, 1.0));
      const Grey mixed{trio.cortex.mean + share * (trio.white.mean - trio.cortex.mean),
                       trio.cortex.deviation};
      set(label, around(mixed, spread / 2, rng));
    }
  }
  // Air is black but for noise in most scans.
  if (rng.uniform() < 0.85) greys[0] = between(0, 8, 5, rng);
  Contrast contrast;
  for (const int label : labels) {
    const Grey& grey = greys.at(without_side(label));
    contrast.mean.push_back(grey.mean);
    contrast.deviation.push_back(grey.deviation);
  }
  return contrast;
}

}  // namespace sg::train
