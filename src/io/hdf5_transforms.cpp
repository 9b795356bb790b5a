#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "io/hdf5_child.h"
#include "io/text.h"
#include "io/transform_records.h"

namespace sg::io {
namespace {

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  hid_t get() const { return id_; }
  bool good() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

Handle memory_file_access() {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 20, 0);
  return {access, H5Pclose};
}

bool exists(hid_t parent, const std::string& name) {
  return H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<double> read_numbers(hid_t group, const std::string& name, std::uint64_t limit) {
  const Handle dataset(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.good()) bad(fmt::format("{} is not readable", name));
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const Handle type(H5Dget_type(dataset.get()), H5Tclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  if (count < 0 || static_cast<std::uint64_t>(count) > limit)
    bad(fmt::format("{} claims {} values", name, count));
  if (H5Tget_class(type.get()) != H5T_FLOAT) bad(fmt::format("{} holds no floating point numbers", name));
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0 &&
      H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    bad(fmt::format("{} is damaged or truncated", name));
  }
  return values;
}

std::string read_string(hid_t group, const std::string& name) {
  const Handle dataset(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.good()) bad(fmt::format("{} is missing", name));
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const Handle type(H5Dget_type(dataset.get()), H5Tclose);
  if (H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1) {
    bad(fmt::format("{} is no text", name));
  }
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    if (H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<void*>(&text)) < 0 ||
        text == nullptr) {
      bad(fmt::format("{} is damaged", name));
    }
    const std::string result(text, strnlen(text, 256));
    H5free_memory(text);
    return result;
  }
  const std::size_t size = H5Tget_size(type.get());
  if (size == 0 || size > 4096) bad(fmt::format("{} has {} bytes, expected a short text", name, size));
  std::string result(size, '\0');
  if (H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data()) < 0) {
    bad(fmt::format("{} is damaged", name));
  }
  return result.substr(0, result.find('\0'));
}

std::vector<TransformRecord> read_all(ByteView bytes) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access = memory_file_access();
  Bytes copy(bytes.begin(), bytes.end());  // the interface is not const
  if (H5Pset_file_image(access.get(), copy.data(), copy.size()) < 0) bad("the file is not readable");
  const Handle file(H5Fopen("memory", H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!file.good()) bad("not an HDF5 file, or truncated");
  const Handle root(H5Gopen2(file.get(), "/TransformGroup", H5P_DEFAULT), H5Gclose);
  if (!root.good()) bad("the HDF5 file holds no /TransformGroup, expected an ITK transform file");
  // Compressed fields shrink by 1032 at the very most.
  const std::uint64_t limit = std::uint64_t{bytes.size()} * 1032 / 4 + 1024;
  std::vector<TransformRecord> records;
  while (records.size() < 1000) {
    const std::string name = std::to_string(records.size());
    if (!exists(root.get(), name)) break;
    const Handle group(H5Gopen2(root.get(), name.c_str(), H5P_DEFAULT), H5Gclose);
    if (!group.good()) bad(fmt::format("transform {} is not readable", name));
    TransformRecord record{read_string(group.get(), "TransformType"), {}, {}};
    // ITK wrote "Tranform…" for years.
    for (const char* parameters : {"TransformParameters", "TranformParameters"}) {
      if (exists(group.get(), parameters)) record.parameters = read_numbers(group.get(), parameters, limit);
    }
    for (const char* fixed : {"TransformFixedParameters", "TranformFixedParameters"}) {
      if (exists(group.get(), fixed)) record.fixed = read_numbers(group.get(), fixed, limit);
    }
    records.push_back(std::move(record));
  }
  return records;
}

void append(Bytes& out, const void* data, std::size_t size) {
  const std::size_t at = out.size();
  out.resize(at + size);
  if (size > 0) std::memcpy(out.data() + at, data, size);
}
void append_size(Bytes& out, std::uint64_t value) { append(out, &value, sizeof value); }

Bytes packed(const std::vector<TransformRecord>& records) {
  Bytes out;
  append_size(out, records.size());
  for (const TransformRecord& record : records) {
    append_size(out, record.type.size());
    append(out, record.type.data(), record.type.size());
    for (const std::vector<double>* list : {&record.parameters, &record.fixed}) {
      append_size(out, list->size());
      append(out, list->data(), list->size() * sizeof(double));
    }
  }
  return out;
}

/// The child may have been taken over by what it read, so its answer is checked like any input.
class Unpacker {
 public:
  explicit Unpacker(ByteView bytes) : rest_(bytes) {}
  std::uint64_t size() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(8).data(), 8);
    return value;
  }
  ByteView take(std::uint64_t count) {
    if (count > rest_.size()) bad("the HDF5 transform is damaged");
    const ByteView part = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return part;
  }
  std::vector<double> numbers() {
    const std::uint64_t count = size();
    if (count > rest_.size() / sizeof(double)) bad("the HDF5 transform is damaged");
    const ByteView raw = take(count * sizeof(double));
    std::vector<double> values(static_cast<std::size_t>(count));
    if (!values.empty()) std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }

 private:
  ByteView rest_;
};

void write_string(hid_t parent, const char* name, const std::string& text) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  const hsize_t one = 1;
  const Handle space(H5Screate_simple(1, &one, nullptr), H5Sclose);
  const Handle dataset(
      H5Dcreate2(parent, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  const char* pointer = text.c_str();
  if (H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(&pointer)) <
      0) {
    throw Error(ErrorCode::internal, fmt::format("HDF5 cannot write {}", name));
  }
}

void write_numbers(hid_t parent, const char* name, const std::vector<double>& values, bool single) {
  const auto count = static_cast<hsize_t>(values.size());
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const Handle dataset(H5Dcreate2(parent, name, single ? H5T_IEEE_F32LE : H5T_IEEE_F64LE, space.get(),
                                  H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                       H5Dclose);
  if (!dataset.good() ||
      H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    throw Error(ErrorCode::resource, fmt::format("HDF5 cannot write {} numbers", values.size()));
  }
}

}  // namespace

std::vector<TransformRecord> parse_transform_hdf5(ByteView bytes) {
  // 10 MB/s is far below what any field reads at; the records stand in the child twice, as numbers and as
  // answer.
  const ChildLimits limits{2 + static_cast<int>(bytes.size() / 10'000'000),
                           (std::uint64_t{1} << 30) + std::uint64_t{bytes.size()} * 32};
  const Bytes answer =
      run_in_child([bytes] { return packed(read_all(bytes)); }, "the HDF5 transform", limits);
  Unpacker unpacker(answer);
  const std::uint64_t count = unpacker.size();
  std::vector<TransformRecord> records;
  for (std::uint64_t i = 0; i < count && i < 1000; ++i) {
    TransformRecord record;
    record.type = clean_text(as_text(unpacker.take(unpacker.size())), 200);
    record.parameters = unpacker.numbers();
    record.fixed = unpacker.numbers();
    records.push_back(std::move(record));
  }
  return records;
}

Bytes format_transform_hdf5(const std::vector<TransformRecord>& records) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access = memory_file_access();
  const Handle file(H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  write_string(file.get(), "ITKVersion", "5.2.1");
  write_string(file.get(), "HDFVersion", H5_VERS_INFO);
  write_string(file.get(), "OSName", "Linux");
  write_string(file.get(), "OSVersion", "");
  {
    const Handle root(H5Gcreate2(file.get(), "TransformGroup", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      H5Gclose);
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Handle group(
          H5Gcreate2(root.get(), std::to_string(i).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
      write_string(group.get(), "TransformType", records[i].type);
      if (records[i].type.starts_with("CompositeTransform")) continue;
      write_numbers(group.get(), "TransformFixedParameters", records[i].fixed, false);
      write_numbers(group.get(), "TransformParameters", records[i].parameters,
                    records[i].type.find("_float_") != std::string::npos);
    }
  }
  H5Fflush(file.get(), H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  Bytes bytes(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (size <= 0 || H5Fget_file_image(file.get(), bytes.data(), bytes.size()) < 0) {
    throw Error(ErrorCode::internal, "HDF5 cannot hand out what it wrote");
  }
  return bytes;
}

}  // namespace sg::io
