#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/geometry.h"

namespace sg::io {

/// An attribute with the value representation the standard gives it, used where the file itself states none.
struct DicomTag {
  std::uint16_t group, element;
  char vr[3];
  std::uint32_t key() const { return std::uint32_t{group} << 16 | element; }
};

/// How the bytes of a data set are to be read.
struct DicomEncoding {
  bool implicit_vr = true;
  bool big_endian = false;
};

/// The attributes of a DICOM data set or sequence item, as views into bytes that must outlive it. Sequences
/// are parsed when asked for. Every accessor treats an absent, empty or unreadable value alike: as not there.
class DicomDataset {
 public:
  struct Element {
    char vr[3] = "UN";
    std::span<const std::uint8_t> value;
    bool undefined_length = false;
    bool short_of_bytes = false;  // the file ended before the stated length
    DicomEncoding encoding;
  };

  DicomDataset() = default;
  /// Parses all elements of `bytes`. Throws invalid_input where the structure breaks before any pixel data;
  /// an element that runs past the end is kept as short_of_bytes and ends the parse.
  DicomDataset(std::span<const std::uint8_t> bytes, DicomEncoding encoding, int depth = 0);

  const Element* find(const DicomTag& tag) const;
  bool has(const DicomTag& tag) const { return find(tag) != nullptr; }
  bool empty() const { return elements_.empty(); }
  /// Whether the bytes ended inside an element.
  bool truncated() const { return truncated_; }

  /// Text without padding; raw bytes in the file's own character set.
  std::string text(const DicomTag& tag) const;
  /// Texts between backslashes.
  std::vector<std::string> texts(const DicomTag& tag) const;
  /// Numbers of any representation (DS, IS, US, SS, UL, SL, FL, FD); finite ones only, else nothing at all.
  std::vector<double> numbers(const DicomTag& tag) const;
  std::optional<double> number(const DicomTag& tag) const;
  std::optional<std::int64_t> integer(const DicomTag& tag) const;
  /// Three numbers as a vector.
  std::optional<Vec3> vector(const DicomTag& tag) const;
  /// Values of two bytes each (lookup tables).
  std::vector<std::uint16_t> words(const DicomTag& tag) const;

  /// All, by tag (group in the upper half).
  const std::map<std::uint32_t, Element>& elements() const { return elements_; }

  std::vector<DicomDataset> items(const DicomTag& tag) const;
  /// The first item; an empty data set if there is none.
  DicomDataset item(const DicomTag& tag) const;

 private:
  std::map<std::uint32_t, Element> elements_;
  int depth_ = 0;
  bool truncated_ = false;
};

/// A whole DICOM file.
struct DicomFile {
  std::vector<std::uint8_t> inflated;  // owns the data set of a deflated file
  std::string transfer_syntax;         // UID; as guessed if the file does not say
  DicomDataset dataset;
  std::vector<std::string> warnings;
};

/// Parses a file: preamble and meta header are optional, an absent transfer syntax is guessed, a wrong one
/// (implicit under an explicit label) is noticed. `bytes` must outlive the result. Throws invalid_input (not
/// DICOM, damaged).
DicomFile parse_dicom(std::span<const std::uint8_t> bytes);

/// The compressed pieces of encapsulated pixel data; the first is the basic offset table.
/// Throws invalid_input if the pieces do not fill the element properly.
std::vector<std::span<const std::uint8_t>> pixel_fragments(const DicomDataset::Element& pixel_data);

/// The text as UTF-8, from the character set SpecificCharacterSet names; bytes that do not convert become
/// '?'.
std::string to_utf8(const std::string& text, const std::string& character_set);

}  // namespace sg::io
