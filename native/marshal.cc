#include "marshal.h"

#include <cmath>
#include <cstring>

namespace wspc {

namespace {

// The place of an action's buffer.
constexpr uint32_t kCopied = 0;
constexpr uint32_t kInPayload = 1;
constexpr uint32_t kTooLarge = 2;

constexpr size_t kTextHeader = 3;

}  // namespace

Napi::Value Result(Napi::Env env, abi::HResult result) {
  return Napi::Number::New(env, abi::Failed(result) ? static_cast<uint32_t>(result) : 0);
}

int64_t Arguments::Integer(size_t index, int64_t least, int64_t most) {
  double number = 0;
  // Calls Node-API directly: this call also says whether the argument is a number, which IsNumber would ask by a
  // second call. With IsNumber, a call of three numbers and a Buffer took about 1.3 times as long as the C calls
  // alone; now it takes 1.11 times as long.
  if (napi_get_value_double(env(), info_[index], &number) == napi_ok && number >= static_cast<double>(least) &&
      number <= static_cast<double>(most) && std::trunc(number) == number) {
    return static_cast<int64_t>(number);
  }
  ok_ = false;
  return 0;
}

bool Arguments::Boolean(size_t index) {
  const Napi::Value value = info_[index];
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  ok_ = false;
  return false;
}

template <typename T>
Memory<T> Arguments::GetMemory(size_t index, napi_typedarray_type wanted) {
  alignas(8) static T nothing;
  napi_typedarray_type type;
  void* data = nullptr;
  size_t length = 0;
  // Calls Node-API directly: IsTypedArray and TypedArrayOf would ask Node three times, which makes a send of 32 bytes
  // 5 % slower.
  if (napi_get_typedarray_info(env(), info_[index], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != wanted) {
    ok_ = false;
    return {};
  }
  if (data == nullptr || length == 0) return {&nothing, 0};
  return {static_cast<T*>(data), length};
}

Bytes Arguments::GetBytes(size_t index) { return GetMemory<uint8_t>(index, napi_uint8_array); }

Bytes Arguments::GetOptionalBytes(size_t index) {
  // Bytes are tried first, since most calls have them.
  const bool was_ok = ok_;
  const Bytes bytes = GetBytes(index);
  if (bytes.data == nullptr && info_[index].IsNull()) ok_ = was_ok;
  return bytes;
}

Words Arguments::GetWords(size_t index, size_t least) {
  const Words words = GetMemory<uint32_t>(index, napi_uint32_array);
  ok_ = ok_ && words.length >= least;
  return words;
}

std::unique_ptr<HandshakeInput> Arguments::Texts(size_t index, const Words& words, abi::HResult* result) {
  size_t length = 0;
  // Headers are strings of Latin-1, which node-addon-api does not have. So these two calls, and one below, are
  // direct.
  ok_ = ok_ && words.length >= kTextHeader &&
        napi_get_value_string_latin1(env(), info_[index], nullptr, 0, &length) == napi_ok;
  *result = ok_ ? abi::kOutOfMemory : abi::kInvalidArgument;
  if (!ok_) return nullptr;
  std::unique_ptr<HandshakeInput> input(new (std::nothrow) HandshakeInput());
  if (input == nullptr || !input->text.Allocate(length + 1)) return nullptr;
  char* at = reinterpret_cast<char*>(input->text.data());
  if (napi_get_value_string_latin1(env(), info_[index], at, length + 1, &length) != napi_ok) return nullptr;

  const char* const end = at + length;
  const uint32_t* next = words.data + kTextHeader;
  const uint32_t* const last = words.data + words.length;
  // Takes the next text; false if the words do not fit the string.
  const auto take = [&](abi::HttpHeader* text) {
    // Read once, for the same reason as the counts below. The compiler might read again without the qualifier.
    const uint32_t size = next == last ? UINT32_MAX : *static_cast<const volatile uint32_t*>(next);
    if (size >= static_cast<size_t>(end - at)) return ok_ = false;
    *text = {at, size, nullptr, 0};
    at += size + 1;
    next++;
    return true;
  };
  // The words limit each loop. The counts are read once, since another thread may change shared memory.
  const uint32_t counts[kTextHeader] = {words.data[0], words.data[1], words.data[2]};
  for (int kind = 0; kind < 2; kind++) {
    for (uint32_t left = counts[kind]; left > 0; left--) {
      abi::HttpHeader text = {};
      if (!take(&text)) return nullptr;
      if (!(kind == 0 ? input->subprotocols : input->extensions).Add(text.name)) return nullptr;
    }
  }
  for (uint32_t left = counts[2] / 2; left > 0; left--) {
    abi::HttpHeader header = {};
    abi::HttpHeader value = {};
    if (!take(&header) || !take(&value)) return nullptr;
    header.value = value.name;
    header.value_length = value.name_length;
    if (!input->headers.Add(header)) return nullptr;
  }
  return input;
}

Napi::Value FromHeaders(Napi::Env env, const abi::HttpHeader* headers, abi::Ulong count, const Words& words) {
  if (headers == nullptr) count = 0;
  if (count > (words.length - 1) / 2) return Result(env, abi::kInsufficientBuffer);
  List<char> text;
  words.data[0] = 2 * count;
  for (abi::Ulong index = 0; index < count; index++) {
    const abi::HttpHeader& header = headers[index];
    const abi::Ulong name_length = header.name == nullptr ? 0 : header.name_length;
    const abi::Ulong value_length = header.value == nullptr ? 0 : header.value_length;
    if (!text.Append(header.name, name_length) || !text.Append(header.value, value_length)) {
      return Result(env, abi::kOutOfMemory);
    }
    words.data[1 + 2 * index] = name_length;
    words.data[2 + 2 * index] = value_length;
  }
  napi_value string = nullptr;
  const char* const start = text.size() == 0 ? "" : text.data();
  if (napi_create_string_latin1(env, start, text.size(), &string) != napi_ok) return Result(env, abi::kOutOfMemory);
  return Napi::Value(env, string);
}

void WriteAction(const ActionView& view, const Words& words) {
  uint32_t* const out = words.data;
  uint32_t count = view.buffer_count;
  out[0] = view.action;
  out[1] = view.buffer_type;
  WriteNumber(out + 2, view.operation);
  WriteNumber(out + 4, view.context);
  out[6] = 0;
  out[8] = UINT32_MAX;
  if (view.action == abi::kReceiveFromNetwork) {
    out[6] = SumOf(view.buffers, count);
    count = 0;
  } else if (view.action == abi::kIndicateReceiveComplete && view.buffer_type == abi::kClose && count != 0) {
    out[8] = view.buffers[0].close.status;
    count = view.buffers[0].close.reason == nullptr ? 0 : 1;
  }
  out[7] = count;
  auto* const bytes = reinterpret_cast<uint8_t*>(out);
  const size_t size = words.length * sizeof(uint32_t);
  size_t used = kActionHeader * sizeof(uint32_t);
  for (uint32_t index = 0; index < count; index++) {
    const abi::DataBuffer& buffer = view.buffers[index].data;
    const abi::Ulong length = LengthOf(buffer);
    uint32_t* described = out + 16 + 3 * index;
    described[2] = length;
    if (length != 0 && view.payload != nullptr && view.payload->Contains(buffer.bytes, length)) {
      described[0] = kInPayload;
      described[1] = static_cast<uint32_t>(buffer.bytes - view.payload->data());
    } else if (length > size - used) {
      described[0] = kTooLarge;
      described[1] = index;
    } else {
      described[0] = kCopied;
      described[1] = static_cast<uint32_t>(used);
      if (length != 0) std::memcpy(bytes + used, buffer.bytes, length);
      used += length;
    }
  }
}

}  // namespace wspc
