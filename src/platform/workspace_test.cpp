#include "platform/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "core/error.h"
#include "core/rng.h"
#include "io/files.h"
#include "io/image_io.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() {
    std::string pattern = (fs::temp_directory_path() / "sg_workspace_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~WorkspaceTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path file(const std::string& name, const std::string& text) const {
    io::write_file(folder_ / name, text);
    return folder_ / name;
  }
  Workspace open() const { return Workspace(folder_ / "w", true); }

  fs::path folder_;
};

template <class Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected an error";
  return {ErrorCode::internal, ""};
}

TEST(Ids, AscendAndHaveTheirForm) {
  std::string last;
  for (int i = 0; i < 10000; ++i) {
    const std::string id = new_id();
    ASSERT_TRUE(is_id(id)) << id;
    ASSERT_LT(last, id);
    last = id;
  }
  EXPECT_FALSE(is_id("../../etc/passwd0000000000"));
  EXPECT_FALSE(is_id("O1234567890123456789012345"));
}

TEST(SafeName, HoldsNoPath) {
  EXPECT_EQ(safe_name("../../etc/passwd"), "_.._etc_passwd");
  EXPECT_EQ(safe_name(""), "file");
  EXPECT_EQ(safe_name("..."), "file");
  EXPECT_EQ(safe_name("a\nb\\c.nii.gz"), "a_b_c.nii.gz");
  const std::string longest = safe_name(std::string(300, 'x') + "脑.nii.gz");
  EXPECT_LE(longest.size(), 120U);
  EXPECT_TRUE(longest.ends_with(".nii.gz"));
}

TEST_F(WorkspaceTest, KeepsWhatWasImportedOverARestart) {
  std::string id;
  {
    Workspace w = open();
    const Artifact a = w.import(file("a,b 脑.csv", "x,y\n1,2\n3,4\n"), {"first", "demo"});
    id = a.id;
    EXPECT_EQ(a.state, ArtifactState::inspecting);
  }
  Workspace w(folder_ / "w");
  Artifact a = w.store().artifact(id);
  EXPECT_EQ(a.name, "a,b 脑.csv");
  EXPECT_THAT(a.tags, ElementsAre("demo", "first"));
  EXPECT_EQ(io::as_text(io::read_file(w.objects().path(a.files[0].sha256))), "x,y\n1,2\n3,4\n");
  a = w.inspect(id).at(0);
  EXPECT_EQ(a.state, ArtifactState::ready);
  EXPECT_EQ(a.kind, "table");
  EXPECT_EQ(a.properties["rows"], 2);
  EXPECT_THAT(w.check(), IsEmpty());
}

TEST_F(WorkspaceTest, NeedsToBeMadeFirst) {
  EXPECT_EQ(error_of([&] { Workspace(folder_ / "none"); }).code(), ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(WorkspaceTest, InspectsVolumesWithAPicture) {
  Workspace w = open();
  Grid grid;
  grid.size = {20, 22, 18};
  Volume<float> volume(grid);
  Rng rng(1);
  for (float& v : volume.values()) v = static_cast<float>(rng.uniform());
  io::write_image(volume, folder_ / "v.nii.gz");
  const Artifact a = w.inspect(w.import(folder_ / "v.nii.gz").id).at(0);
  EXPECT_EQ(a.kind, "volume");
  EXPECT_EQ(a.format, "NIfTI-1");
  ASSERT_FALSE(a.thumbnail.empty());
  EXPECT_GT(grid_of(io::read_image(w.objects().path(a.thumbnail)).voxels).size[0], 100);
  EXPECT_TRUE(to_json(a)["thumbnail"]);
}

TEST_F(WorkspaceTest, UnreadableFilesAreKeptWithTheReason) {
  Workspace w = open();
  const Artifact a = w.inspect(w.import(file("broken.nii.gz", "not gzip at all")).id).at(0);
  EXPECT_EQ(a.state, ArtifactState::unreadable);
  EXPECT_THAT(a.problem, HasSubstr("broken.nii.gz"));
  EXPECT_THAT(a.problem, testing::Not(HasSubstr(folder_.string())))
      << "paths of this machine are nobody's business";
  EXPECT_EQ(a.files[0].size, 15);
}

TEST_F(WorkspaceTest, SameContentIsStoredOnce) {
  Workspace w = open();
  const Artifact a = w.import(file("a.csv", "x\n1\n")), b = w.import(file("b.csv", "x\n1\n"));
  EXPECT_EQ(a.files[0].sha256, b.files[0].sha256);
  EXPECT_EQ(w.objects().list().size(), 1U);
  w.remove(a.id);
  w.clean();
  EXPECT_TRUE(w.objects().holds(b.files[0].sha256));
}

TEST_F(WorkspaceTest, ListsByKindTextTagAndPage) {
  Workspace w = open();
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    ids.push_back(w.import(file("t" + std::to_string(i) + ".csv", "x\n" + std::to_string(i) + "\n"),
                           i % 2 == 0 ? std::vector<std::string>{"even"} : std::vector<std::string>{})
                      .id);
  }
  ArtifactQuery query;
  query.limit = 3;
  std::vector<std::string> seen;
  do {
    const Page<Artifact> page = w.store().artifacts(query);
    EXPECT_EQ(page.total, 7);
    for (const Artifact& a : page.items) seen.push_back(a.id);
    query.before = page.next;
  } while (!query.before.empty());
  EXPECT_EQ(seen, std::vector<std::string>(ids.rbegin(), ids.rend()));

  query = {};
  query.tag = "even";
  EXPECT_EQ(w.store().artifacts(query).items.size(), 4U);
  query = {};
  query.text = "T3.";
  EXPECT_EQ(w.store().artifacts(query).items.size(), 1U);
  query.text = "%";
  EXPECT_THAT(w.store().artifacts(query).items, IsEmpty()) << "a wildcard is a character like any other";
  query.text = "'; DROP TABLE artifacts; --";
  EXPECT_THAT(w.store().artifacts(query).items, IsEmpty());
  EXPECT_EQ(w.store().artifacts({}).total, 7);
}

/// One run from `input` that makes one artifact.
Artifact made_from(Workspace& w, const Artifact& input, Run& run) {
  run.id = new_id();
  run.operation = "image.convert";
  run.created = now();
  run.inputs = {{"image", input.id}};
  w.store().add(std::vector{run});
  EXPECT_TRUE(w.store().claim(run.id, 1, 1));
  Artifact out;
  out.id = new_id();
  out.name = "out.csv";
  out.created = now();
  out.origin_run = run.id;
  out.origin_output = "converted";
  out.files = input.files;
  run.state = RunState::succeeded;
  run.outputs = {{"converted", {{"artifact", out.id}}}};
  run.cache_key = "k";
  EXPECT_TRUE(w.store().finish(run, {out}));
  return out;
}

TEST_F(WorkspaceTest, DeletionStatesItsReach) {
  Workspace w = open();
  const Artifact a = w.import(file("a.csv", "x\n1\n"));
  platform::Run first, second;
  const Artifact b = made_from(w, a, first), c = made_from(w, b, second);
  const References references = w.references(a.id);
  EXPECT_THAT(references.runs, ElementsAre(first.id, second.id));
  EXPECT_THAT(references.artifacts, ElementsAre(b.id, c.id));

  const Error refused = error_of([&] { w.remove(a.id); });
  EXPECT_EQ(refused.code(), ErrorCode::conflict);
  EXPECT_THAT(refused.what(), HasSubstr("used by 2 runs, which made 2 artifacts"));
  w.remove(a.id, Reach::only);
  EXPECT_EQ(w.store().run(first.id).inputs.at("image"), a.id) << "the lineage shows what is gone";
  w.remove(b.id, Reach::all);
  EXPECT_EQ(error_of([&] { w.store().artifact(c.id); }).code(), ErrorCode::not_found);
  EXPECT_EQ(error_of([&] { w.store().run(second.id); }).code(), ErrorCode::not_found);
  EXPECT_EQ(w.store().run(first.id).state, RunState::succeeded);
}

TEST_F(WorkspaceTest, RunsGoThroughTheirStatesOnce) {
  Workspace w = open();
  const Artifact a = w.import(file("a.csv", "x\n1\n"));
  platform::Run run;
  run.id = new_id();
  run.operation = "image.info";
  run.created = now();
  run.inputs = {{"file", a.id}};
  run.parameters = {{"n", 3}};
  run.seed = 77;
  w.store().add(std::vector{run});
  EXPECT_TRUE(w.store().claim(run.id, 42, 4242));
  EXPECT_FALSE(w.store().claim(run.id, 43, 4343)) << "two processes would run it";
  EXPECT_EQ(w.store().run(run.id).process, 42);
  EXPECT_TRUE(w.store().request_cancel(run.id));
  EXPECT_TRUE(w.store().run(run.id).cancel_requested);
  run.state = RunState::failed;
  run.error = {{"detail", "no"}};
  EXPECT_TRUE(w.store().finish(run, {}));
  EXPECT_FALSE(w.store().finish(run, {}));
  EXPECT_FALSE(w.store().request_cancel(run.id));
  const platform::Run stored = w.store().run(run.id);
  EXPECT_EQ(stored.state, RunState::failed);
  EXPECT_EQ(stored.parameters["n"], 3);
  EXPECT_EQ(stored.seed, 77);
  EXPECT_EQ(stored.error["detail"], "no");

  platform::Run orphan = run;
  orphan.id = new_id();
  orphan.inputs = {{"file", new_id()}};
  EXPECT_EQ(error_of([&] { w.store().add(std::vector{orphan}); }).field(), "file");
}

TEST_F(WorkspaceTest, CacheFindsOnlyWhatIsStillThere) {
  Workspace w = open();
  const Artifact a = w.import(file("a.csv", "x\n1\n"));
  platform::Run run;
  run.cache_key = "k";
  const Artifact b = made_from(w, a, run);
  EXPECT_FALSE(w.store().cached("other"));
  ASSERT_TRUE(w.store().cached("k"));
  EXPECT_EQ(w.store().cached("k")->id, run.id);
  w.remove(b.id, Reach::only);
  EXPECT_FALSE(w.store().cached("k"));
}

TEST_F(WorkspaceTest, ChangesAreSeenByAnotherConnection) {
  Workspace w = open();
  const Store watcher(folder_ / "w" / "workspace.db");
  const std::int64_t before = watcher.last_change();
  const Artifact a = w.import(file("a.csv", "x\n1\n"));
  w.remove(a.id);
  const std::vector<Change> changes = watcher.changes_since(before);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].kind, "artifact");
  EXPECT_EQ(changes[1].kind, "deleted artifact");
  EXPECT_EQ(changes[1].id, a.id);
}

TEST_F(WorkspaceTest, CheckFindsDamage) {
  Workspace w = open();
  const Artifact a = w.import(file("a.csv", "x\n1\n")), b = w.import(file("b.csv", "x\n2\n"));
  fs::remove(w.objects().path(a.files[0].sha256));
  const fs::path damaged = w.objects().path(b.files[0].sha256);
  fs::permissions(damaged, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(damaged, std::ios::app) << "more";
  EXPECT_THAT(w.check(), testing::UnorderedElementsAre(HasSubstr(a.files[0].sha256 + " is missing"),
                                                       HasSubstr(b.files[0].sha256 + " is damaged")));
}

TEST_F(WorkspaceTest, BackupIsAWorkspace) {
  Workspace w = open();
  const Artifact a = w.import(file("a.csv", "x\n1\n"));
  w.backup(folder_ / "copy");
  w.remove(a.id);
  Workspace copy(folder_ / "copy");
  EXPECT_EQ(copy.store().artifact(a.id).name, "a.csv");
  EXPECT_THAT(copy.check(), IsEmpty());
  EXPECT_EQ(error_of([&] { w.backup(folder_ / "copy"); }).code(), ErrorCode::conflict);
  for (int i = 0; i < 20; ++i) {  // whichever connection is taken, it sees the newest state
    const Artifact b = w.import(file("b.csv", "x\n" + std::to_string(i) + "\n"));
    w.backup(folder_ / std::to_string(i));
    EXPECT_NO_THROW(Workspace(folder_ / std::to_string(i)).store().artifact(b.id));
  }
}

TEST_F(WorkspaceTest, ThreadsWriteSideBySide) {
  Workspace w = open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        ObjectStore::Writer writer = w.objects().writer();
        const std::string text = std::to_string(t * 100 + i);
        writer.write(io::as_bytes(text));
        w.add({writer.commit(text)}, text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(w.store().artifacts({}).total, 80);
}

/// A child imports without end and acknowledges each artifact through a pipe; killed at random moments, all
/// it acknowledged is there and whole, and nothing else is half there.
TEST_F(WorkspaceTest, KilledImportsLoseNothingAcknowledged) {
  open();
  const fs::path source = file("source.bin", std::string(300000, 'x'));
  std::vector<std::string> acknowledged;
  Rng rng(5);
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Workspace w(folder_ / "w");
      for (int i = 0;; ++i) {
        std::ofstream(folder_ / "child.bin") << std::string(200000, 'y') << round << ' ' << i;
        const std::string id = w.import(folder_ / "child.bin").id;
        if (::write(ends[1], id.data(), id.size()) < 0) ::_exit(1);
      }
    }
    ::close(ends[1]);
    ::usleep(static_cast<useconds_t>(20000 + rng.below(60000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::string text(1 << 16, 0);
    ssize_t count = 0;
    std::string all;
    while ((count = ::read(ends[0], text.data(), text.size())) > 0)
      all.append(text, 0, static_cast<std::size_t>(count));
    ::close(ends[0]);
    for (std::size_t at = 0; at + 26 <= all.size(); at += 26) acknowledged.push_back(all.substr(at, 26));
  }
  Workspace w(folder_ / "w");
  EXPECT_FALSE(acknowledged.empty());
  for (const std::string& id : acknowledged) EXPECT_NO_THROW(w.store().artifact(id));
  EXPECT_LE(w.store().artifacts({}).total, std::ssize(acknowledged) + 12);
  EXPECT_THAT(w.check(), IsEmpty());
}

}  // namespace
}  // namespace sg::platform
