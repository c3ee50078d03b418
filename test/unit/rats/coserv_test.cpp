#include "rats/coserv/coserv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cctype>

#include "hex.h"
#include "rats/rfc3339.h"
#include "sign/cose/sign1.h"
#include "support/ordered_diagnostic.h"
#include "vector_files.h"

namespace credence::rats {
namespace {

using test::Diagnostic;

CoservQuery query_for_class(ArtifactType artifact, ResultType result = ResultType::collected) {
  Class selected;
  selected.id = TaggedBytes{kTagBytes, {1, 2}};
  return {.profile = "tag:p",
          .query = EnvironmentQuery{
              .artifact = artifact, .environments = ClassSelectors{{.selected = selected}}, .result = result}};
}

ReferenceTriple triple() {
  ReferenceTriple made;
  made.environment.class_map.emplace().id = TaggedBytes{kTagBytes, {1, 2}};
  made.measurements.emplace_back().values.name = "n";
  return made;
}

const CryptoKey kAuthority{kTagBytes, {7}};

TEST(CoservQuery, IsReadAndWritten) {
  const Bytes octets = Diagnostic::encode(
      R"({0: "tag:p", 1: {0: 2, 1: {0: [[{0: 560(h'0102'), 1: "V"}], [{2: "M"}, [{1: {11: "n"}}]]]}, 2: 0}})");
  const CoservQuery read = decode_coserv_query(octets).value();
  EXPECT_EQ(read.profile, "tag:p");
  const auto& query = std::get<EnvironmentQuery>(read.query);
  EXPECT_EQ(query.artifact, ArtifactType::reference_values);
  EXPECT_EQ(query.result, ResultType::collected);
  const auto& classes = std::get<ClassSelectors>(query.environments);
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].selected.vendor, "V");
  EXPECT_EQ(classes[1].measurements.at(0).values.name, "n");
  EXPECT_EQ(encode_coserv_query(read).value(), octets);
}

TEST(CoservQuery, ByDocumentIsReadAndWritten) {
  const Bytes octets =
      Diagnostic::encode(R"({0: h'2a0304', 1: {3: [[2, "corim"], [0, h'000102030405060708090a0b0c0d0e0f']]}})");
  const CoservQuery read = decode_coserv_query(octets).value();
  EXPECT_EQ(read.profile, "oid:1.2.3.4");
  const auto& query = std::get<RimQuery>(read.query);
  ASSERT_EQ(query.rims.size(), 2U);
  EXPECT_EQ(query.rims[0].kind, RimId::Kind::corim);
  EXPECT_EQ(query.rims[0].id, TagId("corim"));
  EXPECT_EQ(encode_coserv_query(read).value(), octets);
}

TEST(CoservQuery, RefusesWhatItDoesNotUnderstandAsAWhole) {
  struct Case {
    std::string_view notation;
    Errc code;
    std::string_view path;
  };
  ASSERT_TRUE(decode_coserv_query(Diagnostic::encode(R"({0: "p", 1: {0: 2, 1: {1: [[560(h'01')]]}, 2: 0}})")));
  for (const auto& [notation, code, path] :
       {Case{R"({1: {3: [[2, "c"]]}})", Errc::missing_member, ""}, Case{R"({0: "p"})", Errc::missing_member, ""},
        Case{R"({0: "p", 1: {0: 2, 1: {1: [[560(h'01')]]}}})", Errc::invalid_value, "query"},
        Case{R"({0: "p", 1: {0: 2, 1: {1: [[560(h'01')]]}, 2: 0, 3: [[2, "c"]]}})", Errc::invalid_value, "query"},
        Case{R"({0: "p", 1: {0: 3, 1: {1: [[560(h'01')]]}, 2: 0}})", Errc::invalid_value, "query.artifact-type"},
        Case{R"({0: "p", 1: {0: 2, 1: {1: [[560(h'01')]]}, 2: 3}})", Errc::invalid_value, "query.result-type"},
        Case{R"({0: "p", 1: {0: 2, 1: {}, 2: 0}})", Errc::invalid_value, "query.environment-selector"},
        Case{R"({0: "p", 1: {0: 2, 1: {1: []}, 2: 0}})", Errc::missing_member, "query.environment-selector.instance"},
        Case{R"({0: "p", 1: {0: 2, 1: {0: [[{0: 560(h'01')}]], 1: [[560(h'01')]]}, 2: 0}})", Errc::invalid_value,
             "query.environment-selector"},
        Case{R"({0: "p", 1: {0: 2, 1: {3: [[560(h'01')]]}, 2: 0}})", Errc::unsupported, "query.environment-selector"},
        Case{R"({0: "p", 1: {0: 2, 1: {0: [[{}]]}, 2: 0}})", Errc::missing_member,
             "query.environment-selector.class.[0]"},
        Case{R"({0: "p", 1: {3: [[3, "c"]]}})", Errc::invalid_value, "query.rim-selector.[0]"},
        Case{R"({0: "p", 1: {3: [[2, "c"]], 4: 1}})", Errc::unsupported, "query"},
        Case{R"({0: "p", 1: {3: [[2, "c"]]}, 2: {10: 0("2030-12-13T18:30:02Z")}})", Errc::unexpected_type, ""}}) {
    const auto read = decode_coserv_query(Diagnostic::encode(notation));
    ASSERT_FALSE(read) << notation;
    EXPECT_EQ(read.error().code, code) << notation << " " << read.error().text();
    EXPECT_EQ(read.error().path, path) << notation << " " << read.error().text();
  }
}

TEST(CoservQuery, HasOneEncoding) {
  const Bytes good = Diagnostic::encode(R"({0: "p", 1: {3: [[2, "c"]]}})");
  ASSERT_TRUE(decode_coserv_query(good));
  // The members the other way round, and a length in an octet too many.
  EXPECT_EQ(decode_coserv_query(Diagnostic::encode(R"({1: {3: [[2, "c"]]}, 0: "p"})")).error().code,
            Errc::not_deterministic);
  EXPECT_EQ(decode_coserv_query(test::hex("a2 00 7801 70 01 a1 03 81 82 02 61 63")).error().code,
            Errc::not_deterministic);
  EXPECT_EQ(decode_coserv_query(test::hex("bf 00 61 70 01 a1 03 81 82 02 61 63 ff")).error().code,
            Errc::not_deterministic);
}

TEST(CoservQuery, HasALimitOfSelectors) {
  const CoservLimits one{.selectors = 1};
  EXPECT_TRUE(decode_coserv_query(Diagnostic::encode(R"({0: "p", 1: {3: [[2, "c"]]}})"), one));
  EXPECT_EQ(decode_coserv_query(Diagnostic::encode(R"({0: "p", 1: {3: [[2, "c"], [2, "d"]]}})"), one).error().code,
            Errc::too_large);
  EXPECT_EQ(
      decode_coserv_query(Diagnostic::encode(R"({0: "p", 1: {0: 2, 1: {1: [[560(h'01')], [560(h'02')]]}, 2: 0}})"), one)
          .error()
          .code,
      Errc::too_large);
}

CoservResults expiring() { return {.expires = Timestamp(Seconds(1'900'000'000))}; }

TEST(CoservResults, OfEachKindAreReadAndWritten) {
  struct Case {
    ArtifactType artifact;
    void (*fill)(CoservResults&);
  };
  for (const auto& [artifact, fill] :
       {Case{ArtifactType::reference_values, [](auto& r) { r.reference_values.push_back({{kAuthority}, triple()}); }},
        Case{ArtifactType::endorsed_values, [](auto& r) { r.endorsed_values.push_back({{kAuthority}, triple()}); }},
        Case{ArtifactType::endorsed_values,
             [](auto& r) { r.conditional_endorsements.push_back({{kAuthority}, {{triple()}, {triple()}}}); }},
        Case{ArtifactType::endorsed_values,
             [](auto& r) {
               r.conditional_series.push_back(
                   {{kAuthority},
                    {.environment = triple().environment,
                     .series = {{.selection = triple().measurements, .addition = triple().measurements}}}});
             }},
        Case{ArtifactType::trust_anchors, [](auto& r) {
               r.attestation_keys.push_back(
                   {{kAuthority, kAuthority}, {.environment = triple().environment, .keys = {kAuthority}}});
             }}}) {
    for (const ResultType type : {ResultType::collected, ResultType::both}) {
      const CoservQuery query = query_for_class(artifact, type);
      CoservResults results = expiring();
      fill(results);
      if (type == ResultType::both) results.source_artifacts = {{.type = "a/b", .value = {1}, .indicator = {}}};
      const Bytes octets = encode_coserv(query, results).value();
      const auto read = decode_coserv(octets);
      ASSERT_TRUE(read) << read.error().text();
      EXPECT_EQ(read->results.expires, results.expires);
      EXPECT_EQ(read->query_octets, encode_coserv_query(query).value());
      EXPECT_EQ(encode_coserv(read->query, read->results).value(), octets);
    }
    // Nothing found is an answer.
    EXPECT_TRUE(decode_coserv(encode_coserv(query_for_class(artifact), expiring()).value()));
  }
}

TEST(CoservResults, ByDocumentAreReadAndWritten) {
  const CoservQuery query{.profile = "p", .query = RimQuery{{{.kind = RimId::Kind::corim, .id = "c"}}}};
  CoservResults results = expiring();
  results.rims.emplace_back("c", CmwRecord{.type = "application/rim+cbor", .value = {1, 2}, .indicator = {}});
  const Coserv read = decode_coserv(encode_coserv(query, results).value()).value();
  ASSERT_EQ(read.results.rims.size(), 1U);
  EXPECT_EQ(read.results.rims[0].first, "c");
  EXPECT_EQ(read.results.rims[0].second.value, (Bytes{1, 2}));
  EXPECT_TRUE(decode_coserv(encode_coserv(query, expiring()).value()));
}

TEST(CoservResults, OfAnotherKindThanTheQueryAreRefused) {
  CoservResults values = expiring();
  values.reference_values.push_back({{kAuthority}, triple()});
  const std::string inside = to_hex(encode_coserv(query_for_class(ArtifactType::reference_values), values).value());
  ASSERT_TRUE(decode_coserv(from_hex(inside).value()));
  // The same results beside a query for keys (artifact-type 1), and beside one for source artifacts alone.
  for (const auto& [from, to] : {std::pair{"01a30002", "01a30001"}, std::pair{"0200", "0201"}}) {
    std::string changed = inside;
    changed.replace(changed.find(from), std::string_view(to).size(), to);
    const auto read = decode_coserv(from_hex(changed).value());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::invalid_value) << read.error().text();
  }
}

TEST(CoservResults, RefuseWhatIsMissing) {
  const std::string query = R"(0: "p", 1: {0: 1, 1: {1: [[560(h'01')]]}, 2: 0})";
  struct Case {
    std::string results;
    Errc code;
    std::string_view path;
  };
  const std::string expiry = R"(10: 0("2030-12-13T18:30:02Z"))";
  ASSERT_TRUE(decode_coserv(Diagnostic::encode("{" + query + ", 2: {" + expiry + "}}")));
  for (const auto& [results, code, path] :
       {Case{"{}", Errc::missing_member, "results"}, Case{"{10: 0(\"soon\")}", Errc::malformed, "results.expiry"},
        Case{"{10: 1(5)}", Errc::unexpected_type, "results.expiry"},
        Case{"{3: [{1: [560(h'01')]}]," + expiry + "}", Errc::missing_member, "results.akq.[0]"},
        Case{"{3: [{2: [{1: 560(h'01')}, [560(h'02')]]}]," + expiry + "}", Errc::missing_member, "results.akq.[0]"},
        Case{"{4: [1]," + expiry + "}", Errc::unsupported, "results"},
        Case{"{5: {1: [\"a/b\", h'00']}," + expiry + "}", Errc::unexpected_type, "results.rims"}}) {
    const auto read = decode_coserv(Diagnostic::encode("{" + query + ", 2: " + results + "}"));
    ASSERT_FALSE(read) << results;
    EXPECT_EQ(read.error().code, code) << results << " " << read.error().text();
    EXPECT_EQ(read.error().path, path) << results << " " << read.error().text();
  }
  EXPECT_EQ(decode_coserv(Diagnostic::encode("{" + query + "}")).error().code, Errc::missing_member);
}

TEST(SignedCoserv, CountsUnderAPinnedKeyOnly) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto other = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const CoservQuery query = query_for_class(ArtifactType::reference_values);
  Bytes message = sign_coserv(query, expiring(), key, Bytes{1}).value();
  EXPECT_EQ(verify_coserv(message, std::vector{other.public_key(), key.public_key()}).value().query_octets,
            encode_coserv_query(query).value());
  EXPECT_EQ(verify_coserv(message, std::vector{other.public_key()}).error().code, Errc::untrusted_verifier);
  EXPECT_EQ(verify_coserv(message, {}).error().code, Errc::untrusted_verifier);
  message.back() ^= 1;
  EXPECT_EQ(verify_coserv(message, std::vector{key.public_key()}).error().code, Errc::untrusted_verifier);
}

TEST(SignedCoserv, IsNoOtherSignature) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const Bytes payload = encode_coserv(query_for_class(ArtifactType::reference_values), expiring()).value();
  const auto signed_as = [&](std::optional<cose::ContentType> type) {
    cose::Headers headers;
    headers.content_type = std::move(type);
    return verify_coserv(cose::sign1(key, std::move(headers), payload).value(), std::vector{key.public_key()});
  };
  EXPECT_TRUE(signed_as(std::string(kCoservMediaType)));
  for (const auto& refused : {signed_as(std::nullopt), signed_as(std::string("application/rim+cbor"))}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().path, "protected.content-type");
  }
}

TEST(CoservVectors, OfVeraisonAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "corim/veraison-corim/coserv/testvectors";
  for (const auto& file : {folder / "example-class-selector-noindent.cbor", folder / "example-group-selector.cbor",
                           folder / "example-instance-selector.cbor", folder / "rv-class-simple.cbor",
                           root / "veraison/coserv-client/example_query.cbor"}) {
    const Bytes octets = test::read_file(file);
    const auto read = decode_coserv_query(octets);
    ASSERT_TRUE(read) << file << ": " << read.error().text();
    EXPECT_EQ(read->profile, "tag:example.com,2025:cc-platform#1.0.0") << file;
    EXPECT_EQ(encode_coserv_query(*read).value(), octets) << file;
  }
  const auto results = decode_coserv(test::read_file(folder / "rv-class-simple-results-source-artifacts.cbor"));
  ASSERT_TRUE(results) << results.error().text();
  EXPECT_EQ(to_rfc3339(results->results.expires), "2030-12-13T18:30:02.000Z");
  EXPECT_EQ(results->results.source_artifacts.size(), 2U);
}

// Each is there in hexadecimal, in base64url and in diagnostic notation too.
TEST(CoservVectors, OfVeraisonAreTheSameInEachSpelling) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "corim/veraison-corim/coserv/testvectors";
  std::size_t count = 0;
  for (const std::string& file : test::files_below(folder, {".b64u", ".diag", ".hex"})) {
    if (file.starts_with("discovery")) continue;  // no query: their JSON and CBOR are read by the client's tests
    std::string text = test::read_text(folder / file);
    std::filesystem::path cbor = folder / file;
    cbor.replace_extension(".cbor");
    if (file == "example-class-selector.diag") cbor = folder / "example-class-selector-noindent.cbor";
    if (!file.ends_with(".diag")) std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
    const Bytes octets = file.ends_with(".hex")    ? from_hex(text).value()
                         : file.ends_with(".b64u") ? from_base64url(text).value()
                                                   : Diagnostic::encode(text);
    EXPECT_EQ(octets, test::read_file(cbor)) << file;
    ++count;
  }
  EXPECT_EQ(count, 16U);
}

TEST(Rfc3339, IsRead) {
  EXPECT_EQ(to_rfc3339(from_rfc3339("2030-12-13T18:30:02Z").value()), "2030-12-13T18:30:02.000Z");
  EXPECT_EQ(to_rfc3339(from_rfc3339("2030-12-13t18:30:02.1239+01:30").value()), "2030-12-13T17:00:02.123Z");
  EXPECT_EQ(to_rfc3339(from_rfc3339("2030-12-31T23:00:00-02:00").value()), "2031-01-01T01:00:00.000Z");
  for (const std::string_view bad : {"", "2030-12-13", "2030-12-13T18:30:02", "2030-12-13T18:30:02Zx",
                                     "2030-12-13T18:30:02.Z", "2030-1-13T18:30:02Z", "2030-12-13T18:30:02+1:00"}) {
    EXPECT_EQ(from_rfc3339(bad).error().code, Errc::malformed) << bad;
  }
  for (const std::string_view bad : {"2030-13-13T18:30:02Z", "2030-02-30T18:30:02Z", "2030-12-13T24:30:02Z"}) {
    EXPECT_EQ(from_rfc3339(bad).error().code, Errc::invalid_value) << bad;
  }
}

RC_GTEST_PROP(CoservProperty, ChangedOctetsAreRefusedOrWrittenAgain, ()) {
  CoservResults results = expiring();
  results.reference_values.push_back({{kAuthority}, triple()});
  Bytes octets = encode_coserv(query_for_class(ArtifactType::reference_values), results).value();
  octets[*rc::gen::inRange<std::size_t>(0, octets.size())] = *rc::gen::arbitrary<std::uint8_t>();
  const auto read = decode_coserv(octets);
  if (!read) RC_ASSERT(!read.error().why.empty());
  if (read) RC_ASSERT(encode_coserv(read->query, read->results).has_value());
}

TEST(SignedCoserv, MaySayWhenItWasMade) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const std::vector keys{key.public_key()};
  const CoservQuery query = query_for_class(ArtifactType::reference_values);
  const auto issued_at = [&](std::optional<Timestamp> at) {
    return verify_coserv(sign_coserv(query, expiring(), key, {}, at).value(), keys).value().issued_at;
  };
  EXPECT_FALSE(issued_at({}));
  EXPECT_EQ(issued_at(Timestamp(std::chrono::milliseconds(1'800'000'000'999))), Timestamp(Seconds(1'800'000'000)));
  const auto with_claims = [&](std::string_view notation) {
    cose::Headers headers;
    headers.content_type = std::string(kCoservMediaType);
    headers.cwt_claims = Diagnostic::encode(notation);
    return verify_coserv(cose::sign1(key, std::move(headers), encode_coserv(query, expiring()).value()).value(), keys);
  };
  ASSERT_TRUE(with_claims("{6: 1, 7: h'00'}"));
  EXPECT_EQ(with_claims("{6: -1}").error().code, Errc::invalid_value);
  EXPECT_EQ(with_claims("{6: \"now\"}").error().code, Errc::unexpected_type);
}

}  // namespace
}  // namespace credence::rats
