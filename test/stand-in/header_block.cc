#include "header_block.h"

#include <cstring>
#include <new>

#include "hresults.h"
#include "interim_defaults.h"

namespace stand_in {
namespace {

// Subprotocols are compared exactly. Extensions are compared by their whole text, since one extension may be offered
// several times with different parameters.
bool SameElement(const ListElement& a, const ListElement& b, ListKind kind) {
  return kind == ListKind::kToken ? a.text == b.text : EqualIgnoringCase(a.text, b.text);
}

char* Append(char* out, std::string_view text) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

constexpr std::string_view kSeparator(interim::kListSeparator);

}  // namespace

HRESULT StringList::Copy(const PCSTR* strings, ULONG count, ListKind kind, Diagnostic* why) {
  std::unique_ptr<ListElement[]> items;
  std::unique_ptr<char[]> text;
  if (count > 0) {
    std::size_t total = 0;
    for (ULONG i = 0; i < count; ++i) {
      std::string_view name;
      if (strings[i] == nullptr || !IsSingleElement(strings[i], kind, &name)) {
        *why = Diagnostic::kListCannotParse;
        return interim::kBadOfferArgument;
      }
      total += std::strlen(strings[i]);
    }
    items.reset(new (std::nothrow) ListElement[count]);
    text.reset(new (std::nothrow) char[total]);
    if (!items || !text) return hr::kOutOfMemory;
    char* out = text.get();
    for (ULONG i = 0; i < count; ++i) {
      const std::string_view source(strings[i]);
      items[i].text = std::string_view(out, source.size());
      out = Append(out, source);
      IsSingleElement(items[i].text, kind, &items[i].name);
      for (ULONG j = 0; j < i; ++j) {
        if (SameElement(items[i], items[j], kind)) {
          *why = Diagnostic::kElementTwice;
          return interim::kBadOfferArgument;
        }
      }
    }
  }
  items_ = std::move(items);
  text_ = std::move(text);
  count_ = count;
  return hr::kOk;
}

void StringList::Clear() {
  items_.reset();
  text_.reset();
  count_ = 0;
}

HRESULT HeaderBlock::Build(const PlannedHeader* planned, ULONG count) {
  std::size_t total = 0;
  for (ULONG i = 0; i < count; ++i) {
    total += planned[i].name.size() + planned[i].value.size() + 2;
    for (ULONG j = 0; j < planned[i].piece_count; ++j) {
      total += planned[i].pieces[j].text.size() + (j > 0 ? kSeparator.size() : 0);
    }
  }
  if (total > 0xFFFFFFFFu) return hr::kOutOfMemory;  // the lengths are 32 bits wide
  std::unique_ptr<char[]> text(new (std::nothrow) char[total]);
  if (!text) return hr::kOutOfMemory;

  char* out = text.get();
  for (ULONG i = 0; i < count; ++i) {
    headers_[i].pcName = out;
    out = Append(out, planned[i].name);
    headers_[i].ulNameLength = static_cast<ULONG>(out - headers_[i].pcName);
    *out++ = '\0';
    headers_[i].pcValue = out;
    out = Append(out, planned[i].value);
    for (ULONG j = 0; j < planned[i].piece_count; ++j) {
      if (j > 0) out = Append(out, kSeparator);
      out = Append(out, planned[i].pieces[j].text);
    }
    headers_[i].ulValueLength = static_cast<ULONG>(out - headers_[i].pcValue);
    *out++ = '\0';
  }
  text_ = std::move(text);
  count_ = count;
  return hr::kOk;
}

void HeaderBlock::Clear() {
  text_.reset();
  count_ = 0;
  std::memset(headers_, 0, sizeof(headers_));
}

}  // namespace stand_in
