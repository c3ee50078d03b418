#include "channel/early/extension.h"

#include <utility>

namespace credence::channel::early {
namespace {

Result<void> check_not_empty(const ClientHello& hello) {
  if (!hello.server_attester.empty() || !hello.client_attester.empty()) return {};
  return fail(Errc::invalid_value, "expected a scheme in server_attester_schemes or client_attester_schemes, got none");
}

}  // namespace

Result<ClientHello> decode_client_hello(ByteView data) {
  tls::Reader reader(data);
  ClientHello hello;
  TRY(hello.server_attester, read_schemes(reader));
  TRY(hello.client_attester, read_schemes(reader));
  CHECK(reader.finish());
  CHECK(check_not_empty(hello));
  return hello;
}

Result<Bytes> encode_client_hello(const ClientHello& hello) {
  CHECK(check_not_empty(hello));
  tls::Writer writer;
  CHECK(write_schemes(writer, hello.server_attester));
  CHECK(write_schemes(writer, hello.client_attester));
  return writer.take();
}

Result<Scheme> decode_chosen_scheme(ByteView data) {
  tls::Reader reader(data);
  TRY(Scheme scheme, read_scheme(reader));
  CHECK(reader.finish());
  return scheme;
}

Result<Bytes> encode_chosen_scheme(const Scheme& scheme) {
  tls::Writer writer;
  CHECK(write_scheme(writer, scheme));
  return writer.take();
}

Result<ByteView> decode_certificate(ByteView data) {
  tls::Reader reader(data);
  TRY(const ByteView cmw, reader.vector({.minimum = 1, .maximum = 0xffffff}));
  CHECK(reader.finish());
  return cmw;
}

Result<Bytes> encode_certificate(ByteView cmw) {
  // protocol.md 1.2: OpenSSL would fail with internal_error in the middle of the message and name no reason.
  if (cmw.size() > kMostCmwOctets) {
    return fail(Errc::too_large, "a Certificate message carries a CMW of at most " + std::to_string(kMostCmwOctets) +
                                     " octets, this one has " + std::to_string(cmw.size()) +
                                     ": leave the event log or certificates out of the evidence");
  }
  tls::Writer writer;
  CHECK(writer.vector(cmw, {.minimum = 1, .maximum = 0xffffff}));
  return writer.take();
}

}  // namespace credence::channel::early
