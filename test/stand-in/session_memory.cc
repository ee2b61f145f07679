#include "session_memory.h"

#include <new>

#include "hresults.h"

namespace stand_in {

HRESULT SessionMemory::Allocate(const Properties& properties) {
  const std::uint64_t total =
      std::uint64_t{properties.receive_size} + properties.send_size + kPongRoom + kFrameRoom;
  if (properties.allocated_buffer != nullptr) {
    base_ = properties.allocated_buffer;
  } else {
    if (total > SIZE_MAX / 2) return hr::kOutOfMemory;
    owned_.reset(new (std::nothrow) std::uint8_t[static_cast<std::size_t>(total)]);
    if (!owned_) return hr::kOutOfMemory;
    base_ = owned_.get();
  }
  receive_size_ = properties.receive_size;
  send_size_ = properties.send_size;
  return hr::kOk;
}

}  // namespace stand_in
