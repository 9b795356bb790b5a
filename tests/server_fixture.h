#pragma once
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "app/operations.h"
#include "core/error.h"
#include "io/files.h"
#include "op/json.h"
#include "server/server.h"

namespace sg::test {

namespace fs = std::filesystem;
using op::Json;

/// What came back; header names as sent.
struct Reply {
  int status = 0;
  std::string head, body;
  Json json() const { return op::parse_json(body, "reply"); }
};

/// A real server on a fresh workspace, the real program behind it, and sockets without a client library, so
/// that anything can be sent.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    std::string pattern = (fs::temp_directory_path() / "sg_server_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ / "web");
    io::write_file(folder_ / "web/index.html", std::string_view("<title>app</title>"));
    io::write_file(folder_ / "secret.txt", std::string_view("secret"));
    workspace_ = std::make_unique<platform::Workspace>(folder_ / "w", true);
    start({});
  }
  ~ServerTest() override {
    stop();
    workspace_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void start(server::ServerOptions options) {
    options.program = SG_PROGRAM;
    options.web = folder_ / "web";
    options.port = 0;
    server_ = std::make_unique<server::Server>(*workspace_, operations_, options);
    const std::string url = server_->url();
    port_ = std::stoi(url.substr(url.rfind(':') + 1));
    thread_ = std::thread([this] { server_->run(); });
  }
  void stop() {
    if (!server_) return;
    server_->stop();
    thread_.join();
    server_.reset();
  }

  int connected() const {
    const int s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    timeval patience{20, 0};
    ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return s;
  }
  /// Sends exactly these bytes and reads until the server closes (or `enough` holds).
  template <class Enough>
  std::string exchange(const std::string& bytes, const Enough& enough) const {
    const int s = connected();
    EXPECT_EQ(::send(s, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    std::string text;
    char block[65536];
    ssize_t count = 0;
    while (!enough(text) && (count = ::recv(s, block, sizeof block, 0)) > 0)
      text.append(block, static_cast<std::size_t>(count));
    ::close(s);
    return text;
  }
  Reply send(const std::string& method, const std::string& path, const std::string& body = "",
             const std::string& headers = "Host: localhost\r\n") const {
    const std::string text = exchange(
        method + " " + path + " HTTP/1.1\r\n" + headers +
            "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
        [](const std::string&) { return false; });
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos || text.size() < 12) return {};
    return {std::stoi(text.substr(9, 3)), text.substr(0, end), text.substr(end + 4)};
  }
  Reply get(const std::string& path) const { return send("GET", "/api/v1/" + path); }
  Json wait_for(const std::string& path, const std::function<bool(const Json&)>& done) const {
    for (int i = 0; i < 400; ++i) {
      Json json = get(path).json();
      if (done(json)) return json;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << path << " did not come to it";
    return {};
  }
  Json uploaded(const std::string& example) const {
    const io::Bytes bytes = io::read_file(fs::path(SG_EXAMPLE_DATA) / example);
    const Reply reply = send("POST", "/api/v1/artifacts?name=" + example, std::string(io::as_text(bytes)));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return wait_for("artifacts/" + reply.json()["id"].get<std::string>(),
                    [](const Json& a) { return a["state"] != "inspecting"; });
  }

  const std::vector<op::Operation> operations_ = app::operations();
  fs::path folder_;
  std::unique_ptr<platform::Workspace> workspace_;
  std::unique_ptr<server::Server> server_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace sg::test
