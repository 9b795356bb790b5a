#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "core/test_folder.h"
#include "nn/nn_fixture.h"
#include "nn/safetensors.h"

namespace sg::nn {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(SafetensorsWrite, GivesTheBytesWorkedOutByHand) {
  const std::vector<std::int16_t> labels{1, -2};
  const Tensor weights = tensor_of({1, -0.5F}), bias = tensor_of({65504, 0x1p-24F});
  const std::vector<NamedTensor> tensors{
      {"labels", stored<std::int16_t>({2, 1}, labels)}, {"bias", bias, DType::f16}, {"weights", weights}};
  const std::string header =
      R"({"__metadata__":{"by":"\"hand\""},"weights":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("bias":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},)"
      R"("labels":{"dtype":"I16","shape":[2,1],"data_offsets":[12,16]}})";
  ASSERT_EQ(header.size(), 212U);
  std::string expected("\xF8\0\0\0\0\0\0\0", 8);  // 248, and 8 + 248 = 4 · 64
  expected += header + std::string(36, ' ');
  expected += std::string("\0\0\x80\x3F\0\0\0\xBF\xFF\x7B\1\0\1\0\xFE\xFF", 16);
  const Bytes file = format_tensors(tensors, {{"by", "\"hand\""}});
  EXPECT_EQ(std::string(file.begin(), file.end()), expected);
}

TEST(SafetensorsWrite, OrderOfTheTensorsDoesNotMatter) {
  const Tensor one = tensor_of({1, 2, 3});
  std::vector<NamedTensor> tensors{{"b", one}, {"a", one, DType::bf16}, {"c", one, DType::f64}, {"a.b", one}};
  const Bytes file = format_tensors(tensors);
  EXPECT_EQ(TensorFile::parse(file).names(), (std::vector<std::string>{"c", "a.b", "b", "a"}));
  std::reverse(tensors.begin(), tensors.end());
  EXPECT_EQ(format_tensors(tensors), file);
}

TEST(SafetensorsWrite, NothingAtAllIsAFile) {
  const TensorFile file = TensorFile::parse(format_tensors({}));
  EXPECT_TRUE(file.names().empty());
  EXPECT_TRUE(file.metadata().empty());
}

RC_GTEST_PROP(SafetensorsWrite, AnyBytesOfAnyTypeComeBack, ()) {
  std::vector<Bytes> contents;
  std::vector<NamedTensor> tensors;
  const auto names = *rc::gen::unique<std::vector<std::string>>(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('\1', '\x7F'))));
  contents.reserve(names.size());
  for (const std::string& name : names) {
    const auto dtype = static_cast<DType>(*rc::gen::inRange(0, 10));
    const Shape shape =
        *rc::gen::container<Shape>(*rc::gen::inRange(0, 4), rc::gen::inRange<std::int64_t>(0, 5));
    contents.push_back(*rc::gen::container<Bytes>(static_cast<std::size_t>(count(shape) * size_of(dtype)),
                                                  rc::gen::arbitrary<std::uint8_t>()));
    tensors.emplace_back(name, StoredTensor{dtype, shape, contents.back()});
  }
  const auto texts = *rc::gen::container<std::string>(rc::gen::inRange('\1', '\x7F'));
  const Metadata metadata{{"text", texts}, {texts, "\xE9\x9F\xB6"}};
  const Bytes file = format_tensors(tensors, metadata);
  const TensorFile read = TensorFile::parse(file);
  RC_ASSERT(read.metadata() == metadata);
  RC_ASSERT(read.names().size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const StoredTensor found = read.entry(names[i]);
    RC_ASSERT(found.dtype == tensors[i].dtype && found.shape == tensors[i].shape);
    RC_ASSERT(Bytes(found.bytes.begin(), found.bytes.end()) == contents[i]);
    RC_ASSERT((found.bytes.data() - file.data()) % size_of(found.dtype) == 0);
  }
}

RC_GTEST_PROP(SafetensorsWrite, FloatsComeBackToTheTypesPrecision, ()) {
  const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<float>>(rc::gen::map(
      rc::gen::inRange(-65000'000, 65000'000), [](int v) { return static_cast<float>(v) / 1000; })));
  const Tensor tensor = tensor_of(values);
  const auto read = [&](DType dtype) {
    const NamedTensor named("x", tensor, dtype);
    return TensorFile::parse(format_tensors({&named, 1})).tensor("x");
  };
  const Tensor f64 = read(DType::f64), f32 = read(DType::f32), f16 = read(DType::f16),
               bf16 = read(DType::bf16);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float value = values[i];
    RC_ASSERT(f64.data()[i] == value && f32.data()[i] == value);
    RC_ASSERT(std::abs(f16.data()[i] - value) <= std::max(std::abs(value) * 0x1p-11F, 0x1p-25F));
    RC_ASSERT(std::abs(bf16.data()[i] - value) <= std::abs(value) * 0x1p-8F);
  }
}

template <class T>
void expect_round_trip(DType dtype, const std::vector<T>& values) {
  const NamedTensor named("x", stored<T>({static_cast<std::int64_t>(values.size())}, values));
  const TensorFile file = TensorFile::parse(format_tensors({&named, 1}));
  EXPECT_EQ(file.entry("x").dtype, dtype);
  const Tensor tensor = file.tensor("x");
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(tensor.data()[i], static_cast<float>(values[i]));
}

TEST(SafetensorsWrite, NumbersOfEveryTypeComeBack) {
  expect_round_trip<double>(DType::f64, {0.1, -3});
  expect_round_trip<float>(DType::f32, {0.1F, -3});
  expect_round_trip<std::int64_t>(DType::i64, {-5, 1LL << 62});
  expect_round_trip<std::int32_t>(DType::i32, {-5, 1 << 30});
  expect_round_trip<std::int16_t>(DType::i16, {-5, 32767});
  expect_round_trip<std::int8_t>(DType::i8, {-5, 127});
  expect_round_trip<std::uint8_t>(DType::u8, {5, 255});
  const bool truths[] = {false, true};
  EXPECT_EQ(stored<bool>({2}, truths).dtype, DType::boolean);
}

TEST(SafetensorsWrite, LargeTensorsGoBlockByBlock) {
  std::vector<float> values(200'001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 2048);
  const Tensor tensor = tensor_of(values);
  const NamedTensor named("x", tensor, DType::f16);
  const Tensor back = TensorFile::parse(format_tensors({&named, 1})).tensor("x");
  EXPECT_TRUE(std::equal(values.begin(), values.end(), back.data()));
}

TEST(SafetensorsWrite, RefusesWhatItCouldNotRead) {
  const Tensor one = tensor_of({1}), large = tensor_of({1, 70000}), none;
  const auto format = [](const std::vector<NamedTensor>& tensors, const Metadata& metadata = {}) {
    return [tensors, metadata] { format_tensors(tensors, metadata); };
  };
  constexpr ErrorCode invalid = ErrorCode::invalid_input;
  expect_error(invalid, "'x' is given twice", format({{"x", one}, {"x", one, DType::f16}}));
  expect_error(invalid, "cannot be called '__metadata__'", format({{"__metadata__", one}}));
  expect_error(invalid, "of 1 bytes is not UTF-8", format({{"\xFF", one}}));
  expect_error(invalid, "is not UTF-8", format({}, {{"k", "\xC0\xAF"}}));
  expect_error(invalid, "tensor 'x': value 70000 is beyond F16", format({{"x", large, DType::f16}}));
  expect_error(invalid, "tensor 'x': float values cannot be stored as I8", format({{"x", one, DType::i8}}));
  const Bytes three(3);
  expect_error(invalid, "has 3 bytes, but shape [2] of I16", format({{"x", {DType::i16, {2}, three}}}));
  expect_error(invalid, "but shape [1152921504606846976] of F64",
               format({{"x", {DType::f64, {1LL << 60}, Bytes{}}}}));
  expect_error(invalid, "has 0 values, but shape []", format({{"x", none}}));
  expect_error(invalid, "cannot be", format({{"x", {DType::u8, {-1}, Bytes{}}}}));
  expect_error(invalid, "33 axes", format({{"x", {DType::u8, Shape(33, 1), std::span(three).first(1)}}}));
  Metadata many;
  for (int i = 0; i < 65'537; ++i) many[std::to_string(i)] = "";
  expect_error(invalid, "65537 metadata", format({}, many));
}

TEST(SafetensorsWrite, AFailureLeavesTheFormerFileAndNothingElse) {
  const TestFolder folder;
  const auto path = folder.path / "w.safetensors";
  const Tensor good = tensor_of({1}), bad = tensor_of({1, 70000});
  const NamedTensor first("x", good), second("x", bad, DType::f16);
  write_tensors(path, {&first, 1}, {{"k", "v"}});
  const std::string before = folder.read("w.safetensors");
  EXPECT_EQ(before.size() % 64, 4U);
  expect_error(ErrorCode::invalid_input, "beyond F16", [&] { write_tensors(path, {&second, 1}); });
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"w.safetensors"}));
  EXPECT_EQ(folder.read("w.safetensors"), before);
}

TEST(SafetensorsWrite, PathsThatCannotBeWrittenAreNamed) {
  const TestFolder folder;
  const Tensor tensor = tensor_of({1});
  const NamedTensor named("x", tensor);
  const auto write = [&](const std::filesystem::path& path) {
    return [&named, path] { write_tensors(path, {&named, 1}); };
  };
  expect_error(ErrorCode::not_found, "none/w'", write(folder.path / "none" / "w"));
  expect_error(ErrorCode::invalid_input, folder.path.string(), write(folder.path));
  expect_error(ErrorCode::not_found, "/dev/null/w", write("/dev/null/w"));
  expect_error(ErrorCode::invalid_input, "'/dev/null': it is no regular file", write("/dev/null"));
  expect_error(ErrorCode::invalid_input, "name too long", write(folder.path / std::string(300, 'x')));
  EXPECT_TRUE(folder.names().empty());
}

TEST(SafetensorsWrite, ALinkStays) {
  const TestFolder folder;
  folder.write("target", "former");
  std::filesystem::create_symlink("target", folder.path / "link");
  const Tensor tensor = tensor_of({1});
  const NamedTensor named("x", tensor);
  write_tensors(folder.path / "link", {&named, 1});
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path / "link"));
  EXPECT_TRUE(TensorFile::open(folder.path / "target").contains("x"));
}

TEST(SafetensorsWrite, AFullDiskLeavesNothing) {
  const TestFolder folder;
  const std::vector<float> values(100'000);
  const Tensor tensor = tensor_of(values);
  const NamedTensor named("x", tensor);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{65536, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  expect_error(ErrorCode::resource, folder.at("w"), [&] { write_tensors(folder.path / "w", {&named, 1}); });
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace sg::nn
