// The HTTP API through a real server and the real program behind it: what it does, and what it does not let
// happen.

#include "server_fixture.h"

namespace sg::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ServerTest, AFileGoesInARunComesOut) {
  EXPECT_EQ(get("health").json()["status"], "ok");
  EXPECT_EQ(get("operations").json()["operations"].size(), operations_.size());
  const Json brain = uploaded("brain.nii.gz");
  EXPECT_EQ(brain["kind"], "volume");
  const std::string id = brain["id"].get<std::string>();
  EXPECT_THAT(get("artifacts/" + id + "/thumbnail").body, HasSubstr("PNG"));

  const Reply run =
      send("POST", "/api/v1/operations/image.convert/runs",
           R"({"inputs":{"image":")" + id + R"("},"parameters":{"type":"int16"},"title":"mine"})");
  ASSERT_EQ(run.status, 202) << run.body;
  const std::string run_id = run.json()["id"].get<std::string>();
  EXPECT_THAT(run.head, HasSubstr("Location: /api/v1/runs/" + run_id));
  const Json done = wait_for("runs/" + run_id, [](const Json& r) { return r.contains("finished"); });
  EXPECT_EQ(done["state"], "succeeded") << op::dump(done);
  const std::string made = done["outputs"]["converted"]["artifact"].get<std::string>();
  EXPECT_EQ(get("artifacts/" + made).json()["origin"]["run"], run_id);
  EXPECT_EQ(get("runs?artifact=" + made).json()["items"][0]["id"], run_id);

  EXPECT_EQ(send("DELETE", "/api/v1/artifacts/" + id).status, 409);
  EXPECT_EQ(get("artifacts/" + id + "/reach").json()["artifacts"][0]["id"], made);
  EXPECT_EQ(send("DELETE", "/api/v1/artifacts/" + id + "?reach=all").status, 204);
  EXPECT_EQ(get("artifacts/" + made).status, 404);
}

TEST_F(ServerTest, MistakesAreProblemsInTheSameWords) {
  const std::string id = uploaded("brain.nii.gz")["id"].get<std::string>();
  const auto refused = [&](const std::string& body) {
    return send("POST", "/api/v1/operations/image.view/check", body);
  };
  const Reply height = refused(R"({"inputs":{"image":")" + id + R"("},"parameters":{"height":2}})");
  EXPECT_EQ(height.status, 422);
  EXPECT_THAT(height.head, HasSubstr("application/problem+json"));
  EXPECT_EQ(height.json()["detail"], "height is 2, expected a whole number from 32 to 4096");
  EXPECT_EQ(height.json()["field"], "height");
  EXPECT_EQ(refused(R"({"inputs":{"image":")" + id + R"("}})").status, 204);
  EXPECT_EQ(refused("{bad").status, 400);
  EXPECT_EQ(refused("[]").status, 400);
  EXPECT_EQ(refused(R"({"inputs":3})").json()["field"], "inputs");
  EXPECT_EQ(refused(R"({"inputs":{"image":7}})").json()["field"], "image");
  EXPECT_EQ(refused(R"({"colour":"red"})").json()["field"], "colour");
  EXPECT_EQ(send("POST", "/api/v1/operations/image.vieu/runs", "{}").status, 404);
  EXPECT_EQ(get("nothing").status, 404);
  EXPECT_EQ(get("artifacts/../../x").status, 404);
  EXPECT_EQ(get("artifacts?limit=0").json()["field"], "limit");
  EXPECT_EQ(get("runs?state=tired").json()["field"], "state");
  EXPECT_EQ(get("artifacts?state=tired").json()["field"], "state");
  EXPECT_EQ(get("artifacts?kind=labels,volume&state=ready").json()["total"], 1);
  EXPECT_EQ(get("artifacts?kind=labels,vol").json()["total"], 0);
  EXPECT_EQ(send("POST", "/api/v1/artifacts", "bytes").json()["field"], "name");
}

TEST_F(ServerTest, ContentComesInRangesWithItsTag) {
  const Json a = uploaded("labels.nii.gz");
  const std::string path = "/api/v1/artifacts/" + a["id"].get<std::string>() + "/content";
  const io::Bytes bytes = io::read_file(fs::path(SG_EXAMPLE_DATA) / "labels.nii.gz");
  EXPECT_EQ(send("GET", path).body, io::as_text(bytes));
  const Reply part = send("GET", path, "", "Host: localhost\r\nRange: bytes=10-19\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, std::string(io::as_text(bytes).substr(10, 10)));
  const auto ranged = [&](const std::string& range) {
    return send("GET", path, "",
                "Host: localhost\r\nAccept-Encoding: br, gzip\r\nRange: bytes=" + range + "\r\n");
  };
  EXPECT_EQ(ranged("0-99999999").body, io::as_text(bytes));
  EXPECT_EQ(ranged("-5").body, std::string(io::as_text(bytes).substr(bytes.size() - 5)));
  EXPECT_EQ(ranged("0-0,2-2,4-4").body, io::as_text(bytes)) << "several ranges count as none";
  EXPECT_EQ(ranged("99999999-").status, 416);
  EXPECT_EQ(ranged("99999999-").json()["status"], 416);
  const std::string tag = "\"" + a["sha256"].get<std::string>() + "\"";
  EXPECT_EQ(send("GET", path, "", "Host: localhost\r\nIf-None-Match: " + tag + "\r\n").status, 304);
}

TEST_F(ServerTest, HostileNamesStayText) {
  const Reply reply =
      send("POST", "/api/v1/artifacts?name=..%2F..%2F%22%0D%0AX-Evil:%201%3Cscript%3E.csv", "x\n1\n");
  ASSERT_EQ(reply.status, 201) << reply.body;
  const std::string id = reply.json()["id"].get<std::string>();
  const Json a = wait_for("artifacts/" + id, [](const Json& j) { return j["state"] != "inspecting"; });
  EXPECT_EQ(a["state"], "ready");
  const Reply content = send("GET", "/api/v1/artifacts/" + id + "/content");
  EXPECT_THAT(content.head, Not(HasSubstr("\nX-Evil")));
  EXPECT_THAT(content.head, HasSubstr("filename=\"_..____X-Evil__1_script_.csv\""));
  EXPECT_THAT(content.head, HasSubstr("filename*=UTF-8''"));
}

TEST_F(ServerTest, UploadedHtmlRunsInASandbox) {
  const Reply reply = send("POST", "/api/v1/artifacts?name=r.html", "<script>alert(1)</script>");
  const Reply content =
      send("GET", "/api/v1/artifacts/" + reply.json()["id"].get<std::string>() + "/content");
  EXPECT_THAT(content.head, HasSubstr("Content-Security-Policy: sandbox allow-scripts; default-src 'none'"));
  EXPECT_THAT(content.head, HasSubstr("X-Content-Type-Options: nosniff"));
}

TEST_F(ServerTest, PagesStayInTheirFolder) {
  EXPECT_EQ(send("GET", "/").body, "<title>app</title>");
  EXPECT_EQ(send("GET", "/runs/abc").body, "<title>app</title>") << "a page of the app";
  for (const char* path :
       {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/x/../../secret.txt", "/missing.js"})
    EXPECT_EQ(send("GET", path).status, 404) << path;
  EXPECT_THAT(send("GET", "/").head, HasSubstr("default-src 'self'"));
}

TEST_F(ServerTest, ForeignPagesAreRefused) {
  EXPECT_EQ(send("GET", "/api/v1/health", "", "Host: evil.example\r\n").status, 403);
  EXPECT_EQ(send("GET", "/api/v1/health", "", "Host: localhost.evil.example:80\r\n").status, 403);
  const std::string own = "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
  EXPECT_EQ(
      send("POST", "/api/v1/artifacts?name=a.csv", "x\n", own + "Origin: http://evil.example\r\n").status,
      403);
  EXPECT_EQ(send("POST", "/api/v1/artifacts?name=a.csv", "x\n",
                 own + "Origin: http://127.0.0.1:" + std::to_string(port_) + "\r\n")
                .status,
            201);
}

TEST_F(ServerTest, OtherAddressesNeedAToken) {
  stop();
  server::ServerOptions open;
  open.host = "0.0.0.0";
  EXPECT_THROW(start(open), Error);
  open.token = "0123456789abcdef";
  start(open);
  EXPECT_EQ(send("GET", "/api/v1/health").status, 403);
  EXPECT_EQ(send("GET", "/api/v1/health", "", "Host: x\r\nAuthorization: Bearer 0123456789abcdeX\r\n").status,
            403);
  EXPECT_EQ(send("GET", "/api/v1/health", "", "Host: x\r\nAuthorization: Bearer \r\n").status, 403);
  EXPECT_EQ(send("GET", "/api/v1/health", "", "Host: x\r\nAuthorization: Bearer 0123456789abcdef\r\n").status,
            200);
}

TEST_F(ServerTest, MalformedRequestsDoNoHarm) {
  const std::vector<std::string> malformed{
      "GET\r\n\r\n", std::string("\0\xff\xfe\r\n\r\n", 7),
      "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\n\r\n",
      "POST /api/v1/artifacts?name=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Content-Length: -5\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\n" + std::string(20000, 'h') + ": x\r\n\r\n"};
  for (const std::string& bytes : malformed) {
    const int s = connected();
    ::send(s, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(s, SHUT_WR);
    char block[4096];
    while (::recv(s, block, sizeof block, 0) > 0) {
    }
    ::close(s);
  }
  // A body that ends before its length is not kept.
  const int s = connected();
  const std::string cut =
      "POST /api/v1/artifacts?name=cut.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx\n1\n";
  ::send(s, cut.data(), cut.size(), MSG_NOSIGNAL);
  ::close(s);
  EXPECT_EQ(get("health").status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(get("artifacts?q=cut").json()["total"], 0);
}

TEST_F(ServerTest, ABodyThatNobodyReadIsNotTheNextRequest) {
  // A page elsewhere may make a browser send any body; what looks like a request in it must not become one.
  const std::string id = uploaded("labels.nii.gz")["id"].get<std::string>();
  const std::string inner = "DELETE /api/v1/artifacts/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const std::string head :
       {"POST /api/v1/artifacts?name=a.csv HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n",
        "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n",
        "POST /api/v1/health HTTP/1.1\r\nHost: localhost\r\n", "PUT /x HTTP/1.1\r\nHost: localhost\r\n",
        "OPTIONS /x HTTP/1.1\r\nHost: localhost\r\n",
        "POST /api/v1/artifacts HTTP/1.1\r\nHost: localhost\r\n"}) {
    const int s = connected();
    const std::string whole = head + "Content-Length: " + std::to_string(inner.size()) + "\r\n\r\n";
    ::send(s, whole.data(), whole.size(), MSG_NOSIGNAL);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50));  // so that it is not read together with the head
    ::send(s, inner.data(), inner.size(), MSG_NOSIGNAL);
    ::shutdown(s, SHUT_WR);
    char block[4096];
    while (::recv(s, block, sizeof block, 0) > 0) {
    }
    ::close(s);
    EXPECT_EQ(get("artifacts/" + id).status, 200) << head;
  }
}

TEST_F(ServerTest, AnUploadLargerThanTheDiskIsRefusedBeforeItsFirstByte) {
  for (const char* length : {"99999999999999999", "18446744073709551615", "-1"}) {
    const std::string reply = exchange(
        std::string("POST /api/v1/artifacts?name=a.nii HTTP/1.1\r\nHost: localhost\r\nContent-Length: ") +
            length + "\r\n\r\n",
        [](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; });
    EXPECT_THAT(reply, HasSubstr(" 507 ")) << length;
  }
}

TEST_F(ServerTest, EndsAtOnceThoughSomebodyIsStillConnected) {
  const int s = connected();
  const std::string request = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  ::send(s, request.data(), request.size(), MSG_NOSIGNAL);
  char block[4096];
  EXPECT_GT(::recv(s, block, sizeof block, 0), 0);
  const auto start = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  ::close(s);
}

TEST_F(ServerTest, SlowClientsHoldNobodyUp) {
  std::vector<int> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(connected());
    const std::string part = i % 2 == 0
                                 ? "GET /api/v1/health HTTP/1.1\r\nHost: loc"
                                 : "POST /api/v1/artifacts?name=slow.csv HTTP/1.1\r\nHost: localhost\r\n"
                                   "Content-Length: 100000\r\n\r\nx\n";
    ::send(slow.back(), part.data(), part.size(), MSG_NOSIGNAL);
  }
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("health").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  for (const int s : slow) ::close(s);
  EXPECT_EQ(get("artifacts?q=slow").json()["total"], 0);
}

TEST_F(ServerTest, EventsTellWhatHappensAndWhatWasMissed) {
  std::string heard;
  std::thread listener([&] {
    heard = exchange("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n", [](const std::string& text) {
      return text.find("\"state\":\"ready\"") != std::string::npos;
    });
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  uploaded("brain.nii.gz");
  listener.join();
  EXPECT_THAT(heard, HasSubstr("text/event-stream"));
  EXPECT_THAT(heard, HasSubstr("event: hello"));
  EXPECT_THAT(heard, HasSubstr("\"state\":\"ready\""));
  const std::string missed =
      exchange("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n",
               [](const std::string& text) { return text.find("\"state\":\"ready\"") != std::string::npos; });
  EXPECT_THAT(missed, HasSubstr("id: 1\nevent: artifact"));
}

}  // namespace
}  // namespace sg::test
