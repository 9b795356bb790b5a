#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/signal.h"

namespace sg::io {

enum class SampleFormat { pcm16, pcm24, float32 };

/// Reads WAV (also RF64 and W64), FLAC, AIFF or AU with integer, floating-point, A-law or μ-law samples
/// (libsndfile). Integers are divided by their full scale, so that they lie in −1…1. Throws not_found;
/// unsupported_format (none of these, or a compressed WAV); invalid_input (damaged, empty, a rate or number
/// of channels out of range, samples that are not finite).
Signal read_signal(const std::filesystem::path& path);
Signal read_signal(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes .wav or .flac (FLAC holds no floats: float32 is refused). The PCM forms round to nearest and clip
/// at full scale; float32 keeps every value. Atomic. Throws invalid_input for samples that are not finite, no
/// frames, a rate that is no whole number 1…655350 Hz, or channels outside 1…256 (FLAC: 8);
/// unsupported_format for another extension.
void write_signal(const Signal& signal, const std::filesystem::path& path,
                  SampleFormat format = SampleFormat::pcm24);

}  // namespace sg::io
