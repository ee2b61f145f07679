// One WEB_SOCKET_HANDLE: its life, the memory that must outlive a call, and the actions that are outstanding.
//
// Nothing here knows JavaScript. Memory that the DLL keeps a pointer to belongs to this class: a payload until its
// IndicateSendComplete has been completed, a receive buffer until its IndicateReceiveComplete has been completed,
// the strings of a Begin call until the handshake has ended, the properties and the allocated buffer until after
// WebSocketDeleteHandle. Memory that belongs to the DLL is read only between GetAction and CompleteAction.
//
// The DLL's action contexts never leave this class: an action is named by a small number, and a number that names
// nothing outstanding never reaches the DLL.
#ifndef WSPC_SESSION_HANDLE_H_
#define WSPC_SESSION_HANDLE_H_

#include <memory>

#include "memory.h"
#include "websocket_abi.h"

namespace wspc {

enum class Role { kClient, kServer };

// Absent properties stay absent, so that the DLL's own defaults apply.
struct HandleProperties {
  // One bit for each given property: the sizes of the receive, send and allocated buffer, and the two switches.
  enum Given : uint32_t { kReceive = 1, kSend = 2, kAllocated = 4, kMasking = 8, kUtf8 = 16 };
  uint32_t given;
  abi::Ulong receive_buffer_size;
  abi::Ulong send_buffer_size;
  abi::Ulong allocated_buffer_size;
  // The values of the switches, with the same bits.
  uint32_t disabled;

  bool Has(Given property) const { return (given & property) != 0; }
};

// The input of a Begin or End call. The input of a Begin call is kept until the handshake has ended.
struct HandshakeInput {
  // All texts, each followed by NUL. The other members point into this block.
  Block text;
  List<const char*> subprotocols;
  List<const char*> extensions;
  List<abi::HttpHeader> headers;
  // The input of the call before this one.
  std::unique_ptr<HandshakeInput> before;
};

struct Selection {
  static constexpr abi::Ulong kNone = 0xFFFFFFFFu;
  abi::Ulong subprotocol = kNone;
  List<abi::Ulong> extensions;
  abi::Ulong extension_count = 0;
};

// A payload, or the status (0 or more) and the reason of a close frame.
struct SendInput {
  abi::Ulong type;
  // Null for no buffer.
  const uint8_t* bytes;
  size_t length;
  int64_t status;

  bool is_close() const { return type == abi::kClose && status >= 0; }
  // The buffer for the DLL, with the bytes at this address.
  abi::Buffer BufferAt(uint8_t* address) const;
};

// D2-2: two are known. If the DLL gives more, up to this number are accepted.
constexpr abi::Ulong kMostBuffers = 16;

// The answer of GetAction. The buffers are valid until the action is completed.
struct ActionView {
  abi::Action action = abi::kNoAction;
  abi::Ulong buffer_type = 0;
  uint64_t operation = 0;
  uint64_t context = 0;
  abi::Ulong buffer_count = 0;
  abi::Buffer buffers[kMostBuffers];
  // The payload of the send, if there is one. A buffer inside of it needs no copy.
  const Block* payload = nullptr;
};

// Place for the results of a bulk call; the caller owns it.
struct BulkEntry {
  // A buffer type for an indication, or one of the two constants below for output.
  uint32_t kind;
  uint32_t start;
  uint32_t end;
  uint32_t extra;
};
constexpr uint32_t kOutputInSlab = 1;
constexpr uint32_t kOutputInPayload = 2;
// Bits of `extra`.
constexpr uint32_t kInSpill = 0x80000000u;
constexpr uint32_t kHasReason = 0x00010000u;

struct BulkResults {
  BulkEntry* entries = nullptr;
  size_t capacity = 0;
  size_t count = 0;
  uint8_t* slab = nullptr;
  size_t slab_size = 0;
  size_t slab_used = 0;
  // Positions in the chunk: after the bytes that the DLL has taken, and after the bytes that were written back.
  size_t consumed = 0;
  size_t written = 0;
  // The results had no room left, so the call has to be repeated.
  bool full = false;
  // Bytes of the indication at the end of the last entry.
  size_t last_piece = 0;
  // Whether GetAction failed, and not Send or Receive.
  bool failed_in_get_action = false;
};

// A buffer without memory has no bytes, whatever its length field says.
inline abi::Ulong LengthOf(const abi::DataBuffer& buffer) { return buffer.bytes == nullptr ? 0 : buffer.length; }
abi::Ulong SumOf(const abi::Buffer* buffers, abi::Ulong count);
// Whether there is output or received data that has a length and no memory.
bool LacksMemory(abi::Action action, abi::Ulong type, const abi::Buffer* buffers, abi::Ulong count);

class SessionHandle {
 public:
  SessionHandle(const abi::Functions& functions, Role role) : functions_(functions), role_(role) {}
  ~SessionHandle() { Close(); }
  SessionHandle(const SessionHandle&) = delete;
  SessionHandle& operator=(const SessionHandle&) = delete;

  abi::HResult Create(const HandleProperties& properties);
  abi::HResult BeginClientHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                    abi::Ulong* count);
  abi::HResult EndClientHandshake(const HandshakeInput& input, Selection* selection);
  // The input has at most one subprotocol.
  abi::HResult BeginServerHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                    abi::Ulong* count);
  abi::HResult EndServerHandshake();
  // Copies the bytes. Answers name the operation by its number.
  abi::HResult Send(const SendInput& input, uint64_t number);
  // A capacity below 0 means no buffer.
  abi::HResult Receive(int64_t capacity, uint64_t number);
  abi::HResult GetAction(abi::Ulong queue, abi::Ulong max_buffers, ActionView* view);
  // One buffer of an outstanding action; null if there is none.
  const abi::DataBuffer* BufferOf(uint64_t context, size_t index) const;
  // `window` has `window_length` received bytes. If there are fewer than `bytes`, no bytes count as received.
  void CompleteAction(uint64_t context, size_t bytes, const uint8_t* window, size_t window_length);
  void Abort();
  // Deletes the handle; before that, aborts and drains it if anything is left. No call reaches the DLL afterwards.
  void Close();

  // Takes one chunk from the network, from `consumed` on. Indicated bytes are written from `written` on, into the
  // part of the chunk that has been consumed, or else into the spill.
  abi::HResult BulkReceive(uint8_t* chunk, size_t length, BulkResults* results);
  // Makes one whole send. The payload is used in place; nothing keeps a pointer to it afterwards.
  abi::HResult BulkSend(const SendInput& input, BulkResults* results);
  List<uint8_t>& spill() { return spill_; }
  const List<uint8_t>& spill() const { return spill_; }

  // Approximate cost of the handle outside of the JavaScript heap, for the garbage collector.
  int64_t footprint() const { return footprint_; }

 private:
  struct Operation {
    uint64_t number = 0;
    Block memory;
    // Whether buffers inside of the memory may be reported as parts of the caller's payload.
    bool is_payload = false;
    bool is_send = false;
  };
  struct Outstanding {
    uint64_t context;
    void* dll_context;
    abi::Action action;
    abi::Ulong type;
    void* token;
    abi::Ulong buffer_count;
    abi::Buffer buffers[kMostBuffers];
  };

  // Null if there is no memory. The token is a number that no other operation has; the DLL gets it as its context.
  Operation* AddOperation(uint64_t number, bool is_send, void** token);
  Operation* FindOperation(void* token) const { return operations_.Find(reinterpret_cast<uintptr_t>(token)); }
  void EraseOperation(void* token) { operations_.Erase(reinterpret_cast<uintptr_t>(token)); }
  // Asks the DLL for an action, with room for `capacity` buffers.
  abi::HResult Ask(abi::Ulong queue, abi::Ulong capacity, Outstanding* action);
  void HandshakeEnded();
  abi::HResult Queued(abi::HResult result, void* token);
  void DrainQueue(abi::ActionQueue queue);
  size_t CopyWindow(const Outstanding& action, size_t bytes, const uint8_t* window, size_t window_length);

  // Returns false if there is no memory.
  bool Emit(const Outstanding& action, const SendInput* input, BulkResults* results);
  bool Indicate(const Outstanding& action, uint8_t* chunk, BulkResults* results);
  bool IsKnownType(abi::Ulong type) const;

  const abi::Functions& functions_;
  const Role role_;
  abi::Handle handle_ = nullptr;
  int64_t footprint_ = 0;

  // Kept until after the delete (B1-7).
  abi::Ulong property_values_[4] = {};
  Block allocated_buffer_;
  void* allocated_address_ = nullptr;

  std::unique_ptr<HandshakeInput> handshake_input_;
  size_t offered_subprotocols_ = 0;
  size_t offered_extensions_ = 0;
  // Whether frames with a type of an extension are possible.
  bool has_extensions_ = false;

  // The queued operations, by token. There may be very many, so no code here visits them one by one.
  Table<Operation> operations_;
  uintptr_t last_token_ = 0;
  // At most two or three (D1-3).
  List<Outstanding> outstanding_;
  uint64_t last_context_ = 0;

  // State of the bulk driver.
  bool bulk_receiving_ = false;
  bool bulk_closed_ = false;
  bool bulk_reading_ = false;
  abi::HResult bulk_error_ = abi::kOk;
  Outstanding bulk_read_ = {};
  List<uint8_t> spill_;
};

}  // namespace wspc

#endif  // WSPC_SESSION_HANDLE_H_
