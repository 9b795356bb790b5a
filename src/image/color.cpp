#include <algorithm>
#include <cmath>
#include <numbers>

#include "image/view.h"

namespace sg::image {

namespace {

/// Oklab (Ottosson 2020) to sRGB: equal lightness and chroma look equally strong in every hue.
Color from_oklch(double lightness, double chroma, double hue) {
  const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const double l = std::pow(lightness + .3963377774 * a + .2158037573 * b, 3);
  const double m = std::pow(lightness - .1055613458 * a - .0638541728 * b, 3);
  const double s = std::pow(lightness - .0894841775 * a - 1.2914855480 * b, 3);
  const auto encode = [](double v) {
    v = std::clamp(v, 0.0, 1.0);
    return static_cast<float>(v <= .0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - .055);
  };
  return {encode(4.0767416621 * l - 3.3077115913 * m + .2309699292 * s),
          encode(-1.2684380046 * l + 2.6097574011 * m - .3413193965 * s),
          encode(-.0041960863 * l - .7034186147 * m + 1.7076147010 * s)};
}

}  // namespace

Color label_color(std::int32_t label) {
  // Steps by the golden angle spread any run of numbers over all hues; three lightnesses part near hues.
  const double n = static_cast<double>(static_cast<std::uint32_t>(label) % 1000003U);
  const double hue = std::fmod(.45 + n * 2.399963229728653, 2 * std::numbers::pi);
  constexpr double lightness[] = {.72, .62, .80};
  return from_oklch(lightness[static_cast<std::uint32_t>(label) % 3], .17, hue);
}

Color heat_color(double t) {
  constexpr Color stops[] = {
      {0, 0, 0}, {.45F, .04F, .10F}, {.85F, .22F, .08F}, {.98F, .62F, .14F}, {1, .97F, .78F}};
  const double at = 4 * std::clamp(t, 0.0, 1.0);
  const int i = std::min(3, static_cast<int>(at));
  const float f = static_cast<float>(at - i);
  Color out{};
  for (std::size_t c = 0; c < 3; ++c) out[c] = stops[i][c] + f * (stops[i + 1][c] - stops[i][c]);
  return out;
}

}  // namespace sg::image
