#include "train/group.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>

#include "core/error.h"

#ifdef SG_TRAIN_GLOO
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef SG_TRAIN_NCCL
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#ifdef SG_TRAIN_C10D
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace sg::train {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// The first of these variables that is there.
std::optional<int> number(std::initializer_list<const char*> names, int least, int most) {
  for (const char* name : names) {
    const std::optional<std::string> text = variable(name);
    if (!text) continue;
    int value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < least || value > most)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} is \"{}\", expected a number from {} to {}", name, *text, least, most),
                  name);
    return value;
  }
  return std::nullopt;
}

#ifdef SG_TRAIN_C10D
/// All-reduce over a backend of c10d, in one message; all tensors have one type.
template <class Backend>
class BackendGroup : public Group {
 public:
  BackendGroup(c10::intrusive_ptr<c10d::Store> store, c10::intrusive_ptr<Backend> backend, int rank, int size)
      : store_(std::move(store)), backend_(std::move(backend)), rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void average(std::vector<torch::Tensor>& tensors) override {
    if (tensors.empty()) return;
    torch::NoGradGuard no_gradient;
    std::vector<torch::Tensor> flat;
    for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.detach().reshape({-1}));
    std::vector<torch::Tensor> message{torch::cat(flat)};
    backend_->allreduce(message)->wait();
    message[0].div_(size_);
    std::int64_t begin = 0;
    for (torch::Tensor& tensor : tensors) {
      tensor.detach().copy_(message[0].slice(0, begin, begin + tensor.numel()).view(tensor.sizes()));
      begin += tensor.numel();
    }
  }

 private:
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<Backend> backend_;
  int rank_, size_;
};

struct Place {
  std::string address;
  int port = 0, rank = 0, size = 1;
};

c10::intrusive_ptr<c10d::Store> meet(const Place& place) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(place.port);
  options.isServer = place.rank == 0;
  options.numWorkers = static_cast<std::size_t>(place.size);
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

std::unique_ptr<Group> join(const Place& place, const torch::Device& device) {
  if (device.is_cuda()) {
#ifdef SG_TRAIN_NCCL
    auto store = meet(place);
    auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, place.rank, place.size);
    return std::make_unique<BackendGroup<c10d::ProcessGroupNCCL>>(store, backend, place.rank, place.size);
#endif
  } else {
#ifdef SG_TRAIN_GLOO
    auto store = meet(place);
    const auto options = c10d::ProcessGroupGloo::Options::create();
    options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    auto backend = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
    return std::make_unique<BackendGroup<c10d::ProcessGroupGloo>>(store, backend, place.rank, place.size);
#endif
  }
  throw Error(ErrorCode::unavailable,
              fmt::format("this program was built without {}: processes cannot train together",
                          device.is_cuda() ? "NCCL" : "Gloo"));
}
#endif

}  // namespace

void Group::average(std::vector<torch::Tensor>&) {}

std::unique_ptr<Group> join_group([[maybe_unused]] const torch::Device& device) {
  const int size = number({"WORLD_SIZE", "SLURM_NTASKS"}, 1, 1 << 16).value_or(1);
  if (size == 1) return std::make_unique<Group>();
  const std::optional<int> rank = number({"RANK", "SLURM_PROCID"}, 0, size - 1);
  const std::optional<int> port = number({"MASTER_PORT"}, 1, 65535);
  const std::optional<std::string> address = variable("MASTER_ADDR");
  const char* missing = !rank ? "RANK" : !address ? "MASTER_ADDR" : !port ? "MASTER_PORT" : nullptr;
  if (missing != nullptr)
    throw Error(ErrorCode::invalid_input, fmt::format("{} processes, but {} is not set", size, missing),
                missing);
#ifdef SG_TRAIN_C10D
  try {
    return join({*address, *port, *rank, size}, device);
  } catch (const c10::Error& error) {
    throw Error(ErrorCode::unavailable,
                fmt::format("process {} of {} cannot reach the others at {}:{}: {}", *rank, size, *address,
                            *port, error.what_without_backtrace()));
  }
#else
  throw Error(ErrorCode::unavailable,
              "this program was built without Gloo and NCCL: processes cannot train together");
#endif
}

}  // namespace sg::train
