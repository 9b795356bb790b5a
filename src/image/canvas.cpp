#include "image/canvas.h"

#include <algorithm>
#include <cmath>

namespace sg::image {

namespace {

/// Strokes of a glyph, parted by spaces, two hexadecimal digits a point (x 0…a, y 0…c, a capital being 12
/// high). A stroke that begins with ~ is the quadratic B-spline of its points, from the first to the last.
struct Glyph {
  char character;
  double width;
  std::string_view strokes;
};
constexpr Glyph glyphs[] = {
    {'A', 8, "0c408c 1979"},
    {'I', 0, "000c"},
    {'L', 7, "000c7c"},
    {'P', 8, "0c0040 ~40808646 4606"},
    {'R', 8, "0c0040 ~40808646 4606 468c"},
    {'S', 8, "~7260100316768a7c1c0a"},
    {'m', 10, "040c ~07145457 575c ~5764a4a7 a7ac"},
    {'0', 8, "~40000c8c8040"},
    {'1', 4, "03404c"},
    {'2', 8, "~03008083480c 0c8c"},
    {'3', 8, "~0210808636 ~36868c1c0a"},
    {'4', 8, "6c600888"},
    {'5', 8, "701006 ~0624848c1c0a"},
    {'6', 8, "~726000060c8c852507"},
    {'7', 8, "00803c"},
    {'8', 8, "~400006868040 ~46060c8c8646"},
    {'9', 8, "~1a2c8c868000076785"},
    {'-', 8, "1777"},
    {'.', 0, "0c0c"},
    {' ', 4, ""},
};
constexpr double capital = 12, spacing = 4;

const Glyph* find_glyph(char c) {
  for (const Glyph& g : glyphs) {
    if (g.character == c) return &g;
  }
  return nullptr;
}

struct Point {
  double x, y;
};
struct Segment {
  Point a, b;
};

Point middle(Point a, Point b) { return {(a.x + b.x) / 2, (a.y + b.y) / 2}; }

/// The quadratic B-spline through the first and last control points, as points close enough for a small
/// picture.
std::vector<Point> smooth(const std::vector<Point>& control) {
  constexpr int steps = 6;
  std::vector<Point> out{control.front()};
  for (std::size_t i = 1; i + 1 < control.size(); ++i) {
    const Point a = i == 1 ? control[0] : middle(control[i - 1], control[i]);
    const Point b = control[i];
    const Point c = i + 2 == control.size() ? control[i + 1] : middle(control[i], control[i + 1]);
    for (int s = 1; s <= steps; ++s) {
      const double t = static_cast<double>(s) / steps, u = 1 - t;
      out.push_back(
          {u * u * a.x + 2 * u * t * b.x + t * t * c.x, u * u * a.y + 2 * u * t * b.y + t * t * c.y});
    }
  }
  return out;
}

int digit(char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; }

/// One stroke as segments, its top left at (x, y), `unit` pixels a font unit.
void add_stroke(std::string_view stroke, double x, double y, double unit, std::vector<Segment>& out) {
  const bool curved = stroke.front() == '~';
  std::vector<Point> points;
  for (std::size_t i = curved ? 1 : 0; i + 1 < stroke.size(); i += 2) {
    points.push_back({x + unit * digit(stroke[i]), y + unit * digit(stroke[i + 1])});
  }
  if (curved) points = smooth(points);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) out.push_back({points[i], points[i + 1]});
}

std::vector<Segment> segments_of(std::string_view text, double x, double top, double unit) {
  std::vector<Segment> out;
  for (const char c : text) {
    const Glyph* glyph = find_glyph(c);
    if (glyph == nullptr) continue;
    std::string_view rest = glyph->strokes;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      add_stroke(rest.substr(0, end), x, top, unit, out);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    x += unit * (glyph->width + spacing);
  }
  return out;
}

double distance(Point p, const Segment& s) {
  const double dx = s.b.x - s.a.x, dy = s.b.y - s.a.y, length = dx * dx + dy * dy;
  const double t = length > 0 ? std::clamp(((p.x - s.a.x) * dx + (p.y - s.a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - s.a.x - t * dx, p.y - s.a.y - t * dy);
}

/// How much of a pixel at that distance from the middle of a stroke is covered.
double coverage(double distance, double half_thickness) {
  return std::clamp(half_thickness + .5 - distance, 0.0, 1.0);
}

}  // namespace

void Canvas::blend(std::int64_t x, std::int64_t y, const Color& color, double opacity) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  const float alpha = static_cast<float>(opacity);
  Color& pixel = at(x, y);
  for (std::size_t c = 0; c < 3; ++c) pixel[c] += alpha * (color[c] - pixel[c]);
}

void Canvas::line(double x1, double y1, double x2, double y2, double thickness, const Color& color,
                  double opacity) {
  const Segment s{{x1, y1}, {x2, y2}};
  const double reach = thickness / 2 + 1;
  const auto first = [&](double a, double b) {
    return static_cast<std::int64_t>(std::floor(std::min(a, b) - reach));
  };
  const auto last = [&](double a, double b) {
    return static_cast<std::int64_t>(std::ceil(std::max(a, b) + reach));
  };
  for (std::int64_t y = std::max<std::int64_t>(0, first(y1, y2)); y <= std::min(height_ - 1, last(y1, y2));
       ++y) {
    for (std::int64_t x = std::max<std::int64_t>(0, first(x1, x2)); x <= std::min(width_ - 1, last(x1, x2));
         ++x) {
      const double d = distance({static_cast<double>(x), static_cast<double>(y)}, s);
      blend(x, y, color, opacity * coverage(d, thickness / 2));
    }
  }
}

void Canvas::text(double x, double y, double size, std::string_view text, const Color& color) {
  const double half = std::max(.65, size * .062), rim = std::max(1.2, size * .09);
  const std::vector<Segment> segments = segments_of(text, x, y - size, size / capital);
  const double reach = half + rim + 1;
  const auto top = static_cast<std::int64_t>(y - size - reach), bottom = static_cast<std::int64_t>(y + reach);
  const auto left = static_cast<std::int64_t>(x - reach);
  const auto right = static_cast<std::int64_t>(x + text_width(text, size) + reach);
  for (std::int64_t py = top; py <= bottom; ++py) {
    for (std::int64_t px = left; px <= right; ++px) {
      double nearest = 1e9;
      for (const Segment& s : segments) {
        nearest = std::min(nearest, distance({static_cast<double>(px), static_cast<double>(py)}, s));
      }
      blend(px, py, {0, 0, 0}, .55 * coverage(nearest, half + rim));
      blend(px, py, color, coverage(nearest, half));
    }
  }
}

void Canvas::paste(const Canvas& part, std::int64_t left, std::int64_t top) {
  for (std::int64_t y = 0; y < part.height_; ++y) {
    for (std::int64_t x = 0; x < part.width_; ++x) blend(left + x, top + y, part.at(x, y), 1);
  }
}

Volume<std::uint8_t> Canvas::picture(double mm_per_pixel) const {
  Grid grid;
  grid.size = {width_, height_, 1};
  grid.spacing = {mm_per_pixel, mm_per_pixel, 1};
  Volume<std::uint8_t> result(grid, 3);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto channel = result.channel(static_cast<std::int64_t>(c));
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
      channel[i] = static_cast<std::uint8_t>(std::lround(255 * std::clamp(pixels_[i][c], 0.F, 1.F)));
    }
  }
  return result;
}

double text_width(std::string_view text, double size) {
  double units = 0;
  for (const char c : text) {
    if (const Glyph* glyph = find_glyph(c)) units += glyph->width + spacing;
  }
  return std::max(0.0, units - spacing) * size / capital;
}

}  // namespace sg::image
