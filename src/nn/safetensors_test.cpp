#include "nn/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/rng.h"
#include "core/sha256.h"
#include "core/test_folder.h"
#include "nn/nn_fixture.h"
#include "nn/safetensors_header.h"
#include "nn/safetensors_seeds.h"

namespace sg::nn {
namespace {

using Bytes = std::vector<std::uint8_t>;

void expect_refused(const std::string& part, const std::string& header, const std::string& data = "",
                    ErrorCode code = ErrorCode::invalid_input) {
  expect_error(code, part, [&] { TensorFile::parse(seeds::file(header, data)); });
}

std::string tensor(const std::string& shape, const std::string& offsets, const std::string& dtype = "U8") {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(Safetensors, ReadsAFileWrittenByHand) {
  const Bytes file = seeds::file(R"({"b":{"dtype":"I16","shape":[1,3],"data_offsets":[8,14]},)"
                                 R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                 R"("__metadata__":{"format":"pt"}}   )",
                                 std::string("\0\0\x80\x3F\0\0\x20\xC0\1\0\xFF\xFF\0\x80", 14));
  const TensorFile read = TensorFile::parse(file);
  EXPECT_EQ(read.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.metadata(), (Metadata{{"format", "pt"}}));
  const StoredTensor b = read.entry("b");
  EXPECT_EQ(b.dtype, DType::i16);
  EXPECT_EQ(b.shape, (Shape{1, 3}));
  EXPECT_EQ(b.bytes.data(), file.data() + file.size() - 6);  // no copy
  const Tensor values = read.tensor("b");
  EXPECT_EQ(values.shape, (Shape{1, 3}));
  EXPECT_EQ(std::vector<float>(values.data(), values.data() + 3), (std::vector<float>{1, -1, -32768}));
  EXPECT_EQ(read.tensor("a").data()[1], -2.5F);
  EXPECT_TRUE(read.contains("a"));
  EXPECT_FALSE(read.contains("c"));
  EXPECT_EQ(read.sha256(), sha256({reinterpret_cast<const char*>(file.data()), file.size()}));
  expect_error(ErrorCode::not_found, "no tensor 'c', expected one of the 2: 'a'", [&] { read.entry("c"); });
  expect_error(ErrorCode::not_found, "expected one of the 0",
               [] { TensorFile::parse(seeds::file("{}")).tensor("x"); });
}

TEST(Safetensors, OwnsBytesThatAreGivenAwayAndMoves) {
  TensorFile first = TensorFile::parse(seeds::file("{\"x\":" + tensor("[]", "[0,1]") + "}", "\x05"));
  TensorFile second = std::move(first);
  first = TensorFile::parse(seeds::file("{}"));
  EXPECT_EQ(second.tensor("x").data()[0], 5);
  EXPECT_EQ(second.tensor("x").shape, Shape{});
  EXPECT_TRUE(first.names().empty());
}

TEST(Safetensors, SeedsAreTaken) {
  for (const seeds::Parts& parts : seeds::parts()) {
    const TensorFile file = TensorFile::parse(seeds::file(parts.header, parts.data));
    std::size_t bytes = 0;
    for (const std::string& name : file.names()) bytes += file.entry(name).bytes.size();
    EXPECT_EQ(bytes, parts.data.size());
  }
}

TEST(Safetensors, DamagedHeadersAreRefused) {
  expect_refused("does not begin with '{'", "");
  expect_refused("does not begin with '{'", " {}");
  expect_refused("does not begin with '{'", "[]");
  expect_refused("does not begin with '{'", "\xEF\xBB\xBF{}");
  expect_refused("mistake at byte", "{");
  expect_refused("mistake at byte", "{} {}");
  expect_refused("mistake at byte 3", std::string("{}\0", 3));
  expect_refused("mistake at byte 3", std::string("{}\0rest", 7));
  expect_refused("not JSON in UTF-8", "{\"\xFF\":{}}");
  expect_refused("not JSON in UTF-8", "{\"\xED\xA0\x80\":{}}");
  expect_refused("not JSON in UTF-8", "{\"x\":{\"dtype\":\"F32\"");
  expect_refused("has null as 'x', expected an object", R"({"x":null})");
  expect_refused("has a list as 'x'", R"({"x":[]})");
  expect_refused("'y' in tensor 'x', expected dtype, shape", R"({"x":{"y":1}})");
  expect_refused("says no data_offsets of tensor 'x'", R"({"x":{"dtype":"F32","shape":[]}})");
  expect_refused("says no dtype", R"({"x":{}})");
  expect_refused("has an object as shape", R"({"x":{"shape":{}}})");
  expect_refused("has 7 as dtype of tensor 'x', expected a text", R"({"x":{"dtype":7}})");
  expect_refused("has a list as dtype", R"({"x":{"dtype":[]}})");
  expect_refused("has a truth value as metadata 'k', expected a text", R"({"__metadata__":{"k":true}})");
  expect_refused("has an object as metadata 'k'", R"({"__metadata__":{"k":{}}})");
  expect_refused("has the text 'x' as '__metadata__'", R"({"__metadata__":"x"})");
}

TEST(Safetensors, WhatComesTwiceIsRefused) {
  const std::string one = "\"x\":" + tensor("[0]", "[0,0]");
  expect_refused("has tensor 'x' twice", "{" + one + "," + one + "}");
  expect_refused("has tensor 'x' twice", "{" + one + ",\"\\u0078\":" + tensor("[0]", "[0,0]") + "}");
  expect_refused("gives shape of tensor 'x' twice", R"({"x":{"shape":[],"shape":[]}})");
  expect_refused("has __metadata__ twice", R"({"__metadata__":{},"__metadata__":{}})");
  expect_refused("has the metadata 'k' twice", R"({"__metadata__":{"k":"","k":""}})");
}

TEST(Safetensors, ImpossibleSizesAreRefused) {
  const auto one = [](const std::string& shape, const std::string& offsets, const std::string& dtype = "U8") {
    return "{\"x\":" + tensor(shape, offsets, dtype) + "}";
  };
  expect_refused("has -1 in the shape", one("[-1]", "[0,0]"));
  expect_refused("has 1.0 in the shape", one("[1.0]", "[0,1]"), "a");
  expect_refused("has 1e3 in the shape", one("[1e3]", "[0,1]"), "a");
  expect_refused("in the shape", one("[9223372036854775808]", "[0,0]"));
  expect_refused("in the shape", one("[99999999999999999999999]", "[0,0]"));
  expect_refused("not JSON", one("[1e999]", "[0,0]"));
  expect_refused("has a list in the shape", one("[[1]]", "[0,0]"));
  expect_refused("cannot be", one("[4294967296,4294967296]", "[0,0]"));
  expect_refused("cannot be", one("[9223372036854775807,3,0]", "[0,0]"));
  expect_refused("takes 4611686018427387904 × 8", one("[4611686018427387904]", "[0,0]", "F64"));
  expect_refused("gives 1 data_offsets", one("[0]", "[0]"));
  expect_refused("has 0 in the data_offsets", one("[0]", "[0,0,0]"));
  expect_refused("has -1 in the data_offsets", one("[0]", "[-1,0]"));
  expect_refused("the bytes 0 to 18446744073709551615", one("[0]", "[0,18446744073709551615]"));
  expect_refused("takes 2 × 1", one("[2]", "[0,1]"), "a");
  expect_refused("expected 0, where", one("[1]", "[1,2]"), "ab");
  expect_refused("expected 0, where", one("[1]", "[1,0]"), "ab");
  expect_refused("describes 1 bytes of data, the file has 2", one("[1]", "[0,1]"), "ab");
  expect_refused("describes 1 bytes of data, the file has 0", one("[1]", "[0,1]"));
  expect_refused("describes 0 bytes of data, the file has 1", "{}", "a");
  std::string axes = "[1";
  for (int i = 1; i < 32; ++i) axes += ",1";
  EXPECT_EQ(TensorFile::parse(seeds::file(one(axes + "]", "[0,1]"), "a")).entry("x").shape.size(), 32U);
  expect_refused("more than 32 axes", one(axes + ",1]", "[0,1]"), "a", ErrorCode::unsupported_format);
}

TEST(Safetensors, GapsAndOverlapsAreRefused) {
  const auto two = [](const std::string& a, const std::string& b) {
    return "{\"a\":" + tensor("[2]", a) + ",\"b\":" + tensor("[2]", b) + "}";
  };
  EXPECT_EQ(TensorFile::parse(seeds::file(two("[2,4]", "[0,2]"), "abcd")).names(),
            (std::vector<std::string>{"b", "a"}));
  expect_refused("'b' begin at byte 3 of the data, expected 2", two("[0,2]", "[3,5]"), "abcde");
  expect_refused("'b' begin at byte 1 of the data, expected 2", two("[0,2]", "[1,3]"), "abc");
  expect_refused("'b' begin at byte 0 of the data, expected 2", two("[0,2]", "[0,2]"), "ab");
}

TEST(Safetensors, OtherTypesAreUnsupported) {
  expect_refused("tensor 'x': values of type 'F8_E4M3' are not read, expected F64",
                 "{\"x\":" + tensor("[1]", "[0,1]", "F8_E4M3") + "}", "a", ErrorCode::unsupported_format);
  expect_refused("values of type 'U16'", "{\"x\":" + tensor("[1]", "[0,2]", "U16") + "}", "ab",
                 ErrorCode::unsupported_format);
}

TEST(Safetensors, DeepNestingAndManyMembersAreRefusedCheaply) {
  const std::string deep(5'000'000, '[');
  expect_refused("has a list as 'x'", "{\"x\":" + deep);
  expect_refused("has a list in the shape", R"({"x":{"shape":)" + deep);
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{\"x\":";
  expect_refused("'x' in tensor 'x'", objects);
  std::string metadata = "{\"__metadata__\":{";
  for (int i = 0; i < 65'537; ++i) metadata += "\"" + std::to_string(i) + "\":\"\",";
  metadata.back() = '}';
  expect_refused("more than 65536 metadata", metadata + "}", "", ErrorCode::unsupported_format);
  expect_refused("expected dtype", R"({"x":{")" + std::string(1'000'000, 'y') + "\":1}}");  // the text is cut
}

TEST(Safetensors, HeaderLengthBeyondTheFileIsRefused) {
  for (std::size_t length = 0; length < 8; ++length)
    expect_error(ErrorCode::invalid_input, "expected at least 10", [&] { TensorFile::parse(Bytes(length)); });
  for (const std::uint64_t claimed : {std::uint64_t{3}, std::uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 7}) {
    Bytes file = seeds::file("{}");
    std::memcpy(file.data(), &claimed, 8);
    expect_error(ErrorCode::invalid_input,
                 "header of " + std::to_string(claimed) + " bytes, expected at most 2",
                 [&] { TensorFile::parse(file); });
  }
  Bytes large(100'000'100, ' ');
  const std::uint64_t claimed = largest_header + 1;
  std::memcpy(large.data(), &claimed, 8);
  expect_error(ErrorCode::invalid_input, "expected at most 100000000", [&] { TensorFile::parse(large); });
}

TEST(Safetensors, EveryTruncationIsRefused) {
  for (const seeds::Parts& parts : seeds::parts()) {
    const Bytes file = seeds::file(parts.header, parts.data);
    for (std::size_t length = 0; length < file.size(); ++length)
      EXPECT_THROW(TensorFile::parse(std::span(file).first(length)), Error) << length;
  }
}

/// What fuzzing guards at length, guarded in every test run.
TEST(Safetensors, DamagedFilesGiveAnErrorOrTensors) {
  constexpr std::string_view telling("\0\x7F\xFF\"\\{}[],:-019eu ", 19);
  const std::vector<seeds::Parts> all = seeds::parts();
  Rng rng(1);
  int refused = 0;
  for (std::size_t i = 0; i < 20'000; ++i) {
    seeds::Parts parts = all[i % all.size()];
    for (std::uint64_t left = 1 + rng.below(3); left > 0; --left) {
      const std::size_t at = rng.below(parts.header.size());
      const char byte = telling[rng.below(telling.size())];
      if (rng.below(2) == 0)
        parts.header[at] = byte;
      else
        parts.header.insert(at, 1, byte);
    }
    try {
      const Bytes bytes = seeds::file(parts.header, parts.data);
      const TensorFile file = TensorFile::parse(bytes);
      for (const std::string& name : file.names()) file.tensor(name);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000) << "mutations should reach the checks";
  EXPECT_LT(refused, 19'900) << "and some should be harmless";
}

TEST(Safetensors, OpensFiles) {
  const TestFolder folder;
  const auto open = [&](const std::string& name) { return TensorFile::open(folder.path / name); };
  folder.write("empty", "");
  folder.write("short", "1234567");
  const Bytes good = seeds::file("{\"x\":" + tensor("[3]", "[0,3]") + "}", "abc");
  const std::string text(good.begin(), good.end());
  folder.write("good", text);
  folder.write("cut", text.substr(0, text.size() - 1));
  EXPECT_EQ(open("good").tensor("x").data()[2], 'c');
  EXPECT_EQ(open("good").sha256(), hash_path(folder.path / "good").sha256);
  expect_error(ErrorCode::invalid_input, folder.at("empty") + "': a safetensors file of 0",
               [&] { open("empty"); });
  expect_error(ErrorCode::invalid_input, "file of 7 bytes", [&] { open("short"); });
  expect_error(ErrorCode::invalid_input, "cut': the safetensors header describes 3 bytes",
               [&] { open("cut"); });
  expect_error(ErrorCode::not_found, folder.at("none"), [&] { open("none"); });
  expect_error(ErrorCode::invalid_input, "no regular file", [&] { open("."); });
  expect_error(ErrorCode::invalid_input, "no regular file", [] { TensorFile::open("/dev/zero"); });
}

TEST(Safetensors, AnOpenFileOutlivesItsReplacement) {
  const TestFolder folder;
  const std::vector<float> before(100'000, 1), after{2};
  const auto path = folder.path / "w.safetensors";
  const NamedTensor first("x", stored<float>({100'000}, before)), second("x", stored<float>({1}, after));
  write_tensors(path, {&first, 1});
  const TensorFile open = TensorFile::open(path);
  write_tensors(path, {&second, 1});
  EXPECT_EQ(open.tensor("x").data()[99'999], 1);
  EXPECT_EQ(TensorFile::open(path).tensor("x").data()[0], 2);
}

}  // namespace
}  // namespace sg::nn
