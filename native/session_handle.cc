#include "session_handle.h"

#include <algorithm>

namespace wspc {

namespace {

// Application contexts of the bulk driver; operation numbers are far below.
void* const kBulkSend = reinterpret_cast<void*>(~static_cast<uintptr_t>(0));
void* const kBulkReceive = reinterpret_cast<void*>(~static_cast<uintptr_t>(1));

// Below this a copy costs less than a buffer of its own in the caller's list.
constexpr size_t kByReference = 8192;
// Pieces of a frame that the receive buffer has cut up are put together again. Small ones are not: they may be frames
// of their own, and whoever limits the number of those has to see them.
constexpr size_t kPieceOfAFrame = 256;
// After it the numbers of actions start again: a test build cannot wait for the last of 32 bits.
#if !defined(WSPC_LAST_CONTEXT)
#define WSPC_LAST_CONTEXT 0xFFFFFFFFu
#endif
constexpr uint32_t kLastContext = WSPC_LAST_CONTEXT;
// What one action may add to the results.
constexpr size_t kEntriesPerAction = kMostBuffers + 2;

// The application context that crosses the DLL is the operation's number, never a pointer.
void* TokenOf(double operation) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(static_cast<uint64_t>(operation)));
}

uint8_t* Mutable(const uint8_t* bytes) { return const_cast<uint8_t*>(bytes); }

// A buffer without memory has no bytes, whatever its length says.
size_t LengthOf(const abi::DataBuffer& buffer) { return buffer.bytes == nullptr ? 0 : buffer.length; }

abi::Ulong SumOf(const abi::Buffer* buffers, abi::Ulong count) {
  uint64_t sum = 0;
  for (abi::Ulong index = 0; index < count; index++) sum += LengthOf(buffers[index].data);
  return static_cast<abi::Ulong>(std::min<uint64_t>(sum, UINT32_MAX));
}

bool IsFragmentOf(uint32_t earlier, uint32_t later) {
  return (earlier == abi::kUtf8Fragment || earlier == abi::kBinaryFragment) && (later == earlier || later + 1 == earlier);
}

}  // namespace

std::vector<const char*> StringList::Pointers() const {
  std::vector<const char*> pointers;
  for (const auto& text : texts_) pointers.push_back(text.get());
  return pointers;
}

std::vector<abi::HttpHeader> StringList::Headers() const {
  std::vector<abi::HttpHeader> headers;
  for (size_t index = 0; index + 1 < texts_.size(); index += 2) {
    headers.push_back({text(index), length(index), text(index + 1), length(index + 1)});
  }
  return headers;
}

void HandshakeInput::Prepare() {
  subprotocol_pointers = subprotocols.Pointers();
  extension_pointers = extensions.Pointers();
  header_structs = headers.Headers();
}

abi::HResult SessionHandle::Create(const HandleProperties& given) {
  abi::Property list[5];
  abi::Ulong count = 0;
  // The order in which .NET gives them (B1-4).
  if (given.has_receive_buffer_size) {
    property_values_[0] = given.receive_buffer_size;
    list[count++] = {abi::kReceiveBufferSize, &property_values_[0], sizeof(abi::Ulong)};
  }
  if (given.has_send_buffer_size) {
    property_values_[1] = given.send_buffer_size;
    list[count++] = {abi::kSendBufferSize, &property_values_[1], sizeof(abi::Ulong)};
  }
  if (given.has_allocated_buffer_size) {
    if (!allocated_buffer_.Allocate(given.allocated_buffer_size)) return abi::kOutOfMemory;
    allocated_address_ = allocated_buffer_.data();
    // E-3: the value is a variable that holds the address, the size is that of the block.
    list[count++] = {abi::kAllocatedBuffer, &allocated_address_, given.allocated_buffer_size};
  }
  if (given.has_disable_masking) {
    property_values_[2] = given.disable_masking ? 1 : 0;
    list[count++] = {abi::kDisableMasking, &property_values_[2], sizeof(abi::Ulong)};
  }
  if (given.has_disable_utf8_verification) {
    property_values_[3] = given.disable_utf8_verification ? 1 : 0;
    list[count++] = {abi::kDisableUtf8Verification, &property_values_[3], sizeof(abi::Ulong)};
  }
  const auto create = role_ == Role::kClient ? functions_.create_client_handle : functions_.create_server_handle;
  abi::Handle handle = nullptr;
  const abi::HResult result = create(count == 0 ? nullptr : list, count, &handle);
  if (abi::Failed(result)) return result;
  if (handle == nullptr) return abi::kFail;  // B1-1
  handle_ = handle;
  const abi::Ulong send_default = role_ == Role::kClient ? 4096 : 16;
  footprint_ = 1024 + static_cast<int64_t>(given.has_receive_buffer_size ? given.receive_buffer_size : 4096) +
               static_cast<int64_t>(given.has_send_buffer_size ? given.send_buffer_size : send_default);
  if (given.has_allocated_buffer_size) footprint_ = 1024 + static_cast<int64_t>(given.allocated_buffer_size);
  return abi::kOk;
}

abi::HResult SessionHandle::BeginClientHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                                 abi::Ulong* count) {
  input->Prepare();
  *headers = nullptr;
  *count = 0;
  const abi::HResult result = functions_.begin_client_handshake(
      handle_, input->subprotocol_pointers.empty() ? nullptr : input->subprotocol_pointers.data(),
      static_cast<abi::Ulong>(input->subprotocol_pointers.size()),
      input->extension_pointers.empty() ? nullptr : input->extension_pointers.data(),
      static_cast<abi::Ulong>(input->extension_pointers.size()),
      input->header_structs.empty() ? nullptr : input->header_structs.data(),
      static_cast<abi::Ulong>(input->header_structs.size()), headers, count);
  if (abi::Failed(result)) return result;
  offered_extensions_ = input->extension_pointers.size();
  handshake_inputs_.push_back(std::move(input));
  return result;
}

abi::HResult SessionHandle::EndClientHandshake(const StringList& response_headers, Selection* selection) {
  std::vector<abi::HttpHeader> headers = response_headers.Headers();
  // B3-2: room for every offered extension. One more, so that the pointer is never null.
  selection->extensions.assign(offered_extensions_ + 1, 0);
  const abi::Ulong capacity = static_cast<abi::Ulong>(offered_extensions_);
  abi::Ulong extension_count = capacity;
  // Q-H7: whether the DLL writes the index when the server chose none is unknown; untouched means none.
  constexpr abi::Ulong kUntouched = 0xFFFFFFFFu;
  abi::Ulong subprotocol = kUntouched;
  const abi::HResult result = functions_.end_client_handshake(
      handle_, headers.empty() ? nullptr : headers.data(), static_cast<abi::Ulong>(headers.size()),
      selection->extensions.data(), &extension_count, &subprotocol);
  if (abi::Failed(result)) return result;
  selection->extensions.resize(std::min(extension_count, capacity));
  selection->has_subprotocol = subprotocol != kUntouched;
  selection->subprotocol = subprotocol;
  HandshakeEnded();
  return result;
}

abi::HResult SessionHandle::BeginServerHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                                 abi::Ulong* count) {
  input->Prepare();
  *headers = nullptr;
  *count = 0;
  const abi::HResult result = functions_.begin_server_handshake(
      handle_, input->subprotocol_pointers.empty() ? nullptr : input->subprotocol_pointers.front(),
      input->extension_pointers.empty() ? nullptr : input->extension_pointers.data(),
      static_cast<abi::Ulong>(input->extension_pointers.size()),
      input->header_structs.empty() ? nullptr : input->header_structs.data(),
      static_cast<abi::Ulong>(input->header_structs.size()), headers, count);
  if (!abi::Failed(result)) handshake_inputs_.push_back(std::move(input));
  return result;
}

abi::HResult SessionHandle::EndServerHandshake() {
  const abi::HResult result = functions_.end_server_handshake(handle_);
  if (!abi::Failed(result)) HandshakeEnded();
  return result;
}

// Also after the first session call of a server that succeeds, which ends the handshake (B5-1, Q-H15).
void SessionHandle::HandshakeEnded() { handshake_inputs_.clear(); }

SessionHandle::Operation* SessionHandle::FindOperation(void* token) {
  const auto found = operations_.find(token);
  return found == operations_.end() ? nullptr : &found->second;
}

void SessionHandle::EraseOperation(void* token) { operations_.erase(token); }

SessionHandle::Operation* SessionHandle::AddOperation(double number, bool is_send) {
  const auto [at, is_new] = operations_.try_emplace(TokenOf(number));
  if (!is_new) return nullptr;
  Operation* operation = &at->second;
  operation->number = number;
  operation->is_send = is_send;
  return operation;
}

abi::HResult SessionHandle::SendBuffer(abi::Ulong type, abi::Buffer* buffer, void* token) {
  const abi::HResult result = functions_.send(handle_, static_cast<abi::BufferType>(type), buffer, token);
  if (abi::Failed(result)) {
    EraseOperation(token);
  } else if (role_ == Role::kServer) {
    HandshakeEnded();
  }
  return result;
}

abi::HResult SessionHandle::Send(abi::Ulong type, const uint8_t* bytes, size_t length, double number) {
  if (length > UINT32_MAX) return abi::kInvalidArgument;
  void* const token = TokenOf(number);
  Operation* operation = AddOperation(number, true);
  if (operation == nullptr) return abi::kInvalidArgument;
  if (bytes == nullptr) return SendBuffer(type, nullptr, token);
  if (!operation->memory.CopyOf(bytes, length)) {
    EraseOperation(token);
    return abi::kOutOfMemory;
  }
  operation->is_payload = true;
  abi::Buffer buffer = {};
  buffer.data = {operation->memory.data(), static_cast<abi::Ulong>(length)};
  return SendBuffer(type, &buffer, token);
}

abi::HResult SessionHandle::SendClose(uint16_t status, const uint8_t* reason, size_t length, double number) {
  if (length > UINT32_MAX) return abi::kInvalidArgument;
  void* const token = TokenOf(number);
  Operation* operation = AddOperation(number, true);
  if (operation == nullptr) return abi::kInvalidArgument;
  abi::Buffer buffer = {};
  buffer.close.status = status;
  // B6-5: without bytes there is no pointer either.
  if (length != 0) {
    if (!operation->memory.CopyOf(reason, length)) {
      EraseOperation(token);
      return abi::kOutOfMemory;
    }
    buffer.close.reason = operation->memory.data();
    buffer.close.reason_length = static_cast<abi::Ulong>(length);
  }
  return SendBuffer(abi::kClose, &buffer, token);
}

abi::HResult SessionHandle::Receive(bool has_buffer, size_t capacity, double number) {
  if (capacity > UINT32_MAX) return abi::kInvalidArgument;
  void* const token = TokenOf(number);
  Operation* operation = AddOperation(number, false);
  if (operation == nullptr) return abi::kInvalidArgument;
  abi::Buffer buffer = {};
  if (has_buffer) {
    if (!operation->memory.Allocate(capacity)) {
      EraseOperation(token);
      return abi::kOutOfMemory;
    }
    buffer.data = {operation->memory.data(), static_cast<abi::Ulong>(capacity)};
  }
  const abi::HResult result = functions_.receive(handle_, has_buffer ? &buffer : nullptr, token);
  if (abi::Failed(result)) {
    EraseOperation(token);
  } else if (role_ == Role::kServer) {
    HandshakeEnded();
  }
  return result;
}

abi::HResult SessionHandle::GetAction(abi::Ulong queue, abi::Ulong max_buffers, ActionView* view) {
  Outstanding action = {};
  const abi::Ulong capacity = std::min(max_buffers, kMostBuffers);
  abi::Ulong count = capacity;
  abi::BufferType type = static_cast<abi::BufferType>(0);
  const abi::HResult result = functions_.get_action(handle_, static_cast<abi::ActionQueue>(queue), action.buffers,
                                                    &count, &action.action, &type, &action.token,
                                                    &action.dll_context);
  if (abi::Failed(result)) return result;
  if (role_ == Role::kServer) HandshakeEnded();
  view->action = action.action;
  view->buffer_type = type;
  if (action.action == abi::kNoAction) return result;

  action.buffer_count = std::min(count, capacity);
  action.context = NextContext();
  const Operation* operation = FindOperation(action.token);
  if (operation != nullptr) {
    view->operation = operation->number;
    if (operation->is_send) {
      if (operation->is_payload) view->payload = &operation->memory;
    } else if (action.action == abi::kIndicateReceiveComplete && action.buffer_count != 0) {
      // What the DLL wrote into our memory ends where that ends.
      abi::DataBuffer& data = action.buffers[0].data;
      const Block& memory = operation->memory;
      if (memory.Contains(data.bytes, 0) && !memory.Contains(data.bytes, data.length)) {
        data.length = static_cast<abi::Ulong>(memory.data() + memory.size() - data.bytes);
      }
    }
  }
  view->context = action.context;
  view->buffer_count = action.buffer_count;
  std::copy(action.buffers, action.buffers + action.buffer_count, view->buffers);
  outstanding_.push_back(action);
  return result;
}

uint32_t SessionHandle::NextContext() {
  const auto is_outstanding = [this](const Outstanding& action) { return action.context == last_context_; };
  do {
    last_context_ = last_context_ == kLastContext ? 1 : last_context_ + 1;
  } while (std::any_of(outstanding_.begin(), outstanding_.end(), is_outstanding));
  return last_context_;
}

const abi::DataBuffer* SessionHandle::BufferOf(uint32_t context, size_t index) const {
  for (const Outstanding& action : outstanding_) {
    if (action.context == context) return index < action.buffer_count ? &action.buffers[index].data : nullptr;
  }
  return nullptr;
}

size_t SessionHandle::CopyWindow(const Outstanding& action, size_t bytes, const uint8_t* window,
                                 size_t window_length) {
  // Q-R4, and a window that was detached has length 0.
  if (bytes > window_length || bytes > SumOf(action.buffers, action.buffer_count)) return 0;
  size_t copied = 0;
  for (abi::Ulong index = 0; index < action.buffer_count && copied < bytes; index++) {
    const abi::DataBuffer& buffer = action.buffers[index].data;
    const size_t part = std::min(LengthOf(buffer), bytes - copied);
    if (part != 0) std::memcpy(buffer.bytes, window + copied, part);
    copied += part;
  }
  return copied;
}

void SessionHandle::CompleteAction(uint32_t context, size_t bytes, const uint8_t* window, size_t window_length) {
  for (auto at = outstanding_.begin(); at != outstanding_.end(); ++at) {
    if (at->context != context) continue;
    const Outstanding action = *at;
    outstanding_.erase(at);
    if (action.action == abi::kReceiveFromNetwork) bytes = CopyWindow(action, bytes, window, window_length);
    functions_.complete_action(handle_, action.dll_context,
                               static_cast<abi::Ulong>(std::min<size_t>(bytes, UINT32_MAX)));
    if (action.action == abi::kIndicateSendComplete || action.action == abi::kIndicateReceiveComplete) {
      EraseOperation(action.token);
    }
    return;
  }
}

void SessionHandle::Abort() {
  functions_.abort_handle(handle_);
  // The caller has let go of its payloads.
  for (auto& [token, operation] : operations_) operation.is_payload = false;
  bulk_error_ = abi::kOk;
  // A close that was found and not indicated before the abort is not to hide it.
  bulk_closed_ = false;
  if (!bulk_receiving_) return;
  if (bulk_reading_) functions_.complete_action(handle_, bulk_read_.dll_context, 0);
  bulk_reading_ = false;
  bulk_receiving_ = false;
  DrainQueue(abi::kReceiveQueue);
}

// The order of .NET (B10-3). The bound is for a DLL that would never come to an end.
void SessionHandle::DrainQueue(abi::ActionQueue queue) {
  for (size_t left = 2 * operations_.size() + 8; left > 0; left--) {
    abi::Buffer buffer = {};
    abi::Ulong count = 1;
    abi::Action action = abi::kNoAction;
    abi::BufferType type = static_cast<abi::BufferType>(0);
    void* application_context = nullptr;
    void* action_context = nullptr;
    const abi::HResult result = functions_.get_action(handle_, queue, &buffer, &count, &action, &type,
                                                      &application_context, &action_context);
    if (abi::Failed(result) || action == abi::kNoAction) return;
    functions_.complete_action(handle_, action_context, 0);
  }
}

void SessionHandle::Close() {
  if (handle_ == nullptr) return;
  if (!operations_.empty() || !outstanding_.empty() || bulk_receiving_) {
    functions_.abort_handle(handle_);
    if (bulk_reading_) functions_.complete_action(handle_, bulk_read_.dll_context, 0);
    for (const Outstanding& action : outstanding_) functions_.complete_action(handle_, action.dll_context, 0);
    DrainQueue(abi::kSendQueue);
    DrainQueue(abi::kReceiveQueue);
  }
  functions_.delete_handle(handle_);
  handle_ = nullptr;
}

// ---- bulk ----

bool SessionHandle::Emit(const abi::Buffer* buffers, abi::Ulong count, const uint8_t* payload, size_t payload_length,
                         BulkResults* results, abi::Ulong* total) {
  *total = SumOf(buffers, count);
  for (abi::Ulong index = 0; index < count; index++) {
    const abi::DataBuffer& buffer = buffers[index].data;
    const size_t length = LengthOf(buffer);
    if (length == 0) continue;
    if (payload != nullptr && length >= kByReference && results->capacity - results->count > 2 * kEntriesPerAction) {
      const uintptr_t at = reinterpret_cast<uintptr_t>(buffer.bytes) - reinterpret_cast<uintptr_t>(payload);
      if (at <= payload_length && length <= payload_length - at) {
        results->entries[results->count++] = {kOutputInPayload, static_cast<uint32_t>(at),
                                              static_cast<uint32_t>(at + length), 0};
        continue;
      }
    }
    // Once something had to go into the spill, the rest follows it there: nothing overtakes.
    const bool fits = spill_.size() == 0 && length <= results->slab_size - results->slab_used;
    const uint32_t extra = fits ? 0 : kInSpill;
    const size_t start = fits ? results->slab_used : spill_.size();
    if (fits) {
      // A payload that is a view of the slab may overlap.
      std::memmove(results->slab + start, buffer.bytes, length);
      results->slab_used += length;
    } else if (!spill_.Append(buffer.bytes, length)) {
      return false;
    }
    if (results->count != 0) {
      BulkEntry& last = results->entries[results->count - 1];
      if (last.kind == kOutputInSlab && last.extra == extra && last.end == start) {
        last.end += static_cast<uint32_t>(length);
        continue;
      }
    }
    results->entries[results->count++] = {kOutputInSlab, static_cast<uint32_t>(start),
                                          static_cast<uint32_t>(start + length), extra};
  }
  return true;
}

bool SessionHandle::Indicate(abi::Ulong type, const abi::Buffer* buffers, abi::Ulong count, uint8_t* chunk,
                             size_t consumed, size_t* written, BulkResults* results) {
  if (count == 0) return true;  // a receive that was cancelled
  const abi::DataBuffer& buffer = buffers[0].data;
  const size_t length = LengthOf(buffer);
  // What has been handed to the DLL is ours to overwrite: the message goes back to where it came from.
  const bool fits = length <= consumed - *written;
  uint32_t extra = fits ? 0 : kInSpill;
  const size_t start = fits ? *written : spill_.size();
  if (fits) {
    if (length != 0) std::memcpy(chunk + start, buffer.bytes, length);
    *written += length;
  } else if (!spill_.Append(buffer.bytes, length)) {
    return false;
  }
  const size_t last_piece = results->last_piece;
  results->last_piece = length;
  if (results->count != 0 && last_piece >= kPieceOfAFrame) {
    BulkEntry& last = results->entries[results->count - 1];
    if (IsFragmentOf(last.kind, type) && last.extra == extra && last.end == start) {
      last.kind = type;
      last.end += static_cast<uint32_t>(length);
      return true;
    }
  }
  if (type == abi::kClose) {
    extra |= buffers[0].close.status;
    if (buffer.bytes != nullptr) extra |= kHasReason;
  }
  results->entries[results->count++] = {type, static_cast<uint32_t>(start), static_cast<uint32_t>(start + length),
                                        extra};
  return true;
}

abi::HResult SessionHandle::BulkReceive(uint8_t* chunk, size_t length, size_t* consumed, size_t* written,
                                        BulkResults* results) {
  if (length > UINT32_MAX) return abi::kInvalidArgument;
  if (abi::Failed(bulk_error_)) {
    results->failed_in_get_action = true;
    return bulk_error_;
  }
  for (;;) {
    if (results->capacity - results->count < 2 * kEntriesPerAction) {
      results->full = true;
      return abi::kOk;
    }
    if (!bulk_receiving_) {
      // What comes behind a close frame is dropped unread (RFC 6455, section 1.4).
      if (bulk_closed_) return abi::kOk;
      const abi::HResult result = functions_.receive(handle_, nullptr, kBulkReceive);
      if (abi::Failed(result)) return result;
      if (role_ == Role::kServer) HandshakeEnded();
      bulk_receiving_ = true;
    }
    if (!bulk_reading_) {
      Outstanding action = {};
      action.buffer_count = 2;
      abi::BufferType type = static_cast<abi::BufferType>(0);
      const abi::HResult result =
          functions_.get_action(handle_, abi::kReceiveQueue, action.buffers, &action.buffer_count, &action.action,
                                &type, &action.token, &action.dll_context);
      if (abi::Failed(result)) {
        bulk_error_ = result;
        results->failed_in_get_action = true;
        return result;
      }
      action.buffer_count = std::min<abi::Ulong>(action.buffer_count, 2);
      if (action.action == abi::kNoAction) return abi::kOk;
      if (action.action == abi::kReceiveFromNetwork) {
        bulk_read_ = action;
        bulk_reading_ = true;
      } else {
        bool kept = true;
        abi::Ulong total = 0;
        if (action.action == abi::kSendToNetwork) {
          kept = Emit(action.buffers, action.buffer_count, nullptr, 0, results, &total);
        } else if (action.action == abi::kIndicateReceiveComplete) {
          kept = Indicate(type, action.buffers, action.buffer_count, chunk, *consumed, written, results);
          bulk_receiving_ = false;
          if (type == abi::kClose) bulk_closed_ = true;
        }
        functions_.complete_action(handle_, action.dll_context, total);
        if (!kept) return abi::kOutOfMemory;
        continue;
      }
    }
    if (*consumed == length) return abi::kOk;
    const size_t part =
        std::min<size_t>(length - *consumed, SumOf(bulk_read_.buffers, bulk_read_.buffer_count));
    const size_t copied = CopyWindow(bulk_read_, part, chunk + *consumed, length - *consumed);
    *consumed += copied;
    bulk_reading_ = false;
    functions_.complete_action(handle_, bulk_read_.dll_context, static_cast<abi::Ulong>(copied));
    if (copied == 0) return abi::kFail;  // a window without room would never end
  }
}

abi::HResult SessionHandle::BulkSendBuffer(abi::Ulong type, abi::Buffer* buffer, const uint8_t* payload,
                                           size_t length, BulkResults* results) {
  abi::HResult result = functions_.send(handle_, static_cast<abi::BufferType>(type), buffer, kBulkSend);
  if (abi::Failed(result)) return result;
  if (role_ == Role::kServer) HandshakeEnded();
  bool kept = true;
  while (kept) {
    if (results->capacity - results->count < kEntriesPerAction) break;
    abi::Buffer buffers[kMostBuffers] = {};
    abi::Ulong count = 2;
    abi::Action action = abi::kNoAction;
    abi::BufferType action_type = static_cast<abi::BufferType>(0);
    void* token = nullptr;
    void* context = nullptr;
    result = functions_.get_action(handle_, abi::kSendQueue, buffers, &count, &action, &action_type, &token, &context);
    if (abi::Failed(result) || action == abi::kNoAction) break;
    abi::Ulong total = 0;
    if (action == abi::kSendToNetwork) {
      kept = Emit(buffers, std::min<abi::Ulong>(count, 2), payload, length, results, &total);
    }
    functions_.complete_action(handle_, context, total);
    if (action == abi::kIndicateSendComplete) {
      if (token == kBulkSend) return abi::kOk;
      EraseOperation(token);
    }
  }
  // The DLL must not keep a pointer to memory that JavaScript owns: an aborted send has no more use for it (B10-1).
  Abort();
  DrainQueue(abi::kSendQueue);
  results->failed_in_get_action = true;
  if (!kept) return abi::kOutOfMemory;
  return abi::Failed(result) ? result : abi::kFail;
}

abi::HResult SessionHandle::BulkSend(abi::Ulong type, const uint8_t* bytes, size_t length, BulkResults* results) {
  if (length > UINT32_MAX) return abi::kInvalidArgument;
  if (bytes == nullptr) return BulkSendBuffer(type, nullptr, nullptr, 0, results);
  abi::Buffer buffer = {};
  buffer.data = {Mutable(bytes), static_cast<abi::Ulong>(length)};
  return BulkSendBuffer(type, &buffer, bytes, length, results);
}

abi::HResult SessionHandle::BulkSendClose(uint16_t status, const uint8_t* reason, size_t length,
                                          BulkResults* results) {
  if (length > UINT32_MAX) return abi::kInvalidArgument;
  abi::Buffer buffer = {};
  buffer.close.status = status;
  if (length != 0) buffer.close = {Mutable(reason), static_cast<abi::Ulong>(length), status};
  return BulkSendBuffer(abi::kClose, &buffer, nullptr, 0, results);
}

}  // namespace wspc
