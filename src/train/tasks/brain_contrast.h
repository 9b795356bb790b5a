#pragma once
#include <vector>

#include "train/tasks/head_maps.h"

namespace sg::train {

/// Grey of each label of HeadMaps: mean in 0…255 and standard deviation in 0…35.
struct Contrast {
  std::vector<float> mean, deviation;
};

/// Every structure in a random grey of its own, left and right alike. In half of the cases tissues of one
/// kind are close to each other (cerebellar to cerebral, deep grey between grey and white, ventricles to
/// fluid), and with probability `known` cerebral tissues are ordered as in T1, T2 or FLAIR.
Contrast random_contrast(const std::vector<int>& labels, double known, Rng& rng);

}  // namespace sg::train
