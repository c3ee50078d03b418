// The session report of a verifier, as the client reads it: a hostile verifier may answer anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "client/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const auto report = client::parse_session(as_text(ByteView(data, size)));
  if (!report) return 0;
  if (report->status == client::SessionStatus::complete && !report->result) std::abort();
  if (report->nonce.size() > size) std::abort();
  return 0;
}
