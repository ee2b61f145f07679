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

Value* napi_env__::Uint32Array(size_t length) {
  return View(std::make_shared<model::Memory>(4 * length), 0, length, napi_uint32_array);
}

Value* napi_env__::Call(Value* function, const std::vector<Value*>& arguments) {
  const size_t depth = scopes.size();
  scopes.push_back(std::make_unique<napi_handle_scope__>());
  std::vector<napi_value> handles;
  for (Value* argument : arguments) handles.push_back(Handle(argument));
  napi_callback_info__ info = {&handles, function->data};
  napi_value result = function->callback(this, &info);
  Check(scopes.size() == depth + 1, "scopes are closed as they were opened");
  // Reads the value before its scope is closed: a handle of an inner scope is gone then.
  Value* returned = result == nullptr || exception ? Undefined() : result->value;
  exception = false;
  scopes.pop_back();
  return returned;
}

void napi_env__::Collect(Value* object) {
  std::vector<model::Finalizer> finalizers;
  finalizers.swap(object->finalizers);
  for (const auto& [callback, data, hint] : finalizers) {
    scopes.push_back(std::make_unique<napi_handle_scope__>());
    callback(this, data, hint);
    scopes.pop_back();
  }
}

void napi_env__::End(bool instance_first) {
  fails_after = 0;
  if (cleanup_hook != nullptr) cleanup_hook(cleanup_data);
  const auto instance = [this] {
    const auto& [callback, data, hint] = finalize_instance;
    if (callback != nullptr) callback(this, data, hint);
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

bool napi_env__::Fails() { return fails_after != 0 && --fails_after == 0; }

// Calls fail for lack of memory, or because the environment ends. A call that cannot fail in Node with correct
// arguments does not fail here either: node-addon-api would end the process.
#define MAY_FAIL(env) \
  if ((env)->Fails()) return napi_generic_failure
// Functions that may run JavaScript refuse while an exception is pending.
#define RUNS_JAVASCRIPT(env) \
  if ((env)->exception) return napi_pending_exception; \
  MAY_FAIL(env)

// A reference, as the errors of node-addon-api have one.
struct napi_ref__ {
  Value* value;
};

extern "C" {

napi_status NAPI_CDECL napi_get_cb_info(napi_env env, napi_callback_info info, size_t* argc, napi_value* argv,
                                        napi_value* this_arg, void** data) {
  const auto& given = *info->arguments;
  for (size_t index = 0; index < *argc; index++) {
    argv[index] = index < given.size() ? given[index] : env->Handle(env->Undefined());
  }
  *argc = given.size();
  if (this_arg != nullptr) *this_arg = env->Handle(env->Undefined());
  if (data != nullptr) *data = info->data;
  return napi_ok;
}

napi_status NAPI_CDECL napi_typeof(napi_env, napi_value value, napi_valuetype* result) {
  *result = value->value->type;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_undefined(napi_env env, napi_value* result) {
  *result = env->Handle(env->Undefined());
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_value_bool(napi_env, napi_value value, bool* result) {
  if (value->value->type != napi_boolean) return napi_boolean_expected;
  *result = value->value->boolean;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_value_double(napi_env, napi_value value, double* result) {
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

napi_status NAPI_CDECL napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value) {
  RUNS_JAVASCRIPT(env);
  env->setter();
  if (value == nullptr) return napi_invalid_arg;
  Check(object->value->is_array, "elements are set in arrays");
  auto& elements = object->value->elements;
  Check(index <= elements.size(), "arrays are filled from their start");
  if (index == elements.size()) elements.push_back(value->value);
  else elements[index] = value->value;
  return napi_ok;
}

napi_status NAPI_CDECL napi_is_typedarray(napi_env, napi_value value, bool* result) {
  *result = value->value->is_view;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_typedarray_info(napi_env, napi_value view, napi_typedarray_type* type, size_t* length,
                                                void** data, napi_value*, size_t*) {
  const Value& value = *view->value;
  if (!value.is_view) return napi_invalid_arg;
  if (type != nullptr) *type = value.view_type;
  if (length != nullptr) *length = value.ViewLength();
  if (data != nullptr) *data = value.ViewBytes();
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_double(napi_env env, double number, napi_value* result) {
  *result = env->Handle(env->Number(number));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_array(napi_env env, napi_value* result) {
  MAY_FAIL(env);
  Value* value = env->Object();
  value->is_array = true;
  *result = env->Handle(value);
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_string_latin1(napi_env env, const char* text, size_t length, napi_value* result) {
  MAY_FAIL(env);
  *result = env->Handle(env->String(length == NAPI_AUTO_LENGTH ? std::string(text) : std::string(text, length)));
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  *result = env->Handle(env->String(length == NAPI_AUTO_LENGTH ? std::string(text) : std::string(text, length)));
  return napi_ok;
}

napi_status NAPI_CDECL napi_define_properties(napi_env env, napi_value object, size_t count,
                                              const napi_property_descriptor* properties) {
  RUNS_JAVASCRIPT(env);
  for (size_t index = 0; index < count; index++) {
    const napi_property_descriptor& property = properties[index];
    Value* value = property.method == nullptr ? property.value->value : env->New(napi_function);
    value->callback = property.method;
    value->data = property.data;
    object->value->properties[property.utf8name] = value;
  }
  return napi_ok;
}

napi_status NAPI_CDECL napi_add_finalizer(napi_env env, napi_value object, void* data, napi_finalize callback,
                                          void* hint, napi_ref* result) {
  RUNS_JAVASCRIPT(env);
  Check(result == nullptr, "nobody asks for a reference");
  Value* value = object->value;
  if (value->type != napi_object && value->type != napi_function) return napi_object_expected;
  value->finalizers.push_back({callback, data, hint});
  return napi_ok;
}

// ---- errors, as node-addon-api makes them

napi_status NAPI_CDECL napi_get_last_error_info(napi_env, const napi_extended_error_info** result) {
  static const napi_extended_error_info kInfo = {};
  *result = &kInfo;
  return napi_ok;
}

napi_status NAPI_CDECL napi_is_exception_pending(napi_env env, bool* result) {
  *result = env->exception;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  env->exception = false;
  return napi_create_object(env, result);
}

napi_status NAPI_CDECL napi_create_object(napi_env env, napi_value* result) {
  *result = env->Handle(env->Object());
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_error(napi_env env, napi_value, napi_value, napi_value* result) {
  return napi_create_object(env, result);
}

napi_status NAPI_CDECL napi_create_type_error(napi_env env, napi_value, napi_value, napi_value* result) {
  return napi_create_object(env, result);
}

napi_status NAPI_CDECL napi_throw(napi_env env, napi_value) {
  if (env->exception) return napi_pending_exception;
  env->exception = true;
  return napi_ok;
}

napi_status NAPI_CDECL napi_create_reference(napi_env, napi_value value, uint32_t, napi_ref* result) {
  *result = new napi_ref__{value->value};
  return napi_ok;
}

napi_status NAPI_CDECL napi_delete_reference(node_api_basic_env, napi_ref reference) {
  delete reference;
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_reference_value(napi_env env, napi_ref reference, napi_value* result) {
  *result = env->Handle(reference->value);
  return napi_ok;
}

napi_status NAPI_CDECL napi_has_property(napi_env, napi_value, napi_value, bool* result) {
  *result = false;
  return napi_ok;
}

void NAPI_CDECL napi_fatal_error(const char* location, size_t, const char* message, size_t) {
  std::fprintf(stderr, "%s: %s\n", location, message);
  std::abort();
}

// Named by headers of node-addon-api, but never called.
#define IS_NOT_CALLED(name, ...)                   \
  napi_status NAPI_CDECL name(__VA_ARGS__) {       \
    Check(false, #name " is not called");          \
    return napi_generic_failure;                   \
  }
IS_NOT_CALLED(napi_get_property, napi_env, napi_value, napi_value, napi_value*)
IS_NOT_CALLED(napi_call_function, napi_env, napi_value, napi_value, size_t, const napi_value*, napi_value*)
IS_NOT_CALLED(napi_async_destroy, napi_env, napi_async_context)
IS_NOT_CALLED(napi_delete_async_work, napi_env, napi_async_work)
IS_NOT_CALLED(napi_close_callback_scope, napi_env, napi_callback_scope)
IS_NOT_CALLED(napi_open_escapable_handle_scope, napi_env, napi_escapable_handle_scope*)
IS_NOT_CALLED(napi_close_escapable_handle_scope, napi_env, napi_escapable_handle_scope)
IS_NOT_CALLED(napi_escape_handle, napi_env, napi_escapable_handle_scope, napi_value, napi_value*)

// ---- life

napi_status NAPI_CDECL napi_open_handle_scope(napi_env env, napi_handle_scope* result) {
  env->scopes.push_back(std::make_unique<napi_handle_scope__>());
  *result = env->scopes.back().get();
  return napi_ok;
}

napi_status NAPI_CDECL napi_close_handle_scope(napi_env env, napi_handle_scope scope) {
  Check(!env->scopes.empty() && env->scopes.back().get() == scope, "the innermost scope is closed");
  env->scopes.pop_back();
  return napi_ok;
}

napi_status NAPI_CDECL napi_set_instance_data(node_api_basic_env env, void* data, napi_finalize finalize, void* hint) {
  env->finalize_instance = {finalize, data, hint};
  return napi_ok;
}

napi_status NAPI_CDECL napi_get_instance_data(node_api_basic_env env, void** data) {
  *data = env->finalize_instance.data;
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
