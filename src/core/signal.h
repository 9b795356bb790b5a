#pragma once
#include <cstdint>
#include <vector>

namespace sg {

/// Samples per second.
struct Hz {
  double value = 0;
  friend bool operator==(const Hz&, const Hz&) = default;
};

/// A sampled signal, planar: `[C,T]`, full scale ±1 for audio.
struct Signal {
  Hz rate;
  std::int64_t channels = 1;
  std::vector<float> samples;  // channels × frames
  std::int64_t frames() const {
    return channels > 0 ? static_cast<std::int64_t>(samples.size()) / channels : 0;
  }
};

}  // namespace sg
