/* For tests in Wine 8, which lacks this DLL of Windows 10. Programs in Go, such as esbuild, do not start without it. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return RtlGenRandom(data, (ULONG)length);
}
