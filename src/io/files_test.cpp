#include "io/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "io/io_fixture.h"
#include "io/text.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) { return std::string(as_text(read_file(path))); }

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Files, WrittenBytesAreReadBack) {
  const TemporaryFolder folder;
  write_file(folder / "a.bin", std::string_view("one\0two", 7));
  EXPECT_EQ(content(folder / "a.bin"), std::string("one\0two", 7));
  EXPECT_EQ(as_text(read_head(folder / "a.bin", 3)), "one");
  EXPECT_EQ(read_head(folder / "a.bin", 100).size(), 7U);
  EXPECT_EQ(entries(folder.path()), 1U) << "no temporary file is left";
}

TEST(Files, ReadErrorsNameThePath) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::not_found, "none.bin", [&] { read_file(folder / "none.bin"); });
  expect_error(ErrorCode::invalid_input, folder.path().string(), [&] { read_file(folder.path()); });
  write_file(folder / "long.bin", "12345678");
  expect_error(ErrorCode::resource, "8 bytes long, expected at most 7",
               [&] { read_file(folder / "long.bin", 7); });
}

TEST(Files, PipesAreReadToTheirEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "through a pipe", 14), 14);
  close(ends[1]);
  EXPECT_EQ(content("/dev/fd/" + std::to_string(ends[0])), "through a pipe");
  close(ends[0]);
}

TEST(AtomicFile, TargetStaysAsItWasUntilCommit) {
  const TemporaryFolder folder;
  const fs::path target = folder / "result.txt";
  write_file(target, "old");
  {
    AtomicFile file(target);
    file.write("new, but never commit");
    EXPECT_EQ(content(target), "old");
  }
  EXPECT_EQ(content(target), "old");
  EXPECT_EQ(entries(folder.path()), 1U) << "the temporary is gone";
  AtomicFile file(target);
  file.write("new");
  file.commit();
  EXPECT_EQ(content(target), "new");
}

TEST(AtomicFile, FollowsSymbolicLinks) {
  const TemporaryFolder folder;
  write_file(folder / "real", "old");
  fs::create_symlink("real", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(content(folder / "real"), "new");
}

TEST(AtomicFile, ErrorsNameThePath) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::not_found, "missing/a.txt", [&] { write_file(folder / "missing/a.txt", "x"); });
  expect_error(ErrorCode::invalid_input, folder.path().string(), [&] { write_file(folder.path(), "x"); });
  expect_error(ErrorCode::invalid_input, "too long",
               [&] { write_file(folder / std::string(300, 'n'), "x"); });
}

TEST(AtomicFile, FullDiskIsAResourceErrorWithTheByteCount) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  expect_error(ErrorCode::resource, "cannot write 5 bytes after the first 0 of '/dev/full'",
               [] { write_file("/dev/full", "12345"); });
}

TEST(AtomicFile, FileSizeLimitLeavesNothingBehind) {
  const TemporaryFolder folder;
  write_file(folder / "a.bin", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(ErrorCode::resource, "a.bin", [&] { write_file(folder / "a.bin", Bytes(100000)); });
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(content(folder / "a.bin"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

/// Exit status 77 when `work` is forbidden to the user "nobody", whom root becomes first.
template <class Work>
[[noreturn]] void exit_as_nobody(const Work& work) {
  if (geteuid() == 0 && setuid(65534) != 0) std::_Exit(1);
  try {
    work();
  } catch (const Error& error) {
    std::_Exit(exit_status(error.code()));
  }
  std::_Exit(0);
}

TEST(AtomicFileDeathTest, PermissionsAreRespected) {
  const TemporaryFolder folder;
  write_file(folder / "locked", "old");
  fs::permissions(folder / "locked", fs::perms::owner_read);
  EXPECT_EXIT(exit_as_nobody([&] { write_file(folder / "locked", "new"); }), testing::ExitedWithCode(77), "");
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EXIT(exit_as_nobody([&] { write_file(folder / "other", "new"); }), testing::ExitedWithCode(77), "");
  fs::permissions(folder / "locked", fs::perms::none);
  EXPECT_EXIT(exit_as_nobody([&] { read_file(folder / "locked"); }), testing::ExitedWithCode(77), "");
  fs::permissions(folder.path(), fs::perms::owner_all);
  fs::permissions(folder / "locked", fs::perms::owner_all);
  EXPECT_EQ(content(folder / "locked"), "old");
}

TEST(Fetch, StaysInTheFolderOfTheHeader) {
  const TemporaryFolder folder;
  write_file(folder / "voxels.raw", "voxels");
  const FileFetcher fetch = fetch_beside(folder / "image.mhd");
  EXPECT_EQ(as_text(fetch("voxels.raw")), "voxels");
  EXPECT_EQ(as_text(fetch("./voxels.raw")), "voxels");
  for (const char* name : {"/etc/passwd", "../voxels.raw", "a/../../voxels.raw", "..", ""}) {
    expect_error(ErrorCode::forbidden, "expected a file in the header's folder", [&] { fetch(name); });
  }
  expect_error(ErrorCode::not_found, "other.raw", [&] { fetch("other.raw"); });
}

TEST(Files, ExtensionKeepsGz) {
  EXPECT_EQ(extension_of("a/b.NII.GZ"), ".nii.gz");
  EXPECT_EQ(extension_of("a.b/c.png"), ".png");
  EXPECT_EQ(extension_of("a.gz"), ".gz");
  EXPECT_EQ(extension_of("a"), "");
}

TEST(Files, MemoryBeyondTheMachineIsRefused) {
  require_memory(1000, "a little");
  expect_error(ErrorCode::resource, "the universe needs", [] { require_memory(1e18, "the universe"); });
}

TEST(Text, NumbersMustBeWhole) {
  EXPECT_EQ(parse_number(" +1.5e2 "), 150);
  EXPECT_FALSE(parse_number("1.5mm"));
  EXPECT_FALSE(parse_number(""));
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_FALSE(parse_integer("7.0"));
  EXPECT_EQ(words("  a\tb  c\n").size(), 3U);
}

TEST(Text, CleanTextIsValidUtf8OfOneLine) {
  EXPECT_EQ(clean_text(" caf\xC3\xA9 \n"), "caf\xC3\xA9");
  EXPECT_EQ(clean_text("a\x01"
                       "b\xFF"
                       "c"),
            "a?b?c");
  EXPECT_EQ(clean_text("cut\xE2\x82"), "cut??");
  EXPECT_EQ(clean_text("\xC0\xAF\xED\xA0\x80"), "?????") << "overlong forms and surrogates";
  EXPECT_EQ(clean_text(std::string_view("end\0rest", 8)), "end");
}

}  // namespace
}  // namespace sg::io
