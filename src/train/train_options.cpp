#include "train/train_options.h"

#include <fmt/format.h>

#include <optional>

#include "core/error.h"
#include "train/expect.h"

namespace sg::train {

torch::Device device_of(const TrainOptions& options) {
  std::optional<torch::Device> device;
  try {
    device.emplace(options.device);
  } catch (const std::exception&) {
  }
  expect(device && (device->is_cpu() || device->is_cuda()), "device", "\"" + options.device + "\"",
         "cpu, cuda or cuda:<number>");
  const auto count = static_cast<int>(torch::cuda::device_count());
  if (device->is_cuda() && (device->has_index() ? device->index() : 0) >= count)
    throw Error(ErrorCode::unavailable,
                fmt::format("device {}: this libtorch sees {} of that kind", options.device, count),
                "device");
  return *device;
}

void check(const TrainOptions& options) {
  expect(options.steps > 0, "steps", std::to_string(options.steps), "1 or more");
  expect(options.batch > 0, "batch", std::to_string(options.batch), "1 or more");
  expect(options.clip >= 0, "clip", fmt::format("{}", options.clip), "0 or more");
  expect(options.threads >= 0, "threads", std::to_string(options.threads), "0 or more");
  expect(options.generators > 0, "generators", std::to_string(options.generators), "1 or more");
  expect(options.validate_every >= 0, "validate_every", std::to_string(options.validate_every), "0 or more");
  expect(options.checkpoint_every >= 0, "checkpoint_every", std::to_string(options.checkpoint_every),
         "0 or more");
  expect(options.patience >= 0, "patience", std::to_string(options.patience), "0 or more");
  const bool watches = options.patience > 0 || options.schedule.decay == Decay::plateau;
  expect(!watches || options.validate_every > 0, "validate_every", "0", "1 or more with patience or plateau");
  expect(!options.mixed || options.device.starts_with("cuda"), "mixed", "on", "a CUDA device with it");
}

nlohmann::ordered_json to_json(const TrainOptions& options) {
  const auto& [method, weight_decay, momentum, second, epsilon] = options.optimizer;
  const ScheduleOptions& s = options.schedule;
  const char* decay = s.decay == Decay::cosine    ? "cosine"
                      : s.decay == Decay::plateau ? "plateau"
                                                  : "constant";
  return {{"steps", options.steps},
          {"batch", options.batch},
          {"start", options.start},
          {"seed", options.seed},
          {"optimizer", method == Method::adamw ? "adamw" : "sgd"},
          {"weight_decay", weight_decay},
          {"momentum", momentum},
          {"second", second},
          {"epsilon", epsilon},
          {"schedule", decay},
          {"rate", s.rate},
          {"floor", s.floor},
          {"warm_up", s.warm_up},
          {"plateau_factor", s.factor},
          {"plateau_patience", s.patience},
          {"average", options.average},
          {"clip", options.clip},
          {"mixed", options.mixed},
          {"device", options.device},
          {"threads", options.threads},
          {"generators", options.generators},
          {"validate_every", options.validate_every},
          {"patience", options.patience},
          {"checkpoint_every", options.checkpoint_every}};
}

}  // namespace sg::train
