#include "core/sha256.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "core/error.h"
#include "core/test_folder.h"

namespace sg {
namespace {

TEST(Sha256, PublishedVectors) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  for (int c; (c = std::fgetc(pipe.get())) != EOF;) text += static_cast<char>(c);
  return text;
}

TEST(Sha256, FilesAndFoldersAgreeWithSha256sum) {
  const TestFolder folder;
  folder.write("b.txt", std::string(3'000'000, 'x'));
  std::filesystem::create_directory(folder.path / "a");
  folder.write("a/c.txt", "abc");
  const FileHash file = hash_path(folder.path / "b.txt");
  EXPECT_EQ(file.bytes, 3'000'000u);
  EXPECT_EQ(file.sha256 + "  b.txt\n", output_of("cd " + folder.path.string() + " && sha256sum b.txt"));
  const FileHash whole = hash_path(folder.path);
  EXPECT_EQ(whole.bytes, 3'000'003u);
  EXPECT_EQ(whole.sha256 + "  -\n",
            output_of("cd " + folder.path.string() + " && sha256sum a/c.txt b.txt | sha256sum"));
}

TEST(Sha256, MissingFile) {
  try {
    hash_path("/nowhere/x");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::not_found);
  }
}

}  // namespace
}  // namespace sg
