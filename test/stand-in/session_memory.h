// The one block of memory in which everything lies that the library ever shows to the application (E-4, E-5):
// RECV + SEND + 144 bytes, whatever the size of a message. Only payloads that need no masking are shown in place,
// in the application's own memory (D2-3).
//
//   offset                size       use
//   0                     RECV + 8   received bytes (never more than RECV of them); an automatic pong is built at
//                                    the end of this area, in room that its ping has just given up
//   RECV + 8              136        a whole control frame sent by the application (at most 6 + 125 bytes), or the
//                                    header of a data frame, placed so that it ends where the slice begins
//   RECV + 8 + 136        SEND       a masked slice of the application's payload (D2-4)
//
// E-6 only guesses what the 144 bytes are for; this division is ours. The 8 are there because a client's pong is 4
// bytes longer than its ping (the mask key), which must not fail when the buffer is full.

#ifndef STAND_IN_SESSION_MEMORY_H
#define STAND_IN_SESSION_MEMORY_H

#include <memory>

#include "properties.h"

namespace stand_in {

class SessionMemory {
 public:
  static constexpr std::size_t kPongRoom = 8;
  static constexpr std::size_t kFrameRoom = 136;
  static_assert(kPongRoom + kFrameRoom == 144, "E-1");

  // Called at the end of the handshake (B5-1, Q-C4). Uses the application's block, or allocates one of the same
  // size; an allocated block belongs to this object and goes with it.
  HRESULT Allocate(const Properties& properties);

  std::uint8_t* receive_area() const { return base_; }
  std::size_t receive_size() const { return receive_size_; }
  std::size_t receive_area_size() const { return receive_size_ + kPongRoom; }
  std::uint8_t* frame_area() const { return base_ + receive_area_size(); }
  std::uint8_t* slice_area() const { return frame_area() + kFrameRoom; }
  std::size_t slice_size() const { return send_size_; }

 private:
  std::unique_ptr<std::uint8_t[]> owned_;
  std::uint8_t* base_ = nullptr;  // owned_, or the application's block
  std::size_t receive_size_ = 0;
  std::size_t send_size_ = 0;
};

}  // namespace stand_in

#endif  // STAND_IN_SESSION_MEMORY_H
