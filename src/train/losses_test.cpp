#include "train/losses.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sg::train {
namespace {

TEST(Losses, DiceAndCrossEntropyAgreeWithPlainSums) {
  torch::manual_seed(4);
  const torch::Tensor logits = torch::randn({2, 4, 3, 5}),
                      labels = torch::randint(0, 3, {2, 3, 5}).to(torch::kFloat32);
  const torch::Tensor p = torch::softmax(logits, 1);
  double dice = 0, entropy = 0;
  for (std::int64_t n = 0; n < 2; ++n) {
    double sum = 0;
    int present = 0;
    for (int c = 0; c < 4; ++c) {
      double both = 0, all = 0, held = 0;
      for (std::int64_t i = 0; i < 15; ++i) {
        const double t = labels[n].flatten()[i].item<float>() == static_cast<float>(c) ? 1 : 0;
        const double q = p[n][c].flatten()[i].item<double>();
        both += t * q;
        all += t + q;
        held += t;
        entropy -= t * std::log(q) / 30;
      }
      if (held == 0) continue;
      ++present;
      sum += 2 * both / all;
    }
    dice += sum / present / 2;
  }
  EXPECT_NEAR(soft_dice_loss(logits, labels).item<double>(), 1 - dice, 1e-5);
  EXPECT_NEAR(cross_entropy(logits, labels).item<double>(), entropy, 1e-5);
}

TEST(Losses, DiceLossHasTheGradientOfFiniteDifferences) {
  torch::manual_seed(6);
  torch::Tensor logits = torch::randn({1, 3, 2, 2}).requires_grad_();
  const torch::Tensor labels = torch::randint(0, 3, {1, 2, 2});
  soft_dice_loss(logits, labels).backward();
  torch::Tensor up = logits.detach().clone(), down = logits.detach().clone();
  up[0][1][0][1] += 1e-2;
  down[0][1][0][1] -= 1e-2;
  const double slope =
      (soft_dice_loss(up, labels).item<double>() - soft_dice_loss(down, labels).item<double>()) / 2e-2;
  EXPECT_NEAR((logits.grad()[0][1][0][1].item<double>()), slope, 1e-4);
}

TEST(Losses, CharbonnierIsAbsoluteFarFromZero) {
  const torch::Tensor a = torch::tensor({0.0F, 3.0F}), b = torch::tensor({0.0F, 1.0F});
  EXPECT_NEAR(charbonnier(a, b).item<double>(), 1.0005, 1e-5);
}

TEST(Losses, TruncatedIsItsFormula) {
  const torch::Tensor a = torch::tensor({0.0F, 3.0F, -1.0F}), b = torch::tensor({0.5F, 1.0F, -1.0F});
  for (const double alpha : {0.1, 1.0, 10.0})
    for (const double lambda : {0.0, 0.5, 1.0}) {
      double expected = 0;
      for (const double e : {-0.5, 2.0, 0.0}) {
        const double t = alpha * std::abs(e);
        expected += (lambda * std::log(1 + t + t * t / 2) / alpha + (1 - lambda) * e * e) / 3;
      }
      EXPECT_NEAR(truncated(a, b, alpha, lambda).item<double>(), expected, 1e-6);
    }
}

TEST(Losses, DiceOfClassesKnowsAbsentOnes) {
  const torch::Tensor a = torch::tensor({0, 1, 1, 2}), b = torch::tensor({0, 1, 2, 2});
  const std::vector<double> dice = dice_of_classes(a, b, 4);
  EXPECT_DOUBLE_EQ(dice[0], 1);
  EXPECT_DOUBLE_EQ(dice[1], 2.0 / 3);
  EXPECT_TRUE(std::isnan(dice[3]));
}

}  // namespace
}  // namespace sg::train
