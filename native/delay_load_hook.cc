// Makes the delay-loaded imports from node.exe resolve to the running program, whatever the name of its file.
// Electron's is not node.exe. Only the mingw-w64 build needs this; node-gyp has its own hook for MSVC.
#if defined(_WIN32) && defined(__MINGW32__)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// Must come after windows.h, since it needs the types there.
#include <delayimp.h>

namespace {

FARPROC WINAPI ResolveHost(unsigned event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || lstrcmpiA(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

}  // namespace

extern "C" {
// The delay-load helper looks for this name.
PfnDliHook __pfnDliNotifyHook2 = ResolveHost;
}

#endif
