// Memory that may be refused. The shim is compiled without C++ exceptions, so a failed allocation must be a return
// value. The standard containers would end the process instead.
#ifndef WSPC_MEMORY_H_
#define WSPC_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace wspc {

// A block of fixed size that does not move.
class Block {
 public:
  // Returns false if there is no memory. A block of 0 bytes still has an address of its own.
  bool Allocate(size_t size) {
    // 8-byte alignment, as the documentation requires for a user's buffer (B1-6).
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
  // Whether a range from the DLL lies inside the block. An empty range may lie at the end.
  bool Contains(const uint8_t* bytes, size_t length) const {
    const uintptr_t start = reinterpret_cast<uintptr_t>(data());
    const uintptr_t at = reinterpret_cast<uintptr_t>(bytes);
    return words_ != nullptr && at >= start && at - start <= size_ && length <= size_ - (at - start);
  }

 private:
  std::unique_ptr<uint64_t[]> words_;
  size_t size_ = 0;
};

// Plain values, one after the other. The list grows at its end.
template <typename T>
class List {
  static_assert(std::is_trivially_copyable<T>::value, "elements are moved as bytes");

 public:
  // Returns false if there is no memory; then nothing has changed.
  bool Append(const T* items, size_t count) {
    if (count > capacity_ - size_) {
      size_t wanted = capacity_ < kLeast ? kLeast : capacity_ * 2;
      if (wanted - size_ < count) wanted = size_ + count;
      std::unique_ptr<T[]> grown(new (std::nothrow) T[wanted]);
      if (grown == nullptr) return false;
      if (size_ != 0) std::memcpy(grown.get(), items_.get(), size_ * sizeof(T));
      items_ = std::move(grown);
      capacity_ = wanted;
    }
    if (count != 0) std::memcpy(items_.get() + size_, items, count * sizeof(T));
    size_ += count;
    return true;
  }
  bool Add(const T& item) { return Append(&item, 1); }
  void RemoveAt(size_t index) {
    size_--;
    std::memmove(items_.get() + index, items_.get() + index + 1, (size_ - index) * sizeof(T));
  }
  void Clear() {
    items_.reset();
    size_ = capacity_ = 0;
  }
  // Null if nothing was ever added. The DLL expects null for an empty array.
  T* data() const { return items_.get(); }
  size_t size() const { return size_; }
  T& operator[](size_t index) const { return items_[index]; }
  T* begin() const { return items_.get(); }
  T* end() const { return items_.get() + size_; }

 private:
  static constexpr size_t kLeast = sizeof(T) < 64 ? 512 / sizeof(T) : 2;
  std::unique_ptr<T[]> items_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// Values by number. 0 is never a number. A value moves when the table grows.
template <typename T>
class Table {
 public:
  size_t size() const { return size_; }
  // Null if there is no value with this number.
  T* Find(uint64_t number) const {
    if (number == 0 || capacity_ == 0) return nullptr;
    Entry* entry = At(number);
    return entry->number == number ? &entry->value : nullptr;
  }
  // Adds a value under a new number. Null if there is no memory.
  T* Add(uint64_t number) {
    if (size_ + 1 > capacity_ / 4 * 3 && !Resize(capacity_ == 0 ? kLeast : capacity_ * 2)) return nullptr;
    Entry* entry = At(number);
    entry->number = number;
    size_++;
    return &entry->value;
  }
  void Erase(uint64_t number) {
    if (Find(number) == nullptr) return;
    // Nobody points into an empty table, so the memory that it needed for a burst is freed.
    if (--size_ == 0 && capacity_ > kLeast) {
      entries_.reset();
      capacity_ = 0;
      return;
    }
    // Closes the gap, so that the values after it are still found.
    size_t gap = static_cast<size_t>(At(number) - entries_.get());
    for (size_t next = Behind(gap); entries_[next].number != 0; next = Behind(next)) {
      const size_t home = Home(entries_[next].number);
      if (((next - home) & (capacity_ - 1)) < ((next - gap) & (capacity_ - 1))) continue;
      entries_[gap] = std::move(entries_[next]);
      gap = next;
    }
    entries_[gap] = Entry();
  }
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    for (size_t at = 0; at < capacity_; at++) {
      if (entries_[at].number != 0) visit(entries_[at].value);
    }
  }

 private:
  struct Entry {
    uint64_t number = 0;
    T value = T();
  };
  static constexpr size_t kLeast = 8;

  size_t Home(uint64_t number) const {
    return static_cast<size_t>((number * 0x9E3779B97F4A7C15u) >> 32) & (capacity_ - 1);
  }
  size_t Behind(size_t at) const { return (at + 1) & (capacity_ - 1); }
  // The place of the number, or the place where it would be added.
  Entry* At(uint64_t number) const {
    size_t at = Home(number);
    while (entries_[at].number != 0 && entries_[at].number != number) at = Behind(at);
    return &entries_[at];
  }
  bool Resize(size_t capacity) {
    std::unique_ptr<Entry[]> grown(new (std::nothrow) Entry[capacity]);
    if (grown == nullptr) return false;
    std::swap(entries_, grown);
    const size_t before = std::exchange(capacity_, capacity);
    for (size_t at = 0; at < before; at++) {
      if (grown[at].number != 0) *At(grown[at].number) = std::move(grown[at]);
    }
    return true;
  }

  std::unique_ptr<Entry[]> entries_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace wspc

#endif  // WSPC_MEMORY_H_
