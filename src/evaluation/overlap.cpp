#include "evaluation/overlap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/parallel.h"
#include "core/regions.h"
#include "core/stats.h"

namespace sg::evaluation {

namespace {

using Index = std::array<std::int64_t, 3>;

/// What one pass over both maps finds about a label.
struct Count {
  std::int64_t reference = 0, candidate = 0, both = 0;
  Index low{INT64_MAX, INT64_MAX, INT64_MAX}, high{-1, -1, -1};  // of the union, both ends included

  void take(const Index& at) {
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], at[a]);
      high[a] = std::max(high[a], at[a]);
    }
  }
};

/// Neighbouring voxels mostly share their label, so the last one found is kept at hand.
class Counts {
 public:
  Count& of(std::int32_t label) {
    if (last_ == nullptr || label != last_label_) last_ = &all_[last_label_ = label];
    return *last_;
  }
  const std::map<std::int32_t, Count>& all() const { return all_; }

 private:
  std::map<std::int32_t, Count> all_;
  std::int32_t last_label_ = 0;
  Count* last_ = nullptr;
};

Counts count_labels(const Volume<std::int32_t>& reference, const Volume<std::int32_t>& candidate) {
  Counts ours, theirs;  // one a map, so that each keeps its own last label
  const auto [nx, ny, nz] = reference.grid().size;
  for (std::int64_t z = 0; z < nz; ++z) {
    for (std::int64_t y = 0; y < ny; ++y) {
      const std::int32_t* a = reference.data() + reference.offset(0, y, z);
      const std::int32_t* b = candidate.data() + candidate.offset(0, y, z);
      for (std::int64_t x = 0; x < nx; ++x) {
        if (a[x] != 0) {
          Count& count = ours.of(a[x]);
          ++count.reference;
          count.both += a[x] == b[x] ? 1 : 0;
          count.take({x, y, z});
        }
        if (b[x] != 0) {
          Count& count = theirs.of(b[x]);
          ++count.candidate;
          count.take({x, y, z});
        }
      }
    }
  }
  for (const auto& [label, count] : theirs.all()) {
    Count& sum = ours.of(label);
    sum.candidate = count.candidate;
    sum.take(count.low);
    sum.take(count.high);
  }
  return ours;
}

/// 1 at the surface voxels of `label` inside the box low…high, which holds all of the label.
Mask surface_of(const Volume<std::int32_t>& map, std::int32_t label, const Index& low, const Index& high) {
  const Grid& whole = map.grid();
  Grid grid;
  grid.spacing = whole.spacing;
  for (std::size_t a = 0; a < 3; ++a) grid.size[a] = high[a] - low[a] + 1;
  Mask surface(grid);
  const auto is_label = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    const bool inside =
        x >= 0 && y >= 0 && z >= 0 && x < whole.size[0] && y < whole.size[1] && z < whole.size[2];
    return inside && map.at(x, y, z) == label;
  };
  const auto is_inner = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    const bool in_slice =
        is_label(x - 1, y, z) && is_label(x + 1, y, z) && is_label(x, y - 1, z) && is_label(x, y + 1, z);
    return in_slice && (whole.is_2d() || (is_label(x, y, z - 1) && is_label(x, y, z + 1)));
  };
  for (std::int64_t z = low[2]; z <= high[2]; ++z) {
    for (std::int64_t y = low[1]; y <= high[1]; ++y) {
      for (std::int64_t x = low[0]; x <= high[0]; ++x) {
        if (map.at(x, y, z) == label && !is_inner(x, y, z))
          surface.at(x - low[0], y - low[1], z - low[2]) = 1;
      }
    }
  }
  return surface;
}

std::vector<double> distances_between(const Mask& from, const Mask& to, const Context& context) {
  const Volume<float> distance = distance_to(to, context);
  std::vector<double> result;
  for (std::int64_t i = 0; i < from.size(); ++i) {
    if (from.data()[i] != 0) result.push_back(static_cast<double>(distance.data()[i]));
  }
  return result;
}

void measure_surfaces(const LabelMap& reference, const LabelMap& candidate, const Count& count,
                      LabelOverlap& result) {
  const Context quiet;
  const Mask a = surface_of(reference.voxels, result.label, count.low, count.high);
  const Mask b = surface_of(candidate.voxels, result.label, count.low, count.high);
  std::vector<double> forth = distances_between(a, b, quiet);
  const std::vector<double> back = distances_between(b, a, quiet);
  result.hd95 =
      std::max(quantile(std::span<const double>(forth), .95), quantile(std::span<const double>(back), .95));
  forth.insert(forth.end(), back.begin(), back.end());
  result.assd = summarize(std::span<const double>(forth)).mean;
}

LabelOverlap measure(const LabelMap& reference, const LabelMap& candidate, std::int32_t label,
                     const Count& count) {
  LabelOverlap result{.label = label};
  for (const LabelMap* map : {&candidate, &reference}) {
    if (const auto found = map->names.find(label); found != map->names.end()) result.name = found->second;
  }
  const double voxel = std::abs(determinant(reference.voxels.grid().index_to_lps()));
  result.volume_reference = voxel * static_cast<double>(count.reference);
  result.volume_candidate = voxel * static_cast<double>(count.candidate);
  if (count.reference == 0 || count.candidate == 0) return result;
  const double sum = static_cast<double>(count.reference + count.candidate),
               both = static_cast<double>(count.both);
  result.dice = 2 * both / sum;
  result.jaccard = both / (sum - both);
  result.volume_difference =
      100 * static_cast<double>(count.candidate - count.reference) / static_cast<double>(count.reference);
  measure_surfaces(reference, candidate, count, result);
  return result;
}

double mean_of(const std::vector<LabelOverlap>& labels, double LabelOverlap::*member) {
  std::vector<double> values;
  for (const LabelOverlap& l : labels) {
    if (!std::isnan(l.*member)) values.push_back(l.*member);
  }
  return values.empty() ? LabelOverlap::none : summarize(std::span<const double>(values)).mean;
}

std::vector<std::int32_t> wanted_labels(const std::vector<std::int32_t>& given, const Counts& counts) {
  std::set<std::int32_t> wanted(given.begin(), given.end());
  if (wanted.contains(0)) {
    throw Error(ErrorCode::invalid_input, "label 0 is the background, expected other labels", "labels");
  }
  if (given.empty()) {
    for (const auto& [label, count] : counts.all()) wanted.insert(label);
  }
  return {wanted.begin(), wanted.end()};
}

}  // namespace

Overlap overlap(const LabelMap& reference, const LabelMap& candidate, const std::vector<std::int32_t>& labels,
                const Context& context) {
  const Grid &a = reference.voxels.grid(), &b = candidate.voxels.grid();
  if (!a.same_as(b)) {
    const bool moved = a.describe() == b.describe();
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("candidate is on {} but reference on {}{}; expected the same grid: bring it there with "
                    "registration.apply or image.resample (nearest neighbour)",
                    b.describe(), a.describe(), moved ? ", at another place" : ""),
        "candidate");
  }
  Counts counts = count_labels(reference.voxels, candidate.voxels);
  const std::vector<std::int32_t> wanted = wanted_labels(labels, counts);
  std::vector<Count> boxes;
  for (const std::int32_t label : wanted) boxes.push_back(counts.of(label));

  Overlap result;
  result.labels.resize(wanted.size());
  parallel_for(
      static_cast<std::int64_t>(wanted.size()),
      [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          result.labels[i] = measure(reference, candidate, wanted[i], boxes[i]);
        }
      },
      context);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (boxes[i].reference == 0 || boxes[i].candidate == 0) result.absent.push_back(wanted[i]);
  }
  result.mean_dice = mean_of(result.labels, &LabelOverlap::dice);
  result.mean_jaccard = mean_of(result.labels, &LabelOverlap::jaccard);
  result.mean_hd95 = mean_of(result.labels, &LabelOverlap::hd95);
  result.mean_assd = mean_of(result.labels, &LabelOverlap::assd);
  return result;
}

Table to_table(const Overlap& overlap) {
  std::vector<std::string> names;
  for (const LabelOverlap& l : overlap.labels) names.push_back(l.name);
  const auto numbers = [&](auto get) {
    std::vector<double> values;
    for (const LabelOverlap& l : overlap.labels) values.push_back(static_cast<double>(get(l)));
    return values;
  };
  Table table;
  table.columns.push_back({"label", numbers([](const auto& l) { return l.label; })});
  table.columns.push_back({"name", std::move(names)});
  table.columns.push_back({"dice", numbers([](const auto& l) { return l.dice; })});
  table.columns.push_back({"jaccard", numbers([](const auto& l) { return l.jaccard; })});
  table.columns.push_back({"hd95", numbers([](const auto& l) { return l.hd95; })});
  table.columns.push_back({"assd", numbers([](const auto& l) { return l.assd; })});
  table.columns.push_back({"volume_reference", numbers([](const auto& l) { return l.volume_reference; })});
  table.columns.push_back({"volume_candidate", numbers([](const auto& l) { return l.volume_candidate; })});
  table.columns.push_back({"volume_difference", numbers([](const auto& l) { return l.volume_difference; })});
  return table;
}

}  // namespace sg::evaluation
