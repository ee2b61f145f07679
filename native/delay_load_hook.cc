// Makes the delay-loaded imports from node.exe resolve to the running program, whatever its file is called:
// Electron's is not called node.exe. Only for the mingw-w64 build; node-gyp brings its own for MSVC.
#if defined(_WIN32) && defined(__MINGW32__)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// After windows.h, whose types it needs.
#include <delayimp.h>

namespace {

FARPROC WINAPI ResolveHost(unsigned event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || lstrcmpiA(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

}  // namespace

extern "C" {
// The delay-load helper looks for it by this name.
PfnDliHook __pfnDliNotifyHook2 = ResolveHost;
}

#endif
