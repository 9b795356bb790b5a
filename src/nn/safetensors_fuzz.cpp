#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "nn/safetensors.h"

// The first byte chooses: odd, a whole file follows; even, a header of as many bytes as the second byte says
// times four (at most what there is) and then data, so that a mutation does not have to keep the length
// right.

namespace {

using namespace sg::nn;

void require(bool truth) {
  if (!truth) std::abort();
}

/// What was taken must come through writing unchanged.
void read_and_write(std::span<const std::uint8_t> bytes) {
  const TensorFile file = TensorFile::parse(bytes);
  std::vector<NamedTensor> tensors;
  std::size_t data = 0;
  for (const std::string& name : file.names()) {
    const StoredTensor stored = file.entry(name);
    require(file.tensor(name).size() == count(stored.shape));
    data += stored.bytes.size();
    tensors.emplace_back(name, stored);
  }
  require(data <= bytes.size());
  const TensorFile again = TensorFile::parse(format_tensors(tensors, file.metadata()));
  require(again.metadata() == file.metadata() && again.names().size() == tensors.size());
  for (const NamedTensor& tensor : tensors) {
    const StoredTensor before = file.entry(tensor.name), after = again.entry(tensor.name);
    require(before.dtype == after.dtype && before.shape == after.shape);
    require(std::equal(before.bytes.begin(), before.bytes.end(), after.bytes.begin(), after.bytes.end()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::span<const std::uint8_t> bytes(data + 1, size - 1);
  static std::vector<std::uint8_t> file;
  if (data[0] % 2 == 0) {
    const std::size_t length = std::min<std::size_t>(4U * data[1], size - 2);
    file.assign(8, 0);
    file[0] = static_cast<std::uint8_t>(length);
    file[1] = static_cast<std::uint8_t>(length >> 8);
    file.insert(file.end(), data + 2, data + size);
    bytes = file;
  }
  try {
    read_and_write(bytes);
  } catch (const sg::Error& error) {
    require(error.code() == sg::ErrorCode::invalid_input ||
            error.code() == sg::ErrorCode::unsupported_format);
  }
  return 0;
}
