#include "handle_table.h"

#include <new>

namespace stand_in {
namespace {

constexpr unsigned kIndexBits = sizeof(void*) == 8 ? 32 : 20;
constexpr std::uintptr_t kIndexMask = (std::uintptr_t{1} << kIndexBits) - 1;
constexpr std::size_t kMostEntries = (std::size_t{1} << 20) - 1;

struct Entry {
  Handle* handle = nullptr;  // owned through the table's reference; null when the entry is free
  std::uintptr_t generation = 0;
  std::size_t next_free = 0;  // index + 1, 0 at the end
};

Lock g_lock;                  // guards everything below and every Handle::references
Entry* g_entries = nullptr;   // owned; lives until the process ends
std::size_t g_entry_count = 0;
std::size_t g_first_free = 0;  // index + 1, 0 when there is none

bool Grow() {
  const std::size_t count = g_entry_count == 0 ? 64 : g_entry_count * 2;
  if (count > kMostEntries) return false;
  Entry* entries = new (std::nothrow) Entry[count];
  if (entries == nullptr) return false;
  for (std::size_t i = 0; i < g_entry_count; ++i) entries[i] = g_entries[i];
  for (std::size_t i = count; i-- > g_entry_count;) {
    entries[i].next_free = g_first_free;
    g_first_free = i + 1;
  }
  delete[] g_entries;
  g_entries = entries;
  g_entry_count = count;
  return true;
}

// The entry of a value in use, or null. Called with g_lock held.
Entry* Find(WEB_SOCKET_HANDLE value) {
  const auto bits = reinterpret_cast<std::uintptr_t>(value);
  const std::uintptr_t index = bits & kIndexMask;  // plus one, so that no value is null
  if (index == 0 || index > g_entry_count) return nullptr;
  Entry* entry = &g_entries[index - 1];
  if (entry->handle == nullptr || entry->generation != bits >> kIndexBits) return nullptr;
  return entry;
}

// Gives one reference back. The last one frees the handle.
void Unreference(Handle* handle) {
  bool last;
  {
    ScopedLock lock(&g_lock);
    last = --handle->references == 0;
  }
  if (last) delete handle;
}

}  // namespace

WEB_SOCKET_HANDLE Publish(std::unique_ptr<Handle> handle) {
  ScopedLock lock(&g_lock);
  if (g_first_free == 0 && !Grow()) return nullptr;
  const std::size_t index = g_first_free - 1;
  Entry* entry = &g_entries[index];
  g_first_free = entry->next_free;
  entry->handle = handle.release();
  entry->handle->references = 1;
  return reinterpret_cast<WEB_SOCKET_HANDLE>(entry->generation << kIndexBits | (index + 1));
}

void Remove(WEB_SOCKET_HANDLE value) {
  Handle* handle;
  {
    ScopedLock lock(&g_lock);
    Entry* entry = Find(value);
    if (entry == nullptr) return;
    handle = entry->handle;
    entry->handle = nullptr;
    entry->generation = (entry->generation + 1) & (~std::uintptr_t{0} >> kIndexBits);
    entry->next_free = g_first_free;
    g_first_free = static_cast<std::size_t>(entry - g_entries) + 1;
  }
  {
    // After this no call uses the handle any more, so the application may free its buffers.
    ScopedLock lock(&handle->lock);
    handle->deleted = true;
  }
  Unreference(handle);
}

HandleAccess::HandleAccess(WEB_SOCKET_HANDLE value) : handle_(nullptr) {
  {
    ScopedLock lock(&g_lock);
    Entry* entry = Find(value);
    if (entry == nullptr) return;
    handle_ = entry->handle;
    ++handle_->references;
  }
  handle_->lock.Acquire();
  if (!handle_->deleted) return;
  handle_->lock.Release();
  Unreference(handle_);
  handle_ = nullptr;
}

HandleAccess::~HandleAccess() {
  if (handle_ == nullptr) return;
  handle_->lock.Release();
  Unreference(handle_);
}

}  // namespace stand_in
