#include "io/gltf_file.h"

#include <cstring>

#include "io/text.h"

namespace sg::io {
namespace gltf {

using Json = nlohmann::json;

[[noreturn]] void damaged(const std::string& what) { throw Error(ErrorCode::invalid_input, "glTF: " + what); }
[[noreturn]] void unsupported(const std::string& what) {
  throw Error(ErrorCode::unsupported_format, "glTF: " + what);
}

const Json* find(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

std::optional<std::uint64_t> whole(const Json& object, const char* key, const std::string& where) {
  const Json* value = find(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned()) damaged(fmt::format("{} of {} is not a whole number ≥ 0", key, where));
  return value->get<std::uint64_t>();
}

std::string text(const Json& object, const char* key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? clean_text(value->get_ref<const std::string&>(), 80) : "";
}

}  // namespace gltf

namespace {

using namespace gltf;

Bytes base64_decoded(std::string_view text) {
  const auto value = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int six = value(c);
    if (six < 0) damaged(fmt::format("'{}' is no character of base64", clean_text(std::string_view(&c, 1))));
    bits = bits << 6 | static_cast<std::uint32_t>(six);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return bytes;
}

struct Container {
  ByteView json, binary;
};

std::uint32_t word_at(ByteView file, std::size_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, file.data() + offset, sizeof word);
  return word;
}

Container split_glb(ByteView file) {
  if (file.size() < 20) damaged(fmt::format("the .glb has {} bytes, too few for its header", file.size()));
  if (word_at(file, 4) != 2)
    unsupported(fmt::format("the .glb has version {}, expected 2", word_at(file, 4)));
  if (word_at(file, 8) > file.size() || word_at(file, 8) < 20) {
    damaged(fmt::format("the .glb states {} bytes but has {}", word_at(file, 8), file.size()));
  }
  file = file.first(word_at(file, 8));
  Container result;
  std::size_t offset = 12;
  for (int index = 0; offset + 8 <= file.size(); ++index) {
    const std::uint32_t length = word_at(file, offset), type = word_at(file, offset + 4);
    if (length > file.size() - offset - 8) {
      damaged(fmt::format("chunk {} of the .glb states {} bytes but {} are left", index, length,
                          file.size() - offset - 8));
    }
    const ByteView content = file.subspan(offset + 8, length);
    if (index == 0 && type != 0x4E4F534A) damaged("the first chunk of the .glb is not JSON");
    if (index == 0) result.json = content;
    if (index == 1 && type == 0x004E4942) result.binary = content;
    offset += 8 + std::size_t{length};
  }
  return result;
}

}  // namespace

GltfFile::GltfFile(ByteView file) {
  const bool binary = as_text(file).starts_with("glTF");
  const Container container = binary ? split_glb(file) : Container{file, {}};
  embedded_ = container.binary;
  try {
    json_ = Json::parse(container.json.begin(), container.json.end());
  } catch (const Json::exception& error) {
    damaged(fmt::format("its JSON is damaged: {}", clean_text(error.what(), 200)));
  }
  if (!json_.is_object()) damaged("its JSON is not an object");
}

std::size_t GltfFile::list_size(const char* name) const {
  const Json* list = find(json_, name);
  return list != nullptr && list->is_array() ? list->size() : 0;
}
const GltfFile::Json& GltfFile::item(const char* list, std::uint64_t index) const {
  if (index >= list_size(list)) {
    damaged(fmt::format("{}[{}] is referred to, but there are {}", list, index, list_size(list)));
  }
  const Json& object = json_[list][static_cast<std::size_t>(index)];
  if (!object.is_object()) damaged(fmt::format("{}[{}] is not an object", list, index));
  return object;
}

GltfElements GltfFile::elements(std::uint64_t index, const std::string& type,
                                const std::map<std::uint64_t, std::uint64_t>& sizes) {
  const std::string where = fmt::format("accessors[{}]", index);
  const Json& accessor = item("accessors", index);
  if (accessor.contains("sparse")) unsupported(where + " is sparse, which is not read");
  GltfElements result;
  result.component = whole(accessor, "componentType", where).value_or(0);
  const auto size = sizes.find(result.component);
  const std::string stated = text(accessor, "type");
  if (stated != type || size == sizes.end()) {
    damaged(
        fmt::format("{} holds {} of type {}, which is no {} here", where, stated, result.component, type));
  }
  result.count = whole(accessor, "count", where).value_or(0);
  if (result.count == 0) damaged(where + " has no count above 0");
  const auto view_index = whole(accessor, "bufferView", where);
  if (!view_index) damaged(where + " has no bufferView");
  const Json& view = item("bufferViews", *view_index);
  const std::string view_name = fmt::format("bufferViews[{}]", *view_index);
  result.stride = whole(view, "byteStride", view_name).value_or(size->second);
  if (result.stride < size->second || result.stride > 252) {
    damaged(
        fmt::format("byteStride of {} is {}, expected {} to 252", view_name, result.stride, size->second));
  }
  const ByteView bytes = view_bytes(view, view_name);
  const std::uint64_t offset = whole(accessor, "byteOffset", where).value_or(0);
  const bool fits = offset <= bytes.size() && size->second <= bytes.size() - offset &&
                    result.count - 1 <= (bytes.size() - offset - size->second) / result.stride;
  if (!fits) {
    damaged(fmt::format("{} reads {} elements from byte {}, beyond the {} bytes of {}", where, result.count,
                        offset, bytes.size(), view_name));
  }
  result.first = bytes.data() + offset;
  return result;
}

ByteView GltfFile::view_bytes(const Json& view, const std::string& where) {
  const ByteView whole_buffer = buffer(whole(view, "buffer", where).value_or(0));
  const std::uint64_t offset = whole(view, "byteOffset", where).value_or(0);
  const std::uint64_t length = whole(view, "byteLength", where).value_or(0);
  if (offset > whole_buffer.size() || length > whole_buffer.size() - offset) {
    damaged(fmt::format("{} is {} bytes from byte {}, beyond the {} bytes of its buffer", where, length,
                        offset, whole_buffer.size()));
  }
  return whole_buffer.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

ByteView GltfFile::buffer(std::uint64_t index) {
  const Json& object = item("buffers", index);
  const Json* uri = find(object, "uri");
  if (uri == nullptr) {
    if (index != 0 || embedded_.empty()) damaged(fmt::format("buffers[{}] has no bytes", index));
    return embedded_;
  }
  const auto known = decoded_.find(index);
  if (known != decoded_.end()) return known->second;
  if (!uri->is_string()) damaged(fmt::format("uri of buffers[{}] is not a text", index));
  const std::string& address = uri->get_ref<const std::string&>();
  if (!address.starts_with("data:")) {
    unsupported(fmt::format("buffers[{}] is the file '{}', expected bytes inside (.glb, or base64)", index,
                            clean_text(address, 80)));
  }
  const std::size_t comma = address.find(',');
  if (comma == std::string::npos || !std::string_view(address).substr(0, comma).ends_with(";base64")) {
    damaged(fmt::format("uri of buffers[{}] is not base64", index));
  }
  return decoded_.emplace(index, base64_decoded(std::string_view(address).substr(comma + 1))).first->second;
}

}  // namespace sg::io
