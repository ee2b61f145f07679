// A strict UTF-8 check that may stop and go on at any byte (D5-1).

#ifndef STAND_IN_UTF8_H
#define STAND_IN_UTF8_H

#include <cstddef>
#include <cstdint>

namespace stand_in {

class Utf8Validator {
 public:
  void Reset() { *this = Utf8Validator(); }
  // False at the first byte that no well-formed text can have here. Surrogates, overlong forms and values above
  // U+10FFFF are found at their second byte.
  bool Append(const std::uint8_t* bytes, std::size_t count);
  // True if no sequence is unfinished.
  bool Complete() const { return missing_ == 0; }

 private:
  std::uint8_t missing_ = 0;     // continuation bytes still to come
  std::uint8_t lowest_ = 0x80;   // what the next continuation byte may be
  std::uint8_t highest_ = 0xBF;
};

}  // namespace stand_in

#endif  // STAND_IN_UTF8_H
