#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

namespace sg {

/// xoshiro256++ (Blackman & Vigna 2021, doi:10.1145/3460772), seeded by splitmix64. The same numbers on every
/// platform, unlike std:: distributions. `fork(stream)` gives an independent generator, so that parallel work
/// draws the same numbers whatever the thread count: fork by slice or item, never by thread.
class Rng {
 public:
  explicit Rng(std::uint64_t seed = 0) : seed_(seed) {
    for (auto& s : state_) s = splitmix(seed);
  }
  Rng fork(std::uint64_t stream) const {
    std::uint64_t mixed = seed_ ^ (stream + 1) * 0xd1342543de82ef95ULL;
    return Rng(splitmix(mixed));
  }
  std::uint64_t next() {
    const std::uint64_t result = rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Mean 0, variance 1 (Box–Muller).
  double normal() {
    const double u = 1 - uniform();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * uniform());
  }
  /// Gamma law with density x^(a−1)·e^(−x)/Γ(a): mean a, variance a; shape a > 0. Marsaglia & Tsang 2000
  /// (doi:10.1145/358407.358414); below 1 by Gamma(a) = Gamma(a+1)·U^(1/a).
  double gamma(double shape) {
    if (shape < 1) return gamma(shape + 1) * std::pow(1 - uniform(), 1 / shape);
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), root = 1 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root;
      if (std::log(1 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
    }
  }
  /// In [0, n), n > 0.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>(uniform() * static_cast<double>(n));
  }

 private:
  static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static std::uint64_t splitmix(std::uint64_t& x) {
    std::uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t seed_;
  std::uint64_t state_[4];
};

}  // namespace sg
