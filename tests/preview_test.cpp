// Previews: answered at once by processes that may crash, hang or be given up without harm to the server.

#include <signal.h>

#include <chrono>
#include <fstream>

#include "platform/previews.h"
#include "server_fixture.h"

namespace sg::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Clock = std::chrono::steady_clock;

constexpr auto path = "/api/v1/operations/ultrasound.despeckle/preview";

/// Processes that this one has started to make previews.
std::vector<pid_t> workers() {
  std::vector<pid_t> found;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    std::ifstream stat(entry.path() / "stat"), command(entry.path() / "cmdline");
    std::string text, words;
    std::getline(stat, text);
    std::getline(command, words);
    int parent = 0;
    if (const std::size_t end = text.rfind(')'); pid > 0 && end != std::string::npos)
      parent = std::atoi(text.c_str() + end + 4);
    if (parent == ::getpid() && words.find("preview-worker") != std::string::npos) found.push_back(pid);
  }
  return found;
}

class PreviewTest : public ServerTest {
 protected:
  std::string bmode() const { return uploaded("bmode.png")["id"].get<std::string>(); }
  Reply ask(const std::string& image, const std::string& rest = "") const {
    return send("POST", path, R"({"inputs":{"image":")" + image + "\"}" + rest + "}");
  }
  static std::string whole(const Reply& reply) { return std::to_string(reply.status) + " " + reply.body; }
};

TEST_F(PreviewTest, ItIsWhatARunMakes) {
  const std::string image = bmode();
  const Reply reply = ask(image, R"(,"parameters":{"regions":[20,30,24,20,90,100,24,24]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const Json preview = reply.json();
  EXPECT_EQ(preview["values"]["domain_used"], "bmode");
  EXPECT_EQ(preview["units"]["diffusion_time"], "px2");
  const Json& boxes = preview["values"]["boxes"];
  ASSERT_THAT(boxes, SizeIs(2));
  EXPECT_EQ(boxes[1]["x"], 90);
  EXPECT_EQ(boxes[0]["height"], 20);
  EXPECT_GT(boxes[0]["enl_after"], boxes[0]["enl_before"]);
  EXPECT_NEAR(boxes[0]["mean_after"].get<double>(), boxes[0]["mean_before"].get<double>(), 8);

  const Json run = send("POST", "/api/v1/operations/ultrasound.despeckle/runs",
                        R"({"inputs":{"image":")" + image + R"("},"outputs":["denoised"]})")
                       .json();
  const Json done =
      wait_for("runs/" + run["id"].get<std::string>(), [](const Json& r) { return r.contains("finished"); });
  const Json made =
      get("artifacts/" + done["outputs"]["denoised"]["artifact"].get<std::string>() + "/frames/0").json();
  EXPECT_EQ(made["image"], preview["images"]["denoised"]);
  // Nothing was kept of the preview.
  EXPECT_EQ(get("runs").json()["total"], 1);
}

TEST_F(PreviewTest, APartOfAFrameHasItsOwnSize) {
  const std::string brain = uploaded("brain.nii.gz")["id"].get<std::string>();
  const Json frame = get("artifacts/" + brain + "/frames/20").json();
  const int width = frame["size"][0].get<int>(), height = frame["size"][1].get<int>();
  EXPECT_EQ(frame["image"]["width"], width);
  EXPECT_GT(frame["frames"], 20);
  EXPECT_LT(frame["window"][0], frame["window"][1]);
  const Reply reply = ask(brain, R"(,"parameters":{"domain":"amplitude","method":"lee","looks":4},
                    "region":{"frame":20,"x":3,"y":5,"width":16},"outputs":["ratio","denoised"])");
  const Json preview = reply.json();
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(preview["region"],
            (Json{{"frame", 20}, {"x", 3}, {"y", 5}, {"width", 16}, {"height", height - 5}}));
  for (const char* name : {"denoised", "ratio"}) {
    EXPECT_EQ(preview["images"][name]["width"], 16) << name;
    EXPECT_EQ(preview["images"][name]["height"], height - 5) << name;
  }
  EXPECT_EQ(preview["images"]["ratio"]["type"], "float32");
}

TEST_F(PreviewTest, MistakesAreNamed) {
  const std::string image = bmode();
  const std::string text = uploaded("truth.tfm")["id"].get<std::string>();
  const auto refused = [&](const std::string& rest, int status, const std::string& field,
                           const std::string& words) {
    const Reply reply = ask(image, rest);
    EXPECT_EQ(reply.status, status) << rest << reply.body;
    EXPECT_EQ(reply.json().value("field", ""), field) << rest << reply.body;
    EXPECT_THAT(reply.json().value("detail", ""), HasSubstr(words)) << rest;
  };
  refused(R"(,"region":{"x":200,"width":100})", 422, "region", "region is 200 to 299 along x");
  refused(R"(,"region":{"frame":1})", 422, "region", "region.frame is 1, but the image has 1 frames");
  refused(R"(,"region":{"x":-1})", 422, "region", "region.x is -1, expected a whole number");
  refused(R"(,"region":{"x":1e400})", 400, "", "");
  refused(R"(,"region":{"x":NaN})", 400, "", "");
  refused(R"(,"region":"all")", 422, "region", "region is \"all\", expected an object");
  refused(R"(,"parameters":{"time":"long"})", 422, "time", "time is \"long\", expected a number");
  refused(R"(,"parameters":{"regions":[1,2,3]})", 422, "regions", "regions has 3 numbers");
  refused(R"(,"parameters":{"regions":[250,2,30,3]})", 422, "regions", "the region 30×3 at (250, 2)");
  refused(R"(,"outputs":["report"])", 422, "outputs",
          "outputs holds report, expected images: denoised, ratio");
  refused(R"(,"title":"x")", 422, "title", "a preview has no \"title\"");
  EXPECT_EQ(ask("nobody").status, 404);
  EXPECT_THAT(whole(ask(text)), HasSubstr("a transform, expected a volume"));
  EXPECT_THAT(whole(send("POST", path, "{}")), HasSubstr("image is missing"));
  EXPECT_THAT(whole(send("POST", "/api/v1/operations/image.convert/preview",
                         R"({"inputs":{"image":")" + image + "\"}}")),
              HasSubstr("422"));
  EXPECT_THAT(whole(get("artifacts/" + image + "/frames/1")), HasSubstr("region.frame is 1"));
  EXPECT_THAT(whole(get("artifacts/" + image + "/frames/first")), HasSubstr("404"));
  EXPECT_THAT(whole(get("artifacts/" + text + "/frames/0")), testing::Not(HasSubstr(folder_.string())));
}

TEST_F(PreviewTest, ACrashCostsOneAnswer) {
  const std::string image = bmode();
  ASSERT_EQ(ask(image).status, 200);
  ASSERT_THAT(workers(), SizeIs(1));
  Reply reply;
  std::thread asking([&] { reply = ask(image, R"(,"parameters":{"method":"mulog"})"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  for (const pid_t worker : workers()) ::kill(worker, SIGSEGV);
  asking.join();
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("ended with signal 11"));
  EXPECT_EQ(ask(image).status, 200);
  // One that ends while nobody asks is not noticed at all.
  for (const pid_t worker : workers()) ::kill(worker, SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(ask(image).status, 200);
}

TEST_F(PreviewTest, WhoeverHangsUpIsNotWorkedFor) {
  const std::string image = bmode();
  const std::string body = R"({"inputs":{"image":")" + image + R"("},"parameters":{"method":"mulog"}})";
  const std::string request =
      std::string("POST ") + path +
      " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  ASSERT_EQ(ask(image).status, 200);
  for (int i = 0; i < 6; ++i) {
    const int s = connected();
    ASSERT_EQ(::send(s, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    ::close(s);
  }
  const auto start = Clock::now();
  EXPECT_EQ(ask(image, R"(,"parameters":{"method":"lee"})").status, 200);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(workers(), SizeIs(testing::Le(2U)));
}

TEST_F(PreviewTest, AProcessHasATimeAndAPlace) {
  const std::string image = bmode();
  stop();
  platform::RunRequest slow;
  slow.inputs["image"] = image;
  slow.parameters = {{"method", "mulog"}};
  const op::Operation& operation = op::find(operations_, "ultrasound.despeckle");
  const auto stay = [] { return false; };
  const auto refusal = [](const std::function<void()>& step) -> std::optional<Error> {
    try {
      step();
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  };
  {
    platform::Previews hasty(*workspace_,
                             {.program = SG_PROGRAM, .workers = 1, .limit = std::chrono::milliseconds(200)});
    const auto late = refusal([&] { hasty.preview(operation, slow, Json::object(), stay); });
    ASSERT_TRUE(late);
    EXPECT_EQ(late->code(), ErrorCode::resource);
    EXPECT_THAT(late->what(), HasSubstr("not ready within 0.2 s"));
    const auto left = refusal([&] { hasty.preview(operation, slow, Json::object(), [] { return true; }); });
    ASSERT_TRUE(left);
    EXPECT_EQ(left->code(), ErrorCode::cancelled);
    std::optional<Error> first, second;
    std::thread one([&] { first = refusal([&] { hasty.preview(operation, slow, Json::object(), stay); }); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    second = refusal([&] { hasty.frame(image, 0, stay); });
    one.join();
    ASSERT_TRUE(first);
    if (second) {  // otherwise the first was given up in time
      EXPECT_EQ(second->code(), ErrorCode::unavailable) << second->what();
    }
  }
  EXPECT_THAT(workers(), IsEmpty());
  EXPECT_FALSE(fs::exists(workspace_->folder() / "previews"));
}

}  // namespace
}  // namespace sg::test
