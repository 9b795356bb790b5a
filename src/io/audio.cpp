#include "io/audio.h"

#include <fmt/format.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "io/files.h"
#include "io/path_error.h"

namespace sg::io {
namespace {

constexpr int channel_limit = 256;
constexpr std::int64_t rate_limit = 655350;

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

/// A file in memory, for libsndfile. Reads see `view`; writes go to `bytes`.
struct MemoryFile {
  ByteView view;
  Bytes bytes;
  std::size_t at = 0;
  bool writing = false;
  std::size_t size() const { return writing ? bytes.size() : view.size(); }
};

sf_count_t length_of(void* user) { return static_cast<sf_count_t>(static_cast<MemoryFile*>(user)->size()); }

sf_count_t seek_in(sf_count_t offset, int whence, void* user) {
  MemoryFile& file = *static_cast<MemoryFile*>(user);
  const auto size = static_cast<sf_count_t>(file.size()), now = static_cast<sf_count_t>(file.at);
  const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? now : size;
  // Headers may ask for any place, also one whose sum with the base overflows.
  if (offset > size - base || offset < -base) return -1;
  file.at = static_cast<std::size_t>(base + offset);
  return base + offset;
}

sf_count_t read_from(void* out, sf_count_t count, void* user) {
  MemoryFile& file = *static_cast<MemoryFile*>(user);
  const std::size_t n = count <= 0 ? 0 : std::min(static_cast<std::size_t>(count), file.size() - file.at);
  if (n > 0) std::memcpy(out, (file.writing ? file.bytes.data() : file.view.data()) + file.at, n);
  file.at += n;
  return static_cast<sf_count_t>(n);
}

sf_count_t write_to(const void* in, sf_count_t count, void* user) {
  MemoryFile& file = *static_cast<MemoryFile*>(user);
  const auto n = static_cast<std::size_t>(std::max<sf_count_t>(count, 0));
  if (file.at + n > file.bytes.size()) file.bytes.resize(file.at + n);
  if (n > 0) std::memcpy(file.bytes.data() + file.at, in, n);
  file.at += n;
  return static_cast<sf_count_t>(n);
}

sf_count_t tell_in(void* user) { return static_cast<sf_count_t>(static_cast<MemoryFile*>(user)->at); }

using SoundFile = std::unique_ptr<SNDFILE, int (*)(SNDFILE*)>;

SoundFile open_sound(MemoryFile& file, int mode, SF_INFO& info) {
  SF_VIRTUAL_IO access{length_of, seek_in, read_from, write_to, tell_in};
  return {sf_open_virtual(&access, mode, &info, &file), sf_close};
}

/// Only formats whose decoders are simple are let through: libsndfile would guess at many more, some of them
/// through other libraries.
bool looks_like_sound(ByteView bytes) {
  if (bytes.size() < 12) return false;
  const std::string_view head = as_text(bytes).substr(0, 4), kind = as_text(bytes).substr(8, 4);
  if (head == "RIFF" || head == "RF64" || head == "RIFX") return kind == "WAVE";
  if (head == "FORM") return kind == "AIFF" || kind == "AIFC";
  return head == "fLaC" || head == ".snd" || head == "riff";
}

bool is_plain(int format) {
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_DOUBLE:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW: return true;
    default: return false;
  }
}

Signal read_sound(ByteView bytes) {
  if (bytes.empty()) bad("the file is empty, expected WAV, FLAC, AIFF or AU");
  if (!looks_like_sound(bytes)) {
    throw Error(ErrorCode::unsupported_format,
                "not a sound file that is read, expected WAV, FLAC, AIFF or AU");
  }
  MemoryFile memory{bytes, {}, 0, false};
  SF_INFO info{};
  const SoundFile file = open_sound(memory, SFM_READ, info);
  if (!file) bad(fmt::format("the sound file is damaged: {}", sf_strerror(nullptr)));
  if (!is_plain(info.format)) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format(
            "sound encoding {:#x} is not read, expected integer, floating-point, A-law or μ-law samples",
            info.format & SF_FORMAT_SUBMASK));
  }
  if (info.channels < 1 || info.channels > channel_limit) {
    bad(fmt::format("the sound has {} channels, expected 1…{}", info.channels, channel_limit));
  }
  if (info.samplerate < 1 || info.samplerate > rate_limit) {
    bad(fmt::format("the sample rate is {} Hz, expected 1…{}", info.samplerate, rate_limit));
  }
  // The header's length may be a lie; memory grows with what is really there.
  const auto channels = static_cast<std::size_t>(info.channels);
  std::vector<float> interleaved, block(channels * 4096);
  while (true) {
    const sf_count_t frames = sf_readf_float(file.get(), block.data(), 4096);
    if (frames <= 0) break;
    interleaved.insert(
        interleaved.end(), block.begin(),
        block.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(frames) * channels));
  }
  const std::size_t frames = interleaved.size() / channels;
  if (frames == 0) bad("the sound holds no samples");
  if (info.frames > 0 && static_cast<std::uint64_t>(info.frames) != frames) {
    bad(fmt::format("the sound breaks off after {} of {} frames, it is truncated", frames, info.frames));
  }
  Signal signal{Hz{static_cast<double>(info.samplerate)}, info.channels,
                std::vector<float>(interleaved.size())};
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t t = 0; t < frames; ++t) {
      const float value = interleaved[t * channels + c];
      if (!std::isfinite(value))
        bad(fmt::format("sample {} of channel {} is {}, expected a finite number", t, c + 1, value));
      signal.samples[c * frames + t] = value;
    }
  }
  return signal;
}

int encoding_for(const std::string& extension, SampleFormat format) {
  const int depth = format == SampleFormat::pcm16   ? SF_FORMAT_PCM_16
                    : format == SampleFormat::pcm24 ? SF_FORMAT_PCM_24
                                                    : SF_FORMAT_FLOAT;
  if (extension == ".wav") return SF_FORMAT_WAV | depth;
  if (extension != ".flac") {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("sound cannot be written as \"{}\", expected .wav or .flac", extension));
  }
  if (format == SampleFormat::float32) {
    throw Error(ErrorCode::unsupported_format,
                "FLAC holds no floating-point samples, expected pcm16 or pcm24");
  }
  return SF_FORMAT_FLAC | depth;
}

void check_signal(const Signal& signal, bool flac) {
  const int most = flac ? 8 : channel_limit;
  if (signal.channels < 1 || signal.channels > most) {
    bad(fmt::format("the signal has {} channels, expected 1…{}", signal.channels, most));
  }
  if (!(signal.rate.value >= 1) || signal.rate.value > rate_limit ||
      signal.rate.value != std::floor(signal.rate.value)) {
    bad(fmt::format("the sample rate is {} Hz, expected a whole number 1…{}", signal.rate.value, rate_limit));
  }
  if (signal.samples.empty() || static_cast<std::int64_t>(signal.samples.size()) % signal.channels != 0) {
    bad(fmt::format("{} samples do not fill {} channels", signal.samples.size(), signal.channels));
  }
  const auto wrong = std::find_if_not(signal.samples.begin(), signal.samples.end(),
                                      [](float v) { return std::isfinite(v); });
  if (wrong != signal.samples.end()) {
    bad(fmt::format("sample {} is {}, expected a finite number", wrong - signal.samples.begin(), *wrong));
  }
}

/// The sample as a left-justified 32-bit integer with `bits` of them in use.
int quantized(float value, int bits) {
  const double scale = std::ldexp(1.0, bits - 1);
  const double whole = std::clamp(std::nearbyint(static_cast<double>(value) * scale), -scale, scale - 1);
  return static_cast<int>(whole * std::ldexp(1.0, 32 - bits));
}

}  // namespace

Signal read_signal(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path);
  return naming_path(path, [&] { return read_sound(bytes); });
}

Signal read_signal(ByteView bytes, const std::string& name) {
  return naming_path(name, [&] { return read_sound(bytes); });
}

void write_signal(const Signal& signal, const std::filesystem::path& path, SampleFormat format) {
  const std::string extension = extension_of(path);
  const int encoding = encoding_for(extension, format);
  check_signal(signal, extension == ".flac");
  MemoryFile memory{{}, {}, 0, true};
  SF_INFO info{};
  info.samplerate = static_cast<int>(signal.rate.value);
  info.channels = static_cast<int>(signal.channels);
  info.format = encoding;
  {
    const SoundFile file = open_sound(memory, SFM_WRITE, info);
    if (!file) bad(fmt::format("sound cannot be written: {}", sf_strerror(nullptr)));
    // A time stamp in the PEAK chunk would make the bytes differ from run to run.
    sf_command(file.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
    const auto channels = static_cast<std::size_t>(signal.channels),
               frames = static_cast<std::size_t>(signal.frames());
    const int bits = format == SampleFormat::pcm16 ? 16 : 24;
    sf_count_t written = 0;
    if (format == SampleFormat::float32) {
      std::vector<float> interleaved(signal.samples.size());
      for (std::size_t i = 0; i < interleaved.size(); ++i)
        interleaved[i] = signal.samples[i % channels * frames + i / channels];
      written = sf_writef_float(file.get(), interleaved.data(), static_cast<sf_count_t>(frames));
    } else {
      std::vector<int> interleaved(signal.samples.size());
      for (std::size_t i = 0; i < interleaved.size(); ++i) {
        interleaved[i] = quantized(signal.samples[i % channels * frames + i / channels], bits);
      }
      written = sf_writef_int(file.get(), interleaved.data(), static_cast<sf_count_t>(frames));
    }
    if (written != static_cast<sf_count_t>(frames)) {
      throw Error(ErrorCode::resource, fmt::format("sound cannot be written: {}", sf_strerror(file.get())));
    }
  }
  write_file(path, memory.bytes);
}

}  // namespace sg::io
