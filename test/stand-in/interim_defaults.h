// Every answer that the specification's section G leaves open, in one place.
//
// Each STAND_IN_Q... macro may be overridden with -D, to compile a stand-in with other answers and test a recorder or
// comparer against it. The defaults are section G's "D:" values, as corrected by section H. If "D:" has several
// readings, README.md ("Readings chosen") names the chosen one.
//
// HRESULTs are 32-bit literals, switches 0 or 1, modes small numbers.

#ifndef STAND_IN_INTERIM_DEFAULTS_H
#define STAND_IN_INTERIM_DEFAULTS_H

#include "hresults.h"

// ---- Q-C1, Q-C2, Q-C3: properties ---------------------------------------------------------------------------
#ifndef STAND_IN_QC1_MINIMUM_RECEIVE
#define STAND_IN_QC1_MINIMUM_RECEIVE 256
#endif
#ifndef STAND_IN_QC1_MINIMUM_SEND
#define STAND_IN_QC1_MINIMUM_SEND 16
#endif
#ifndef STAND_IN_QC1_SIZE_TOO_SMALL  // HRESULT
#define STAND_IN_QC1_SIZE_TOO_SMALL 0x80070057u
#endif
#ifndef STAND_IN_QC2_BAD_PROPERTY  // HRESULT
#define STAND_IN_QC2_BAD_PROPERTY 0x80070057u
#endif
#ifndef STAND_IN_QC3_EXTRA  // an allocated buffer must have at least RECV + SEND + this (144 or more)
#define STAND_IN_QC3_EXTRA 144
#endif
#ifndef STAND_IN_QC3_BUFFER_TOO_SMALL  // HRESULT
#define STAND_IN_QC3_BUFFER_TOO_SMALL 0x80070057u
#endif

// ---- Q-G1, Q-G2: global properties --------------------------------------------------------------------------
#ifndef STAND_IN_QG2_TOO_SMALL  // HRESULT
#define STAND_IN_QG2_TOO_SMALL 0x8007007Au
#endif

// ---- Q-H1 .. Q-H12: handshake -------------------------------------------------------------------------------
// Order of the client's headers: K key, C connection, U upgrade, V version, P protocol, E extensions.
#ifndef STAND_IN_QH1_CLIENT_ORDER
#define STAND_IN_QH1_CLIENT_ORDER "KCUVPE"
#endif
#ifndef STAND_IN_QH1_UPGRADE_VALUE
#define STAND_IN_QH1_UPGRADE_VALUE "websocket"
#endif
#ifndef STAND_IN_QH2_SEPARATOR
#define STAND_IN_QH2_SEPARATOR ","
#endif
#ifndef STAND_IN_QH4_BAD_ARGUMENT  // HRESULT: a subprotocol or extension string that is none
#define STAND_IN_QH4_BAD_ARGUMENT 0x80070057u
#endif
#ifndef STAND_IN_QH5_WRONG_STATE  // HRESULT
#define STAND_IN_QH5_WRONG_STATE 0x83760001u
#endif
#ifndef STAND_IN_QH5_WRONG_SIDE  // HRESULT
#define STAND_IN_QH5_WRONG_SIDE 0x80070057u
#endif
#ifndef STAND_IN_QH6_RESPONSE_INVALID  // HRESULT: whatever is wrong with a response header
#define STAND_IN_QH6_RESPONSE_INVALID 0x83760002u
#endif
#ifndef STAND_IN_QH6_NO_HEADERS  // HRESULT: header count 0, on either side
#define STAND_IN_QH6_NO_HEADERS 0x83760002u
#endif
#ifndef STAND_IN_QH7_NO_SUBPROTOCOL_FAILS  // 1: subprotocols were offered and none was chosen -> 0x83760004 (H-9)
#define STAND_IN_QH7_NO_SUBPROTOCOL_FAILS 1
#endif
#ifndef STAND_IN_QH7_NO_EXTENSION_FAILS  // 1: extensions were offered and none was chosen -> 0x83760003
#define STAND_IN_QH7_NO_EXTENSION_FAILS 0
#endif
#ifndef STAND_IN_QH8_UNOFFERED_SUBPROTOCOL  // HRESULT
#define STAND_IN_QH8_UNOFFERED_SUBPROTOCOL 0x83760004u
#endif
#ifndef STAND_IN_QH8_UNOFFERED_EXTENSION  // HRESULT
#define STAND_IN_QH8_UNOFFERED_EXTENSION 0x83760003u
#endif
#ifndef STAND_IN_QH8_SEVERAL_SUBPROTOCOLS  // HRESULT
#define STAND_IN_QH8_SEVERAL_SUBPROTOCOLS 0x83760002u
#endif
#ifndef STAND_IN_QH8_CAPACITY  // HRESULT
#define STAND_IN_QH8_CAPACITY 0x80070057u
#endif
#ifndef STAND_IN_QH10_REQUEST_INVALID  // HRESULT: whatever is wrong with a request header, the version excepted
#define STAND_IN_QH10_REQUEST_INVALID 0x83760002u
#endif
#ifndef STAND_IN_QH10_VERSION  // HRESULT
#define STAND_IN_QH10_VERSION 0x83760005u
#endif
#ifndef STAND_IN_QH10_HOST_REQUIRED
#define STAND_IN_QH10_HOST_REQUIRED 1
#endif
#ifndef STAND_IN_QH10_KEY_LENGTH  // exact length the key must have; 0: anything not empty
#define STAND_IN_QH10_KEY_LENGTH 0
#endif
#ifndef STAND_IN_QH11_SUBPROTOCOL_NOT_OFFERED  // HRESULT
#define STAND_IN_QH11_SUBPROTOCOL_NOT_OFFERED 0x83760004u
#endif
#ifndef STAND_IN_QH11_EXTENSION_NOT_OFFERED  // HRESULT
#define STAND_IN_QH11_EXTENSION_NOT_OFFERED 0x83760003u
#endif
// Order of the server's headers: U upgrade, C connection, A accept, P protocol, E extensions.
#ifndef STAND_IN_QH12_SERVER_ORDER
#define STAND_IN_QH12_SERVER_ORDER "UCAPE"
#endif

// ---- Q-S1 .. Q-S13: sending ---------------------------------------------------------------------------------
#ifndef STAND_IN_QS1_CONTIGUOUS  // 1: a client's header and first masked bytes are one piece of the send buffer (H-2)
#define STAND_IN_QS1_CONTIGUOUS 1
#endif
#ifndef STAND_IN_QS2_SLICE_RESERVE  // a masked slice is SEND minus this many bytes
#define STAND_IN_QS2_SLICE_RESERVE 0
#endif
#ifndef STAND_IN_QS2_CONTINUATION_FRAMES  // 1: each slice is a frame of its own
#define STAND_IN_QS2_CONTINUATION_FRAMES 0
#endif
#ifndef STAND_IN_QS5_INTERLEAVED  // HRESULT, 0x1C (H-4)
#define STAND_IN_QS5_INTERLEAVED 0x80070057u
#endif
#ifndef STAND_IN_QS5_DATA_AFTER_CLOSE  // HRESULT, 0x08
#define STAND_IN_QS5_DATA_AFTER_CLOSE 0x83760001u
#endif
#ifndef STAND_IN_QS5_CLOSE_AFTER_CLOSE  // HRESULT, 0x09
#define STAND_IN_QS5_CLOSE_AFTER_CLOSE 0x83760001u
#endif
#ifndef STAND_IN_QS5_BAD_TYPE  // HRESULT, 0x2D and 0x1E
#define STAND_IN_QS5_BAD_TYPE 0x80070057u
#endif
#ifndef STAND_IN_QS5_NULL_WITH_LENGTH  // HRESULT, 0x21
#define STAND_IN_QS5_NULL_WITH_LENGTH 0x80070057u
#endif
#ifndef STAND_IN_QS5_REASON_TOO_LONG  // HRESULT, 0x0B
#define STAND_IN_QS5_REASON_TOO_LONG 0x80070057u
#endif
#ifndef STAND_IN_QS5_REASON_WITH_EMPTY  // HRESULT, 0x1F
#define STAND_IN_QS5_REASON_WITH_EMPTY 0x80070057u
#endif
#ifndef STAND_IN_QS5_STATUS_REFUSED  // HRESULT, 0x20
#define STAND_IN_QS5_STATUS_REFUSED 0x80070057u
#endif
#ifndef STAND_IN_QS7_PAYLOAD  // a buffer given with a ping or pong: 0 is an error, 1 is ignored, 2 is sent
#define STAND_IN_QS7_PAYLOAD 0
#endif
#ifndef STAND_IN_QS7_ERROR  // HRESULT
#define STAND_IN_QS7_ERROR 0x80070057u
#endif
#ifndef STAND_IN_QS12_VERIFY_OUTGOING_TEXT
#define STAND_IN_QS12_VERIFY_OUTGOING_TEXT 0
#endif
#ifndef STAND_IN_QS12_ERROR  // HRESULT
#define STAND_IN_QS12_ERROR 0x83760002u
#endif

// ---- Q-R1 .. Q-R11: receiving -------------------------------------------------------------------------------
#ifndef STAND_IN_QR1_EXACT_READS  // 0: ask for all free space; 1: only for what the next step needs
#define STAND_IN_QR1_EXACT_READS 0
#endif
#ifndef STAND_IN_QR2_FILL_FIRST  // 0: indicate what there is; 1: only when the frame is whole or the buffer is full
#define STAND_IN_QR2_FILL_FIRST 0
#endif
#ifndef STAND_IN_QR5_TYPE  // a cancelled receive's type: 0 of the current message or none; 1 always none
#define STAND_IN_QR5_TYPE 0
#endif
#ifndef STAND_IN_QR5_COUNT  // a cancelled receive's number of buffers (0 or 1; the one is NULL/0)
#define STAND_IN_QR5_COUNT 0
#endif
#ifndef STAND_IN_QR11_RECEIVE_AFTER_CLOSE  // HRESULT
#define STAND_IN_QR11_RECEIVE_AFTER_CLOSE 0x83760001u
#endif

// ---- Q-P1 .. Q-P8: control frames ---------------------------------------------------------------------------
#ifndef STAND_IN_QP1_PING_PAYLOAD  // string literal of at most 125 bytes
#define STAND_IN_QP1_PING_PAYLOAD ""
#endif
#ifndef STAND_IN_QP2_PONG_TYPE  // type reported for the automatic pong
#define STAND_IN_QP2_PONG_TYPE 0x80000005u
#endif
#ifndef STAND_IN_QP2_TWO_BUFFERS  // 1: automatic pong as header + payload when two buffers are allowed
#define STAND_IN_QP2_TWO_BUFFERS 1
#endif
#ifndef STAND_IN_QP3_PONG_BETWEEN_SLICES  // 1: an automatic pong also goes out inside a frame that is half-way out (H-3)
#define STAND_IN_QP3_PONG_BETWEEN_SLICES 0
#endif
#ifndef STAND_IN_QP4_NEWEST_ONLY  // 1: of several pings already received only the newest is answered
#define STAND_IN_QP4_NEWEST_ONLY 0
#endif
#ifndef STAND_IN_QP5_UNSOLICITED  // pong without a ping: 0 is PING_PONG, 1 is UNSOLICITED_PONG, 2 is swallowed
#define STAND_IN_QP5_UNSOLICITED 0
#endif
#ifndef STAND_IN_QP7_ANSWER_AFTER_CLOSE  // 1: answer a ping even after a close was received
#define STAND_IN_QP7_ANSWER_AFTER_CLOSE 0
#endif

// ---- Q-E1: what GetAction returns per row of D-5 ------------------------------------------------------------
#ifndef STAND_IN_QE1_SEQUENCE  // HRESULT, 0x02 and 0x03
#define STAND_IN_QE1_SEQUENCE 0x83760001u
#endif
#ifndef STAND_IN_QE1_RESERVED  // HRESULT, 0x1D
#define STAND_IN_QE1_RESERVED 0x83760002u
#endif
#ifndef STAND_IN_QE1_CONTROL  // HRESULT, 0x05, 0x06, 0x07
#define STAND_IN_QE1_CONTROL 0x83760002u
#endif
#ifndef STAND_IN_QE1_LENGTH  // HRESULT, 0x25
#define STAND_IN_QE1_LENGTH 0x83760002u
#endif
#ifndef STAND_IN_QE1_MASK  // HRESULT, 0x2B, 0x2C
#define STAND_IN_QE1_MASK 0x83760002u
#endif
#ifndef STAND_IN_QE1_UTF8  // HRESULT, 0x23
#define STAND_IN_QE1_UTF8 0x83760002u
#endif
#ifndef STAND_IN_QE1_AFTER_CLOSE  // HRESULT, 0x04, 0x0A
#define STAND_IN_QE1_AFTER_CLOSE 0x83760001u
#endif
#ifndef STAND_IN_QP8_STATUS_REFUSED  // HRESULT, 0x20 on receive
#define STAND_IN_QP8_STATUS_REFUSED 0x83760002u
#endif

// ---- Q-X1: frames of extensions -----------------------------------------------------------------------------
#ifndef STAND_IN_QX1_REFUSES_KNOWN  // 1: a custom type without reserved bits and with an opcode of RFC 6455 is refused
#define STAND_IN_QX1_REFUSES_KNOWN 0
#endif

// ---- Q-A1, Q-A2: abort --------------------------------------------------------------------------------------
#ifndef STAND_IN_QA1_AFTER_ABORT  // HRESULT of Send and Receive
#define STAND_IN_QA1_AFTER_ABORT 0x83760001u
#endif
#ifndef STAND_IN_QA2_INDICATE_AT_ONCE  // 1: an outstanding network action does not delay the indication
#define STAND_IN_QA2_INDICATE_AT_ONCE 0
#endif

namespace stand_in::interim {

using hr::FromBits;

inline constexpr ULONG kMinimumReceiveSize = STAND_IN_QC1_MINIMUM_RECEIVE;
inline constexpr ULONG kMinimumSendSize = STAND_IN_QC1_MINIMUM_SEND;
inline constexpr HRESULT kSizeTooSmall = FromBits(STAND_IN_QC1_SIZE_TOO_SMALL);
inline constexpr HRESULT kBadProperty = FromBits(STAND_IN_QC2_BAD_PROPERTY);
inline constexpr ULONG kAllocatedExtra = STAND_IN_QC3_EXTRA;
inline constexpr HRESULT kAllocatedBufferTooSmall = FromBits(STAND_IN_QC3_BUFFER_TOO_SMALL);
static_assert(kMinimumReceiveSize >= 256, "a whole control frame and a pong must fit (session_memory.h)");
static_assert(kMinimumSendSize >= 16, "a header and at least one byte must fit into the send buffer (H-14)");
static_assert(kAllocatedExtra >= 144, "the layout needs 144 bytes (session_memory.h)");

inline constexpr HRESULT kGlobalTooSmall = FromBits(STAND_IN_QG2_TOO_SMALL);

inline constexpr char kClientHeaderOrder[] = STAND_IN_QH1_CLIENT_ORDER;
inline constexpr char kServerHeaderOrder[] = STAND_IN_QH12_SERVER_ORDER;
inline constexpr char kUpgradeValue[] = STAND_IN_QH1_UPGRADE_VALUE;
inline constexpr char kListSeparator[] = STAND_IN_QH2_SEPARATOR;
inline constexpr HRESULT kBadOfferArgument = FromBits(STAND_IN_QH4_BAD_ARGUMENT);
inline constexpr HRESULT kWrongState = FromBits(STAND_IN_QH5_WRONG_STATE);
inline constexpr HRESULT kWrongSide = FromBits(STAND_IN_QH5_WRONG_SIDE);
inline constexpr HRESULT kResponseInvalid = FromBits(STAND_IN_QH6_RESPONSE_INVALID);
inline constexpr HRESULT kNoHeaders = FromBits(STAND_IN_QH6_NO_HEADERS);
inline constexpr bool kNoSubprotocolFails = STAND_IN_QH7_NO_SUBPROTOCOL_FAILS != 0;
inline constexpr bool kNoExtensionFails = STAND_IN_QH7_NO_EXTENSION_FAILS != 0;
inline constexpr HRESULT kUnofferedSubprotocol = FromBits(STAND_IN_QH8_UNOFFERED_SUBPROTOCOL);
inline constexpr HRESULT kUnofferedExtension = FromBits(STAND_IN_QH8_UNOFFERED_EXTENSION);
inline constexpr HRESULT kSeveralSubprotocols = FromBits(STAND_IN_QH8_SEVERAL_SUBPROTOCOLS);
inline constexpr HRESULT kExtensionCapacity = FromBits(STAND_IN_QH8_CAPACITY);
inline constexpr HRESULT kRequestInvalid = FromBits(STAND_IN_QH10_REQUEST_INVALID);
inline constexpr HRESULT kVersionRefused = FromBits(STAND_IN_QH10_VERSION);
inline constexpr bool kHostRequired = STAND_IN_QH10_HOST_REQUIRED != 0;
inline constexpr ULONG kRequiredKeyLength = STAND_IN_QH10_KEY_LENGTH;
inline constexpr HRESULT kSubprotocolNotOffered = FromBits(STAND_IN_QH11_SUBPROTOCOL_NOT_OFFERED);
inline constexpr HRESULT kExtensionNotOffered = FromBits(STAND_IN_QH11_EXTENSION_NOT_OFFERED);

inline constexpr bool kContiguousFrames = STAND_IN_QS1_CONTIGUOUS != 0;
inline constexpr ULONG kSliceReserve = STAND_IN_QS2_SLICE_RESERVE;
inline constexpr bool kContinuationFrames = STAND_IN_QS2_CONTINUATION_FRAMES != 0;
inline constexpr HRESULT kInterleaved = FromBits(STAND_IN_QS5_INTERLEAVED);
inline constexpr HRESULT kDataAfterClose = FromBits(STAND_IN_QS5_DATA_AFTER_CLOSE);
inline constexpr HRESULT kCloseAfterClose = FromBits(STAND_IN_QS5_CLOSE_AFTER_CLOSE);
inline constexpr HRESULT kBadBufferType = FromBits(STAND_IN_QS5_BAD_TYPE);
inline constexpr HRESULT kNullWithLength = FromBits(STAND_IN_QS5_NULL_WITH_LENGTH);
inline constexpr HRESULT kReasonTooLong = FromBits(STAND_IN_QS5_REASON_TOO_LONG);
inline constexpr HRESULT kReasonWithEmptyStatus = FromBits(STAND_IN_QS5_REASON_WITH_EMPTY);
inline constexpr HRESULT kCloseStatusRefused = FromBits(STAND_IN_QS5_STATUS_REFUSED);
enum class ControlPayload { kError = 0, kIgnored = 1, kSent = 2 };
inline constexpr ControlPayload kControlPayload = static_cast<ControlPayload>(STAND_IN_QS7_PAYLOAD);
inline constexpr HRESULT kControlPayloadError = FromBits(STAND_IN_QS7_ERROR);
inline constexpr bool kVerifyOutgoingText = STAND_IN_QS12_VERIFY_OUTGOING_TEXT != 0;
inline constexpr HRESULT kOutgoingTextInvalid = FromBits(STAND_IN_QS12_ERROR);

inline constexpr bool kExactReads = STAND_IN_QR1_EXACT_READS != 0;
inline constexpr bool kFillFirst = STAND_IN_QR2_FILL_FIRST != 0;
inline constexpr bool kCancelledHasNoType = STAND_IN_QR5_TYPE != 0;
inline constexpr ULONG kCancelledBufferCount = STAND_IN_QR5_COUNT;
static_assert(kCancelledBufferCount <= 1, "STAND_IN_QR5_COUNT is 0 or 1");
inline constexpr HRESULT kReceiveAfterClose = FromBits(STAND_IN_QR11_RECEIVE_AFTER_CLOSE);

inline constexpr char kPingPayload[] = STAND_IN_QP1_PING_PAYLOAD;
static_assert(sizeof(kPingPayload) - 1 <= 125, "a ping's payload has at most 125 bytes");
inline constexpr ULONG kPongType = STAND_IN_QP2_PONG_TYPE;
inline constexpr bool kPongInTwoBuffers = STAND_IN_QP2_TWO_BUFFERS != 0;
inline constexpr bool kPongBetweenSlices = STAND_IN_QP3_PONG_BETWEEN_SLICES != 0;
inline constexpr bool kNewestPingOnly = STAND_IN_QP4_NEWEST_ONLY != 0;
enum class UnsolicitedPong { kPingPong = 0, kOwnType = 1, kSwallowed = 2 };
inline constexpr UnsolicitedPong kUnsolicitedPong = static_cast<UnsolicitedPong>(STAND_IN_QP5_UNSOLICITED);
inline constexpr bool kAnswerAfterClose = STAND_IN_QP7_ANSWER_AFTER_CLOSE != 0;

inline constexpr HRESULT kSequenceError = FromBits(STAND_IN_QE1_SEQUENCE);
inline constexpr HRESULT kReservedError = FromBits(STAND_IN_QE1_RESERVED);
inline constexpr HRESULT kControlError = FromBits(STAND_IN_QE1_CONTROL);
inline constexpr HRESULT kLengthError = FromBits(STAND_IN_QE1_LENGTH);
inline constexpr HRESULT kMaskError = FromBits(STAND_IN_QE1_MASK);
inline constexpr HRESULT kUtf8Error = FromBits(STAND_IN_QE1_UTF8);
inline constexpr HRESULT kAfterCloseError = FromBits(STAND_IN_QE1_AFTER_CLOSE);
inline constexpr HRESULT kReceivedStatusError = FromBits(STAND_IN_QP8_STATUS_REFUSED);

inline constexpr bool kRefusesKnownCustomTypes = STAND_IN_QX1_REFUSES_KNOWN != 0;

inline constexpr HRESULT kAfterAbort = FromBits(STAND_IN_QA1_AFTER_ABORT);
inline constexpr bool kIndicateAtOnce = STAND_IN_QA2_INDICATE_AT_ONCE != 0;

}  // namespace stand_in::interim

#endif  // STAND_IN_INTERIM_DEFAULTS_H
