#include "service/http/accept.h"

#include <algorithm>
#include <cstddef>

#include "rats/media_type.h"

namespace credence::service::http {
namespace {

constexpr std::size_t kMaxRanges = 64;
constexpr std::string_view kSpace = " \t";

// Cuts the first element off a list; commas within quotes belong to their element.
std::string_view take_element(std::string_view& list) noexcept {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (list[end] == '\\' && quoted && end + 1 < list.size()) {
      ++end;
    } else if (list[end] == '"') {
      quoted = !quoted;
    }
  }
  std::string_view element = list.substr(0, end);
  list.remove_prefix(end == list.size() ? end : end + 1);
  element.remove_prefix(std::min(element.find_first_not_of(kSpace), element.size()));
  return element;
}

// How closely a range names the type: 0 not at all, 1 by */*, 2 by type/*, 3 exactly.
int closeness(std::string_view range, std::string_view essence) noexcept {
  if (range == essence) return 3;
  if (range == "*/*") return 1;
  const std::string_view type = essence.substr(0, essence.find('/') + 1);
  return range.ends_with("/*") && range.substr(0, range.size() - 1) == type ? 2 : 0;
}

// RFC 9110 section 12.4.2: 0, 0.0 to 0.000 refuse.
bool is_zero_weight(std::string_view weight) noexcept {
  return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

Result<bool> accepts(std::string_view accept_header, std::string_view essence) {
  if (accept_header.find_first_not_of(kSpace) == std::string_view::npos) return true;
  if (accept_header == essence || accept_header == "*/*") return true;  // what most clients send
  int closest = 0;
  bool accepted = false;
  for (std::size_t ranges = 0; !accept_header.empty(); ++ranges) {
    if (ranges == kMaxRanges) return fail(Errc::malformed, "Accept: too many media ranges");
    const std::string_view element = take_element(accept_header);
    if (element.empty()) continue;  // RFC 9110 section 5.6.1.2: empty elements are ignored
    TRY(const rats::MediaType range, rats::parse_media_type(element));
    if (const int near = closeness(range.essence, essence); near > closest) {
      closest = near;
      accepted = !is_zero_weight(range.parameter("q").value_or("1"));
    }
  }
  return accepted;
}

}  // namespace credence::service::http
