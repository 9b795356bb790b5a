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

/// Mean of λ·ψ(α|e|)/α + (1 − λ)·e², e = a − b, ψ(t) = ln(1 + t + t²/2): quadratic, but for the share λ that
/// grows like a logarithm, so that the rare large errors of heavy-tailed noise do not rule (Zhang & Zhou,
/// NeurIPS 2018, with the bound of Catoni 2012, doi:10.1214/11-AIHP454). α > 0, λ in 0…1.
torch::Tensor truncated(const torch::Tensor& a, const torch::Tensor& b, double alpha, double lambda);

/// 2|A∩B|/(|A|+|B|) of each class between two label maps; NaN where neither holds it.
std::vector<double> dice_of_classes(const torch::Tensor& a, const torch::Tensor& b, int classes);

}  // namespace sg::train
