// What JavaScript sees: functions over numbers, one object each environment (a Worker, a context) that owns the
// handles, and a finalizer that closes a handle nobody holds any more. Who calls this is lib/component/native/.
//
// Every function reads and checks all of its arguments first, for reading may run JavaScript that deletes handles;
// then it looks the handle up; then it calls. The answer is an HRESULT unless said otherwise.
#include <node_api.h>

#include <memory>
#include <vector>

#include "component_library.h"
#include "marshal.h"
#include "session_handle.h"

namespace wspc {

namespace {

// A handle's number: a slot, and how often the slot was used before, so that an old number finds nothing. It stays
// within 31 bits, which JavaScript keeps without allocating.
constexpr uint32_t kSlotBits = 22;
constexpr uint32_t kMostSlots = 1u << kSlotBits;
constexpr uint32_t kGenerations = 1u << (31 - kSlotBits);

class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  ComponentLibrary& library() { return library_; }

  SessionHandle* Find(uint32_t id) const {
    const uint32_t index = id & (kMostSlots - 1);
    if (index >= slots_.size() || slots_[index].generation != id >> kSlotBits) return nullptr;
    return slots_[index].handle.get();
  }

  // 0 where there is no room.
  uint32_t Add(std::unique_ptr<SessionHandle> handle) {
    uint32_t index;
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else if (slots_.size() < kMostSlots) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      return 0;
    }
    Slot& slot = slots_[index];
    slot.handle = std::move(handle);
    return slot.generation << kSlotBits | index;
  }

  // The footprint that is free now; -1 where the number names nothing.
  int64_t Remove(uint32_t id) {
    SessionHandle* handle = Find(id);
    if (handle == nullptr) return -1;
    const int64_t footprint = handle->footprint();
    const uint32_t index = id & (kMostSlots - 1);
    Slot& slot = slots_[index];
    slot.handle.reset();
    slot.generation = (slot.generation + 1) % kGenerations;
    if (slot.generation == 0) slot.generation = 1;
    free_.push_back(index);
    return footprint;
  }

  void CloseAll() {
    for (Slot& slot : slots_) slot.handle.reset();
  }

 private:
  struct Slot {
    std::unique_ptr<SessionHandle> handle;
    uint32_t generation = 1;
  };

  // Before the slots: handles need the functions until they are gone.
  ComponentLibrary library_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

// What the finalizer of a handle's JavaScript object holds. It may run after the environment's own end.
struct Owner {
  std::shared_ptr<Environment> environment;
  uint32_t id;
};

void AdjustMemory(napi_env env, int64_t bytes) {
  int64_t total;
  napi_adjust_external_memory(env, bytes, &total);
}

void FinalizeOwner(napi_env env, void* data, void*) {
  std::unique_ptr<Owner> owner(static_cast<Owner*>(data));
  const int64_t footprint = owner->environment->Remove(owner->id);
  if (footprint > 0) AdjustMemory(env, -footprint);
}

napi_value Invalid(napi_env env) { return Result(env, abi::kInvalidArgument); }

std::shared_ptr<Environment>& SharedOf(void* data) { return *static_cast<std::shared_ptr<Environment>*>(data); }

// The handle that the first argument names, or null.
template <size_t kCount>
SessionHandle* HandleOf(napi_env env, const Arguments<kCount>& arguments) {
  uint32_t id;
  return ToUint32(env, arguments[0], &id) ? SharedOf(arguments.data)->Find(id) : nullptr;
}

napi_value NoHandle(napi_env env) { return Result(env, abi::kInvalidHandle); }

bool ToOptionalUint32(napi_env env, napi_value value, bool* has, abi::Ulong* result) {
  if (IsUndefined(env, value)) return true;
  *has = true;
  return ToUint32(env, value, result);
}

bool ToOptionalBool(napi_env env, napi_value value, bool* has, bool* result) {
  if (IsUndefined(env, value)) return true;
  *has = true;
  return napi_get_value_bool(env, value, result) == napi_ok;
}

// create(owner, isServer, receiveBufferSize, sendBufferSize, disableMasking, disableUtf8Verification,
// allocatedBufferSize): the handle's number, or an HRESULT, which is above all of those.
napi_value Create(napi_env env, napi_callback_info info) {
  Arguments<7> arguments;
  HandleProperties given;
  bool is_server;
  if (!arguments.Read(env, info) || napi_get_value_bool(env, arguments[1], &is_server) != napi_ok ||
      !ToOptionalUint32(env, arguments[2], &given.has_receive_buffer_size, &given.receive_buffer_size) ||
      !ToOptionalUint32(env, arguments[3], &given.has_send_buffer_size, &given.send_buffer_size) ||
      !ToOptionalBool(env, arguments[4], &given.has_disable_masking, &given.disable_masking) ||
      !ToOptionalBool(env, arguments[5], &given.has_disable_utf8_verification, &given.disable_utf8_verification) ||
      !ToOptionalUint32(env, arguments[6], &given.has_allocated_buffer_size, &given.allocated_buffer_size)) {
    return Invalid(env);
  }
  std::shared_ptr<Environment>& environment = SharedOf(arguments.data);
  auto handle = std::make_unique<SessionHandle>(environment->library().functions(),
                                                is_server ? Role::kServer : Role::kClient);
  const abi::HResult result = handle->Create(given);
  if (abi::Failed(result)) return Result(env, result);
  const int64_t footprint = handle->footprint();
  const uint32_t id = environment->Add(std::move(handle));
  if (id == 0) return Result(env, abi::kOutOfMemory);
  auto owner = std::make_unique<Owner>(Owner{environment, id});
  if (napi_wrap(env, arguments[0], owner.get(), FinalizeOwner, nullptr, nullptr) != napi_ok) {
    environment->Remove(id);
    return Invalid(env);
  }
  owner.release();
  AdjustMemory(env, footprint);
  return Number(env, id);
}

using BeginHandshake = abi::HResult (SessionHandle::*)(std::unique_ptr<HandshakeInput> input,
                                                       abi::HttpHeader** headers, abi::Ulong* count);

napi_value Begin(napi_env env, SessionHandle* handle, BeginHandshake begin, std::unique_ptr<HandshakeInput> input) {
  if (handle == nullptr) return NoHandle(env);
  abi::HttpHeader* headers = nullptr;
  abi::Ulong count = 0;
  const abi::HResult result = (handle->*begin)(std::move(input), &headers, &count);
  return abi::Failed(result) ? Result(env, result) : FromHeaders(env, headers, count);
}

// beginClientHandshake(id, subprotocols, extensions, headers): an array of names and values in turn, or an HRESULT.
napi_value BeginClientHandshake(napi_env env, napi_callback_info info) {
  Arguments<4> arguments;
  auto input = std::make_unique<HandshakeInput>();
  if (!arguments.Read(env, info) || !ToStringList(env, arguments[1], &input->subprotocols) ||
      !ToStringList(env, arguments[2], &input->extensions) || !ToStringList(env, arguments[3], &input->headers)) {
    return Invalid(env);
  }
  return Begin(env, HandleOf(env, arguments), &SessionHandle::BeginClientHandshake, std::move(input));
}

// endClientHandshake(id, headers): [subprotocol or -1, ...extensions], or an HRESULT.
napi_value EndClientHandshake(napi_env env, napi_callback_info info) {
  Arguments<2> arguments;
  StringList headers;
  if (!arguments.Read(env, info) || !ToStringList(env, arguments[1], &headers)) return Invalid(env);
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  Selection selection;
  const abi::HResult result = handle->EndClientHandshake(headers, &selection);
  if (abi::Failed(result)) return Result(env, result);
  napi_value list = nullptr;
  napi_value element = nullptr;
  if (napi_create_array(env, &list) != napi_ok) return nullptr;
  const double subprotocol = selection.has_subprotocol ? static_cast<double>(selection.subprotocol) : -1.0;
  if (napi_create_double(env, subprotocol, &element) != napi_ok || napi_set_element(env, list, 0, element) != napi_ok) {
    return nullptr;
  }
  for (size_t index = 0; index < selection.extensions.size(); index++) {
    if (napi_set_element(env, list, static_cast<uint32_t>(index + 1), Number(env, selection.extensions[index])) !=
        napi_ok) {
      return nullptr;
    }
  }
  return list;
}

// beginServerHandshake(id, subprotocol or undefined, extensions, headers): as beginClientHandshake.
napi_value BeginServerHandshake(napi_env env, napi_callback_info info) {
  Arguments<4> arguments;
  auto input = std::make_unique<HandshakeInput>();
  if (!arguments.Read(env, info) ||
      !(IsUndefined(env, arguments[1]) || ToString(env, arguments[1], &input->subprotocols)) ||
      !ToStringList(env, arguments[2], &input->extensions) || !ToStringList(env, arguments[3], &input->headers)) {
    return Invalid(env);
  }
  return Begin(env, HandleOf(env, arguments), &SessionHandle::BeginServerHandshake, std::move(input));
}

napi_value EndServerHandshake(napi_env env, napi_callback_info info) {
  Arguments<1> arguments;
  if (!arguments.Read(env, info)) return Invalid(env);
  SessionHandle* handle = HandleOf(env, arguments);
  return handle == nullptr ? NoHandle(env) : Result(env, handle->EndServerHandshake());
}

// What is given with a send: a payload, or the status of a close frame (-1 for none) and its reason.
struct SendInput {
  uint32_t type = 0;
  Bytes payload;
  double status = -1;
  Bytes reason;

  template <size_t kCount>
  bool Read(napi_env env, const Arguments<kCount>& arguments) {
    return ToUint32(env, arguments[1], &type) && ToOptionalBytes(env, arguments[2], &payload) &&
           napi_get_value_double(env, arguments[3], &status) == napi_ok && status >= -1 && status <= UINT16_MAX &&
           ToOptionalBytes(env, arguments[4], &reason);
  }
  bool is_close() const { return type == abi::kClose && status >= 0; }
};

// send(id, type, payload or null, status or -1, reason or null, operation)
napi_value Send(napi_env env, napi_callback_info info) {
  Arguments<6> arguments;
  SendInput input;
  double operation;
  if (!arguments.Read(env, info) || !input.Read(env, arguments) || !ToOperation(env, arguments[5], &operation)) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  return Result(env, input.is_close() ? handle->SendClose(static_cast<uint16_t>(input.status), input.reason.data,
                                                          input.reason.length, operation)
                                      : handle->Send(input.type, input.payload.data, input.payload.length, operation));
}

// receive(id, capacity or -1, operation)
napi_value Receive(napi_env env, napi_callback_info info) {
  Arguments<3> arguments;
  double capacity;
  double operation;
  if (!arguments.Read(env, info) || napi_get_value_double(env, arguments[1], &capacity) != napi_ok ||
      !(capacity >= -1 && capacity <= UINT32_MAX) || !ToOperation(env, arguments[2], &operation)) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  return Result(env, handle->Receive(capacity >= 0, capacity > 0 ? static_cast<size_t>(capacity) : 0, operation));
}

// getAction(id, queue, maxBuffers, scratch)
napi_value GetAction(napi_env env, napi_callback_info info) {
  Arguments<4> arguments;
  uint32_t queue;
  uint32_t max_buffers;
  Bytes scratch;
  if (!arguments.Read(env, info) || !ToUint32(env, arguments[1], &queue) ||
      !ToUint32(env, arguments[2], &max_buffers) || !ToBytes(env, arguments[3], &scratch) ||
      scratch.length < kScratchHeader) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  ActionView view;
  const abi::HResult result = handle->GetAction(queue, max_buffers, &view);
  if (!abi::Failed(result) && !WriteAction(view, scratch)) return Invalid(env);
  return Result(env, result);
}

// actionBytes(id, context, index): a copy of one buffer, for those that were too large for the scratch.
napi_value ActionBytes(napi_env env, napi_callback_info info) {
  Arguments<3> arguments;
  uint32_t context;
  uint32_t index;
  if (!arguments.Read(env, info) || !ToUint32(env, arguments[1], &context) || !ToUint32(env, arguments[2], &index)) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  const abi::DataBuffer* buffer = handle->BufferOf(context, index);
  return buffer == nullptr ? Invalid(env) : FromBytes(env, buffer->bytes, buffer->bytes == nullptr ? 0 : buffer->length);
}

// completeAction(id, context, bytes, window or null)
napi_value CompleteAction(napi_env env, napi_callback_info info) {
  Arguments<4> arguments;
  uint32_t context;
  uint32_t bytes;
  Bytes window;
  if (!arguments.Read(env, info) || !ToUint32(env, arguments[1], &context) || !ToUint32(env, arguments[2], &bytes) ||
      !ToOptionalBytes(env, arguments[3], &window)) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  handle->CompleteAction(context, bytes, window.data, window.length);
  return Result(env, abi::kOk);
}

napi_value Abort(napi_env env, napi_callback_info info) {
  Arguments<1> arguments;
  if (!arguments.Read(env, info)) return Invalid(env);
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  handle->Abort();
  return Result(env, abi::kOk);
}

napi_value Delete(napi_env env, napi_callback_info info) {
  Arguments<1> arguments;
  uint32_t id;
  if (!arguments.Read(env, info) || !ToUint32(env, arguments[0], &id)) return Invalid(env);
  const int64_t footprint = SharedOf(arguments.data)->Remove(id);
  if (footprint < 0) return NoHandle(env);
  AdjustMemory(env, -footprint);
  return Result(env, abi::kOk);
}

// getGlobalProperty(type): an array of ULONGs, or an HRESULT.
napi_value GetGlobalProperty(napi_env env, napi_callback_info info) {
  Arguments<1> arguments;
  uint32_t type;
  if (!arguments.Read(env, info) || !ToUint32(env, arguments[0], &type)) return Invalid(env);
  const abi::Functions& functions = SharedOf(arguments.data)->library().functions();
  // B12-1: the interval is asked for with exactly 4 bytes. The number of versions is not known beforehand.
  std::vector<abi::Ulong> values(type == abi::kSupportedVersions ? 16 : 1);
  abi::HResult result = abi::kOk;
  abi::Ulong size = 0;
  for (int attempt = 0; attempt < 2; attempt++) {
    size = static_cast<abi::Ulong>(values.size() * sizeof(abi::Ulong));
    result = functions.get_global_property(static_cast<abi::PropertyType>(type), values.data(), &size);
    constexpr abi::Ulong kReasonable = 65536;
    if (result != abi::kInsufficientBuffer || size > kReasonable) break;
    values.resize((size + sizeof(abi::Ulong) - 1) / sizeof(abi::Ulong) + 1);
  }
  if (abi::Failed(result)) return Result(env, result);
  napi_value list = nullptr;
  if (napi_create_array(env, &list) != napi_ok) return nullptr;
  for (uint32_t index = 0; index < values.size() && (index + 1) * sizeof(abi::Ulong) <= size; index++) {
    if (napi_set_element(env, list, index, Number(env, values[index])) != napi_ok) return nullptr;
  }
  return list;
}

// The results of a bulk call in the scratch: eight words, then four for each entry.
constexpr size_t kBulkHeader = 32;

bool ToBulkResults(napi_env env, napi_value scratch_value, napi_value slab_value, napi_value used_value,
                   Bytes* scratch, BulkResults* results) {
  Bytes slab;
  uint32_t used;
  if (!ToBytes(env, scratch_value, scratch) || !ToBytes(env, slab_value, &slab) ||
      !ToUint32(env, used_value, &used)) {
    return false;
  }
  constexpr size_t kLeast = kBulkHeader + 128 * sizeof(BulkEntry);
  if (scratch->length < kLeast || reinterpret_cast<uintptr_t>(scratch->data) % alignof(BulkEntry) != 0) return false;
  results->entries = reinterpret_cast<BulkEntry*>(scratch->data + kBulkHeader);
  results->capacity = (scratch->length - kBulkHeader) / sizeof(BulkEntry);
  results->slab = slab.data;
  // Positions in it are 32 bits wide.
  results->slab_size = slab.length < UINT32_MAX ? slab.length : 0;
  results->slab_used = used;
  return used <= results->slab_size;
}

void WriteBulkHeader(const Bytes& scratch, const BulkResults& results, size_t spill, size_t consumed, size_t written) {
  auto* words = reinterpret_cast<uint32_t*>(scratch.data);
  words[0] = static_cast<uint32_t>(results.count);
  words[1] = static_cast<uint32_t>(results.slab_used);
  words[2] = static_cast<uint32_t>(spill);
  words[3] = results.full ? 1 : 0;
  words[4] = static_cast<uint32_t>(consumed);
  words[5] = static_cast<uint32_t>(written);
  words[6] = results.failed_in_get_action ? 1 : 0;
  words[7] = 0;
}

// bulkReceive(id, chunk, consumed, written, scratch, slab, slabUsed)
napi_value BulkReceive(napi_env env, napi_callback_info info) {
  Arguments<7> arguments;
  Bytes chunk;
  Bytes scratch;
  BulkResults results;
  uint32_t consumed;
  uint32_t written;
  if (!arguments.Read(env, info) || !ToBytes(env, arguments[1], &chunk) ||
      !ToUint32(env, arguments[2], &consumed) || !ToUint32(env, arguments[3], &written) ||
      !ToBulkResults(env, arguments[4], arguments[5], arguments[6], &scratch, &results) ||
      consumed > chunk.length || written > consumed) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  size_t now_consumed = consumed;
  size_t now_written = written;
  const abi::HResult result = handle->BulkReceive(chunk.data, chunk.length, &now_consumed, &now_written, &results);
  WriteBulkHeader(scratch, results, handle->spill().size(), now_consumed, now_written);
  return Result(env, result);
}

// bulkSend(id, type, payload or null, status or -1, reason or null, scratch, slab, slabUsed)
napi_value BulkSend(napi_env env, napi_callback_info info) {
  Arguments<8> arguments;
  SendInput input;
  Bytes scratch;
  BulkResults results;
  if (!arguments.Read(env, info) || !input.Read(env, arguments) ||
      !ToBulkResults(env, arguments[5], arguments[6], arguments[7], &scratch, &results)) {
    return Invalid(env);
  }
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  const abi::HResult result =
      input.is_close() ? handle->BulkSendClose(static_cast<uint16_t>(input.status), input.reason.data,
                                               input.reason.length, &results)
                       : handle->BulkSend(input.type, input.payload.data, input.payload.length, &results);
  WriteBulkHeader(scratch, results, handle->spill().size(), 0, 0);
  return Result(env, result);
}

// takeSpill(id): what the last bulk calls could not put anywhere else, as a Uint8Array.
napi_value TakeSpill(napi_env env, napi_callback_info info) {
  Arguments<1> arguments;
  if (!arguments.Read(env, info)) return Invalid(env);
  SessionHandle* handle = HandleOf(env, arguments);
  if (handle == nullptr) return NoHandle(env);
  napi_value bytes = FromBytes(env, handle->spill().data(), handle->spill().size());
  handle->spill().Clear();
  return bytes;
}

// ---- the module ----

void CloseEnvironment(void* data) { SharedOf(data)->CloseAll(); }

// After the cleanup hook, which runs before any finalizer of an environment that ends.
void FinalizeEnvironment(napi_env, void* data, void*) {
  delete static_cast<std::shared_ptr<Environment>*>(data);
}

bool SetString(napi_env env, napi_value exports, const char* name, const std::string& text) {
  napi_value value = nullptr;
  return napi_create_string_utf8(env, text.c_str(), text.size(), &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}

napi_value Initialize(napi_env env, napi_value exports) {
  auto* shared = new std::shared_ptr<Environment>(std::make_shared<Environment>());
  if (napi_set_instance_data(env, shared, FinalizeEnvironment, nullptr) != napi_ok) {
    delete shared;
    return nullptr;
  }
  napi_add_env_cleanup_hook(env, CloseEnvironment, shared);

  ComponentLibrary& library = (*shared)->library();
  const bool loaded = library.Load();
  // Empty when everything is there.
  if (!SetString(env, exports, "reason", library.reason()) ||
      !SetString(env, exports, "fileVersion", library.file_version())) {
    return nullptr;
  }
  if (!loaded) return exports;

  static constexpr struct {
    const char* name;
    napi_callback callback;
  } kFunctions[] = {
      {"create", Create},
      {"beginClientHandshake", BeginClientHandshake},
      {"endClientHandshake", EndClientHandshake},
      {"beginServerHandshake", BeginServerHandshake},
      {"endServerHandshake", EndServerHandshake},
      {"send", Send},
      {"receive", Receive},
      {"getAction", GetAction},
      {"actionBytes", ActionBytes},
      {"completeAction", CompleteAction},
      {"abort", Abort},
      {"delete", Delete},
      {"getGlobalProperty", GetGlobalProperty},
      {"bulkReceive", BulkReceive},
      {"bulkSend", BulkSend},
      {"takeSpill", TakeSpill},
  };
  for (const auto& function : kFunctions) {
    napi_value value = nullptr;
    if (napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, shared, &value) != napi_ok ||
        napi_set_named_property(env, exports, function.name, value) != napi_ok) {
      return nullptr;
    }
  }
  return exports;
}

}  // namespace

}  // namespace wspc

NAPI_MODULE_INIT() { return wspc::Initialize(env, exports); }
