#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "io/dicom_frames.h"

namespace sg::io {
namespace {

using Frames = std::vector<const FrameInfo*>;

constexpr double same_place_mm = 1e-3;

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

std::string label(const std::vector<ObjectInfo>& objects, const FrameInfo& frame) {
  const ObjectInfo& object = objects[frame.object];
  return object.format.frames == 1 ? object.name : fmt::format("{} frame {}", object.name, frame.frame + 1);
}

void check_same_format(const std::vector<ObjectInfo>& objects) {
  const PixelFormat& a = objects.front().format;
  const auto kind = [](const PixelFormat& f) {
    return fmt::format("{}×{}, {} sample(s) of {} {} bits, {}", f.columns, f.rows, f.samples,
                       f.is_signed ? "signed" : "unsigned", f.allocated, f.photometric);
  };
  for (const ObjectInfo& object : objects) {
    if (kind(object.format) != kind(a)) {
      bad(fmt::format("the images of the series differ: {} is {}, {} is {}", objects.front().name, kind(a),
                      object.name, kind(object.format)));
    }
  }
}

double along_normal(const FrameInfo& frame, Vec3 normal) { return dot(normal, *frame.position); }

void check_parallel(const std::vector<ObjectInfo>& objects, const Frames& frames) {
  const FrameInfo& first = *frames.front();
  for (const FrameInfo* f : frames) {
    const double turned = norm((*f->axes)[0] - (*first.axes)[0]) + norm((*f->axes)[1] - (*first.axes)[1]);
    if (turned > 2e-3) {
      bad(
          fmt::format("the images are not parallel: {} is turned against {} by {:.2g} degrees, expected one "
                      "orientation (a localizer among them?)",
                      label(objects, *f), label(objects, first), turned * 180 / M_PI));
    }
    const Vec3 s = f->spacing.value_or(Vec3{1, 1, 0}), s0 = first.spacing.value_or(Vec3{1, 1, 0});
    if (std::abs(s.x - s0.x) > 1e-3 * s0.x || std::abs(s.y - s0.y) > 1e-3 * s0.y) {
      bad(fmt::format("pixel spacing differs: {} has {}×{} mm, {} has {}×{} mm", label(objects, first), s0.x,
                      s0.y, label(objects, *f), s.x, s.y));
    }
  }
}

/// Images grouped by place along the normal, ascending.
std::vector<Frames> grouped_by_place(const std::vector<ObjectInfo>& objects, Frames frames, Vec3 normal) {
  std::stable_sort(frames.begin(), frames.end(), [&](const FrameInfo* a, const FrameInfo* b) {
    return along_normal(*a, normal) < along_normal(*b, normal);
  });
  std::vector<Frames> groups;
  for (const FrameInfo* f : frames) {
    const bool same =
        !groups.empty() &&
        along_normal(*f, normal) - along_normal(*groups.back().front(), normal) <= same_place_mm;
    if (!same) groups.emplace_back();
    groups.back().push_back(f);
    const FrameInfo& first = *groups.back().front();
    if (const double aside = norm(*f->position - *first.position); aside > 0.1) {
      bad(fmt::format("{} and {} lie in one plane but {:.4g} mm apart, expected one image a plane",
                      label(objects, first), label(objects, *f), aside));
    }
  }
  return groups;
}

std::optional<double> key_of(const FrameInfo& frame, std::size_t key) { return frame.keys[key]; }

/// Whether the key is there for all images and differs within every group.
bool separates(const std::vector<Frames>& groups, std::size_t key) {
  for (const Frames& group : groups) {
    std::set<double> seen;
    for (const FrameInfo* f : group) {
      if (!key_of(*f, key) || !seen.insert(*key_of(*f, key)).second) return false;
    }
  }
  return true;
}

bool all_keys_separate(const std::vector<Frames>& groups) {
  for (const Frames& group : groups) {
    std::set<std::array<std::optional<double>, frame_key_count>> seen;
    for (const FrameInfo* f : group) {
      if (!seen.insert(f->keys).second) return false;
    }
  }
  return true;
}

double mean_key(const std::vector<Frames>& groups, std::size_t member, std::size_t key) {
  double sum = 0;
  for (const Frames& group : groups) sum += *key_of(*group[member], key);
  return sum / static_cast<double>(groups.size());
}

/// Sorts each group along the outer axis and says what that axis is.
void order_outer(const std::vector<ObjectInfo>& objects, std::vector<Frames>& groups, FrameStack& stack) {
  const std::size_t count = groups.front().size();
  for (const Frames& group : groups) {
    if (group.size() != count) {
      bad(fmt::format("{} has {} image(s) at its position but {} has {}, expected equally many everywhere",
                      label(objects, *groups.front().front()), count, label(objects, *group.front()),
                      group.size()));
    }
  }
  stack.outer_size = static_cast<std::int64_t>(count);
  if (count == 1) return;
  for (std::size_t key = 0; key < frame_key_count; ++key) {
    const bool within_one_object = static_cast<FrameKey>(key) == FrameKey::dimensions && objects.size() > 1;
    if (within_one_object || !separates(groups, key)) continue;
    for (Frames& group : groups) {
      std::sort(group.begin(), group.end(),
                [&](const FrameInfo* a, const FrameInfo* b) { return *key_of(*a, key) < *key_of(*b, key); });
    }
    const auto kind = static_cast<FrameKey>(key);
    const bool clock = kind == FrameKey::trigger || kind == FrameKey::acquisition_time;
    const bool time = clock || kind == FrameKey::temporal || kind == FrameKey::acquisition;
    stack.outer = time ? OuterAxis::time : OuterAxis::channel;
    if (clock) stack.time_step = mean_key(groups, 1, key) - mean_key(groups, 0, key);
    if (time && !clock) stack.time_step = objects.front().time_step;
    return;
  }
  if (all_keys_separate(groups)) {
    for (Frames& group : groups) {
      std::sort(group.begin(), group.end(),
                [](const FrameInfo* a, const FrameInfo* b) { return a->keys < b->keys; });
    }
    stack.outer = OuterAxis::channel;
    stack.warnings.push_back(fmt::format(
        "{} images a position differ in several attributes at once; they are channels in the order of "
        "temporal position, trigger time, echo time, b-value, acquisition",
        count));
    return;
  }
  bad(fmt::format(
      "{} and {} lie at the same position ({:.3f} mm along the normal) and nothing tells them apart, "
      "expected temporal position, trigger time, echo time, b-value or acquisition to differ",
      label(objects, *groups.front()[0]), label(objects, *groups.front()[1]),
      along_normal(*groups.front()[0], cross((*groups.front()[0]->axes)[0], (*groups.front()[0]->axes)[1]))));
}

/// Segmentations leave out empty slices: each segment becomes a channel, gaps stay empty.
void order_segments(const std::vector<Frames>& groups, FrameStack& stack) {
  std::set<double> segments;
  for (const Frames& group : groups) {
    for (const FrameInfo* f : group) segments.insert(key_of(*f, 0).value_or(1));
  }
  const std::size_t slices = groups.size();
  stack.outer_size = static_cast<std::int64_t>(segments.size());
  if (segments.size() > 1) stack.outer = OuterAxis::channel;
  stack.order.assign(slices * segments.size(), nullptr);
  for (std::size_t z = 0; z < slices; ++z) {
    for (const FrameInfo* f : groups[z]) {
      const auto place = std::distance(segments.begin(), segments.find(key_of(*f, 0).value_or(1)));
      stack.order[static_cast<std::size_t>(place) * slices + z] = f;
    }
  }
}

std::string gap_text(double gap, double usual, std::size_t after) {
  const double ratio = gap / usual;
  const auto missing = std::llround(ratio) - 1;
  const bool whole = missing >= 1 && std::abs(ratio - std::round(ratio)) < 0.05;
  return fmt::format("{:.4g} mm between slices {} and {}{}", gap, after + 1, after + 2,
                     whole ? fmt::format(" ({} missing)", missing) : "");
}

/// The distance of neighbours; warns of irregular ones.
double slice_distance(const std::vector<double>& places, std::vector<std::string>& warnings) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < places.size(); ++i) gaps.push_back(places[i] - places[i - 1]);
  std::vector<double> sorted = gaps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  const double usual = sorted[sorted.size() / 2];
  std::string odd;
  int count = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    if (std::abs(gaps[i] - usual) <= std::max(0.01, 0.01 * usual)) continue;
    if (++count <= 5) odd += (odd.empty() ? "" : "; ") + gap_text(gaps[i], usual, i);
  }
  if (count == 0) return (places.back() - places.front()) / static_cast<double>(gaps.size());
  double off = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    off = std::max(off, std::abs(places[i] - places[0] - usual * static_cast<double>(i)));
  }
  if (count > 5) odd += fmt::format("; and {} more", count - 5);
  warnings.push_back(
      fmt::format("irregular slice spacing: {:.4g} mm except {}; slices are taken as {:.4g} mm apart, "
                  "which misplaces some by up to {:.4g} mm",
                  usual, odd, usual, off));
  return usual;
}

void place_grid(const std::vector<Frames>& groups, Vec3 normal, FrameStack& stack) {
  const FrameInfo& first = *groups.front().front();
  const std::array<Vec3, 2>& axes = *first.axes;
  stack.grid.origin = as_point(*first.position);
  Vec3 third = normal;
  double step = stack.grid.spacing.z;
  if (groups.size() > 1) {
    std::vector<double> places;
    for (const Frames& group : groups) places.push_back(along_normal(*group.front(), normal));
    step = slice_distance(places, stack.warnings);
    const Vec3 run = *groups.back().front()->position - *first.position;
    const Vec3 slant = (1 / (places.back() - places.front())) * run;  // per mm along the normal
    double aside = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      aside = std::max(
          aside, norm(*groups[i].front()->position - *first.position - (places[i] - places[0]) * slant));
    }
    if (aside > 0.1) {
      stack.warnings.push_back(fmt::format(
          "slice positions do not lie on a straight line, some are off by up to {:.3g} mm", aside));
    }
    if (const double shear = norm(slant - normal); shear > 1e-3) {
      stack.warnings.push_back(fmt::format(
          "the slices are sheared by {:.2f} degrees (gantry tilt); the third axis follows them and is not "
          "perpendicular to the others",
          std::atan(shear) * 180 / M_PI));
      third = (1 / norm(slant)) * slant;
      step *= norm(slant);
    }
  }
  stack.grid.spacing.z = step;
  for (int row = 0; row < 3; ++row) {
    stack.grid.direction[row] = {axes[0][row], axes[1][row], third[row]};
  }
}

void stack_placed(const std::vector<ObjectInfo>& objects, const Frames& frames, FrameStack& stack) {
  check_parallel(objects, frames);
  const std::array<Vec3, 2>& axes = *frames.front()->axes;
  const Vec3 normal = cross(axes[0], axes[1]);
  std::vector<Frames> groups = grouped_by_place(objects, frames, normal);
  place_grid(groups, normal, stack);
  stack.grid.size[2] = static_cast<std::int64_t>(groups.size());
  if (objects.front().segmentation) {
    order_segments(groups, stack);
    return;
  }
  order_outer(objects, groups, stack);
  for (std::size_t outer = 0; outer < groups.front().size(); ++outer) {
    for (const Frames& group : groups) stack.order.push_back(group[outer]);
  }
}

/// Frames of one object that say nothing of where they lie, in stored order.
void stack_unplaced(const ObjectInfo& object, const Frames& frames, FrameStack& stack) {
  const FrameInfo& first = *frames.front();
  if (first.position) stack.grid.origin = as_point(*first.position);
  if (first.axes) {
    const Vec3 third = cross((*first.axes)[0], (*first.axes)[1]);
    for (int row = 0; row < 3; ++row)
      stack.grid.direction[row] = {(*first.axes)[0][row], (*first.axes)[1][row], third[row]};
  }
  stack.order = frames;
  const auto count = static_cast<std::int64_t>(frames.size());
  if (count == 1) return;
  if (object.frame_axis == FrameAxis::slices) {
    stack.grid.size[2] = count;
    if (!first.spacing || first.spacing->z == 0) {
      stack.warnings.push_back("no slice spacing is stated, 1 mm is assumed");
    }
    return;
  }
  stack.outer_size = count;
  stack.outer = object.frame_axis == FrameAxis::time ? OuterAxis::time : OuterAxis::channel;
  stack.time_step = object.frame_axis == FrameAxis::time ? object.time_step : 0;
}

}  // namespace

FrameStack stack_frames(const std::vector<ObjectInfo>& objects) {
  check_same_format(objects);
  Frames frames;
  bool placed = true;
  for (const ObjectInfo& object : objects) {
    for (const FrameInfo& frame : object.frames) {
      frames.push_back(&frame);
      placed = placed && frame.position && frame.axes;
    }
  }
  FrameStack stack;
  const PixelFormat& format = objects.front().format;
  stack.grid.size = {format.columns, format.rows, 1};
  if (const auto& spacing = frames.front()->spacing) {
    stack.grid.spacing = {spacing->x, spacing->y, spacing->z > 0 ? spacing->z : 1};
  } else {
    stack.warnings.push_back("no pixel spacing is stated, 1 mm is assumed");
  }
  if (placed) {
    stack_placed(objects, frames, stack);
  } else if (objects.size() == 1) {
    stack_unplaced(objects.front(), frames, stack);
  } else {
    bad(fmt::format(
        "{} images of the series state no position or orientation, so their order is unknown; name one "
        "file to read it alone",
        frames.size()));
  }
  stack.grid.validate();
  return stack;
}

}  // namespace sg::io
