#pragma once
#include <torch/torch.h>

#include <memory>
#include <vector>

namespace sg::train {

/// The processes that train together, each with its share of every batch. A launcher starts them all alike
/// with RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT in the environment, or Slurm with SLURM_PROCID,
/// SLURM_NTASKS and these last two. They speak by Gloo (CPU) or NCCL (CUDA) of libtorch's c10d.
class Group {
 public:
  virtual ~Group() = default;
  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  /// Replaces every tensor by its mean over all processes. All of one type, on the group's kind of device,
  /// and the same shapes everywhere.
  virtual void average(std::vector<torch::Tensor>& tensors);
};

/// By the environment; a process on its own where it says nothing. Throws invalid_input naming the variable
/// that is missing or no number, unavailable where libtorch was built without Gloo or NCCL or nobody answers.
std::unique_ptr<Group> join_group(const torch::Device& device);

}  // namespace sg::train
