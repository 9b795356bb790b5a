#include "io/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/error.h"
#include "io/files.h"
#include "io/io_fixture.h"

namespace sg::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ArchiveTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  /// Zip of these files, by our own writer.
  std::filesystem::path zip(const std::vector<std::pair<std::string, std::string>>& files) {
    Bytes bytes;
    ZipWriter writer([&](std::span<const std::uint8_t> block) {
      bytes.insert(bytes.end(), block.begin(), block.end());
      return true;
    });
    for (const auto& [name, content] : files) {
      write_file(path("content"), std::string_view(content));
      writer.add(path("content"), name);
    }
    writer.finish();
    write_file(path("a.zip"), as_text(bytes));
    return path("a.zip");
  }
  static std::vector<std::pair<std::string, std::string>> read_all(ArchiveReader& reader) {
    std::vector<std::pair<std::string, std::string>> files;
    std::vector<std::uint8_t> block(1000);
    while (const auto name = reader.next()) {
      files.emplace_back(*name, "");
      while (const std::size_t got = reader.read(block))
        files.back().second.append(reinterpret_cast<const char*>(block.data()), got);
    }
    return files;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ArchiveTest, WhatGoesInComesOut) {
  const std::string big(1 << 20, 'x');
  ArchiveReader reader(zip({{"study/a.dcm", "abc"}, {"empty", ""}, {"脑.nii", big}}));
  EXPECT_THAT(read_all(reader),
              ElementsAre(Pair("study/a.dcm", "abc"), Pair("empty", ""), Pair("脑.nii", big)));
}

TEST_F(ArchiveTest, OthersCanReadIt) {
  const auto file = zip({{"a.txt", "hello"}, {"b/c.txt", "there"}});
  const std::string command = "python3 -c \"import zipfile,sys; z=zipfile.ZipFile('" + file.string() +
                              "'); assert z.testzip() is None; assert z.read('b/c.txt')==b'there'\"";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(ArchiveTest, TarIsReadLinksAreNot) {
  const std::string folder = path("").string();
  ASSERT_EQ(
      std::system(("cd " + folder + " && mkdir in && echo data > in/a && ln -s /etc/passwd in/link && " +
                   "ln in/a in/hard && tar -czf t.tar.gz in")
                      .c_str()),
      0);
  ArchiveReader reader(path("t.tar.gz"));
  const auto files = read_all(reader);
  EXPECT_EQ(files.size(), 1u);
  EXPECT_EQ(files.at(0).second, "data\n");
}

TEST_F(ArchiveTest, BombsAndDamageAreRefused) {
  write_file(path("nothing"), std::string_view(std::string(4 << 20, '\0')));
  ASSERT_EQ(std::system(("cd " + path("").string() + " && tar -czf b.tgz nothing").c_str()), 0);
  const auto message = [&](const std::filesystem::path& file, ArchiveLimits limits) -> std::string {
    try {
      ArchiveReader reader(file, limits);
      read_all(reader);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(path("b.tgz"), {}), "");
  EXPECT_THAT(message(path("b.tgz"), {.ratio = 100, .judged_from = 1 << 20}),
              HasSubstr("expands to more than 100 times"));
  EXPECT_THAT(message(path("b.tgz"), {.bytes = 1 << 20}), HasSubstr("more than 1048576 bytes"));
  EXPECT_THAT(message(zip({{"a", "1"}, {"b", "2"}, {"c", "3"}}), {.entries = 2}),
              HasSubstr("more than 2 files"));
  write_file(path("no.zip"), std::string_view("certainly no archive"));
  EXPECT_THAT(message(path("no.zip"), {}), HasSubstr("no.zip cannot be read"));
  EXPECT_THROW(ArchiveReader(path("missing.zip")), Error);
}

TEST_F(ArchiveTest, AReceiverThatGoesEndsTheWriting) {
  write_file(path("x"), std::string_view(std::string(1 << 20, 'x')));
  int calls = 0;
  ZipWriter writer([&](std::span<const std::uint8_t>) { return ++calls < 3; });
  try {
    writer.add(path("x"), "x");
    writer.finish();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled);
  }
}

TEST(Archive, NamesTell) {
  EXPECT_TRUE(is_archive_name("a.ZIP"));
  EXPECT_TRUE(is_archive_name("a.tar.gz"));
  EXPECT_FALSE(is_archive_name("a.nii.gz"));
}

}  // namespace
}  // namespace sg::io
