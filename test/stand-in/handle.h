// One WEB_SOCKET_HANDLE. This is the only file with a state machine.
//
//   created --Begin--> handshaking --End (server also: first Send, Receive, GetAction)--> session --Abort--> aborted
//
// A session has two queues of operations. An operation gives its actions one after the other; the last is its
// indication. The application performs an action and completes it by its context. Each queue has at most one
// outstanding action (D1-3). An automatic pong belongs to the receive queue but occupies the wire, so while it is
// outstanding the send queue gives no action (D1-9).

#ifndef STAND_IN_HANDLE_H
#define STAND_IN_HANDLE_H

#include "handshake.h"
#include "lock.h"
#include "receive_queue.h"
#include "send_queue.h"
#include "session_memory.h"

namespace stand_in {

// The results of GetAction, without those that are zero on failure.
struct ActionResult {
  WEB_SOCKET_ACTION action = WEB_SOCKET_NO_ACTION;
  WEB_SOCKET_BUFFER_TYPE type = WEB_SOCKET_NO_BUFFER_TYPE;
  ULONG buffer_count = 0;
  bool has_application_context = false;  // not for NO_ACTION and not for a pong (B8-3)
  PVOID application_context = nullptr;
  PVOID action_context = nullptr;
};

// Created by the exports, owned by the handle table (handle_table.h). Every method is called with `lock` held. The
// exports have checked pointer arguments for null.
class Handle {
 public:
  Handle(Side side, const Properties& properties) : side_(side), properties_(properties) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  HRESULT BeginClientHandshake(const PCSTR* subprotocols, ULONG subprotocol_count, const PCSTR* extensions,
                               ULONG extension_count, WEB_SOCKET_HTTP_HEADER** headers, ULONG* count);
  HRESULT EndClientHandshake(HeaderArray response, const ClientSelection& selection);
  HRESULT BeginServerHandshake(PCSTR subprotocol, const PCSTR* extensions, ULONG extension_count,
                               HeaderArray request, WEB_SOCKET_HTTP_HEADER** headers, ULONG* count);
  HRESULT EndServerHandshake();

  HRESULT Send(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer, PVOID context);
  HRESULT Receive(const WEB_SOCKET_BUFFER* buffer, PVOID context);
  // `buffers` has room for `capacity` >= 1 descriptors. Only used ones are written (Q-R9).
  HRESULT GetAction(ULONG queue, WEB_SOCKET_BUFFER* buffers, ULONG capacity, ActionResult* result);
  void CompleteAction(PVOID context, ULONG bytes);
  void Abort();

  DiagnosticLog* log() { return &log_; }

  Lock lock;
  ULONG references = 0;  // guarded by the handle table's lock
  bool deleted = false;  // guarded by `lock`

 private:
  enum class State { kCreated, kHandshaking, kSession, kAborted };
  enum class Work { kNone, kSendToNetwork, kIndicateSend, kReceiveFromNetwork, kPong, kIndicateReceive };
  // The outstanding action of one queue.
  struct Slot {
    Work work = Work::kNone;
    PVOID context = nullptr;
    ULONG total = 0;  // bytes of the buffers that were handed out
    bool busy() const { return work != Work::kNone; }
  };

  HRESULT Refuse(Diagnostic why, HRESULT result);
  HRESULT CheckHandshake(Side side, State state);
  HRESULT EnterSession();
  HRESULT RequireSession();
  HRESULT PrepareData(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer, SendOperation* operation);
  HRESULT PrepareCustom(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer, SendOperation* operation);
  HRESULT PrepareClose(const WEB_SOCKET_BUFFER* buffer, SendOperation* operation);
  HRESULT PreparePingPong(WEB_SOCKET_BUFFER_TYPE type, const WEB_SOCKET_BUFFER* buffer, SendOperation* operation);
  HRESULT BorrowPayload(const WEB_SOCKET_BUFFER* buffer, SendOperation* operation);
  HRESULT NextSendAction(WEB_SOCKET_BUFFER* buffers, ULONG capacity, ActionResult* result);
  HRESULT NextPongAction(WEB_SOCKET_BUFFER* buffers, ULONG capacity, ActionResult* result);
  HRESULT NextReceiveAction(ReceiveStep step, WEB_SOCKET_BUFFER* buffers, ActionResult* result);
  void Occupy(Slot* slot, Work work, WEB_SOCKET_ACTION action, ULONG total, ActionResult* result);

  const Side side_;
  const Properties properties_;  // its allocated_buffer is the application's
  State state_ = State::kCreated;
  DiagnosticLog log_;
  Handshake handshake_;
  bool extension_selected_ = false;

  SessionMemory memory_;  // before the queues, which point into it
  SendQueue send_;
  ReceiveQueue receive_;
  Slot send_slot_;
  Slot receive_slot_;

  // Sending direction. Changed when an operation is queued (Q-S6, Q-S8).
  bool close_sent_ = false;
  std::uint8_t message_ = 0;  // 0, kOpText or kOpBinary: the message that must be finished first (0x1C)
  Utf8Validator outgoing_utf8_;
};

}  // namespace stand_in

#endif  // STAND_IN_HANDLE_H
