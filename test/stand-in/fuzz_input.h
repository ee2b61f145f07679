// Reads the input of libFuzzer as the decisions of a program and its bytes.
#ifndef STAND_IN_FUZZ_INPUT_H
#define STAND_IN_FUZZ_INPUT_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  bool Empty() const { return left_ == 0; }

  unsigned Byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }

  // Takes the number of bytes that the next byte gives, in new memory.
  std::vector<std::uint8_t> Bytes() {
    const std::size_t wanted = Byte();
    const std::size_t size = wanted < left_ ? wanted : left_;
    std::vector<std::uint8_t> bytes(data_, data_ + size);
    data_ += size;
    left_ -= size;
    return bytes;
  }

  std::string Text() {
    const auto bytes = Bytes();
    return std::string(bytes.begin(), bytes.end());
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace fuzz

#endif  // STAND_IN_FUZZ_INPUT_H
