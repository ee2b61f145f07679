// The one block of memory in which everything lies that the library ever shows to the application (E-4, E-5):
// RECV + SEND + 144 bytes, whatever the size of a message. Only payloads that need no masking are shown in place,
// in the application's own memory (D2-3).
//
//   offset       size   use
//   0            RECV   received bytes
//   RECV         144    the scratch for control frames: 14 + 125, rounded up to 8 (H-14)
//   RECV + 144   SEND   the header of a data frame, and behind it a masked slice of the application's payload (D2-4)
//
// The scratch serves two control frames, since an automatic pong may go while a control frame of the application is
// still being written. Its last 136 bytes hold the application's, which has at most 6 + 125. Its first 8 extend the
// receive area: the pong is built at the end of that, in room that its ping has just given up. A client's pong is 4
// bytes longer than its ping (the mask key), which must not fail when the receive buffer is full. This division is
// ours.
//
// H-14 puts the header of a data frame into the send buffer, hence the minimum of 16. With the other answer to Q-S1
// the slices of a client have all of SEND, and the header ends where the slice begins, in the scratch.

#ifndef STAND_IN_SESSION_MEMORY_H
#define STAND_IN_SESSION_MEMORY_H

#include <memory>

#include "properties.h"

namespace stand_in {

class SessionMemory {
 public:
  static constexpr std::size_t kPongRoom = 8;
  static constexpr std::size_t kFrameRoom = 136;
  static_assert(kPongRoom + kFrameRoom == 144, "E-1, H-14");

  // Called at the end of the handshake (B5-1, Q-C4). Uses the application's block, or allocates one of the same
  // size; an allocated block belongs to this object and goes with it.
  HRESULT Allocate(const Properties& properties);

  std::uint8_t* receive_area() const { return base_; }
  std::size_t receive_size() const { return receive_size_; }
  std::size_t receive_area_size() const { return receive_size_ + kPongRoom; }
  std::uint8_t* frame_area() const { return base_ + receive_area_size(); }
  std::uint8_t* send_area() const { return frame_area() + kFrameRoom; }
  std::size_t send_size() const { return send_size_; }

 private:
  std::unique_ptr<std::uint8_t[]> owned_;
  std::uint8_t* base_ = nullptr;  // owned_, or the application's block
  std::size_t receive_size_ = 0;
  std::size_t send_size_ = 0;
};

}  // namespace stand_in

#endif  // STAND_IN_SESSION_MEMORY_H
