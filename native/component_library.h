// Finds websocket.dll and its 13 entry points, or the reason why it cannot be used.
#ifndef WSPC_COMPONENT_LIBRARY_H_
#define WSPC_COMPONENT_LIBRARY_H_

#include "websocket_abi.h"

namespace wspc {

class ComponentLibrary {
 public:
  ComponentLibrary() = default;
  ~ComponentLibrary();
  ComponentLibrary(const ComponentLibrary&) = delete;
  ComponentLibrary& operator=(const ComponentLibrary&) = delete;

  // Loads the DLL from System32 only, and calls it once (create, begin, delete). Returns false if this fails; then
  // reason() says why.
  bool Load();

  const abi::Functions& functions() const { return functions_; }
  // The reason why Load failed, as the end of a sentence that names the DLL.
  const char* reason() const { return reason_; }
  // The file version of the DLL, such as "10.0.22000.1"; empty if the DLL has none.
  const char* file_version() const { return file_version_; }

 private:
  // Stores the reason, formatted as by printf. Returns false.
  bool Fail(const char* format, ...);
  bool Open();
  void* Find(const char* name) const;
  bool ResolveAll();
  bool Probe();

  void* module_ = nullptr;
  abi::Functions functions_ = {};
  char reason_[256] = "";
  char file_version_[48] = "";
};

}  // namespace wspc

#endif  // WSPC_COMPONENT_LIBRARY_H_
