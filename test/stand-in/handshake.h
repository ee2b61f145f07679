// The opening handshake (sections B-2 to B-5 and C): makes headers, and checks the peer's. It has no state machine:
// handle.cc decides when these functions may be called.

#ifndef STAND_IN_HANDSHAKE_H
#define STAND_IN_HANDSHAKE_H

#include "digest.h"
#include "header_block.h"

namespace stand_in {

// The application's header array, borrowed for one call. Its lengths are used; terminators are ignored.
struct HeaderArray {
  const WEB_SOCKET_HTTP_HEADER* headers;
  ULONG count;
};

// The optional outputs of EndClientHandshake (B3-1..B3-3); each pointer may be null.
struct ClientSelection {
  ULONG* extensions;
  ULONG* extension_count;
  ULONG* subprotocol;
};

// All data that lives from Begin to End. One per handle. Clear() frees it when the handshake is complete (B3-6,
// B5-1).
class Handshake {
 public:
  HRESULT BeginClient(const PCSTR* subprotocols, ULONG subprotocol_count, const PCSTR* extensions,
                      ULONG extension_count, DiagnosticLog* log);
  // Writes outputs only on success. `*extension_selected` allows custom frame types (Q-X1).
  HRESULT CheckResponse(HeaderArray response, const ClientSelection& selection, bool* extension_selected,
                        DiagnosticLog* log) const;
  HRESULT BeginServer(PCSTR subprotocol, const PCSTR* extensions, ULONG extension_count, HeaderArray request,
                      bool* extension_selected, DiagnosticLog* log);
  void Clear();

  HeaderBlock& headers() { return headers_; }

 private:
  HRESULT CheckExtensions(HeaderArray response, const ClientSelection& selection, bool* selected,
                          DiagnosticLog* log) const;
  // The first offer of that name (Q-H9), or extensions_.size().
  ULONG OfferedExtension(std::string_view name) const;

  char key_[kKeyLength] = {};
  StringList subprotocols_;  // offered (client) or selected (server: at most one)
  StringList extensions_;    // likewise
  HeaderBlock headers_;
};

}  // namespace stand_in

#endif  // STAND_IN_HANDSHAKE_H
