// The operations of WebSocketReceive, the parser that serves them (D-3, D-4, D-5), and the automatic pong.
//
// Received bytes stay in the receive area until their indication is completed. The parser runs only while a Receive
// waits, and stops as soon as there is something to indicate. Bytes after that stay buffered (D3-8).

#ifndef STAND_IN_RECEIVE_QUEUE_H
#define STAND_IN_RECEIVE_QUEUE_H

#include "fifo.h"
#include "frame.h"
#include "session_memory.h"
#include "utf8.h"

namespace stand_in {

// One WebSocketReceive. Heap-allocated, owned by the queue until its indication was completed.
struct ReceiveOperation {
  ReceiveOperation* next = nullptr;
  PVOID context = nullptr;              // the application's; opaque
  std::uint8_t* app_buffer = nullptr;   // the application's, borrowed until INDICATE_RECEIVE_COMPLETE; or null (B7-2)
  ULONG app_capacity = 0;
  bool cancelled = false;               // RECEIVE_FROM_NETWORK was completed with 0, or too much (B9-3, Q-R4)
};

struct ReceiveRules {
  Side side = Side::kClient;
  bool masking_disabled = false;    // server: unmasked frames are accepted too; client: pongs have key 0
  bool verify_utf8 = true;
  bool extension_selected = false;  // frames with reserved bits or opcodes are shown as they are (Q-X1)
};

// The next step of GetAction on the receive side.
enum class ReceiveStep {
  kNothing,   // no Receive is waiting
  kRead,      // more bytes are needed
  kIndicate,  // the first operation can be indicated
  kFailed,    // the peer broke a rule; stays so until the handle is aborted (Q-E1)
};

class ReceiveQueue {
 public:
  // `memory` and `log` outlive the queue.
  void Attach(const SessionMemory* memory, const ReceiveRules& rules, DiagnosticLog* log);

  void Push(std::unique_ptr<ReceiveOperation> operation) { operations_.Push(std::move(operation)); }
  ReceiveOperation* front() const { return operations_.front(); }
  bool close_received() const { return close_received_; }
  // The application has sent a ping, so one pong is not unsolicited (Q-P5).
  void ExpectPong() { ++pongs_expected_; }

  // Parses as far as possible. With `pong_may_go` it stops at a ping, so that each ping has its pong in order (Q-P4).
  // Otherwise a frame of ours is half-way on the wire: the pong must wait, and reading goes on (D1-8).
  ReceiveStep Advance(bool pong_may_go);
  HRESULT error() const { return error_; }

  // kRead: the place for the next bytes and their largest number. One buffer (Q-R1), never empty.
  void OfferSpace(WEB_SOCKET_BUFFER* buffer);
  void BytesArrived(ULONG count) { end_ += count; }
  // kIndicate: fills the buffer, its number (0 after a cancelled read) and the type.
  void FillIndication(WEB_SOCKET_BUFFER* buffer, ULONG* count, WEB_SOCKET_BUFFER_TYPE* type);
  // The indication was completed: drops its bytes and its operation (D3-10).
  void IndicationCompleted();

  bool pong_waiting() const { return pong_count_ > 0; }
  // Builds the oldest waiting pong inside the receive area. Fails only without random bytes; then nothing has changed.
  HRESULT PlacePong(ULONG capacity, WEB_SOCKET_BUFFER* buffers, ULONG* count, ULONG* total);

  // After this every operation is indicated without data, whatever was buffered or wrong (D-7).
  void Abort();

 private:
  // An indication that is ready. `offset` counts from the first unparsed byte, since that may move.
  struct Indication {
    bool ready = false;
    WEB_SOCKET_BUFFER_TYPE type = WEB_SOCKET_NO_BUFFER_TYPE;
    std::size_t offset = 0;
    std::size_t length = 0;
    std::size_t consumes = 0;  // bytes of the receive area that go when it is completed
    bool is_close = false;
    bool has_reason = false;
    USHORT status = 0;
    bool in_app_buffer = false;
  };

  struct Pong {
    std::uint8_t payload[kMaximumControlPayload];
    std::size_t length;
  };

  bool Fail(Diagnostic why, HRESULT result);
  bool CheckFirstBytes(const FrameHeader& header);
  ReceiveStep NextFrame(bool* again);
  ReceiveStep ControlFrame(const FrameHeader& header, bool* again);
  ReceiveStep CloseFrame(const FrameHeader& header, const std::uint8_t* payload);
  ReceiveStep DataPayload();
  ReceiveStep NeedBytes(std::uint64_t count);
  WEB_SOCKET_BUFFER_TYPE DataType(bool last) const;
  WEB_SOCKET_BUFFER_TYPE CustomType(const FrameHeader& header, bool last) const;
  WEB_SOCKET_BUFFER_TYPE UnfinishedType() const;
  void KeepPong(const std::uint8_t* payload, std::size_t length, const MaskKey& key);
  std::size_t PongSize(const Pong& pong) const;
  std::size_t SpaceLimit() const;
  void MoveToFront();
  std::uint8_t* unparsed() const { return memory_->receive_area() + begin_; }

  const SessionMemory* memory_ = nullptr;
  DiagnosticLog* log_ = nullptr;
  ReceiveRules rules_;
  Fifo<ReceiveOperation> operations_;

  // Unparsed bytes: receive_area[begin_, end_).
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t needed_ = 0;  // For Q-R1's other answer: the number of bytes that the next step lacks.

  // The message in progress: 0 when there is none, else kOpText or kOpBinary.
  std::uint8_t message_ = 0;
  bool message_verified_ = false;  // its bytes must be UTF-8
  Utf8Validator utf8_;
  // The data frame in progress: its header is consumed, its last byte not yet indicated.
  bool frame_open_ = false;
  bool frame_custom_ = false;
  FrameHeader frame_;
  std::uint64_t frame_position_ = 0;

  Indication indication_;
  bool aborted_ = false;
  bool close_received_ = false;
  HRESULT error_ = 0;
  std::uint64_t pongs_expected_ = 0;

  // Pongs that were not handed out, oldest first. They are copies, so that parsing may go on. There are several only
  // while a frame of ours is half-way on the wire. The receive area always has room for the longest pong.
  static constexpr std::size_t kMostPongs = 8;
  Pong pongs_[kMostPongs];
  std::size_t pong_count_ = 0;
};

}  // namespace stand_in

#endif  // STAND_IN_RECEIVE_QUEUE_H
