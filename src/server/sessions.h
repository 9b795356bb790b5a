#pragma once
#include <deque>
#include <mutex>
#include <string>

namespace sg::server {

/// Who may come in, where a token is required: whoever brings the token itself (programs: Authorization:
/// Bearer …) or the cookie that was given for it (browsers, whose event streams carry no headers of ours).
/// Cookies are random, kept in memory only, at most a thousand, the oldest goes first. Thread-safe.
class Sessions {
 public:
  /// An empty token lets everybody in.
  explicit Sessions(std::string token) : token_(std::move(token)) {}

  bool required() const { return !token_.empty(); }
  /// By the request's Authorization and Cookie headers.
  bool admits(const std::string& authorization, const std::string& cookies) const;
  /// The Set-Cookie header for whoever brought the token; "" for a wrong one.
  std::string begin(const std::string& token);
  /// Ends the session of this cookie; returns the header that makes the browser forget it.
  std::string end(const std::string& cookies);

 private:
  std::string token_;
  mutable std::mutex mutex_;
  std::deque<std::string> open_;
};

}  // namespace sg::server
