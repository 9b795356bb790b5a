#pragma once
#include <filesystem>
#include <memory>

#include "train/task.h"
#include "train/tasks/brain_simulation.h"

namespace sg::train {

struct BrainOptions {
  BrainSimulation simulation;
  std::vector<std::int64_t> channels{16, 32, 64, 128};
  std::vector<std::string> held_out{"seg_14", "seg_15"};  // maps that only validation sees
  int validation_scans = 6;
};

/// Tissue segmentation of the head in scans of any contrast: a 3-D U-Net learns from simulated scans of label
/// maps (brain_simulation.h). Loss: soft Dice + cross entropy. Metrics: loss, Dice of every tissue and of the
/// whole brain (tissues 2…8). Throws what read_head_maps does, and invalid_input where no map is left to
/// train with or to hold out, or a size is too small for the network.
std::unique_ptr<Task> brain_task(const std::filesystem::path& data, const BrainOptions& options);

}  // namespace sg::train
