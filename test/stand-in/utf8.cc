#include "utf8.h"

#include <cstring>

namespace stand_in {

bool Utf8Validator::Append(const std::uint8_t* bytes, std::size_t count) {
  std::size_t i = 0;
  while (i < count) {
    if (missing_ == 0) {
      // Most text is ASCII, so this checks eight bytes at a time.
      while (count - i >= 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes + i, 8);
        if ((word & 0x8080808080808080u) != 0) break;
        i += 8;
      }
      if (i == count) break;
      const std::uint8_t lead = bytes[i++];
      if (lead < 0x80) continue;
      if (lead < 0xC2 || lead > 0xF4) return false;
      missing_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
      lowest_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      highest_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    } else {
      const std::uint8_t byte = bytes[i++];
      if (byte < lowest_ || byte > highest_) return false;
      --missing_;
      lowest_ = 0x80;
      highest_ = 0xBF;
    }
  }
  return true;
}

}  // namespace stand_in
