// shaoguang-train: the command line of the trainer.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "core/error.h"
#include "train/tasks/brain.h"
#include "train/tasks/denoise.h"
#include "train/tasks/despeckle.h"
#include "train/trainer.h"

namespace {

using namespace sg;
using namespace sg::train;

const Context& interruptible() {
  static const Context context;
  return context;
}

/// The first signal asks for the end after this step, the second one ends at once.
void listen_for_signals() {
  interruptible();
  struct sigaction action {};
  action.sa_handler = [](int) { interruptible().cancel(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

/// One line that is rewritten on a terminal, one a hundredth of the way elsewhere.
void show(const StepReport& now) {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  static double mean = now.loss;
  mean += 0.05 * (now.loss - mean);
  const bool validated = !now.validation.empty();
  if (!terminal && !validated && now.step % std::max<std::int64_t>(now.steps / 100, 1) != 0) return;
  std::string line = fmt::format("step {}/{}  loss {:.4f}  rate {:.2e}  {} left", now.step, now.steps, mean,
                                 now.rate, clock_text(now.seconds_left));
  if (validated) {
    line += "\n  validation:";
    for (const auto& [name, value] : now.validation) line += fmt::format("  {} {:.4f}", name, value);
  }
  fmt::print(stderr, "{}{}{}", terminal ? "\r\033[K" : "", line, terminal && !validated ? "" : "\n");
  std::fflush(stderr);
}

/// What every task takes.
struct CommandLine {
  TrainOptions options;
  std::string folder;
  bool resume = false;
  ExportOptions model;

  void add_to(CLI::App& app) {
    TrainOptions& o = options;
    app.add_option("--out", folder, "folder for weights, checkpoint and metrics")->required();
    app.add_flag("--resume", resume, "go on from the checkpoint in that folder, if there is one");
    app.add_option("--start", o.start, "weights file to begin with, instead of random weights");
    app.add_option("--steps", o.steps, "training steps");
    app.add_option("--batch", o.batch, "examples a step (and process)");
    app.add_option("--rate", o.schedule.rate, "highest learning rate");
    app.add_option("--schedule", o.schedule.decay, "constant, cosine or plateau")
        ->transform(CLI::CheckedTransformer(std::map<std::string, Decay>{
            {"constant", Decay::constant}, {"cosine", Decay::cosine}, {"plateau", Decay::plateau}}));
    app.add_option("--warm-up", o.schedule.warm_up, "steps of rising learning rate");
    app.add_option("--floor", o.schedule.floor, "lowest learning rate, as a share of the highest");
    app.add_option("--plateau-patience", o.schedule.patience,
                   "validations without gain before the rate drops");
    app.add_option("--plateau-factor", o.schedule.factor, "what a drop leaves of the rate");
    app.add_option("--optimizer", o.optimizer.method, "adamw or sgd")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, Method>{{"adamw", Method::adamw}, {"sgd", Method::sgd}}));
    app.add_option("--weight-decay", o.optimizer.weight_decay, "shrinks weights, apart from the gradient");
    app.add_option("--average", o.average, "decay of the moving average of the weights; 0 = none");
    app.add_option("--clip", o.clip, "largest norm of the gradient; 0 = any");
    app.add_flag("--mixed", o.mixed, "bfloat16 where it does no harm (CUDA)");
    app.add_option("--seed", o.seed, "of first weights and examples");
    app.add_option("--device", o.device, "cpu, cuda or cuda:<number>");
    app.add_option("--threads", o.threads, "of libtorch; 0 = all cores");
    app.add_option("--generators", o.generators, "threads that make examples");
    app.add_option("--validate-every", o.validate_every, "steps; 0 = at the end");
    app.add_option("--patience", o.patience, "validations without gain before training stops; 0 = never");
    app.add_option("--checkpoint-every", o.checkpoint_every, "steps; 0 = at the end");
    app.add_option("--name", model.name, "of the model; else the task's");
    app.add_option("--model-version", model.version, "of the model");
    app.add_option("--licence", model.licence, "of the weights");
    app.add_option("--weights", model.type, "how they are kept: f32, f16 or bf16")
        ->transform(CLI::CheckedTransformer(std::map<std::string, nn::DType>{
            {"f32", nn::DType::f32}, {"f16", nn::DType::f16}, {"bf16", nn::DType::bf16}}));
    app.option_defaults()->always_capture_default();
  }

  int run(const Task& task) const {
    const auto group = join_group(torch::Device(options.device));
    const TrainResult result =
        sg::train::train(task, options, {folder, resume, *group, show, interruptible(), model});
    if (group->rank() == 0)
      fmt::print(stderr, "\n{} after {} steps: {}\n",
                 result.interrupted     ? "interrupted"
                 : result.stopped_early ? "stopped early"
                                        : "done",
                 result.steps, folder);
    return result.interrupted ? exit_status(ErrorCode::cancelled) : 0;
  }
};

/// A task's subcommand: its own options, the trainer's, and what makes the task of them.
struct Subcommand {
  CommandLine line;
  std::string data;
  CLI::App* app = nullptr;
  std::function<std::unique_ptr<Task>()> task;
};

void add_brain(CLI::App& app, Subcommand& sub, BrainOptions& brain) {
  sub.line.options.schedule.warm_up = 50;
  sub.line.options.average = 0.999;
  sub.line.options.clip = 1;
  sub.app =
      app.add_subcommand("brain", "3-D tissue segmentation, learned on scans simulated from label maps");
  sub.app->add_option("--data", sub.data, "safetensors file of label maps")->required();
  sub.app->add_option("--size", brain.simulation.size, "voxels along x, y, z");
  sub.app->add_option("--spacing", brain.simulation.spacing, "mm")->check(CLI::Range(0.5, 8.0));
  sub.app->add_option("--channels", brain.channels, "of each level of the U-Net")->expected(2, 8);
  sub.app->add_option("--held-out", brain.held_out, "maps for validation only");
  sub.app->add_option("--validation-scans", brain.validation_scans, "how many are simulated");
  sub.line.add_to(*sub.app);
  sub.task = [&] { return brain_task(sub.data, brain); };
}

void add_denoise(CLI::App& app, Subcommand& sub, DenoiseOptions& denoise) {
  sub.line.options.steps = 4800;
  sub.line.options.batch = 4;
  sub.line.options.schedule.warm_up = 20;
  sub.line.options.average = 0.995;
  sub.line.options.clip = 1;
  sub.line.options.schedule.rate = 2e-3;
  sub.app = app.add_subcommand("denoise",
                               "2-D removal of Gaussian and Rician noise, learned on simulated pictures");
  sub.app->add_option("--data", sub.data,
                      "safetensors file of images or label maps to learn from besides phantoms");
  sub.app->add_option("--channels", denoise.network.channels, "of the first level, doubled with each");
  sub.app->add_option("--levels", denoise.network.levels, "resolutions, each half the one before");
  sub.app->add_option("--patch", denoise.patch, "pixels across");
  sub.app->add_option("--from-data", denoise.from_data, "share of the patches that come from it");
  sub.app->add_option("--lowest", denoise.lowest, "noise, share of the range");
  sub.app->add_option("--highest", denoise.highest, "noise, share of the range");
  sub.line.add_to(*sub.app);
  sub.task = [&] { return denoise_task(sub.data, denoise); };
}

void add_despeckle(CLI::App& app, Subcommand& sub, DespeckleOptions& despeckle) {
  sub.line.options.steps = 20000;
  sub.line.options.batch = 8;
  sub.line.options.schedule.warm_up = 100;
  sub.line.options.average = 0.999;
  sub.line.options.clip = 1;
  sub.line.options.schedule.rate = 1e-3;
  sub.app = app.add_subcommand("despeckle", "2-D removal of speckle, learned on pictures and phantoms");
  sub.app->add_option("--data", sub.data, "safetensors file of images")->required();
  sub.app->add_option("--channels", despeckle.network.channels, "of the first level, doubled with each");
  sub.app->add_option("--levels", despeckle.network.levels, "resolutions, each half the one before");
  sub.app->add_option("--blocks", despeckle.network.blocks, "residual blocks a level and direction");
  sub.app->add_option("--patch", despeckle.patch, "pixels across");
  sub.app->add_option("--draws", despeckle.draws, "of a patch; the one with the most detail is taken");
  sub.app->add_option("--shrink", despeckle.shrink, "pictures are shrunk by a whole number up to this");
  sub.app->add_option("--fewest-looks", despeckle.fewest_looks, "of the speckle");
  sub.app->add_option("--most-looks", despeckle.most_looks, "of the speckle");
  sub.app->add_option("--correlated", despeckle.correlated, "share of patches whose speckle is correlated");
  sub.app->add_option("--phantoms", despeckle.phantoms, "share of patches that are phantoms");
  sub.app->add_option("--loss", despeckle.loss, "truncated, absolute or charbonnier")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, DespeckleLoss>{{"truncated", DespeckleLoss::truncated},
                                               {"absolute", DespeckleLoss::absolute},
                                               {"charbonnier", DespeckleLoss::charbonnier}}));
  sub.app->add_option("--alpha", despeckle.alpha, "of the truncated loss");
  sub.app->add_option("--lambda", despeckle.lambda, "share of the truncated part; the rest is squared");
  sub.app->add_option("--log-share", despeckle.log_share, "share of the loss that compares logarithms");
  sub.app->add_option("--held-out", despeckle.held_out, "pictures for validation only");
  sub.line.add_to(*sub.app);
  sub.task = [&] { return despeckle_task(sub.data, despeckle); };
}

int command(int argc, char** argv) {
  CLI::App app{"shaoguang-train: trains the networks of Shaoguang (research use)"};
  app.require_subcommand(1);
  Subcommand brain, denoise, despeckle;
  BrainOptions brain_options;
  DenoiseOptions denoise_options;
  DespeckleOptions despeckle_options;
  add_brain(app, brain, brain_options);
  add_denoise(app, denoise, denoise_options);
  add_despeckle(app, despeckle, despeckle_options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;
  }
  Subcommand& chosen = brain.app->parsed() ? brain : denoise.app->parsed() ? denoise : despeckle;
  chosen.line.model.command = "shaoguang-train";
  for (int i = 1; i < argc; ++i)
    if (argv[i] != std::string_view("--resume")) chosen.line.model.command += fmt::format(" {}", argv[i]);
  return chosen.line.run(*chosen.task());
}

}  // namespace

int main(int argc, char** argv) {
  listen_for_signals();
  try {
    return command(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "shaoguang-train: {}\n", error.what());
    return exit_status(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "shaoguang-train: {}\n", error.what());
    return exit_status(ErrorCode::internal);
  }
}
