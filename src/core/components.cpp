#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "core/mask.h"
#include "core/regions.h"

namespace sg {
namespace {

/// Disjoint sets of provisional labels 1, 2, …; a set is known by its smallest label, the first in raster
/// order.
class Sets {
 public:
  std::int32_t add() {
    if (parent_.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      throw Error(ErrorCode::resource, "more than 2^31 separate pieces", "mask");
    }
    parent_.push_back(static_cast<std::int32_t>(parent_.size()));
    return parent_.back();
  }
  std::int32_t find(std::int32_t label) {
    while (at(label) != label) {
      at(label) = at(at(label));
      label = at(label);
    }
    return label;
  }
  std::int32_t join(std::int32_t a, std::int32_t b) {
    a = find(a);
    b = find(b);
    if (a > b) std::swap(a, b);
    at(b) = a;
    return a;
  }
  std::size_t size() const { return parent_.size(); }

 private:
  std::int32_t& at(std::int32_t label) { return parent_[static_cast<std::size_t>(label)]; }
  std::vector<std::int32_t> parent_{0};
};

struct Neighbour {
  std::int64_t x, y, z;
};

/// The neighbours that come earlier in raster order.
std::vector<Neighbour> earlier_neighbours(Connectivity connectivity) {
  if (connectivity == Connectivity::faces) return {{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}};
  std::vector<Neighbour> result;
  for (std::int64_t i = 0; i < 13; ++i) result.push_back({i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1});
  return result;
}

/// Provisional labels in raster order; the sets say which belong together.
Sets label_provisionally(const Mask& mask, Connectivity connectivity, Volume<std::int32_t>& labels) {
  Sets sets;
  const auto [nx, ny, nz] = mask.grid().size;
  const std::vector<Neighbour> neighbours = earlier_neighbours(connectivity);
  for (std::int64_t z = 0; z < nz; ++z) {
    for (std::int64_t y = 0; y < ny; ++y) {
      for (std::int64_t x = 0; x < nx; ++x) {
        if (mask.at(x, y, z) == 0) continue;
        std::int32_t label = 0;
        for (const Neighbour& n : neighbours) {
          const std::int64_t px = x + n.x, py = y + n.y, pz = z + n.z;
          if (px < 0 || py < 0 || pz < 0 || px >= nx || py >= ny) continue;
          const std::int32_t other = labels.at(px, py, pz);
          if (other == 0 || other == label) continue;
          label = label == 0 ? other : sets.join(label, other);
        }
        labels.at(x, y, z) = label == 0 ? sets.add() : label;
      }
    }
  }
  return sets;
}

}  // namespace

Components connected_components(const Mask& mask, Connectivity connectivity) {
  detail::require_mask(mask);
  Components result{{Volume<std::int32_t>(mask.grid()), {}}, {}};
  Volume<std::int32_t>& labels = result.labels.voxels;
  Sets sets = label_provisionally(mask, connectivity, labels);

  std::vector<std::int64_t> sizes(sets.size(), 0);
  for (std::int32_t& v : labels.values()) {
    if (v == 0) continue;
    v = sets.find(v);
    ++sizes[static_cast<std::size_t>(v)];
  }
  std::vector<std::size_t> order;
  for (std::size_t label = 1; label < sizes.size(); ++label) {
    if (sizes[label] > 0) order.push_back(label);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  std::vector<std::int32_t> rank(sizes.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<std::int32_t>(i + 1);
    result.voxels.push_back(sizes[order[i]]);
  }
  for (std::int32_t& v : labels.values()) v = rank[static_cast<std::size_t>(v)];
  return result;
}

Mask fill_holes(const Mask& mask) {
  const Components parts = connected_components(detail::complement(mask), Connectivity::faces);
  const auto size = mask.grid().size;
  std::vector<bool> reaches_border(parts.voxels.size() + 1, mask.size() == 1);
  const auto at_end = [&](std::size_t axis, std::int64_t i) {
    return size[axis] > 1 && (i == 0 || i == size[axis] - 1);
  };
  for (std::int64_t z = 0; z < size[2]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      const bool row_at_end = at_end(1, y) || at_end(2, z);
      for (std::int64_t x = 0; x < size[0]; ++x) {
        if (row_at_end || at_end(0, x))
          reaches_border[static_cast<std::size_t>(parts.labels.voxels.at(x, y, z))] = true;
      }
    }
  }
  Mask result(mask.grid());
  for (std::int64_t i = 0; i < mask.size(); ++i) {
    const std::int32_t hole = parts.labels.voxels.data()[i];
    result.data()[i] = hole == 0 || !reaches_border[static_cast<std::size_t>(hole)];
  }
  return result;
}

}  // namespace sg
