#include "server/sessions.h"

#include <algorithm>
#include <array>
#include <random>

namespace sg::server {
namespace {

constexpr std::size_t most_sessions = 1000;
constexpr const char* cookie_name = "shaoguang_session=";
constexpr const char* cookie_terms = "; Path=/; HttpOnly; SameSite=Strict";

/// Compares all of both, whatever they hold: the time taken tells nothing of the secret.
bool same_secret(const std::string& a, const std::string& b) {
  std::size_t different = a.size() ^ b.size();
  for (std::size_t i = 0; i < a.size(); ++i)
    different |= static_cast<unsigned char>(a[i] ^ (b.empty() ? 0 : b[i % b.size()]));
  return different == 0;
}

std::string in_cookies(const std::string& cookies) {
  const std::size_t at = cookies.find(cookie_name);
  if (at == std::string::npos) return "";
  const std::size_t from = at + std::string(cookie_name).size();
  return cookies.substr(from, cookies.find(';', from) - from);
}

/// 256 bits from the machine's random source.
std::string random_secret() {
  static std::random_device device;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string secret;
  for (int i = 0; i < 8; ++i) {
    const std::uint32_t word = device();
    for (int shift = 0; shift < 32; shift += 4) secret += digits[word >> shift & 15];
  }
  return secret;
}

}  // namespace

bool Sessions::admits(const std::string& authorization, const std::string& cookies) const {
  if (token_.empty() || same_secret(authorization, "Bearer " + token_)) return true;
  const std::string secret = in_cookies(cookies);
  const std::lock_guard lock(mutex_);
  return !secret.empty() && std::any_of(open_.begin(), open_.end(),
                                        [&](const std::string& one) { return same_secret(one, secret); });
}

std::string Sessions::begin(const std::string& token) {
  if (!token_.empty() && !same_secret(token, token_)) return "";
  const std::lock_guard lock(mutex_);
  open_.push_back(random_secret());
  if (open_.size() > most_sessions) open_.pop_front();
  return cookie_name + open_.back() + cookie_terms;
}

std::string Sessions::end(const std::string& cookies) {
  const std::string secret = in_cookies(cookies);
  const std::lock_guard lock(mutex_);
  std::erase(open_, secret);
  return std::string(cookie_name) + cookie_terms + "; Max-Age=0";
}

}  // namespace sg::server
