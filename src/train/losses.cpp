#include "train/losses.h"

namespace sg::train {

torch::Tensor soft_dice_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor p = torch::softmax(logits.to(torch::kFloat32), 1).flatten(2);
  const torch::Tensor index = labels.to(torch::kInt64).flatten(1).unsqueeze(1);
  const torch::Tensor held =
      torch::zeros({p.size(0), p.size(1), 1}, p.options())
          .squeeze(2)
          .scatter_add(1, index.squeeze(1), torch::ones(index.squeeze(1).sizes(), p.options()));
  // Σ p·t is the sum of each voxel's probability of its own class, gathered by class.
  const torch::Tensor own = p.gather(1, index).squeeze(1);
  const torch::Tensor both =
      torch::zeros({p.size(0), p.size(1)}, p.options()).scatter_add(1, index.squeeze(1), own);
  const torch::Tensor dice = 2 * both / (p.sum(2) + held).clamp_min(1);
  const torch::Tensor present = (held > 0).to(p.scalar_type());
  return 1 - ((dice * present).sum(1) / present.sum(1)).mean();
}

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels) {
  return torch::nll_loss_nd(torch::log_softmax(logits.to(torch::kFloat32), 1), labels.to(torch::kInt64));
}

torch::Tensor charbonnier(const torch::Tensor& a, const torch::Tensor& b, double epsilon) {
  return ((a - b).square() + epsilon * epsilon).sqrt().mean();
}

torch::Tensor truncated(const torch::Tensor& a, const torch::Tensor& b, double alpha, double lambda) {
  const torch::Tensor error = a - b;
  const torch::Tensor t = alpha * error.abs();
  return (lambda / alpha * torch::log1p(t + 0.5 * t.square()) + (1 - lambda) * error.square()).mean();
}

std::vector<double> dice_of_classes(const torch::Tensor& a, const torch::Tensor& b, int classes) {
  std::vector<double> all;
  for (int c = 0; c < classes; ++c) {
    const torch::Tensor in_a = a == c, in_b = b == c;
    const double sum = (in_a.sum() + in_b.sum()).item<double>();
    all.push_back(2 * torch::logical_and(in_a, in_b).sum().item<double>() / sum);
  }
  return all;
}

}  // namespace sg::train
