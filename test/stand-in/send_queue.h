// The operations of WebSocketSend, and their bytes on the wire (D-2).

#ifndef STAND_IN_SEND_QUEUE_H
#define STAND_IN_SEND_QUEUE_H

#include "fifo.h"
#include "frame.h"
#include "session_memory.h"

namespace stand_in {

// One WebSocketSend. Heap-allocated, owned by the queue until its indication was completed.
struct SendOperation {
  SendOperation* next = nullptr;
  WEB_SOCKET_BUFFER_TYPE type = WEB_SOCKET_NO_BUFFER_TYPE;
  PVOID context = nullptr;          // the application's; opaque
  std::uint8_t first_byte = 0;      // FIN, RSV and opcode of the (first) frame
  bool control = false;
  // Data: the application's memory, borrowed until INDICATE_SEND_COMPLETE (B6-12). Control: `body`.
  const std::uint8_t* payload = nullptr;
  std::uint64_t length = 0;
  std::uint8_t body[kMaximumControlPayload];  // Q-S13: copied at Send

  // Progress. A frame covers payload[frame_begin, frame_end); with Q-S2's default there is one.
  bool started = false;
  bool header_waiting = false;  // encoded, but not yet handed out
  std::uint8_t header[kMaximumHeader];
  std::size_t header_size = 0;
  MaskKey key = {};
  std::uint64_t frame_begin = 0;
  std::uint64_t frame_end = 0;
  std::uint64_t position = 0;  // payload handed out so far
  bool cancelled = false;      // a SEND_TO_NETWORK was completed with another count (B9-2)
};

enum class Masking {
  kNone,     // server
  kRandom,   // client
  kZeroKey,  // client with DISABLE_MASKING: mask bit set, key 0, payload unchanged (Q-S11)
};

class SendQueue {
 public:
  // `memory` outlives the queue.
  void Attach(const SessionMemory* memory, Masking masking);

  void Push(std::unique_ptr<SendOperation> operation) { operations_.Push(std::move(operation)); }
  SendOperation* front() const { return operations_.front(); }
  void Pop() { operations_.Pop(); }

  // True while a frame is begun on the wire and its last byte has not been handed out. A pong that goes out now ruins
  // the stream (Q-P3).
  bool InsideFrame() const;
  // True when the first operation has nothing more to send.
  bool FrontIsDone() const;

  // Hands out the first operation's next 1 to min(capacity, 2) segments (D2-1..D2-5); requires !FrontIsDone().
  // `*total` is their sum. Fails only if there are no random bytes, and then nothing has changed.
  HRESULT NextSegments(ULONG capacity, WEB_SOCKET_BUFFER* buffers, ULONG* count, ULONG* total);

 private:
  HRESULT BeginFrame(SendOperation* operation);
  void PlaceControlFrame(SendOperation* operation, WEB_SOCKET_BUFFER* buffer);
  // Writes the header of a data frame and returns its size.
  std::size_t PlaceDataHeader(SendOperation* operation, std::uint8_t* at);
  // The most payload for one slice if `filled` bytes of the send buffer are taken already.
  std::size_t LargestSlice(std::size_t filled) const;
  // Masks the next slice into the send buffer, after its first `filled` bytes. Returns the size of the slice.
  std::size_t NextSlice(SendOperation* operation, std::size_t filled);

  const SessionMemory* memory_ = nullptr;
  Masking masking_ = Masking::kNone;
  Fifo<SendOperation> operations_;
};

}  // namespace stand_in

#endif  // STAND_IN_SEND_QUEUE_H
