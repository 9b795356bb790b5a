#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/dicom_dataset.h"
#include "io/files.h"

namespace sg::io {

/// A data set to be written: elements in explicit little-endian encoding, in the order of their tags. Setting
/// an element again replaces it; an empty text sets an empty element (type 2 attributes).
class DicomElements {
 public:
  /// Any representation made of characters, values separated by backslashes; padded to an even length.
  void text(const DicomTag& tag, const std::string& value);
  /// US, SS, UL, SL, FL, FD, or DS and IS as text of at most 16 characters.
  void numbers(const DicomTag& tag, std::span<const double> values);
  void number(const DicomTag& tag, double value) { numbers(tag, {&value, 1}); }
  /// With defined lengths.
  void sequence(const DicomTag& tag, const std::vector<DicomElements>& items);
  /// OB, OW, UN.
  void bytes(const DicomTag& tag, Bytes value);

  /// Takes an element over from a file, whatever its encoding, with everything below it that states its
  /// representation or stands in `known`; not private elements, nor pixels, nor what is longer than 64 KiB or
  /// deeper than eight sequences.
  void copy(const DicomDataset& from, const DicomTag& tag, std::span<const DicomTag> known, int depth = 0);

  bool has(const DicomTag& tag) const { return elements_.contains(tag.key()); }
  void erase(const DicomTag& tag) { elements_.erase(tag.key()); }
  bool empty() const { return elements_.empty(); }
  /// What `text` set, without padding.
  std::string value(const DicomTag& tag) const;
  /// Elements, one after the other. Throws unsupported_format above 4 GiB.
  Bytes encoded() const;

 private:
  struct Element {
    std::string vr;
    Bytes value;
  };
  void put(const DicomTag& tag, Bytes value);

  std::map<std::uint32_t, Element> elements_;
};

}  // namespace sg::io
