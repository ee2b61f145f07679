// Memory that may be refused: without C++ exceptions, a failed allocation has to be a value.
#ifndef WSPC_MEMORY_H_
#define WSPC_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace wspc {

// A block of fixed size that does not move.
class Block {
 public:
  // False when there is no memory. A block of 0 bytes still has an address of its own.
  bool Allocate(size_t size) {
    // 8-byte alignment, which the documentation asks of a user's buffer (B1-6).
    words_.reset(new (std::nothrow) uint64_t[size / sizeof(uint64_t) + 1]);
    size_ = words_ == nullptr ? 0 : size;
    return words_ != nullptr;
  }
  bool CopyOf(const void* bytes, size_t size) {
    if (!Allocate(size)) return false;
    if (size != 0) std::memcpy(data(), bytes, size);
    return true;
  }
  uint8_t* data() const { return reinterpret_cast<uint8_t*>(words_.get()); }
  size_t size() const { return size_; }
  // Whether a range that the DLL named lies inside; an empty one may lie at the end.
  bool Contains(const uint8_t* bytes, size_t length) const {
    const uintptr_t start = reinterpret_cast<uintptr_t>(data());
    const uintptr_t at = reinterpret_cast<uintptr_t>(bytes);
    return words_ != nullptr && at >= start && at - start <= size_ && length <= size_ - (at - start);
  }

 private:
  std::unique_ptr<uint64_t[]> words_;
  size_t size_ = 0;
};

// Bytes that grow at the end.
class ByteQueue {
 public:
  ByteQueue() = default;
  ~ByteQueue() { std::free(data_); }
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;

  // False when there is no memory; nothing has changed then.
  bool Append(const uint8_t* bytes, size_t length) {
    if (length > capacity_ - size_) {
      size_t wanted = capacity_ < 512 ? 1024 : capacity_ * 2;
      if (wanted < size_ + length) wanted = size_ + length;
      void* grown = std::realloc(data_, wanted);
      if (grown == nullptr) return false;
      data_ = static_cast<uint8_t*>(grown);
      capacity_ = wanted;
    }
    if (length != 0) std::memcpy(data_ + size_, bytes, length);
    size_ += length;
    return true;
  }
  void Clear() {
    std::free(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace wspc

#endif  // WSPC_MEMORY_H_
