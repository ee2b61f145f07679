#include "handshake.h"

#include <cstring>

#include "hresults.h"
#include "interim_defaults.h"
#include "random.h"

namespace stand_in {
namespace {

constexpr std::string_view kHost = "Host";
constexpr std::string_view kUpgrade = "Upgrade";
constexpr std::string_view kConnection = "Connection";
constexpr std::string_view kKey = "Sec-WebSocket-Key";
constexpr std::string_view kVersion = "Sec-WebSocket-Version";
constexpr std::string_view kAccept = "Sec-WebSocket-Accept";
constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol";
constexpr std::string_view kExtensions = "Sec-WebSocket-Extensions";

std::string_view NameOf(const WEB_SOCKET_HTTP_HEADER& header) { return {header.pcName, header.ulNameLength}; }
std::string_view ValueOf(const WEB_SOCKET_HTTP_HEADER& header) { return {header.pcValue, header.ulValueLength}; }

// A null pointer with a length is the caller's mistake, in any header. (Q-H6 does not mention it; see README.)
bool WellFormed(HeaderArray array) {
  if (array.headers == nullptr) return array.count == 0;
  for (ULONG i = 0; i < array.count; ++i) {
    const WEB_SOCKET_HTTP_HEADER& header = array.headers[i];
    if (header.pcName == nullptr && header.ulNameLength > 0) return false;
    if (header.pcValue == nullptr && header.ulValueLength > 0) return false;
  }
  return true;
}

// Finds a header that must be there exactly once (0x2A, 0x29). The value is trimmed.
bool FindRequired(HeaderArray array, std::string_view name, std::string_view* value, DiagnosticLog* log) {
  bool found = false;
  for (ULONG i = 0; i < array.count; ++i) {
    if (!EqualIgnoringCase(NameOf(array.headers[i]), name)) continue;
    if (found) {
      log->Record(Diagnostic::kHeaderTwice);
      return false;
    }
    found = true;
    *value = Trimmed(ValueOf(array.headers[i]));
  }
  if (!found) log->Record(Diagnostic::kHeaderMissing);
  return found;
}

// Reads the elements of all headers of one name as one list (RFC 7230 section 3.2.2).
class CombinedList {
 public:
  CombinedList(HeaderArray array, std::string_view name, ListKind kind)
      : array_(array), name_(name), kind_(kind), reader_({}, kind) {}

  bool Next(ListElement* element) {
    for (;;) {
      if (open_) {
        if (reader_.Next(element)) return true;
        if (reader_.failure() != Diagnostic::kNone) return false;
        open_ = false;
      }
      while (index_ < array_.count && !EqualIgnoringCase(NameOf(array_.headers[index_]), name_)) ++index_;
      if (index_ == array_.count) return false;
      reader_ = ListReader(Trimmed(ValueOf(array_.headers[index_++])), kind_);
      open_ = true;
    }
  }
  Diagnostic failure() const { return reader_.failure(); }

 private:
  HeaderArray array_;
  std::string_view name_;
  ListKind kind_;
  ListReader reader_;
  ULONG index_ = 0;
  bool open_ = false;
};

// Upgrade and Connection: a list of tokens that includes `token`, in any case (0x13..0x16).
bool CheckToken(HeaderArray array, std::string_view name, std::string_view token, Diagnostic missing,
                Diagnostic invalid, DiagnosticLog* log) {
  std::string_view value;
  if (!FindRequired(array, name, &value, log)) return false;
  ListReader reader(value, ListKind::kToken);
  ListElement element;
  bool found = false;
  while (reader.Next(&element)) found = found || EqualIgnoringCase(element.name, token);
  if (reader.failure() != Diagnostic::kNone) {
    log->Record(reader.failure());
    log->Record(invalid);
    return false;
  }
  if (!found) log->Record(missing);
  return found;
}

bool CheckUpgrade(HeaderArray array, DiagnosticLog* log) {
  return CheckToken(array, kUpgrade, "websocket", Diagnostic::kUpgradeTokenMissing,
                    Diagnostic::kUpgradeHeaderInvalid, log);
}

bool CheckConnection(HeaderArray array, DiagnosticLog* log) {
  return CheckToken(array, kConnection, "upgrade", Diagnostic::kConnectionTokenMissing,
                    Diagnostic::kConnectionHeaderInvalid, log);
}

// Q-H10: a decimal number that is 13, with any leading zeros.
bool IsVersion13(std::string_view value) {
  if (value.empty()) return false;
  unsigned number = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > 13) return false;
  }
  return number == 13;
}

// A request's list must be well-formed and without duplicates (C-3). Whole elements are compared, so one extension
// may be offered with several sets of parameters.
bool CheckOfferedList(HeaderArray request, std::string_view name, ListKind kind, Diagnostic invalid,
                      DiagnosticLog* log) {
  CombinedList list(request, name, kind);
  ListElement element;
  for (ULONG index = 0; list.Next(&element); ++index) {
    CombinedList earlier(request, name, kind);
    ListElement other;
    for (ULONG i = 0; i < index && earlier.Next(&other); ++i) {
      const bool same = kind == ListKind::kToken ? other.text == element.text
                                                 : EqualIgnoringCase(other.text, element.text);
      if (!same) continue;
      log->Record(Diagnostic::kElementTwice);
      log->Record(invalid);
      return false;
    }
  }
  if (list.failure() == Diagnostic::kNone) return true;
  log->Record(list.failure());
  log->Record(invalid);
  return false;
}

// Q-H9: subprotocols are compared exactly, extensions by name in any case.
bool Offers(HeaderArray request, std::string_view name, ListKind kind, std::string_view wanted) {
  CombinedList list(request, name, kind);
  ListElement element;
  while (list.Next(&element)) {
    if (kind == ListKind::kToken ? element.name == wanted : EqualIgnoringCase(element.name, wanted)) return true;
  }
  return false;
}

}  // namespace

HRESULT Handshake::BeginClient(const PCSTR* subprotocols, ULONG subprotocol_count, const PCSTR* extensions,
                               ULONG extension_count, DiagnosticLog* log) {
  Clear();
  Diagnostic why = Diagnostic::kNone;
  HRESULT result = subprotocols_.Copy(subprotocols, subprotocol_count, ListKind::kToken, &why);
  if (SUCCEEDED(result)) result = extensions_.Copy(extensions, extension_count, ListKind::kExtension, &why);
  if (FAILED(result)) {
    log->Record(why);
    Clear();
    return result;
  }
  std::uint8_t nonce[16];
  if (!FillRandom(nonce, sizeof(nonce))) {
    Clear();
    return hr::kFail;
  }
  EncodeBase64(nonce, sizeof(nonce), key_);

  PlannedHeader planned[HeaderBlock::kMaximum];
  ULONG count = 0;
  for (const char* which = interim::kClientHeaderOrder; *which != '\0' && count < HeaderBlock::kMaximum; ++which) {
    switch (*which) {
      case 'K': planned[count++] = {kKey, {key_, kKeyLength}}; break;
      case 'C': planned[count++] = {kConnection, "Upgrade"}; break;
      case 'U': planned[count++] = {kUpgrade, interim::kUpgradeValue}; break;
      case 'V': planned[count++] = {kVersion, "13"}; break;
      case 'P':
        if (!subprotocols_.empty()) planned[count++] = {kProtocol, {}, subprotocols_.items(), subprotocols_.size()};
        break;
      case 'E':
        if (!extensions_.empty()) planned[count++] = {kExtensions, {}, extensions_.items(), extensions_.size()};
        break;
      default: break;
    }
  }
  result = headers_.Build(planned, count);
  if (FAILED(result)) Clear();
  return result;
}

HRESULT Handshake::CheckResponse(HeaderArray response, const ClientSelection& selection, bool* extension_selected,
                                 DiagnosticLog* log) const {
  // B3-2: room for every offered extension, whatever the server chose.
  if (!WellFormed(response) || (selection.extensions != nullptr && selection.extension_count == nullptr)) {
    log->Record(Diagnostic::kInvalidParameter);
    return hr::kInvalidArgument;
  }
  if (selection.extensions != nullptr && *selection.extension_count < extensions_.size()) {
    log->Record(Diagnostic::kInvalidParameter);
    return interim::kExtensionCapacity;
  }
  if (response.count == 0) {
    log->Record(Diagnostic::kNoHeaders);
    return interim::kNoHeaders;
  }

  std::string_view accept;
  if (!CheckUpgrade(response, log) || !CheckConnection(response, log) ||
      !FindRequired(response, kAccept, &accept, log)) {
    return interim::kResponseInvalid;
  }
  char expected[kAcceptLength];
  ComputeAccept({key_, kKeyLength}, expected);
  if (accept != std::string_view(expected, kAcceptLength)) {
    log->Record(Diagnostic::kAcceptMismatch);
    return interim::kResponseInvalid;
  }

  // At most one subprotocol, and an offered one (Q-H8).
  CombinedList list(response, kProtocol, ListKind::kToken);
  ListElement element;
  std::string_view chosen;
  ULONG element_count = 0;
  while (list.Next(&element)) {
    if (++element_count == 1) chosen = element.name;
  }
  if (list.failure() != Diagnostic::kNone) {
    log->Record(list.failure());
    log->Record(Diagnostic::kProtocolHeaderInvalid);
    return interim::kResponseInvalid;
  }
  if (element_count > 1) {
    log->Record(Diagnostic::kListTooManyElements);
    log->Record(Diagnostic::kProtocolHeaderInvalid);
    return interim::kSeveralSubprotocols;
  }
  ULONG subprotocol = subprotocols_.size();
  if (element_count == 1) {
    for (ULONG i = subprotocols_.size(); i-- > 0;) {
      if (subprotocols_[i] == chosen) subprotocol = i;
    }
    if (subprotocol == subprotocols_.size()) {
      log->Record(Diagnostic::kElementNotFound);
      log->Record(Diagnostic::kSubprotocolNotSupported);
      return interim::kUnofferedSubprotocol;
    }
  } else if (interim::kNoSubprotocolFails && !subprotocols_.empty()) {
    log->Record(Diagnostic::kSubprotocolNotSupported);
    return interim::kUnofferedSubprotocol;
  }

  const HRESULT result = CheckExtensions(response, selection, extension_selected, log);
  if (FAILED(result)) return result;
  // Q-H7: if none was selected, the index is left untouched.
  if (element_count == 1 && selection.subprotocol != nullptr) *selection.subprotocol = subprotocol;
  return hr::kOk;
}

HRESULT Handshake::CheckExtensions(HeaderArray response, const ClientSelection& selection, bool* selected,
                                   DiagnosticLog* log) const {
  CombinedList list(response, kExtensions, ListKind::kExtension);
  ListElement element;
  ULONG count = 0;
  while (list.Next(&element)) {
    // The same name twice is a failure even if two variants of it were offered: parameters are ignored (Q-H9).
    CombinedList earlier(response, kExtensions, ListKind::kExtension);
    ListElement other;
    for (ULONG i = 0; i < count && earlier.Next(&other); ++i) {
      if (!EqualIgnoringCase(other.name, element.name)) continue;
      log->Record(Diagnostic::kElementTwice);
      log->Record(Diagnostic::kExtensionsHeaderInvalid);
      return interim::kResponseInvalid;
    }
    if (OfferedExtension(element.name) == extensions_.size()) {
      log->Record(Diagnostic::kElementNotFound);
      log->Record(Diagnostic::kExtensionNotSupported);
      return interim::kUnofferedExtension;
    }
    ++count;
  }
  if (list.failure() != Diagnostic::kNone) {
    log->Record(list.failure());
    log->Record(Diagnostic::kExtensionsHeaderInvalid);
    return interim::kResponseInvalid;
  }
  if (interim::kNoExtensionFails && count == 0 && !extensions_.empty()) {
    log->Record(Diagnostic::kExtensionNotSupported);
    return interim::kUnofferedExtension;
  }
  // Outputs are written only now. There is enough room: there are no more distinct names than offers.
  if (selection.extensions != nullptr) {
    list = CombinedList(response, kExtensions, ListKind::kExtension);
    for (ULONG i = 0; list.Next(&element); ++i) selection.extensions[i] = OfferedExtension(element.name);
  }
  if (selection.extension_count != nullptr) *selection.extension_count = count;
  *selected = count > 0;
  return hr::kOk;
}

ULONG Handshake::OfferedExtension(std::string_view name) const {
  ULONG index = 0;
  while (index < extensions_.size() && !EqualIgnoringCase(extensions_.name(index), name)) ++index;
  return index;
}

HRESULT Handshake::BeginServer(PCSTR subprotocol, const PCSTR* extensions, ULONG extension_count,
                               HeaderArray request, bool* extension_selected, DiagnosticLog* log) {
  Clear();
  if (!WellFormed(request)) {
    log->Record(Diagnostic::kInvalidParameter);
    return hr::kInvalidArgument;
  }
  Diagnostic why = Diagnostic::kNone;
  StringList chosen_subprotocol;
  StringList chosen_extensions;
  HRESULT result = chosen_subprotocol.Copy(&subprotocol, subprotocol != nullptr ? 1 : 0, ListKind::kToken, &why);
  if (SUCCEEDED(result)) result = chosen_extensions.Copy(extensions, extension_count, ListKind::kExtension, &why);
  if (FAILED(result)) {
    log->Record(why);
    return result;
  }
  if (request.count == 0) {
    log->Record(Diagnostic::kNoHeaders);
    return interim::kNoHeaders;
  }

  // C-3, Q-H10.
  std::string_view value;
  std::string_view key;
  if ((interim::kHostRequired && !FindRequired(request, kHost, &value, log)) || !CheckUpgrade(request, log) ||
      !CheckConnection(request, log)) {
    return interim::kRequestInvalid;
  }
  if (!FindRequired(request, kVersion, &value, log)) return interim::kRequestInvalid;
  if (!IsVersion13(value)) {
    log->Record(Diagnostic::kVersionHeaderInvalid);
    return interim::kVersionRefused;
  }
  if (!FindRequired(request, kKey, &key, log)) return interim::kRequestInvalid;
  if (key.empty() || (interim::kRequiredKeyLength != 0 && key.size() != interim::kRequiredKeyLength)) {
    log->Record(Diagnostic::kInvalidParameter);
    return interim::kRequestInvalid;
  }
  if (!CheckOfferedList(request, kProtocol, ListKind::kToken, Diagnostic::kProtocolHeaderInvalid, log) ||
      !CheckOfferedList(request, kExtensions, ListKind::kExtension, Diagnostic::kExtensionsHeaderInvalid, log)) {
    return interim::kRequestInvalid;
  }
  for (ULONG i = 0; i < chosen_subprotocol.size(); ++i) {
    if (Offers(request, kProtocol, ListKind::kToken, chosen_subprotocol[i])) continue;
    log->Record(Diagnostic::kElementNotFound);
    log->Record(Diagnostic::kSubprotocolNotSupported);
    return interim::kSubprotocolNotOffered;
  }
  for (ULONG i = 0; i < chosen_extensions.size(); ++i) {
    if (Offers(request, kExtensions, ListKind::kExtension, chosen_extensions.name(i))) continue;
    log->Record(Diagnostic::kElementNotFound);
    log->Record(Diagnostic::kExtensionNotSupported);
    return interim::kExtensionNotOffered;
  }

  char accept[kAcceptLength];
  ComputeAccept(key, accept);
  PlannedHeader planned[HeaderBlock::kMaximum];
  ULONG count = 0;
  for (const char* which = interim::kServerHeaderOrder; *which != '\0' && count < HeaderBlock::kMaximum; ++which) {
    switch (*which) {
      case 'U': planned[count++] = {kUpgrade, interim::kUpgradeValue}; break;
      case 'C': planned[count++] = {kConnection, "Upgrade"}; break;
      case 'A': planned[count++] = {kAccept, {accept, kAcceptLength}}; break;
      case 'P':
        if (!chosen_subprotocol.empty()) planned[count++] = {kProtocol, {}, chosen_subprotocol.items(), 1};
        break;
      case 'E':
        if (!chosen_extensions.empty()) {
          planned[count++] = {kExtensions, {}, chosen_extensions.items(), chosen_extensions.size()};
        }
        break;
      default: break;
    }
  }
  result = headers_.Build(planned, count);
  if (SUCCEEDED(result)) *extension_selected = !chosen_extensions.empty();
  return result;
}

void Handshake::Clear() {
  std::memset(key_, 0, sizeof(key_));
  subprotocols_.Clear();
  extensions_.Clear();
  headers_.Clear();
}

}  // namespace stand_in
