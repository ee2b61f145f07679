/**
 * Mistakes that are planted in the shim, one at a time, to test whether its fuzzer finds them (npm run fuzz:native --
 * --planted).
 */
export const PLANTED = [
  {
    name: 'a number that comes round: collecting a dead handle closes a live one',
    file: 'addon.cc',
    from: `    if (last_ == kMostInteger) return 0;
    auto* place = handles_.Add(last_ + 1);
    if (place == nullptr) return 0;
    *place = std::move(handle);
    return ++last_;`,
    to: `    last_ = last_ % 7 + 1;
    if (handles_.Find(last_) != nullptr) return 0;
    auto* place = handles_.Add(last_);
    if (place == nullptr) return 0;
    *place = std::move(handle);
    return last_;`,
  },
  {
    name: 'JavaScript that runs between a look-up and the last use: setters while headers are read',
    file: 'marshal.cc',
    from: `  if (headers == nullptr) count = 0;`,
    to: `  napi_value list = nullptr;
  napi_create_array(env, &list);
  for (abi::Ulong index = 0; headers != nullptr && index < count; index++) {
    napi_value name = nullptr;
    if (napi_create_string_latin1(env, headers[index].name, headers[index].name_length, &name) != napi_ok) break;
    if (napi_set_element(env, list, index, name) != napi_ok) break;
  }
  if (headers == nullptr) count = 0;`,
  },
  {
    name: 'a handle that is freed, and still found by its number',
    file: 'addon.cc',
    from: `    handles_.Erase(number);
    return footprint;`,
    to: `    delete handle;
    return footprint;`,
  },
  {
    name: 'memory that is refused is not noticed',
    file: 'session_handle.cc',
    from: `  if (!outstanding_.Add({})) return abi::kOutOfMemory;`,
    to: `  outstanding_.Add({});`,
  },
  {
    name: 'a text longer than its string',
    file: 'marshal.cc',
    from: `    if (size >= static_cast<size_t>(end - at)) return ok_ = false;`,
    to: `    if (next == last) return ok_ = false;`,
  },
  {
    name: 'more buffers than there was room for',
    file: 'session_handle.cc',
    from: `  action->buffer_count = std::min(action->buffer_count, capacity);`,
    to: ``,
  },
  {
    name: 'a buffer larger than the words',
    file: 'marshal.cc',
    from: `length > size - used`,
    to: `length > 4 * size`,
  },
  {
    name: 'a payload that the DLL still has after a failed send in bulk',
    file: 'session_handle.cc',
    from: `  Abort();
  DrainQueue(abi::kSendQueue);
  results->failed_in_get_action = true;`,
    to: `  results->failed_in_get_action = true;`,
  },
  {
    name: 'a window copied beyond what was received',
    file: 'session_handle.cc',
    from: `  if (bytes > window_length || bytes > SumOf(action.buffers, action.buffer_count)) return 0;`,
    to: ``,
  },
];
