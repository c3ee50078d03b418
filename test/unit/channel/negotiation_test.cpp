#include "channel/early/negotiation.h"

#include <gtest/gtest.h>

#include "channel/early/client.h"
#include "channel/early/server.h"
#include "support/refusal.h"

namespace credence::channel::early {
namespace {

using test::expect_refused;

std::vector<Scheme> schemes(std::initializer_list<std::string> media_types) {
  return evidence_schemes(std::vector<std::string>(media_types));
}

Bytes cmw(std::string media_type) {
  return rats::encode_cmw_cbor(rats::CmwRecord{.type = std::move(media_type), .value = {1, 2, 3}, .indicator = {}});
}

TEST(Choose, TakesTheFirstOfTheOfferThatIsPossible) {
  EXPECT_EQ(describe(*choose(schemes({"a/x", "a/y"}), schemes({"a/y", "a/x"}))), "evidence a/x");
  EXPECT_EQ(describe(*choose(schemes({"a/x", "a/y"}), schemes({"a/y"}))), "evidence a/y");
  EXPECT_FALSE(choose(schemes({"a/x"}), schemes({"a/y"})));
  EXPECT_FALSE(choose({}, schemes({"a/y"})));
}

TEST(Choose, ComparesMediaTypesWithoutCaseAndParametersExactly) {
  EXPECT_TRUE(choose(schemes({"A/X"}), schemes({"a/x"})));
  EXPECT_TRUE(choose(schemes({"A/X; p=\"q\""}), schemes({"a/x; p=\"q\""})));
  EXPECT_FALSE(choose(schemes({"a/x; p=\"Q\""}), schemes({"a/x; p=\"q\""})));
}

TEST(Choose, ComparesVerifiersOctetByOctet) {
  const std::vector<Scheme> offered{VerifierIdentity{"https://V"}};
  EXPECT_TRUE(choose(offered, std::vector<Scheme>{VerifierIdentity{"https://V"}}));
  EXPECT_FALSE(choose(offered, std::vector<Scheme>{VerifierIdentity{"https://v"}}));
  EXPECT_FALSE(choose(offered, schemes({"https://V"})));
}

TEST(Negotiation, ClientAttests) {
  Client client({}, schemes({"a/x"}));
  Server server;
  ASSERT_TRUE(server.client_hello(client.client_hello().value()));
  EXPECT_FALSE(server.encrypted_extensions({}).value());
  ASSERT_TRUE(client.certificate_request(server.certificate_request(schemes({"a/x"})).value()));
  EXPECT_EQ(describe(client.own_scheme().value()), "evidence a/x");
  ASSERT_TRUE(server.client_certificate(encode_certificate(cmw("a/x")).value(), 0));
  EXPECT_EQ(server.client_evidence().value().value, (Bytes{1, 2, 3}));
}

TEST(Negotiation, ServerAttests) {
  Client client(schemes({"a/x"}), {});
  Server server;
  ASSERT_TRUE(server.client_hello(client.client_hello().value()));
  ASSERT_TRUE(client.encrypted_extensions(server.encrypted_extensions(schemes({"a/x"})).value().value()));
  EXPECT_EQ(describe(server.own_scheme().value()), "evidence a/x");
  ASSERT_TRUE(client.server_certificate(encode_certificate(cmw("a/x")).value(), 0));
  EXPECT_TRUE(client.server_evidence());
  EXPECT_FALSE(client.own_scheme());
}

// A client and a server after the ClientHello, each willing in both directions.
struct Both {
  Client client{schemes({"a/x"}), schemes({"a/x"})};
  Server server;
  Both() { EXPECT_TRUE(server.client_hello(client.client_hello().value())); }
};

TEST(Server, RefusesWithoutACommonScheme) {
  Both both;
  EXPECT_TRUE(both.server.certificate_request(schemes({"a/x"})));
  expect_refused(both.server.certificate_request(schemes({"a/y"})), Errc::no_common_scheme, "client offers none");
  expect_refused(both.server.encrypted_extensions(schemes({"a/y"})), Errc::no_common_scheme, "client accepts none");
}

TEST(Server, RefusesAClientWithoutTheExtension) {
  Server server;
  EXPECT_FALSE(server.encrypted_extensions(schemes({"a/x"})).value());
  expect_refused(server.certificate_request(schemes({"a/x"})), Errc::evidence_missing, "offers no attestation");
}

TEST(Server, RefusesAChangedSecondClientHello) {
  Both both;
  EXPECT_TRUE(both.server.client_hello(both.client.client_hello().value()));
  EXPECT_TRUE(both.server.hellos_done(true));
  const Client other(schemes({"a/x"}), schemes({"a/x", "a/y"}));
  expect_refused(both.server.client_hello(other.client_hello().value()), Errc::hello_changed, "differs");
}

TEST(Server, CountsTheClientHellosWithTheExtension) {
  Both once;
  EXPECT_TRUE(once.server.hellos_done(false));
  expect_refused(once.server.hellos_done(true), Errc::hello_changed, "got it in 1");
  EXPECT_TRUE(Server().hellos_done(true));
}

TEST(Server, TakesEvidenceFromTheFirstEntryAndWhenAskedFor) {
  const Bytes data = encode_certificate(cmw("a/x")).value();
  Both both;
  expect_refused(both.server.client_certificate(data, 0), Errc::unsolicited, "no scheme was chosen");
  ASSERT_TRUE(both.server.certificate_request(schemes({"a/x"})));
  expect_refused(both.server.client_certificate(data, 1), Errc::misplaced, "entry 2");
  expect_refused(both.server.client_evidence(), Errc::evidence_missing, "no evidence");
  ASSERT_TRUE(both.server.client_certificate(data, 0));
  expect_refused(both.server.client_certificate(data, 0), Errc::misplaced, "first CertificateEntry");
}

TEST(Server, RefusesEvidenceOfAnotherKindThanAgreed) {
  Both both;
  ASSERT_TRUE(both.server.certificate_request(schemes({"a/x"})));
  ASSERT_TRUE(both.server.client_certificate(encode_certificate(cmw("a/y")).value(), 0));
  expect_refused(both.server.client_evidence(), Errc::not_offered, "evidence a/y");
}

TEST(Client, RefusesWhatItDidNotOffer) {
  Both both;
  const Bytes other = encode_chosen_scheme(EvidenceType{std::string("a/y")}).value();
  const Bytes agreed = encode_chosen_scheme(EvidenceType{std::string("a/x")}).value();
  expect_refused(both.client.encrypted_extensions(other), Errc::not_offered, "evidence a/y");
  expect_refused(both.client.certificate_request(other), Errc::not_offered, "evidence a/y");
  EXPECT_TRUE(both.client.encrypted_extensions(agreed));
  EXPECT_TRUE(both.client.certificate_request(agreed));
  expect_refused(both.client.encrypted_extensions(agreed), Errc::misplaced, "twice");
  expect_refused(both.client.certificate_request(agreed), Errc::misplaced, "twice");
}

TEST(Client, TellsHowTheEvidenceIsMissing) {
  Both both;
  expect_refused(both.client.server_evidence(), Errc::evidence_missing, "does not attest itself");
  const Bytes data = encode_certificate(cmw("a/x")).value();
  expect_refused(both.client.server_certificate(data, 0), Errc::unsolicited, "no scheme was chosen");
  ASSERT_TRUE(both.client.encrypted_extensions(encode_chosen_scheme(EvidenceType{std::string("a/x")}).value()));
  expect_refused(both.client.server_evidence(), Errc::evidence_missing, "sent no evidence");
  expect_refused(both.client.server_certificate(data, 3), Errc::misplaced, "entry 4");
  ASSERT_TRUE(both.client.server_certificate(data, 0));
  EXPECT_TRUE(both.client.server_evidence());
}

}  // namespace
}  // namespace credence::channel::early
