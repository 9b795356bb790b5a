#pragma once
#include <torch/torch.h>

#include <vector>

namespace sg::train {

/// 1 − mean over samples of the mean over the classes each holds of 2·Σ p·t / (Σ p + Σ t), p =
/// softmax(logits) [N,classes,…], t = 1 where `labels` [N,…] (whole numbers, any type) is the class.
/// Milletari et al. 2016, doi:10.1109/3DV.2016.79.
torch::Tensor soft_dice_loss(const torch::Tensor& logits, const torch::Tensor& labels);
/// Mean of −log p(label).
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels);
/// Mean of √((a − b)² + ε²): |a − b| without its kink (Charbonnier et al. 1994,
/// doi:10.1109/ICIP.1994.413553).
torch::Tensor charbonnier(const torch::Tensor& a, const torch::Tensor& b, double epsilon = 1e-3);

/// 2|A∩B|/(|A|+|B|) of each class between two label maps; NaN where neither holds it.
std::vector<double> dice_of_classes(const torch::Tensor& a, const torch::Tensor& b, int classes);

}  // namespace sg::train
