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
#include <string>
#include <unordered_map>
#include <vector>

#include "memory.h"
#include "websocket_abi.h"

namespace wspc {

enum class Role { kClient, kServer };

// Absent properties stay absent, so that the DLL's own defaults hold.
struct HandleProperties {
  bool has_receive_buffer_size = false;
  bool has_send_buffer_size = false;
  bool has_allocated_buffer_size = false;
  bool has_disable_masking = false;
  bool has_disable_utf8_verification = false;
  abi::Ulong receive_buffer_size = 0;
  abi::Ulong send_buffer_size = 0;
  abi::Ulong allocated_buffer_size = 0;
  bool disable_masking = false;
  bool disable_utf8_verification = false;
};

// Strings whose addresses do not change, for arrays of char pointers.
class StringList {
 public:
  bool Add(std::unique_ptr<char[]> text, size_t length) {
    texts_.push_back(std::move(text));
    lengths_.push_back(static_cast<abi::Ulong>(length));
    return true;
  }
  size_t size() const { return texts_.size(); }
  char* text(size_t index) const { return texts_[index].get(); }
  abi::Ulong length(size_t index) const { return lengths_[index]; }
  std::vector<const char*> Pointers() const;
  // Names and values in turn.
  std::vector<abi::HttpHeader> Headers() const;

 private:
  std::vector<std::unique_ptr<char[]>> texts_;
  std::vector<abi::Ulong> lengths_;
};

// What a Begin call was given; kept until the handshake has ended.
struct HandshakeInput {
  StringList subprotocols;
  StringList extensions;
  StringList headers;
  std::vector<const char*> subprotocol_pointers;
  std::vector<const char*> extension_pointers;
  std::vector<abi::HttpHeader> header_structs;

  void Prepare();
};

struct Selection {
  bool has_subprotocol = false;
  abi::Ulong subprotocol = 0;
  std::vector<abi::Ulong> extensions;
};

// D2-2: two are known; anything the DLL may want beyond that is still taken.
constexpr abi::Ulong kMostBuffers = 16;

// The answer of GetAction. The buffers are valid until the action is completed.
struct ActionView {
  abi::Action action = abi::kNoAction;
  abi::Ulong buffer_type = 0;
  double operation = 0;
  uint32_t context = 0;
  abi::Ulong buffer_count = 0;
  abi::Buffer buffers[kMostBuffers];
  // The payload of the send, where there is one: a buffer inside of it needs no copy.
  const Block* payload = nullptr;
};

// Where a bulk call writes what it found; owned by the caller.
struct BulkEntry {
  // A buffer type for an indication, or one of the two below for output.
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
  // There was no room for more; the call is to be repeated.
  bool full = false;
  // Bytes of the indication that the last entry ends with.
  size_t last_piece = 0;
  // A failure came from GetAction, not from Send or Receive.
  bool failed_in_get_action = false;
};

class SessionHandle {
 public:
  SessionHandle(const abi::Functions& functions, Role role) : functions_(functions), role_(role) {}
  ~SessionHandle() { Close(); }
  SessionHandle(const SessionHandle&) = delete;
  SessionHandle& operator=(const SessionHandle&) = delete;

  abi::HResult Create(const HandleProperties& properties);
  abi::HResult BeginClientHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                    abi::Ulong* count);
  abi::HResult EndClientHandshake(const StringList& response_headers, Selection* selection);
  // At most one subprotocol in the input.
  abi::HResult BeginServerHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                    abi::Ulong* count);
  abi::HResult EndServerHandshake();
  // `bytes` null for no buffer; it is copied.
  abi::HResult Send(abi::Ulong type, const uint8_t* bytes, size_t length, double operation);
  abi::HResult SendClose(uint16_t status, const uint8_t* reason, size_t length, double operation);
  abi::HResult Receive(bool has_buffer, size_t capacity, double operation);
  abi::HResult GetAction(abi::Ulong queue, abi::Ulong max_buffers, ActionView* view);
  // The bytes of one buffer of an outstanding action; null where there is none.
  const abi::DataBuffer* BufferOf(uint32_t context, size_t index) const;
  // `window` holds `window_length` bytes that were received; fewer than `bytes` count as none.
  void CompleteAction(uint32_t context, size_t bytes, const uint8_t* window, size_t window_length);
  void Abort();
  // Aborts and drains where something is left, then deletes. Nothing reaches the DLL afterwards.
  void Close();

  // One chunk from the network, from `consumed` on. Indicated bytes are written into the part of the chunk that has
  // been consumed, from `written` on, or else into the spill.
  abi::HResult BulkReceive(uint8_t* chunk, size_t length, size_t* consumed, size_t* written, BulkResults* results);
  // One send, as a whole. The payload is used where it is; nothing keeps a pointer to it afterwards.
  abi::HResult BulkSend(abi::Ulong type, const uint8_t* bytes, size_t length, BulkResults* results);
  abi::HResult BulkSendClose(uint16_t status, const uint8_t* reason, size_t length, BulkResults* results);
  ByteQueue& spill() { return spill_; }

  // What the handle costs outside of the JavaScript heap, about; for the garbage collector's accounts.
  int64_t footprint() const { return footprint_; }

 private:
  struct Operation {
    double number = 0;
    Block memory;
    // Whether buffers inside of the memory may be shown as parts of the caller's payload.
    bool is_payload = false;
    bool is_send = false;
  };
  struct Outstanding {
    uint32_t context;
    void* dll_context;
    abi::Action action;
    void* token;
    abi::Ulong buffer_count;
    abi::Buffer buffers[kMostBuffers];
  };

  Operation* FindOperation(void* token);
  void EraseOperation(void* token);
  // Null where the number is in use: its memory may be the DLL's.
  Operation* AddOperation(double number, bool is_send);
  // A number that no outstanding action has, also after 2^32 of them.
  uint32_t NextContext();
  abi::HResult SendBuffer(abi::Ulong type, abi::Buffer* buffer, void* token);
  void HandshakeEnded();
  void Drain();
  void DrainQueue(abi::ActionQueue queue);
  size_t CopyWindow(const Outstanding& action, size_t bytes, const uint8_t* window, size_t window_length);

  abi::HResult BulkSendBuffer(abi::Ulong type, abi::Buffer* buffer, const uint8_t* payload, size_t length,
                              BulkResults* results);
  bool Emit(const abi::Buffer* buffers, abi::Ulong count, const uint8_t* payload, size_t payload_length,
            BulkResults* results, abi::Ulong* total);
  bool Indicate(abi::Ulong type, const abi::Buffer* buffers, abi::Ulong count, uint8_t* chunk, size_t consumed,
                size_t* written, BulkResults* results);

  const abi::Functions& functions_;
  const Role role_;
  abi::Handle handle_ = nullptr;
  int64_t footprint_ = 0;

  // Alive until after the delete (B1-7).
  abi::Ulong property_values_[4] = {};
  Block allocated_buffer_;
  void* allocated_address_ = nullptr;

  std::vector<std::unique_ptr<HandshakeInput>> handshake_inputs_;
  size_t offered_extensions_ = 0;

  // What is queued, by token. There may be very many, so nothing here goes through them one by one.
  std::unordered_map<void*, Operation> operations_;
  // Two or three at most (D1-3).
  std::vector<Outstanding> outstanding_;
  uint32_t last_context_ = 0;

  // The bulk driver's part.
  bool bulk_receiving_ = false;
  bool bulk_closed_ = false;
  bool bulk_reading_ = false;
  abi::HResult bulk_error_ = abi::kOk;
  Outstanding bulk_read_ = {};
  ByteQueue spill_;
};

}  // namespace wspc

#endif  // WSPC_SESSION_HANDLE_H_
