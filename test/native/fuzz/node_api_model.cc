#include "node_api_model.h"

#include <algorithm>
#include <cstring>

using model::Check;
using model::Value;

napi_env__::napi_env__() { scopes.push_back(std::make_unique<napi_handle_scope__>()); }

napi_env__::~napi_env__() = default;

Value* napi_env__::New(napi_valuetype type) {
  values_.push_back(std::make_unique<Value>());
  values_.back()->type = type;
  return values_.back().get();
}

Value* napi_env__::Undefined() { return New(napi_undefined); }
Value* napi_env__::Null() { return New(napi_null); }
Value* napi_env__::Object() { return New(napi_object); }

Value* napi_env__::Boolean(bool boolean) {
  Value* value = New(napi_boolean);
  value->boolean = boolean;
  return value;
}

Value* napi_env__::Number(double number) {
  Value* value = New(napi_number);
  value->number = number;
  return value;
}

Value* napi_env__::String(std::string text) {
  Value* value = New(napi_string);
  value->text = std::move(text);
  return value;
}

Value* napi_env__::Array(std::vector<Value*> elements) {
  Value* value = New(napi_object);
  value->is_array = true;
  value->elements = std::move(elements);
  return value;
}

Value* napi_env__::View(const std::shared_ptr<model::Memory>& memory, size_t offset, size_t length,
                        napi_typedarray_type type) {
  Value* value = New(napi_object);
  value->is_view = true;
  value->view_type = type;
  value->memory = memory;
  value->offset = offset;
  value->length = length;
  return value;
}

Value* napi_env__::Uint8Array(size_t length) {
  return View(std::make_shared<model::Memory>(length), 0, length, napi_uint8_array);
}

Value* napi_env__::Call(Value* function, const std::vector<Value*>& arguments) {
  const size_t depth = scopes.size();
  scopes.push_back(std::make_unique<napi_handle_scope__>());
  std::vector<napi_value> handles;
  for (Value* argument : arguments) handles.push_back(Handle(argument));
  napi_callback_info__ info = {&handles, function->data};
  napi_value result = function->callback(this, &info);
  Check(scopes.size() == depth + 1, "scopes are closed as they were opened");
  // Read before its scope goes: a handle of an inner scope is gone already.
  Value* returned = result == nullptr || exception ? Undefined() : result->value;
  exception = false;
  scopes.pop_back();
  return returned;
}

void napi_env__::Collect(Value* object) {
  if (object->finalize == nullptr) return;
  const napi_finalize finalize = object->finalize;
  object->finalize = nullptr;
  finalize(this, object->wrapped, nullptr);
}

void napi_env__::End(bool instance_first) {
  fails_after = 0;
  if (cleanup_hook != nullptr) cleanup_hook(cleanup_data);
  const auto instance = [this] {
    if (finalize_instance != nullptr) finalize_instance(this, instance_data, nullptr);
  };
  if (instance_first) instance();
  for (const auto& value : values_) Collect(value.get());
  if (!instance_first) instance();
}

napi_value napi_env__::Handle(Value* value) {
  auto& handles = scopes.back()->handles;
  handles.push_back(std::make_unique<napi_value__>(napi_value__{value}));
  return handles.back().get();
}

bool napi_env__::Fails() {
  if (fails_after == 0 || --fails_after != 0) return false;
  exception = exception || fails_with_exception;
  return true;
}

// Every call may fail, for want of memory or because the environment ends.
#define MAY_FAIL(env) \
  if ((env)->Fails()) return (env)->exception ? napi_pending_exception : napi_generic_failure
// Those that may run JavaScript or allocate in it refuse to while an exception is on its way.
#define RUNS_JAVASCRIPT(env) \
  if ((env)->exception) return napi_pending_exception; \
  MAY_FAIL(env)

extern "C" {

napi_status NAPI_CDECL napi_get_cb_info(napi_env env, napi_callback_info info, size_t* argc, napi_value* argv,
                                        napi_value* this_arg, void** data) {
  MAY_FAIL(env);
  Check(this_arg == nullptr, "nobody asks for this");
  const auto& given = *info->arguments;
  for (size_t index = 0; index < *argc; index++) {
    argv[index] = index < given.size() ? given[index] : env->Handle(env->Undefined());
  }
  *argc = given.size();
  *data = info->data;
  return napi_ok;
}

napi_status NAPI_CDECL napi_typeof(napi_env env, napi_value value, napi_valuetype* result) {
  MAY_FAIL(env);
  *result = value->value->type;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_value_bool(napi_env env, napi_value value, bool* result) {
  MAY_FAIL(env);
  if (value->value->type != napi_boolean) return napi_boolean_expected;
  *result = value->value->boolean;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_value_double(napi_env env, napi_value value, double* result) {
  MAY_FAIL(env);
  if (value->value->type != napi_number) return napi_number_expected;
  *result = value->value->number;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_value_string_latin1(napi_env env, napi_value value, char* buffer, size_t size,
                                                    size_t* result) {
  MAY_FAIL(env);
  if (value->value->type != napi_string) return napi_string_expected;
  const std::string& text = value->value->text;
  if (buffer == nullptr) {
    *result = text.size();
    return napi_ok;
  }
  if (size == 0) {
    *result = 0;
    return napi_ok;
  }
  *result = std::min(text.size(), size - 1);
  std::memcpy(buffer, text.data(), *result);
  buffer[*result] = '\0';
  return napi_ok;
}

napi_status NAPI_CDECL napi_is_array(napi_env env, napi_value value, bool* result) {
  MAY_FAIL(env);
  *result = value->value->is_array;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_array_length(napi_env env, napi_value value, uint32_t* result) {
  MAY_FAIL(env);
  if (!value->value->is_array) return napi_array_expected;
  *result = static_cast<uint32_t>(value->value->elements.size());
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_element(napi_env env, napi_value object, uint32_t index, napi_value* result) {
  RUNS_JAVASCRIPT(env);
  const auto& elements = object->value->elements;
  Value* element = index < elements.size() ? elements[index] : env->Undefined();
  if (element->is_getter) {
    env->getter();
    if (env->exception) return napi_pending_exception;
  }
  *result = env->Handle(element);
  return napi_ok;
}

napi_status NAPI_CDECL napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value) {
  RUNS_JAVASCRIPT(env);
  if (value == nullptr) return napi_invalid_arg;
  Check(object->value->is_array, "elements are set in arrays");
  auto& elements = object->value->elements;
  Check(index <= elements.size(), "arrays are filled from their start");
  if (index == elements.size()) elements.push_back(value->value);
  else elements[index] = value->value;
  return napi_ok;
}

napi_status NAPI_CDECL napi_is_typedarray(napi_env env, napi_value value, bool* result) {
  MAY_FAIL(env);
  *result = value->value->is_view;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_typedarray_info(napi_env env, napi_value view, napi_typedarray_type* type,
                                                size_t* length, void** data, napi_value*, size_t*) {
  MAY_FAIL(env);
  const Value& value = *view->value;
  if (!value.is_view) return napi_invalid_arg;
  *type = value.view_type;
  *length = value.ViewLength();
  *data = value.ViewBytes();
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_uint32(napi_env env, uint32_t number, napi_value* result) {
  MAY_FAIL(env);
  *result = env->Handle(env->Number(number));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_double(napi_env env, double number, napi_value* result) {
  MAY_FAIL(env);
  *result = env->Handle(env->Number(number));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_array(napi_env env, napi_value* result) {
  MAY_FAIL(env);
  *result = env->Handle(env->Array({}));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_string_latin1(napi_env env, const char* text, size_t length, napi_value* result) {
  MAY_FAIL(env);
  *result = env->Handle(env->String(length == NAPI_AUTO_LENGTH ? std::string(text) : std::string(text, length)));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  return napi_create_string_latin1(env, text, length, result);
}

napi_status NAPI_CDECL napi_create_arraybuffer(napi_env env, size_t length, void** data, napi_value* result) {
  RUNS_JAVASCRIPT(env);
  Value* value = env->New(napi_object);
  value->is_buffer = true;
  value->memory = std::make_shared<model::Memory>(length);
  // V8 gives an empty one no address.
  *data = length == 0 ? nullptr : value->memory->bytes;
  *result = env->Handle(value);
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_typedarray(napi_env env, napi_typedarray_type type, size_t length,
                                              napi_value buffer, size_t offset, napi_value* result) {
  RUNS_JAVASCRIPT(env);
  if (!buffer->value->is_buffer) return napi_invalid_arg;
  const auto& memory = buffer->value->memory;
  Check(offset <= memory->length && length <= memory->length - offset, "a view lies in its buffer");
  *result = env->Handle(env->View(memory, offset, length, type));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_function(napi_env env, const char* name, size_t, napi_callback callback, void* data,
                                            napi_value* result) {
  RUNS_JAVASCRIPT(env);
  Value* value = env->New(napi_function);
  value->text = name;
  value->callback = callback;
  value->data = data;
  *result = env->Handle(value);
  return napi_ok;
}

napi_status NAPI_CDECL napi_set_named_property(napi_env env, napi_value object, const char* name, napi_value value) {
  RUNS_JAVASCRIPT(env);
  object->value->properties[name] = value->value;
  return napi_ok;
}

napi_status NAPI_CDECL napi_wrap(napi_env env, napi_value object, void* native, napi_finalize finalize, void* hint,
                                 napi_ref* result) {
  RUNS_JAVASCRIPT(env);
  Check(hint == nullptr && result == nullptr, "a wrap has neither hint nor reference");
  Value* value = object->value;
  if (value->type != napi_object && value->type != napi_function) return napi_object_expected;
  if (value->wrapped != nullptr) return napi_invalid_arg;
  value->wrapped = native;
  value->finalize = finalize;
  return napi_ok;
}

napi_status NAPI_CDECL napi_open_handle_scope(napi_env env, napi_handle_scope* result) {
  MAY_FAIL(env);
  env->scopes.push_back(std::make_unique<napi_handle_scope__>());
  *result = env->scopes.back().get();
  return napi_ok;
}

napi_status NAPI_CDECL napi_close_handle_scope(napi_env env, napi_handle_scope scope) {
  Check(!env->scopes.empty() && env->scopes.back().get() == scope, "the innermost scope is closed");
  env->scopes.pop_back();
  return napi_ok;
}

napi_status NAPI_CDECL napi_set_instance_data(napi_env env, void* data, napi_finalize finalize, void*) {
  MAY_FAIL(env);
  env->instance_data = data;
  env->finalize_instance = finalize;
  return napi_ok;
}

napi_status NAPI_CDECL napi_add_env_cleanup_hook(napi_env env, void (*hook)(void*), void* data) {
  env->cleanup_hook = hook;
  env->cleanup_data = data;
  return napi_ok;
}

napi_status NAPI_CDECL napi_adjust_external_memory(napi_env env, int64_t change, int64_t* result) {
  *result = env->external_memory += change;
  Check(env->external_memory >= 0, "no more memory is given back than was taken");
  return napi_ok;
}

}  // extern "C"
