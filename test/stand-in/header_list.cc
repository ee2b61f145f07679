#include "header_list.h"

namespace stand_in {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// RFC 7230 tchar.
bool IsTokenCharacter(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool ListReader::Next(ListElement* element) {
  if (failure_ != Diagnostic::kNone) return false;
  SkipBlanks();
  if (!first_) {
    if (AtEnd()) return false;
    if (value_[position_] != ',') return Fail(Diagnostic::kListCommaExpected);
    ++position_;
    SkipBlanks();
  }
  first_ = false;
  const std::size_t begin = position_;
  if (!ReadToken(&element->name)) return false;
  if (kind_ == ListKind::kExtension && !ReadParameters()) return false;
  element->text = value_.substr(begin, position_ - begin);
  return true;
}

bool ListReader::Fail(Diagnostic id) {
  failure_ = id;
  return false;
}

void ListReader::SkipBlanks() {
  while (!AtEnd() && IsBlank(value_[position_])) ++position_;
}

bool ListReader::ReadToken(std::string_view* token) {
  if (AtEnd()) return Fail(Diagnostic::kListInputEnded);
  const std::size_t begin = position_;
  while (!AtEnd() && IsTokenCharacter(value_[position_])) ++position_;
  if (position_ == begin) return Fail(Diagnostic::kListCannotParse);
  *token = value_.substr(begin, position_ - begin);
  return true;
}

bool ListReader::ReadQuoted() {
  ++position_;  // the opening quote
  while (!AtEnd()) {
    const char c = value_[position_++];
    if (c == '"') return true;
    if (c == '\\') {
      if (AtEnd()) break;
      ++position_;
    }
  }
  return Fail(Diagnostic::kListInputEnded);
}

// *( OWS ";" OWS token [ OWS "=" OWS ( token / quoted-string ) ] ); stops after the last parameter, before blanks.
bool ListReader::ReadParameters() {
  for (;;) {
    const std::size_t end = position_;
    SkipBlanks();
    if (AtEnd() || value_[position_] != ';') {
      position_ = end;
      return true;
    }
    ++position_;
    SkipBlanks();
    std::string_view ignored;
    if (!ReadToken(&ignored)) return false;
    const std::size_t after_name = position_;
    SkipBlanks();
    if (AtEnd() || value_[position_] != '=') {
      position_ = after_name;
      continue;
    }
    ++position_;
    SkipBlanks();
    if (!AtEnd() && value_[position_] == '"') {
      if (!ReadQuoted()) return false;
    } else if (!ReadToken(&ignored)) {
      return false;
    }
  }
}

bool IsSingleElement(std::string_view text, ListKind kind, std::string_view* name) {
  ListReader reader(text, kind);
  ListElement element;
  if (!reader.Next(&element) || element.text.size() != text.size()) return false;
  *name = element.name;
  return true;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace stand_in
