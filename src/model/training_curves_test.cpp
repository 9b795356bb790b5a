#include "model/training_curves.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"

namespace sg::model {
namespace {

using Numbers = std::vector<double>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Table log_of(Numbers steps, Numbers loss) {
  return {{{"step", std::move(steps)}, {"loss", std::move(loss)}}};
}

TEST(TrainingCurves, TakeTheLastOfStepsThatWereDoneTwice) {
  Table log = log_of({1, 2, 3, 2, 3, 4}, {9, 8, 7, 6, 5, 4});
  log.columns.push_back({"seconds", Numbers{1, 2, 3, 2.5, 3.5, 4.5}});
  log.columns.push_back({"validation.loss", Numbers{nan, 20, nan, 30, nan, 10}});
  log.columns.push_back({"validation.dice brain", Numbers{nan, .5, nan, .6, nan, nan}});
  const TrainingCurves curves = training_curves(log);
  EXPECT_EQ(curves.steps, (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(curves.loss, (Numbers{9, 6, 5, 4}));
  EXPECT_EQ(curves.seconds, (Numbers{1, 2.5, 3.5, 4.5}));
  EXPECT_TRUE(std::isnan(curves.rate[0]));
  EXPECT_EQ(curves.validated, (Numbers{2, 4}));
  ASSERT_EQ(curves.validations.size(), 2U);
  EXPECT_EQ(curves.validations[0].name, "loss");
  EXPECT_EQ(curves.validations[0].values, (Numbers{30, 10}));
  EXPECT_EQ(curves.validations[1].name, "dice brain");
  EXPECT_TRUE(std::isnan(curves.validations[1].values[1]));
}

TEST(TrainingCurves, SmoothingKeepsAConstantAndFollowsALine) {
  EXPECT_EQ(smoothed_loss({}), Numbers{});
  for (const double value : smoothed_loss(Numbers(400, 3.25))) EXPECT_NEAR(value, 3.25, 1e-12);
  Numbers line;
  for (int i = 0; i < 1000; ++i) line.push_back(i == 500 ? nan : i);
  const Numbers smoothed = smoothed_loss(line);
  EXPECT_NEAR(smoothed.back(), 999 - 19, 1e-6);  // an exponential mean lags by d/(1−d), d = 1 − 50/1000
  EXPECT_EQ(smoothed[500], smoothed[499]);
}

TEST(TrainingCurves, RefuseWhatIsNoLog) {
  const auto message = [](const Table& table) -> std::string {
    try {
      training_curves(table);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({{{"loss", Numbers{1}}}}),
            "the table has no numbers in the column step, expected the metrics.jsonl of a training");
  EXPECT_EQ(message(log_of({1, 1.5}, {1, 1})), "step is 1.5 in row 2, expected whole numbers from 1");
}

TEST(TrainingCurves, PageSharesPlotsByKindOfMeasure) {
  Table log = log_of({1, 2}, {1, .01});
  for (int i = 0; i < 9; ++i)
    log.columns.push_back({"validation.dice " + std::to_string(i), Numbers{.1 * i, .1 * i}});
  log.columns.push_back({"validation.psnr", Numbers{30, 31}});
  const std::string page = training_page(training_curves(log)).html();
  std::size_t plots = 0;
  for (std::size_t at = 0; (at = page.find("class=\"plot\"", at)) != std::string::npos; ++at) ++plots;
  EXPECT_EQ(plots, 4U);  // loss, dice in two plots, PSNR; the log has no learning rate
  EXPECT_NE(page.find("dice 8"), std::string::npos);
  EXPECT_EQ(training_page(training_curves(log_of({}, {}))).title(), "Training");
}

}  // namespace
}  // namespace sg::model
