// What an Error means to an HTTP client: the one table from Errc to status.
#pragma once

#include <string_view>

#include "base/error.h"

namespace credence::service::http {

// RFC 9110 section 15, RFC 6585: those in use.
enum Status : unsigned {
  kOk = 200,
  kCreated = 201,
  kAccepted = 202,
  kNoContent = 204,
  kNotModified = 304,
  kBadRequest = 400,
  kUnauthorized = 401,
  kForbidden = 403,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kNotAcceptable = 406,
  kRequestTimeout = 408,
  kConflict = 409,
  kContentTooLarge = 413,
  kUnsupportedMediaType = 415,
  kTooManyRequests = 429,
  kHeaderFieldsTooLarge = 431,
  kInternalServerError = 500,
  kServiceUnavailable = 503,
  kGatewayTimeout = 504,
};

[[nodiscard]] constexpr std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case kOk:
      return "OK";
    case kCreated:
      return "Created";
    case kAccepted:
      return "Accepted";
    case kNoContent:
      return "No Content";
    case kNotModified:
      return "Not Modified";
    case kBadRequest:
      return "Bad Request";
    case kUnauthorized:
      return "Unauthorized";
    case kForbidden:
      return "Forbidden";
    case kNotFound:
      return "Not Found";
    case kMethodNotAllowed:
      return "Method Not Allowed";
    case kNotAcceptable:
      return "Not Acceptable";
    case kRequestTimeout:
      return "Request Timeout";
    case kConflict:
      return "Conflict";
    case kContentTooLarge:
      return "Content Too Large";
    case kUnsupportedMediaType:
      return "Unsupported Media Type";
    case kTooManyRequests:
      return "Too Many Requests";
    case kHeaderFieldsTooLarge:
      return "Request Header Fields Too Large";
    case kServiceUnavailable:
      return "Service Unavailable";
    case kGatewayTimeout:
      return "Gateway Timeout";
    default:
      return "Internal Server Error";
  }
}

[[nodiscard]] constexpr Status status_of(Errc code) noexcept {
  switch (code) {
    // The request is at fault.
    case Errc::truncated:
    case Errc::trailing_bytes:
    case Errc::malformed:
    case Errc::not_deterministic:
    case Errc::duplicate_key:
    case Errc::too_deep:
    case Errc::unexpected_type:
    case Errc::missing_member:
    case Errc::invalid_value:
    case Errc::usage:
      return kBadRequest;
    case Errc::too_large:
      return kContentTooLarge;
    case Errc::unsupported:
      return kUnsupportedMediaType;
    case Errc::unauthorized:
      return kUnauthorized;
    case Errc::not_found:
      return kNotFound;
    case Errc::not_acceptable:
      return kNotAcceptable;
    case Errc::conflict:
      return kConflict;
    // The service cannot answer now.
    case Errc::busy:
    case Errc::unavailable:
    case Errc::clock_set_back:
      return kServiceUnavailable;
    case Errc::timeout:
      return kGatewayTimeout;
    // Anything else that reaches this edge is the service's own failure: what evidence proves is said in a result,
    // not in a status.
    default:
      return kInternalServerError;
  }
}

}  // namespace credence::service::http
