#include "component_library.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#if defined(WSPC_SANITIZED_TEST_BUILD)
// This half is never shipped. It lets the marshalling run on Linux against the stand-in, so that the sanitizers see
// every access.
#include <dlfcn.h>

#include <cstdlib>
#elif defined(_WIN32)
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#error "websocket.dll is part of Windows; elsewhere the portable engine answers and nothing is compiled"
#endif

namespace wspc {

namespace {

#if !defined(WSPC_SANITIZED_TEST_BUILD)

// Wine marks its own DLLs in the DOS stub, which is mapped with the headers. Its websocket.dll has the 13 names, but
// ends the process at the first call. So it must be recognised before any call.
bool IsWineBuiltin(HMODULE module) {
  static constexpr char kBuiltin[] = "Wine builtin DLL";
  static constexpr char kPlaceholder[] = "Wine placeholder DLL";
  const char* stub = reinterpret_cast<const char*>(module) + 0x40;
  return std::memcmp(stub, kBuiltin, sizeof(kBuiltin) - 1) == 0 ||
         std::memcmp(stub, kPlaceholder, sizeof(kPlaceholder) - 1) == 0;
}

// Reads VS_FIXEDFILEINFO from the resource itself. version.dll is not needed for four numbers.
void ReadFileVersion(HMODULE module, char* text, size_t size_of_text) {
  HRSRC resource = FindResourceW(module, MAKEINTRESOURCEW(1), MAKEINTRESOURCEW(16));
  if (resource == nullptr) return;
  HGLOBAL loaded = LoadResource(module, resource);
  if (loaded == nullptr) return;
  const auto* bytes = static_cast<const unsigned char*>(LockResource(loaded));
  const DWORD size = SizeofResource(module, resource);
  VS_FIXEDFILEINFO info;
  for (DWORD at = 0; bytes != nullptr && at + sizeof(info) <= size; at += 4) {
    std::memcpy(&info, bytes + at, sizeof(info));
    if (info.dwSignature != 0xFEEF04BDu) continue;
    std::snprintf(text, size_of_text, "%u.%u.%u.%u", static_cast<unsigned>(HIWORD(info.dwFileVersionMS)),
                  static_cast<unsigned>(LOWORD(info.dwFileVersionMS)),
                  static_cast<unsigned>(HIWORD(info.dwFileVersionLS)),
                  static_cast<unsigned>(LOWORD(info.dwFileVersionLS)));
    return;
  }
}

#endif

}  // namespace

ComponentLibrary::~ComponentLibrary() {
  if (module_ == nullptr) return;
#if defined(WSPC_SANITIZED_TEST_BUILD)
  dlclose(module_);
#else
  FreeLibrary(static_cast<HMODULE>(module_));
#endif
}

bool ComponentLibrary::Fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(reason_, sizeof(reason_), format, arguments);
  va_end(arguments);
  return false;
}

bool ComponentLibrary::Load() { return Open() && ResolveAll() && Probe(); }

#if defined(WSPC_SANITIZED_TEST_BUILD)

bool ComponentLibrary::Open() {
  const char* path = std::getenv("WSPC_STAND_IN");
  if (path == nullptr) return Fail("WSPC_STAND_IN names no stand-in");
  module_ = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  return module_ != nullptr || Fail("the stand-in could not be loaded: %s", dlerror());
}

void* ComponentLibrary::Find(const char* name) const { return dlsym(module_, name); }

#else

bool ComponentLibrary::Open() {
  // Searches System32 and nothing else: a DLL of the same name beside the executable is not Windows' own.
  HMODULE module = LoadLibraryExW(L"websocket.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (module == nullptr) {
    return Fail("websocket.dll is not in System32 (Windows error %lu); it is part of Windows 8, Windows Server 2012 "
                "and later",
                static_cast<unsigned long>(GetLastError()));
  }
  module_ = module;
  if (IsWineBuiltin(module)) {
    return Fail("websocket.dll is Wine's own, whose functions end the process when they are called");
  }
  ReadFileVersion(module, file_version_, sizeof(file_version_));
  return true;
}

void* ComponentLibrary::Find(const char* name) const {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(module_), name));
}

#endif

bool ComponentLibrary::ResolveAll() {
  // Functions has only the 13 pointers, in this order.
  static constexpr const char* kNames[] = {
      "WebSocketCreateClientHandle",   "WebSocketCreateServerHandle", "WebSocketBeginClientHandshake",
      "WebSocketEndClientHandshake",   "WebSocketBeginServerHandshake", "WebSocketEndServerHandshake",
      "WebSocketSend",                 "WebSocketReceive",            "WebSocketGetAction",
      "WebSocketCompleteAction",       "WebSocketAbortHandle",        "WebSocketDeleteHandle",
      "WebSocketGetGlobalProperty",
  };
  static_assert(sizeof(kNames) / sizeof(kNames[0]) * sizeof(void*) == sizeof(abi::Functions), "one name each");
  auto* slot = reinterpret_cast<unsigned char*>(&functions_);
  for (const char* name : kNames) {
    void* function = Find(name);
    if (function == nullptr) return Fail("websocket.dll does not export %s", name);
    std::memcpy(slot, &function, sizeof(function));
    slot += sizeof(function);
  }
  return true;
}

// Calls the DLL once before it is trusted, as .NET does (B11-2). The names alone prove nothing.
bool ComponentLibrary::Probe() {
  abi::Handle handle = nullptr;
  abi::HResult result = functions_.create_client_handle(nullptr, 0, &handle);
  if (abi::Failed(result) || handle == nullptr) {
    return Fail("websocket.dll cannot make a handle (HRESULT 0x%08X)", static_cast<unsigned>(result));
  }
  abi::HttpHeader* headers = nullptr;
  abi::Ulong count = 0;
  result = functions_.begin_client_handshake(handle, nullptr, 0, nullptr, 0, nullptr, 0, &headers, &count);
  functions_.delete_handle(handle);
  if (abi::Failed(result) || count == 0) {
    return Fail("websocket.dll cannot begin a handshake (HRESULT 0x%08X)", static_cast<unsigned>(result));
  }
  return true;
}

}  // namespace wspc
