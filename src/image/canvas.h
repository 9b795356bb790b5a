#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/volume.h"
#include "image/view.h"

namespace sg::image {

/// A picture being drawn: RGB, 0…1, row by row from the top. Coordinates are pixels, centres at whole
/// numbers.
class Canvas {
 public:
  Canvas(std::int64_t width, std::int64_t height) : width_(width), height_(height) {
    pixels_.resize(static_cast<std::size_t>(width * height), Color{0, 0, 0});
  }
  std::int64_t width() const { return width_; }
  std::int64_t height() const { return height_; }
  Color& at(std::int64_t x, std::int64_t y) { return pixels_[static_cast<std::size_t>(y * width_ + x)]; }
  const Color& at(std::int64_t x, std::int64_t y) const {
    return pixels_[static_cast<std::size_t>(y * width_ + x)];
  }

  /// Blends `color` over the pixel with the given opacity.
  void blend(std::int64_t x, std::int64_t y, const Color& color, double opacity);
  /// A line with round ends, smooth at its edges.
  void line(double x1, double y1, double x2, double y2, double thickness, const Color& color,
            double opacity = 1);
  /// Text in the built-in stroke font (A I L P R S m, digits, point, minus, space; others are left out), with
  /// a dark rim so that it reads on any ground. (x, y): left end of the base line; size: height of a capital.
  void text(double x, double y, double size, std::string_view text, const Color& color);
  void paste(const Canvas& part, std::int64_t left, std::int64_t top);

  Volume<std::uint8_t> picture(double mm_per_pixel) const;

 private:
  std::int64_t width_, height_;
  std::vector<Color> pixels_;
};

/// Pixels that `text` takes.
double text_width(std::string_view text, double size);

}  // namespace sg::image
