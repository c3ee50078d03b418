// The remoteAttestation extension, as each side receives it: the first octet chooses the message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "channel/early/client.h"
#include "channel/early/negotiation.h"
#include "channel/early/server.h"

namespace {

using namespace credence;
using namespace credence::channel::early;

// What is read is written back octet by octet the same: no scheme has two encodings.
void check_same(ByteView data, const Result<Bytes>& written) {
  if (!written || !equal(*written, data)) std::abort();
}

void client_hello(ByteView data) {
  if (const auto hello = decode_client_hello(data)) check_same(data, encode_client_hello(*hello));
  Server server;
  static_cast<void>(server.client_hello(data));
  static_cast<void>(server.client_hello(data));
  const std::vector<Scheme> able{EvidenceType{std::string("a/x")}};
  static_cast<void>(server.encrypted_extensions(able));
  static_cast<void>(server.certificate_request(able));
}

void chosen_scheme(ByteView data) {
  if (const auto scheme = decode_chosen_scheme(data)) check_same(data, encode_chosen_scheme(*scheme));
  Client client({EvidenceType{std::string("a/x")}}, {EvidenceType{std::uint16_t{7}}});
  static_cast<void>(client.encrypted_extensions(data));
  static_cast<void>(client.certificate_request(data));
}

void certificate(ByteView data) {
  Client client({EvidenceType{std::string("a/x")}}, {});
  if (!client.encrypted_extensions(*encode_chosen_scheme(EvidenceType{std::string("a/x")}))) std::abort();
  if (client.server_certificate(data, 0)) static_cast<void>(client.server_evidence());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView message(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      client_hello(message);
      break;
    case 1:
      chosen_scheme(message);
      break;
    default:
      certificate(message);
      break;
  }
  return 0;
}
