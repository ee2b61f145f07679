#include "marshal.h"

#include <cmath>
#include <cstring>

namespace wspc {

namespace {

constexpr uint32_t kCopied = 0;
constexpr uint32_t kInPayload = 1;
constexpr uint32_t kTooLarge = 2;

bool HasType(napi_env env, napi_value value, napi_valuetype wanted) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && type == wanted;
}

}  // namespace

napi_value Number(napi_env env, uint32_t value) {
  napi_value result = nullptr;
  napi_create_uint32(env, value, &result);
  return result;
}

// Success is S_OK, whatever kind of success it was.
napi_value Result(napi_env env, abi::HResult result) {
  return Number(env, abi::Failed(result) ? static_cast<uint32_t>(result) : 0);
}

bool IsUndefined(napi_env env, napi_value value) { return HasType(env, value, napi_undefined); }

bool IsNull(napi_env env, napi_value value) { return HasType(env, value, napi_null); }

bool ToUint32(napi_env env, napi_value value, uint32_t* result) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= UINT32_MAX)) return false;
  *result = static_cast<uint32_t>(number);
  return *result == number;
}

bool ToOperation(napi_env env, napi_value value, double* result) {
  if (napi_get_value_double(env, value, result) != napi_ok) return false;
  return *result >= 0 && *result <= 9007199254740992.0 && std::floor(*result) == *result;
}

bool ToBytes(napi_env env, napi_value value, Bytes* bytes) {
  static const uint64_t kNothing = 0;
  napi_typedarray_type type;
  void* data = nullptr;
  bool is_typed_array = false;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  if (napi_get_typedarray_info(env, value, &type, &bytes->length, &data, nullptr, nullptr) != napi_ok) return false;
  if (type != napi_uint8_array) return false;
  bytes->data = static_cast<uint8_t*>(data);
  if (bytes->data == nullptr || bytes->length == 0) {
    bytes->data = reinterpret_cast<uint8_t*>(const_cast<uint64_t*>(&kNothing));
    bytes->length = 0;
  }
  return true;
}

bool ToOptionalBytes(napi_env env, napi_value value, Bytes* bytes) {
  return IsNull(env, value) || ToBytes(env, value, bytes);
}

bool ToString(napi_env env, napi_value value, StringList* list) {
  size_t length = 0;
  if (napi_get_value_string_latin1(env, value, nullptr, 0, &length) != napi_ok) return false;
  if (length >= UINT32_MAX) return false;
  std::unique_ptr<char[]> text(new (std::nothrow) char[length + 1]);
  if (text == nullptr) return false;
  if (napi_get_value_string_latin1(env, value, text.get(), length + 1, &length) != napi_ok) return false;
  return list->Add(std::move(text), length);
}

bool ToStringList(napi_env env, napi_value value, StringList* list) {
  bool is_array = false;
  uint32_t length = 0;
  if (napi_is_array(env, value, &is_array) != napi_ok || !is_array) return false;
  if (napi_get_array_length(env, value, &length) != napi_ok) return false;
  for (uint32_t index = 0; index < length; index++) {
    napi_handle_scope scope = nullptr;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
    napi_value element = nullptr;
    const bool ok = napi_get_element(env, value, index, &element) == napi_ok && ToString(env, element, list);
    napi_close_handle_scope(env, scope);
    if (!ok) return false;
  }
  return true;
}

napi_value FromHeaders(napi_env env, const abi::HttpHeader* headers, abi::Ulong count) {
  napi_value list = nullptr;
  if (napi_create_array(env, &list) != napi_ok) return nullptr;
  uint32_t at = 0;
  for (abi::Ulong index = 0; headers != nullptr && index < count; index++) {
    const abi::HttpHeader& header = headers[index];
    const char* const texts[] = {header.name, header.value};
    const abi::Ulong lengths[] = {header.name_length, header.value_length};
    for (int part = 0; part < 2; part++) {
      napi_value text = nullptr;
      const bool empty = texts[part] == nullptr;
      if (napi_create_string_latin1(env, empty ? "" : texts[part], empty ? 0 : lengths[part], &text) != napi_ok ||
          napi_set_element(env, list, at++, text) != napi_ok) {
        return nullptr;
      }
    }
  }
  return list;
}

napi_value FromBytes(napi_env env, const uint8_t* bytes, size_t length) {
  napi_value memory = nullptr;
  napi_value view = nullptr;
  void* data = nullptr;
  if (napi_create_arraybuffer(env, length, &data, &memory) != napi_ok) return nullptr;
  if (length != 0) std::memcpy(data, bytes, length);
  if (napi_create_typedarray(env, napi_uint8_array, length, memory, 0, &view) != napi_ok) return nullptr;
  return view;
}

bool WriteAction(const ActionView& view, const Bytes& scratch) {
  if (scratch.length < kScratchHeader || reinterpret_cast<uintptr_t>(scratch.data) % alignof(uint32_t) != 0) {
    return false;
  }
  auto* words = reinterpret_cast<uint32_t*>(scratch.data);
  const auto operation = static_cast<uint64_t>(view.operation);
  const bool is_close = view.action == abi::kIndicateReceiveComplete && view.buffer_type == abi::kClose &&
                        view.buffer_count != 0;
  words[0] = view.action;
  words[1] = view.buffer_type;
  words[2] = static_cast<uint32_t>(operation);
  words[3] = static_cast<uint32_t>(operation >> 32);
  words[4] = view.context;
  words[5] = 0;
  words[6] = view.buffer_count;
  words[7] = UINT32_MAX;

  if (view.action == abi::kReceiveFromNetwork) {
    uint64_t window = 0;
    for (abi::Ulong index = 0; index < view.buffer_count; index++) {
      if (view.buffers[index].data.bytes != nullptr) window += view.buffers[index].data.length;
    }
    words[5] = static_cast<uint32_t>(window < UINT32_MAX ? window : UINT32_MAX);
    words[6] = 0;
    return true;
  }
  if (is_close) {
    const abi::CloseBuffer& close = view.buffers[0].close;
    words[7] = close.status;
    words[6] = close.reason == nullptr ? 0 : 1;
  }
  size_t used = kScratchHeader;
  for (uint32_t index = 0; index < words[6]; index++) {
    const abi::DataBuffer& buffer = view.buffers[index].data;
    const size_t length = buffer.bytes == nullptr ? 0 : buffer.length;
    uint32_t* described = words + 16 + 3 * index;
    described[2] = static_cast<uint32_t>(length);
    if (length != 0 && view.payload != nullptr && view.payload->Contains(buffer.bytes, length)) {
      described[0] = kInPayload;
      described[1] = static_cast<uint32_t>(buffer.bytes - view.payload->data());
    } else if (length > scratch.length - used) {
      described[0] = kTooLarge;
      described[1] = index;
    } else {
      described[0] = kCopied;
      described[1] = static_cast<uint32_t>(used);
      if (length != 0) std::memcpy(scratch.data + used, buffer.bytes, length);
      used += length;
    }
  }
  return true;
}

}  // namespace wspc
