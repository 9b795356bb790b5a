#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <optional>

#include "core/error.h"
#include "nn/card.h"
#include "nn/safetensors.h"
#include "train/autocast.h"
#include "train/average.h"
#include "train/checkpoint.h"
#include "train/hardware.h"
#include "train/prefetch.h"
#include "train/validator.h"

namespace sg::train {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Those of another training, or random ones.
NamedWeights first_weights(const Task& task, const TrainOptions& options) {
  if (options.start.empty()) {
    auto weights = nn::initial_weights(task.graph(), options.seed);
    for (auto& [name, tensor] : weights) {
      const auto gain = static_cast<float>(task.initial_gain(name));
      for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] *= gain;
    }
    return weights;
  }
  const nn::TensorFile file = nn::TensorFile::open(options.start);
  NamedWeights weights;
  for (const std::string& name : file.names()) weights.emplace_back(name, file.tensor(name));
  return weights;
}

class Training {
 public:
  Training(const Task& task, const TrainOptions& options, const TrainRun& run)
      : task_(task),
        options_(options),
        run_(run),
        device_(device_of(options)),
        module_(task.graph()),
        schedule_(options.schedule, options.steps),
        validator_(task, device_, run.group) {
    check_card();  // now, not after hours of training
    module_.load(first_weights(task, options));
    module_.to(device_);
    optimizer_.emplace(module_, options.optimizer);
    if (options.average != 0) average_.emplace(module_, options.average);
    if (options.patience > 0)
      for (const auto& weight : module_.weights()) best_weights_.push_back(weight.value.detach().clone());
  }

  void begin() {
    const auto file = run_.folder / "checkpoint.safetensors";
    if (std::filesystem::exists(file)) {
      if (!run_.resume)
        throw Error(
            ErrorCode::conflict,
            fmt::format("'{}' holds a training, expected --resume or another folder", run_.folder.string()),
            "folder");
      restore(file);
    }
    if (run_.group.rank() == 0) trim_log();
    loader_.emplace(
        [this](std::int64_t item) {
          return task_.sample(options_.seed, item / options_.batch,
                              run_.group.rank() * options_.batch + item % options_.batch);
        },
        step_ * options_.batch, options_.steps * options_.batch, options_.generators,
        static_cast<int>(2 * options_.generators + options_.batch));
  }

  TrainResult go() {
    TrainResult result;
    started_ = Clock::now();
    const std::int64_t first = step_;
    while (step_ < options_.steps && !result.interrupted && !stopped_early_) {
      StepReport now;
      now.rate = schedule_.rate(step_);
      result.interrupted = one_step(now);
      const bool last = step_ == options_.steps;
      if (last || (options_.validate_every > 0 && step_ % options_.validate_every == 0)) {
        validate();
        now.validation = validation_;
      }
      now.step = step_;
      now.steps = options_.steps;
      now.seconds = seconds();
      now.seconds_left = (now.seconds - former_seconds_) / static_cast<double>(step_ - first) *
                         static_cast<double>(options_.steps - step_);
      log(now);
      if (run_.report && run_.group.rank() == 0) run_.report(now);
      const bool due = options_.checkpoint_every > 0 && step_ % options_.checkpoint_every == 0;
      if (due && !last && !result.interrupted && !stopped_early_) save();
    }
    save();
    result.steps = step_;
    result.stopped_early = stopped_early_;
    result.validation = validation_;
    return result;
  }

 private:
  double seconds() const {
    return former_seconds_ + std::chrono::duration<double>(Clock::now() - started_).count();
  }

  /// Returns whether any process was told to stop.
  bool one_step(StepReport& now) {
    std::vector<Example> examples;
    for (std::int64_t i = 0; i < options_.batch; ++i) examples.push_back(loader_->next());
    module_.train();
    optimizer_->clear_gradients();
    torch::Tensor loss;
    {
      const Autocast autocast(options_.mixed);
      loss = task_.loss(module_.forward(stacked(examples, &Example::inputs, device_)),
                        stacked(examples, &Example::targets, device_));
    }
    loss.backward();
    now.loss = loss.item<double>();
    bool stop = run_.context.cancelled();
    if (run_.group.size() > 1) stop = share(now.loss, stop);
    if (!std::isfinite(now.loss))
      throw Error(
          ErrorCode::internal,
          fmt::format("the loss is {} at step {}: the learning rate may be too high", now.loss, step_ + 1));
    optimizer_->clip_gradients(options_.clip);
    optimizer_->step(now.rate);
    if (average_) average_->update(module_, step_);
    ++step_;
    return stop;
  }

  /// Makes gradients, observed tensors and the loss the mean of all processes.
  bool share(double& loss, bool stop) {
    std::vector<torch::Tensor> all;
    for (const auto& weight : module_.weights()) {
      if (!weight.trained)
        all.push_back(weight.value);
      else if (weight.value.grad().defined())
        all.push_back(weight.value.grad());
    }
    torch::Tensor facts = torch::tensor({loss, stop ? 1.0 : 0.0}, torch::kFloat64).to(device_);
    run_.group.average(all);
    std::vector<torch::Tensor> numbers{facts};
    run_.group.average(numbers);
    facts = facts.to(torch::kCPU);
    loss = facts[0].item<double>();
    return facts[1].item<double>() > 0;
  }

  void validate() {
    if (average_) average_->swap(module_);
    validation_ = validator_.measure(module_);
    if (average_) average_->swap(module_);
    if (!validation_.empty()) judge(validation_[0].second);
  }

  void judge(double loss) {
    schedule_.observe(loss);
    if (options_.patience == 0) return;
    if (loss < best_) {
      best_ = loss;
      waited_ = 0;
      torch::NoGradGuard no_gradient;
      const auto weights = module_.weights();
      for (std::size_t i = 0; i < weights.size(); ++i)
        best_weights_[i].copy_(average_ ? average_->values()[i] : weights[i].value);
    } else if (++waited_ >= options_.patience) {
      stopped_early_ = true;
    }
  }

  std::vector<std::pair<std::string, torch::Tensor>> tensors() const {
    std::vector<std::pair<std::string, torch::Tensor>> all;
    const auto weights = module_.weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      all.emplace_back("weight." + weights[i].name, weights[i].value);
      if (average_) all.emplace_back("average." + weights[i].name, average_->values()[i]);
      if (!best_weights_.empty()) all.emplace_back("best." + weights[i].name, best_weights_[i]);
    }
    for (auto& [name, tensor] : optimizer_->state()) all.emplace_back("optimizer." + name, tensor);
    return all;
  }

  NamedWeights result_weights() const {
    NamedWeights all = average_ ? average_->store(module_) : module_.store();
    if (std::isfinite(best_))
      for (std::size_t i = 0; i < all.size(); ++i) all[i].second = from_torch(best_weights_[i]);
    return all;
  }

  /// What must be the same to go on.
  Json identity() const {
    Json options = to_json(options_);
    for (const char* free : {"device", "threads", "generators", "checkpoint_every"}) options.erase(free);
    return {{"task", task_.name()},
            {"facts", task_.facts()},
            {"options", options},
            {"processes", run_.group.size()}};
  }

  /// JSON has no infinity, which is what nothing was better than so far.
  static Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
  static double number(const Json& value) {
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::infinity();
  }

  void save() {
    if (run_.group.rank() != 0) return;
    const Json validation = metrics_json(validation_);
    Checkpoint checkpoint{tensors(),
                          {{"identity", identity()},
                           {"step", step_},
                           {"optimizer_steps", optimizer_->steps},
                           {"schedule",
                            {{"scale", schedule_.state.scale},
                             {"best", number(schedule_.state.best)},
                             {"waited", schedule_.state.waited}}},
                           {"best", number(best_)},
                           {"waited", waited_},
                           {"stopped_early", stopped_early_},
                           {"validation", validation},
                           {"seconds", seconds()}}};
    write_checkpoint(run_.folder / "checkpoint.safetensors", checkpoint);
    Json record{{"task", task_.name()},
                {"facts", task_.facts()},
                {"graph", Json::parse(nn::to_json(task_.graph()))},
                {"parameters", nn::parameter_count(task_.graph())},
                {"options", to_json(options_)},
                {"processes", run_.group.size()},
                {"steps_done", step_},
                {"examples_seen", step_ * options_.batch * run_.group.size()},
                {"stopped_early", stopped_early_},
                {"weights", !best_weights_.empty() ? "best validation"
                            : average_             ? "moving average"
                                                   : "last step"},
                {"seconds", seconds()},
                {"hardware", hardware(options_.device)},
                {"validation", validation}};
    export_model(run_.folder, card(record), result_weights(), run_.model);
    write_text(run_.folder / "training.json", record.dump(2) + "\n");
  }

  void check_card() const {
    nn::Card card = task_.card();
    if (!run_.model.name.empty()) card.name = run_.model.name;
    card.check.reset();
    (void)nn::to_json(card);
  }

  nn::Card card(const Json& record) const {
    nn::Card card = task_.card();
    const Json& machine = record.at("hardware");
    const std::string processor = machine.value("gpu", machine.at("cpu").get<std::string>());
    card.training.hardware =
        machine.contains("gpu")
            ? fmt::format("{} × {}", run_.group.size(), processor)
            : fmt::format("{}, {} threads", processor, machine.at("threads").get<int>() * run_.group.size());
    card.training.software = fmt::format("libtorch {}", machine.at("libtorch").get<std::string>());
    card.training.revision = machine.value("revision", "");
    card.training.seed = static_cast<std::int64_t>(options_.seed);
    card.training.steps = step_;
    card.training.examples = record.at("examples_seen");
    card.training.seconds = std::round(seconds());
    if (!options_.start.empty())
      card.training.remarks.push_back(fmt::format("Began with the weights in '{}'.", options_.start));
    if (step_ < options_.steps)
      card.training.remarks.push_back(fmt::format("{} after {} of {} planned steps.",
                                                  stopped_early_ ? "Ended early" : "Interrupted", step_,
                                                  options_.steps));
    card.training.remarks.push_back(fmt::format("Weights: {}.", record.at("weights").get<std::string>()));
    const std::vector<nn::Card::Metric> pattern = std::move(card.metrics);
    card.metrics.clear();
    for (const auto& [name, value] : validation_) {
      if (!std::isfinite(value) || pattern.empty()) continue;
      card.metrics.push_back(pattern.front());
      card.metrics.back().name = name;
      card.metrics.back().value = std::round(1e4 * value) / 1e4;
      card.metrics.back().count = task_.validation_size();
      if (name == "loss") card.metrics.back().unit.clear();
    }
    return card;
  }

  void restore(const std::filesystem::path& file) {
    const Json facts = read_facts(file);
    const Json mine = identity();
    for (const auto& [key, value] : mine.at("options").items())
      same(key, value, facts.at("identity").at("options"));
    for (const char* key : {"task", "processes", "facts"}) same(key, mine.at(key), facts.at("identity"));
    read_tensors(file, tensors());
    step_ = facts.at("step");
    optimizer_->steps = facts.at("optimizer_steps");
    const Json& schedule = facts.at("schedule");
    schedule_.state = {schedule.at("scale"), number(schedule.at("best")), schedule.at("waited")};
    best_ = number(facts.at("best"));
    waited_ = facts.at("waited");
    stopped_early_ = facts.at("stopped_early");
    former_seconds_ = facts.at("seconds");
    for (const auto& [name, value] : facts.at("validation").items())
      validation_.emplace_back(name, value.is_number() ? value.get<double>() : std::nan(""));
  }

  static void same(const std::string& key, const Json& mine, const Json& theirs) {
    const Json other = theirs.contains(key) ? theirs.at(key) : Json();
    if (other == mine) return;
    throw Error(
        ErrorCode::conflict,
        fmt::format("{} is {}, but the training to go on with has {}", key, mine.dump(), other.dump()), key);
  }

  static Json metrics_json(const Metrics& metrics) {
    Json all = Json::object();
    for (const auto& [name, value] : metrics) all[name] = value;
    return all;
  }

  /// An interrupted training may have logged steps that are done again.
  void trim_log() {
    const auto file = run_.folder / "metrics.jsonl";
    std::ifstream before(file);
    std::string kept;
    for (std::string line; std::getline(before, line);) {
      const Json entry = Json::parse(line, nullptr, false);
      if (entry.is_object() && entry.value("step", std::int64_t{0}) <= step_ && step_ > 0)
        kept += line + "\n";
    }
    write_text(file, kept);
    log_.open(file, std::ios::app);
  }

  void log(const StepReport& now) {
    if (!log_.is_open()) return;
    Json entry{{"step", now.step}, {"loss", now.loss}, {"learning_rate", now.rate}, {"seconds", now.seconds}};
    if (!now.validation.empty()) entry["validation"] = metrics_json(now.validation);
    log_ << entry.dump() << std::endl;
  }

  const Task& task_;
  const TrainOptions& options_;
  const TrainRun& run_;
  torch::Device device_;
  GraphModule module_;
  Schedule schedule_;
  Validator validator_;
  std::optional<Optimizer> optimizer_;
  std::optional<Average> average_;
  std::optional<Prefetch> loader_;
  std::vector<torch::Tensor> best_weights_;
  double best_ = std::numeric_limits<double>::infinity();
  int waited_ = 0;
  bool stopped_early_ = false;
  std::int64_t step_ = 0;
  Metrics validation_;
  Clock::time_point started_ = Clock::now();
  double former_seconds_ = 0;
  std::ofstream log_;
};

}  // namespace

TrainResult train(const Task& task, const TrainOptions& options, const TrainRun& run) {
  check(options);
  if (options.threads > 0) torch::set_num_threads(options.threads);
  if (run.group.rank() == 0) std::filesystem::create_directories(run.folder);
  Training training(task, options, run);
  training.begin();
  return training.go();
}

}  // namespace sg::train
