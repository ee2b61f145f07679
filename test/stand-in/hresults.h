// The HRESULTs of A-6, as constants that exist on every platform.

#ifndef STAND_IN_HRESULTS_H
#define STAND_IN_HRESULTS_H

#include "websocket_component.h"

namespace stand_in::hr {

constexpr HRESULT FromBits(std::uint32_t bits) { return static_cast<HRESULT>(bits); }

inline constexpr HRESULT kOk = 0;
inline constexpr HRESULT kFail = FromBits(0x80004005u);
inline constexpr HRESULT kOutOfMemory = FromBits(0x8007000Eu);
inline constexpr HRESULT kInvalidArgument = FromBits(0x80070057u);
inline constexpr HRESULT kInsufficientBuffer = FromBits(0x8007007Au);
inline constexpr HRESULT kInvalidProtocolOperation = FromBits(0x83760001u);
inline constexpr HRESULT kInvalidProtocolFormat = FromBits(0x83760002u);
inline constexpr HRESULT kExtensionsNotSupported = FromBits(0x83760003u);
inline constexpr HRESULT kSubprotocolNotSupported = FromBits(0x83760004u);
inline constexpr HRESULT kVersionNotSupported = FromBits(0x83760005u);

}  // namespace stand_in::hr

#endif  // STAND_IN_HRESULTS_H
