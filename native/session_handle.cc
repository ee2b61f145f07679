#include "session_handle.h"

#include <algorithm>

namespace wspc {

namespace {

// Application contexts of the bulk driver. No other operation has them.
void* const kBulkSend = reinterpret_cast<void*>(~static_cast<uintptr_t>(0));
void* const kBulkReceive = reinterpret_cast<void*>(~static_cast<uintptr_t>(1));
// The largest token. After it, tokens start again; only a program with pointers of 32 bits gets this far. Test builds
// have a smaller one.
#if !defined(WSPC_LAST_TOKEN)
#define WSPC_LAST_TOKEN (~static_cast<uintptr_t>(2))
#endif

// Below this size a copy costs less than a separate buffer in the caller's list.
constexpr size_t kByReference = 8192;
// Pieces of a frame that the receive buffer has cut up are joined again. Small pieces are not: they may be whole
// frames, and a limit on the number of frames must count them.
constexpr size_t kPieceOfAFrame = 256;
// Most entries that one action may add to the results.
constexpr size_t kEntriesPerAction = kMostBuffers + 2;
// D-12: the first byte of the frame, and the mask bit.
constexpr abi::Ulong kMostCustomType = 0x1FF;

bool IsFragmentOf(uint32_t earlier, uint32_t later) {
  return (earlier == abi::kUtf8Fragment || earlier == abi::kBinaryFragment) && (later == earlier || later + 1 == earlier);
}

}  // namespace

abi::Ulong SumOf(const abi::Buffer* buffers, abi::Ulong count) {
  uint64_t sum = 0;
  for (abi::Ulong index = 0; index < count; index++) sum += LengthOf(buffers[index].data);
  return static_cast<abi::Ulong>(std::min<uint64_t>(sum, UINT32_MAX));
}

bool LacksMemory(abi::Action action, abi::Ulong type, const abi::Buffer* buffers, abi::Ulong count) {
  const bool is_data = action == abi::kIndicateReceiveComplete && type != abi::kClose;
  if (action != abi::kSendToNetwork && !is_data) return false;
  return std::any_of(buffers, buffers + count, [](const abi::Buffer& buffer) {
    return buffer.data.bytes == nullptr && buffer.data.length != 0;
  });
}

abi::Buffer SendInput::BufferAt(uint8_t* address) const {
  abi::Buffer buffer = {};
  const auto size = static_cast<abi::Ulong>(length);
  if (!is_close()) {
    buffer.data = {address, size};
  } else {
    // B6-5: if there are no bytes, there is no pointer either.
    buffer.close = {size == 0 ? nullptr : address, size, static_cast<uint16_t>(status)};
  }
  return buffer;
}

abi::HResult SessionHandle::Create(const HandleProperties& given) {
  using Given = HandleProperties;
  abi::Property list[5];
  abi::Ulong count = 0;
  const auto add = [&](abi::PropertyType type, abi::Ulong* place, abi::Ulong value) {
    *place = value;
    list[count++] = {type, place, sizeof(abi::Ulong)};
  };
  // In .NET's order (B1-4).
  if (given.Has(Given::kReceive)) add(abi::kReceiveBufferSize, &property_values_[0], given.receive_buffer_size);
  if (given.Has(Given::kSend)) add(abi::kSendBufferSize, &property_values_[1], given.send_buffer_size);
  if (given.Has(Given::kAllocated)) {
    if (!allocated_buffer_.Allocate(given.allocated_buffer_size)) return abi::kOutOfMemory;
    allocated_address_ = allocated_buffer_.data();
    // E-3: the value is a variable that has the address; the size is that of the block.
    list[count++] = {abi::kAllocatedBuffer, &allocated_address_, given.allocated_buffer_size};
  }
  if (given.Has(Given::kMasking)) {
    add(abi::kDisableMasking, &property_values_[2], (given.disabled & Given::kMasking) != 0 ? 1 : 0);
  }
  if (given.Has(Given::kUtf8)) {
    add(abi::kDisableUtf8Verification, &property_values_[3], (given.disabled & Given::kUtf8) != 0 ? 1 : 0);
  }
  const auto create = role_ == Role::kClient ? functions_.create_client_handle : functions_.create_server_handle;
  abi::Handle handle = nullptr;
  const abi::HResult result = create(count == 0 ? nullptr : list, count, &handle);
  if (abi::Failed(result)) return result;
  if (handle == nullptr) return abi::kFail;  // B1-1
  handle_ = handle;
  const int64_t send_default = role_ == Role::kClient ? 4096 : 16;
  footprint_ = 1024 + (given.Has(Given::kReceive) ? int64_t{given.receive_buffer_size} : 4096) +
               (given.Has(Given::kSend) ? int64_t{given.send_buffer_size} : send_default);
  if (given.Has(Given::kAllocated)) footprint_ = 1024 + int64_t{given.allocated_buffer_size};
  return abi::kOk;
}

abi::HResult SessionHandle::BeginClientHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                                 abi::Ulong* count) {
  const abi::HResult result = functions_.begin_client_handshake(
      handle_, input->subprotocols.data(), static_cast<abi::Ulong>(input->subprotocols.size()),
      input->extensions.data(), static_cast<abi::Ulong>(input->extensions.size()), input->headers.data(),
      static_cast<abi::Ulong>(input->headers.size()), headers, count);
  if (abi::Failed(result)) return result;
  offered_subprotocols_ = input->subprotocols.size();
  offered_extensions_ = input->extensions.size();
  input->before = std::move(handshake_input_);
  handshake_input_ = std::move(input);
  return result;
}

abi::HResult SessionHandle::EndClientHandshake(const HandshakeInput& input, Selection* selection) {
  // B3-2: room for every offered extension. One more entry ensures that the pointer is never null.
  for (size_t index = 0; index <= offered_extensions_; index++) {
    if (!selection->extensions.Add(0)) return abi::kOutOfMemory;
  }
  const auto capacity = static_cast<abi::Ulong>(offered_extensions_);
  selection->extension_count = capacity;
  // Q-H7: it is unknown whether the DLL writes the index if the server chose none. An unchanged index means none.
  const abi::HResult result = functions_.end_client_handshake(
      handle_, input.headers.data(), static_cast<abi::Ulong>(input.headers.size()), selection->extensions.data(),
      &selection->extension_count, &selection->subprotocol);
  if (abi::Failed(result)) return result;
  // An index that nothing was offered under is no answer. For the subprotocol it means none, whichever number that is.
  if (selection->subprotocol >= offered_subprotocols_) selection->subprotocol = Selection::kNone;
  if (selection->extension_count > capacity) return abi::kFail;
  for (abi::Ulong index = 0; index < selection->extension_count; index++) {
    if (selection->extensions[index] >= capacity) return abi::kFail;
  }
  has_extensions_ = selection->extension_count != 0;
  HandshakeEnded();
  return result;
}

abi::HResult SessionHandle::BeginServerHandshake(std::unique_ptr<HandshakeInput> input, abi::HttpHeader** headers,
                                                 abi::Ulong* count) {
  const abi::HResult result = functions_.begin_server_handshake(
      handle_, input->subprotocols.size() == 0 ? nullptr : input->subprotocols[0], input->extensions.data(),
      static_cast<abi::Ulong>(input->extensions.size()), input->headers.data(),
      static_cast<abi::Ulong>(input->headers.size()), headers, count);
  if (abi::Failed(result)) return result;
  has_extensions_ = input->extensions.size() != 0;
  input->before = std::move(handshake_input_);
  handshake_input_ = std::move(input);
  return result;
}

abi::HResult SessionHandle::EndServerHandshake() {
  const abi::HResult result = functions_.end_server_handshake(handle_);
  if (!abi::Failed(result)) HandshakeEnded();
  return result;
}

// Called, too, after the first successful session call of a server, which ends the handshake (B5-1, Q-H15).
void SessionHandle::HandshakeEnded() {
  // Frees one input at a time: the destructors of a long chain would recurse too deeply.
  while (handshake_input_ != nullptr) handshake_input_ = std::move(handshake_input_->before);
}

SessionHandle::Operation* SessionHandle::AddOperation(uint64_t number, bool is_send, void** token) {
  // Only a test build can have more operations than tokens: otherwise memory runs out first.
  if (operations_.size() >= WSPC_LAST_TOKEN) return nullptr;
  do {
    last_token_ = last_token_ == WSPC_LAST_TOKEN ? 1 : last_token_ + 1;
  } while (operations_.Find(last_token_) != nullptr);
  Operation* operation = operations_.Add(last_token_);
  if (operation == nullptr) return nullptr;
  operation->number = number;
  operation->is_send = is_send;
  *token = reinterpret_cast<void*>(last_token_);
  return operation;
}

// Handles the result of a call of Send or Receive.
abi::HResult SessionHandle::Queued(abi::HResult result, void* token) {
  if (abi::Failed(result)) {
    EraseOperation(token);
  } else if (role_ == Role::kServer) {
    HandshakeEnded();
  }
  return result;
}

abi::HResult SessionHandle::Send(const SendInput& input, uint64_t number) {
  if (input.length > UINT32_MAX) return abi::kInvalidArgument;
  void* token = nullptr;
  Operation* operation = AddOperation(number, true, &token);
  if (operation == nullptr) return abi::kOutOfMemory;
  if (input.bytes != nullptr && !operation->memory.CopyOf(input.bytes, input.length)) {
    EraseOperation(token);
    return abi::kOutOfMemory;
  }
  operation->is_payload = input.bytes != nullptr && !input.is_close();
  abi::Buffer buffer = input.BufferAt(operation->memory.data());
  const bool has_buffer = input.bytes != nullptr || input.is_close();
  return Queued(functions_.send(handle_, static_cast<abi::BufferType>(input.type), has_buffer ? &buffer : nullptr, token),
                token);
}

abi::HResult SessionHandle::Receive(int64_t capacity, uint64_t number) {
  void* token = nullptr;
  Operation* operation = AddOperation(number, false, &token);
  if (operation == nullptr) return abi::kOutOfMemory;
  abi::Buffer buffer = {};
  if (capacity >= 0) {
    if (!operation->memory.Allocate(static_cast<size_t>(capacity))) {
      EraseOperation(token);
      return abi::kOutOfMemory;
    }
    buffer.data = {operation->memory.data(), static_cast<abi::Ulong>(capacity)};
  }
  return Queued(functions_.receive(handle_, capacity >= 0 ? &buffer : nullptr, token), token);
}

abi::HResult SessionHandle::Ask(abi::Ulong queue, abi::Ulong capacity, Outstanding* action) {
  *action = {};
  action->buffer_count = capacity;
  auto type = static_cast<abi::BufferType>(0);
  const abi::HResult result =
      functions_.get_action(handle_, static_cast<abi::ActionQueue>(queue), action->buffers, &action->buffer_count,
                            &action->action, &type, &action->token, &action->dll_context);
  action->type = type;
  action->buffer_count = std::min(action->buffer_count, capacity);
  if (abi::Failed(result) || !LacksMemory(action->action, type, action->buffers, action->buffer_count)) return result;
  // Bytes of the stream are missing, so that the session cannot go on.
  functions_.complete_action(handle_, action->dll_context, 0);
  functions_.abort_handle(handle_);
  return abi::kFail;
}

abi::HResult SessionHandle::GetAction(abi::Ulong queue, abi::Ulong max_buffers, ActionView* view) {
  // Room for the action comes first: an action that the DLL has given must be kept.
  const size_t place = outstanding_.size();
  if (!outstanding_.Add({})) return abi::kOutOfMemory;
  Outstanding& action = outstanding_[place];
  const abi::HResult result = Ask(queue, std::min(max_buffers, kMostBuffers), &action);
  view->action = action.action;
  view->buffer_type = action.type;
  if (!abi::Failed(result) && role_ == Role::kServer) HandshakeEnded();
  if (abi::Failed(result) || action.action == abi::kNoAction) {
    outstanding_.RemoveAt(place);
    return result;
  }
  action.context = ++last_context_;
  const Operation* operation = FindOperation(action.token);
  if (operation != nullptr) {
    view->operation = operation->number;
    if (operation->is_send) {
      if (operation->is_payload) view->payload = &operation->memory;
    } else if (action.action == abi::kIndicateReceiveComplete && action.buffer_count != 0) {
      // The DLL has written into our memory, so the data cannot be longer than this memory.
      abi::DataBuffer& data = action.buffers[0].data;
      const Block& memory = operation->memory;
      if (memory.Contains(data.bytes, 0) && !memory.Contains(data.bytes, data.length)) {
        data.length = static_cast<abi::Ulong>(memory.data() + memory.size() - data.bytes);
      }
    }
  }
  view->context = action.context;
  view->buffer_count = action.buffer_count;
  std::copy_n(action.buffers, action.buffer_count, view->buffers);
  return result;
}

const abi::DataBuffer* SessionHandle::BufferOf(uint64_t context, size_t index) const {
  for (const Outstanding& action : outstanding_) {
    if (action.context == context) return index < action.buffer_count ? &action.buffers[index].data : nullptr;
  }
  return nullptr;
}

size_t SessionHandle::CopyWindow(const Outstanding& action, size_t bytes, const uint8_t* window,
                                 size_t window_length) {
  // Q-R4; a detached window has length 0.
  if (bytes > window_length || bytes > SumOf(action.buffers, action.buffer_count)) return 0;
  size_t copied = 0;
  for (abi::Ulong index = 0; index < action.buffer_count && copied < bytes; index++) {
    const abi::DataBuffer& buffer = action.buffers[index].data;
    const size_t part = std::min<size_t>(LengthOf(buffer), bytes - copied);
    if (part != 0) std::memcpy(buffer.bytes, window + copied, part);
    copied += part;
  }
  return copied;
}

void SessionHandle::CompleteAction(uint64_t context, size_t bytes, const uint8_t* window, size_t window_length) {
  for (size_t index = 0; index < outstanding_.size(); index++) {
    if (outstanding_[index].context != context) continue;
    const Outstanding action = outstanding_[index];
    outstanding_.RemoveAt(index);
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
  // The caller no longer keeps its payloads.
  operations_.ForEach([](Operation& operation) { operation.is_payload = false; });
  bulk_error_ = abi::kOk;
  // A close that was found but not indicated before the abort must not hide the abort.
  bulk_closed_ = false;
  if (!bulk_receiving_) return;
  if (bulk_reading_) functions_.complete_action(handle_, bulk_read_.dll_context, 0);
  bulk_reading_ = false;
  bulk_receiving_ = false;
  DrainQueue(abi::kReceiveQueue);
}

// In .NET's order (B10-3). The limit is for a DLL whose queue never ends.
void SessionHandle::DrainQueue(abi::ActionQueue queue) {
  for (size_t left = 2 * operations_.size() + 8; left > 0; left--) {
    Outstanding action;
    if (abi::Failed(Ask(queue, 1, &action)) || action.action == abi::kNoAction) return;
    functions_.complete_action(handle_, action.dll_context, 0);
  }
}

void SessionHandle::Close() {
  if (handle_ == nullptr) return;
  if (operations_.size() != 0 || outstanding_.size() != 0 || bulk_receiving_) {
    functions_.abort_handle(handle_);
    if (bulk_reading_) functions_.complete_action(handle_, bulk_read_.dll_context, 0);
    for (const Outstanding& action : outstanding_) functions_.complete_action(handle_, action.dll_context, 0);
    DrainQueue(abi::kSendQueue);
    DrainQueue(abi::kReceiveQueue);
  }
  functions_.delete_handle(handle_);
  handle_ = nullptr;
  HandshakeEnded();
}

// ---- bulk ----

bool SessionHandle::Emit(const Outstanding& action, const SendInput* input, BulkResults* results) {
  for (abi::Ulong index = 0; index < action.buffer_count; index++) {
    const abi::DataBuffer& buffer = action.buffers[index].data;
    const size_t length = LengthOf(buffer);
    if (length == 0) continue;
    if (input != nullptr && length >= kByReference && results->capacity - results->count > 2 * kEntriesPerAction) {
      const uintptr_t at = reinterpret_cast<uintptr_t>(buffer.bytes) - reinterpret_cast<uintptr_t>(input->bytes);
      if (at <= input->length && length <= input->length - at) {
        results->entries[results->count++] = {kOutputInPayload, static_cast<uint32_t>(at),
                                              static_cast<uint32_t>(at + length), 0};
        continue;
      }
    }
    // After the first bytes that went into the spill, all further bytes go there, too, so that their order stays.
    const bool fits = spill_.size() == 0 && length <= results->slab_size - results->slab_used;
    const uint32_t extra = fits ? 0 : kInSpill;
    const size_t start = fits ? results->slab_used : spill_.size();
    if (fits) {
      // The payload may be a view of the slab and overlap.
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

bool SessionHandle::IsKnownType(abi::Ulong type) const {
  if (type >= abi::kUtf8Message) return type <= abi::kUnsolicitedPong;
  return has_extensions_ && type > kOutputInPayload && type <= kMostCustomType;
}

bool SessionHandle::Indicate(const Outstanding& action, uint8_t* chunk, BulkResults* results) {
  const abi::Ulong type = action.type;
  const abi::DataBuffer& buffer = action.buffers[0].data;
  const size_t length = LengthOf(buffer);
  // The DLL has taken these bytes of the chunk, so they may be overwritten: the message is written back over them.
  const bool fits = length <= results->consumed - results->written;
  uint32_t extra = fits ? 0 : kInSpill;
  const size_t start = fits ? results->written : spill_.size();
  if (fits) {
    if (length != 0) std::memcpy(chunk + start, buffer.bytes, length);
    results->written += length;
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
    extra |= action.buffers[0].close.status;
    if (buffer.bytes != nullptr) extra |= kHasReason;
  }
  results->entries[results->count++] = {type, static_cast<uint32_t>(start), static_cast<uint32_t>(start + length),
                                        extra};
  return true;
}

abi::HResult SessionHandle::BulkReceive(uint8_t* chunk, size_t length, BulkResults* results) {
  if (length > UINT32_MAX) return abi::kInvalidArgument;
  // After a failure the position in the stream is unknown, so each further call fails with the same error.
  const auto fail = [&](abi::HResult result) {
    results->failed_in_get_action = true;
    return bulk_error_ = result;
  };
  if (abi::Failed(bulk_error_)) return fail(bulk_error_);
  for (;;) {
    if (results->capacity - results->count < 2 * kEntriesPerAction) {
      results->full = true;
      return abi::kOk;
    }
    if (!bulk_receiving_) {
      // Bytes after a close frame are dropped unread (RFC 6455, section 1.4).
      if (bulk_closed_) return abi::kOk;
      const abi::HResult result = functions_.receive(handle_, nullptr, kBulkReceive);
      if (abi::Failed(result)) return result;
      if (role_ == Role::kServer) HandshakeEnded();
      bulk_receiving_ = true;
    }
    if (!bulk_reading_) {
      Outstanding action;
      const abi::HResult result = Ask(abi::kReceiveQueue, 2, &action);
      if (abi::Failed(result)) return fail(result);
      if (action.action == abi::kReceiveFromNetwork) {
        bulk_read_ = action;
        bulk_reading_ = true;
      } else if (action.action == abi::kNoAction) {
        // The DLL has no action although a receive is queued. The rest of the chunk would be lost without notice.
        return results->consumed == length ? abi::kOk : fail(abi::kFail);
      } else {
        abi::Ulong total = 0;
        abi::HResult found = abi::kOk;
        if (action.action == abi::kSendToNetwork) {
          total = SumOf(action.buffers, action.buffer_count);
          if (!Emit(action, nullptr, results)) found = abi::kOutOfMemory;
        } else if (action.action == abi::kIndicateReceiveComplete) {
          bulk_receiving_ = false;
          // An indication without a buffer means a cancelled receive.
          if (action.buffer_count != 0) {
            if (!IsKnownType(action.type)) found = abi::kFail;
            else if (!Indicate(action, chunk, results)) found = abi::kOutOfMemory;
            else bulk_closed_ = action.type == abi::kClose;
          }
        } else if (action.action != abi::kIndicateSendComplete) {
          found = abi::kFail;
        }
        functions_.complete_action(handle_, action.dll_context, total);
        if (abi::Failed(found)) return fail(found);
        continue;
      }
    }
    if (results->consumed == length) return abi::kOk;
    const size_t left = length - results->consumed;
    const size_t part = std::min<size_t>(left, SumOf(bulk_read_.buffers, bulk_read_.buffer_count));
    const size_t copied = CopyWindow(bulk_read_, part, chunk + results->consumed, left);
    results->consumed += copied;
    bulk_reading_ = false;
    functions_.complete_action(handle_, bulk_read_.dll_context, static_cast<abi::Ulong>(copied));
    if (copied == 0) return fail(abi::kFail);  // a window without room would never end
  }
}

abi::HResult SessionHandle::BulkSend(const SendInput& input, BulkResults* results) {
  if (input.length > UINT32_MAX) return abi::kInvalidArgument;
  abi::Buffer buffer = input.BufferAt(const_cast<uint8_t*>(input.bytes));
  const bool has_buffer = input.bytes != nullptr || input.is_close();
  abi::HResult result = functions_.send(handle_, static_cast<abi::BufferType>(input.type),
                                        has_buffer ? &buffer : nullptr, kBulkSend);
  if (abi::Failed(result)) return result;
  if (role_ == Role::kServer) HandshakeEnded();
  while (results->capacity - results->count >= kEntriesPerAction) {
    Outstanding action;
    result = Ask(abi::kSendQueue, 2, &action);
    if (abi::Failed(result) || action.action == abi::kNoAction) break;
    const bool is_output = action.action == abi::kSendToNetwork;
    if (is_output && !Emit(action, has_buffer && !input.is_close() ? &input : nullptr, results)) {
      result = abi::kOutOfMemory;
    }
    functions_.complete_action(handle_, action.dll_context,
                               is_output ? SumOf(action.buffers, action.buffer_count) : 0);
    if (action.action == abi::kIndicateSendComplete) {
      if (action.token == kBulkSend) return abi::kOk;
      EraseOperation(action.token);
    } else if (!is_output || abi::Failed(result)) {
      break;
    }
  }
  // The DLL must not keep a pointer to memory of JavaScript. After an abort it no longer uses the send (B10-1).
  Abort();
  DrainQueue(abi::kSendQueue);
  results->failed_in_get_action = true;
  return abi::Failed(result) ? result : abi::kFail;
}

}  // namespace wspc
