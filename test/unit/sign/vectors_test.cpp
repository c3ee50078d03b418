// The COSE_Sign1 examples of the COSE working group, gluecose and go-cose, and the public JWKs of Veraison.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "sign/cose/sign1.h"
#include "sign/jose/jwk.h"
#include "support/vectors.h"
#include "wire/json/json.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

struct Counts {
  int accepted = 0;
  int refused = 0;
};

std::vector<fs::path> files(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(extension)) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

std::string text(const json::Value& value) { return std::string(value.as_string()); }

// The examples hold both halves of their keys, and some spell members in hexadecimal.
Result<crypto::PublicKey> public_key(json::Object jwk) {
  for (const std::string_view member : {"d", "d_hex", "p", "q", "dp", "dq", "qi"}) jwk.erase(member);
  for (const std::string member : {"x", "y", "n", "e"}) {
    if (const auto* value = jwk.if_contains(member + "_hex"))
      jwk[member] = to_base64url(from_hex(text(*value)).value());
  }
  return jose::key_from_jwk(jwk);
}

Result<void> check(std::string_view message, const json::Object& jwk, const Bytes& external_aad, cose::Tagged tagged) {
  TRY(const Bytes octets, from_hex(message));
  TRY(const cose::Sign1 decoded, cose::decode_sign1(octets, tagged));
  TRY(const crypto::PublicKey key, public_key(jwk));
  return cose::verify(decoded, key, external_aad);
}

void expect(const fs::path& file, bool good, const Result<void>& result, Counts& counts) {
  EXPECT_EQ(result.has_value(), good) << file << ": " << (result ? "accepted" : result.error().text());
  ++(good ? counts.accepted : counts.refused);
}

TEST(Vectors, CoseWorkingGroup) {
  CREDENCE_VECTORS_OR_SKIP(root);
  // ES512 with a P-256 key: RFC 9053 section 2.1 allows it, here each ES algorithm has one curve, as in JOSE.
  // HSS/LMS is not implemented. Both must be refused, not misread.
  const std::vector<std::string> unsupported{"ecdsa-sig-04.json", "hsssig-sig-01.json"};
  Counts counts;
  for (const fs::path& file : files(root / "cose/cose-wg-examples", ".json")) {
    const json::Value example = json::parse(test::read_text(file)).value();
    const json::Object& input = example.at("input").as_object();
    if (!input.contains("sign0")) continue;
    const json::Object& sign0 = input.at("sign0").as_object();
    const json::Value* external = sign0.if_contains("external");
    const bool untagged = file.filename() == "sign-pass-03.json";
    const auto result = check(text(example.at("output").at("cbor")), sign0.at("key").as_object(),
                              external != nullptr ? from_hex(text(*external)).value() : Bytes{},
                              untagged ? cose::Tagged::optional : cose::Tagged::required);
    const json::Value* fail = example.as_object().if_contains("fail");
    const bool good = (fail == nullptr || !fail->as_bool()) &&
                      std::ranges::find(unsupported, file.filename().string()) == unsupported.end();
    expect(file, good, result, counts);
  }
  EXPECT_EQ(counts.accepted, 8);
  EXPECT_EQ(counts.refused, 6);
}

TEST(Vectors, GluecoseAndGoCose) {
  CREDENCE_VECTORS_OR_SKIP(root);
  // Its output was signed with another key than the one it names (upstream compares only the first octets).
  const std::string signed_by_another_key = "sign1-sign-0000.json";
  Counts counts;
  for (const std::string folder : {"cose/gluecose-test-vectors", "cose/veraison-go-cose"}) {
    for (const fs::path& file : files(root / folder, ".json")) {
      const json::Value example = json::parse(test::read_text(file)).value();
      const json::Object& object = example.as_object();
      if (const json::Value* verified = object.if_contains("sign1::verify")) {
        const auto result = check(text(verified->at("taggedCOSESign1").at("cborHex")), object.at("key").as_object(), {},
                                  cose::Tagged::required);
        expect(file, verified->at("shouldVerify").as_bool(), result, counts);
      } else if (const json::Value* made = object.if_contains("sign1::sign")) {
        const json::Value* external = made->as_object().if_contains("external");
        const auto result =
            check(text(made->at("expectedOutput").at("cborHex")), object.at("key").as_object(),
                  external != nullptr ? from_hex(text(*external)).value() : Bytes{}, cose::Tagged::required);
        expect(file, file.filename() != signed_by_another_key, result, counts);
      }
    }
  }
  EXPECT_EQ(counts.accepted, 5);
  EXPECT_EQ(counts.refused, 2);
}

// Some of these keys say that they are for encryption, or carry the algorithm of another type of key; whoever verifies
// with them all the same ignores RFC 7517 sections 4.2 and 4.4.
bool contradicts_itself(const json::Object& jwk) {
  const json::Value* use = jwk.if_contains("use");
  const json::Value* alg = jwk.if_contains("alg");
  return (use != nullptr && text(*use) == "enc") ||
         (alg != nullptr && text(*alg) == "RS256" && text(jwk.at("kty")) == "EC");
}

TEST(Vectors, JwksOfVeraison) {
  CREDENCE_VECTORS_OR_SKIP(root);
  Counts counts;
  for (const fs::path& file : files(root, ".pub.jwk")) {
    const json::Value jwk = json::parse(test::read_text(file)).value();
    const auto key = jose::key_from_jwk(jwk.as_object());
    expect(file, !contradicts_itself(jwk.as_object()), key ? Result<void>() : std::unexpected(key.error()), counts);
  }
  EXPECT_GE(counts.accepted, 10);
  EXPECT_GE(counts.refused, 1);
  RecordProperty("accepted", counts.accepted);
  RecordProperty("refused", counts.refused);
}

}  // namespace
}  // namespace credence
