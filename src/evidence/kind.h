// What there is to know about a kind of evidence beside its codec: who reads a file finds here what it could be. A kind
// is one folder here with a kind.h, and is named in the list of cmake/Schemes.cmake.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/json/json.h"

namespace credence::evidence {

// What octets are at first sight: only forms of their shape are tried.
enum class Shape : std::uint8_t {
  pem,  // certificates
  json,
  sign1,  // a COSE_Sign1 with its tag
  cbor,
  binary,  // of no notation
};

// One form in which evidence of a kind comes.
struct Form {
  Shape shape{};
  std::vector<std::string_view> media_types{};  // none: it comes inside another form only
  std::string_view format{};                    // what people call it
  // What the octets claim, for people; nothing is verified. An error when they are not of this form.
  Result<json::Object> (*describe)(ByteView octets) = nullptr;
};

struct Kind {
  std::string_view name;
  std::vector<Form> forms;
};

// All kinds of this build.
[[nodiscard]] std::span<const Kind* const> kinds();

}  // namespace credence::evidence
