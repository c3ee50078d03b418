// Certificate revocation lists: what is read of a complete one, and what is no such list.
#include "crypto/revocation_list.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "crypto/certificate_name.h"
#include "crypto/openssl/pem.h"
#include "support/octet_changes.h"
#include "support/refusal.h"
#include "support/revocation_list_maker.h"
#include "support/vectors.h"

namespace credence::crypto {
namespace {

using namespace std::chrono_literals;
using test::RevocationListFields;

constexpr Timestamp kSeptember = std::chrono::sys_days(2026y / 9 / 1);
constexpr Timestamp kOctober = std::chrono::sys_days(2026y / 10 / 1);

struct Authority {
  PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  std::string common_name = "Root";
  bool has_key_usage = true;
  std::vector<test::CertificateExtension> extensions;

  [[nodiscard]] Certificate certificate() const {
    return test::make_certificate(key.public_key(),
                                  {.organization = "Maker",
                                   .common_name = common_name,
                                   .is_authority = true,
                                   .has_key_usage = has_key_usage,
                                   .extensions = extensions},
                                  key);
  }
  [[nodiscard]] Certificate issue(std::int64_t serial) const {
    return test::make_certificate(key.public_key(), {.common_name = "Device", .serial = serial}, key, certificate());
  }
  [[nodiscard]] Bytes list(const RevocationListFields& fields = {}) const {
    return test::make_revocation_list(key, certificate(), fields);
  }
  [[nodiscard]] RevocationList read(const RevocationListFields& fields = {}) const {
    return RevocationList::from_der(list(fields)).value();
  }
};

Bytes serial(std::int64_t number) {
  Bytes octets;
  for (; number > 0; number >>= 8) octets.insert(octets.begin(), static_cast<std::uint8_t>(number));
  return octets;
}

TEST(RevocationList, SaysWhatItsIssuerTookBack) {
  const Authority root;
  const RevocationList list =
      root.read({.entries = {{.serial = 0x7001}, {.serial = 0x02, .reason = 6}, {.serial = 0x80, .reason = {}}},
                 .number = 0x1f2});
  EXPECT_EQ(ERR_peek_error(), 0U);
  EXPECT_EQ(list.issuer(), "CN=Root,O=Maker");
  EXPECT_EQ(list.this_update(), kSeptember);
  EXPECT_EQ(list.next_update(), kOctober);
  EXPECT_EQ(list.number(), (Bytes{0x01, 0xf2}));
  EXPECT_EQ(list.version(), "number 0x01f2 of 2026-09-01T00:00:00.000Z");
  EXPECT_EQ(list.size(), 3U);
  for (const auto& [number, reason] :
       {std::pair{0x7001, "keyCompromise"}, std::pair{0x02, "certificateHold"}, std::pair{0x80, "no reason given"}}) {
    const auto* entry = list.find(serial_of(root.issue(number)));
    ASSERT_NE(entry, nullptr) << number;
    EXPECT_EQ(entry->serial, serial(number));
    EXPECT_EQ(entry->reason, reason);
    EXPECT_EQ(entry->since, kSeptember);
  }
  for (const int other : {0, 1, 3, 0x70, 0x7000, 0x7002}) EXPECT_EQ(list.find(serial(other)), nullptr) << other;
  EXPECT_TRUE(std::ranges::is_sorted(list.entries(), {}, &RevocationList::Entry::serial));
}

TEST(RevocationList, MayBeEmptyAndWithoutANumber) {
  const RevocationList list = Authority().read({.number = {}});
  EXPECT_EQ(list.size(), 0U);
  EXPECT_FALSE(list.number());
  EXPECT_EQ(list.version(), "of 2026-09-01T00:00:00.000Z");
  EXPECT_EQ(list.find({}), nullptr);
}

TEST(RevocationList, IsReadFromPem) {
  const Bytes der = Authority().list();
  EXPECT_TRUE(equal(RevocationList::from_pem(write_pem(der, "X509 CRL")).value().der(), der));
  test::expect_refused(RevocationList::from_pem(write_pem(der, "CERTIFICATE")), Errc::malformed, "X509 CRL");
  // As `openssl crl -text` writes it, which is several times as long.
  const auto after_text = [&](std::size_t size) {
    const std::string block = write_pem(der, "X509 CRL");
    std::string text;
    while (text.size() + block.size() < size)
      text += std::string(std::min<std::size_t>(63, size - block.size() - text.size() - 1), ' ') + '\n';
    return RevocationList::from_pem(text + block);
  };
  EXPECT_TRUE(after_text(kLargestRevocationListPem));
  test::expect_refused(after_text(kLargestRevocationListPem + 1), Errc::too_large,
                       "at most 16777216 octets, got 16777217");
}

TEST(RevocationList, AsLongAsTheyGetIsReadFromPemToo) {
  Bytes der(kLargestRevocationList);
  test::expect_refused(RevocationList::from_pem(write_pem(der, "X509 CRL")), Errc::malformed, "in DER");
  der.push_back(0);
  test::expect_refused(RevocationList::from_pem(write_pem(der, "X509 CRL")), Errc::too_large, "got 1048577");
}

TEST(RevocationList, IsThisLongAndNoLonger) {
  test::expect_exact_length(Authority().list(), [](ByteView der) { return RevocationList::from_der(der); });
  test::expect_refused(RevocationList::from_der(Bytes(kLargestRevocationList + 1)), Errc::too_large,
                       "at most 1048576 octets, got 1048577");
  test::expect_refused(RevocationList::from_der(Bytes(kLargestRevocationList)), Errc::malformed, "in DER");
}

TEST(RevocationList, OfFortyThousandEntriesIsRead) {
  RevocationListFields fields;
  for (std::int64_t number = 1; number <= 40'000; ++number) fields.entries.push_back({.serial = number, .reason = {}});
  const RevocationList list = Authority().read(fields);
  EXPECT_EQ(list.size(), 40'000U);
  EXPECT_NE(list.find(serial(40'000)), nullptr);
  EXPECT_EQ(list.find(serial(40'001)), nullptr);
}

struct Form {
  std::string name;
  void (*change)(RevocationListFields&);
  std::optional<Errc> refused;
  std::string part = "";
};
void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

void list_extension(RevocationListFields& fields, const std::string& oid, const Bytes& content, bool critical) {
  fields.extensions.push_back({oid, content, critical});
}
void entry_extension(RevocationListFields& fields, const std::string& oid, const Bytes& content, bool critical) {
  fields.entries.front().extensions.push_back({oid, content, critical});
}

const Bytes kNull = {0x05, 0x00};
const Bytes kOnlyUsers = {0x30, 0x03, 0x81, 0x01, 0xff};
const Bytes kOfAnother = {0x30, 0x00};
const Bytes kFive = {0x02, 0x01, 0x05};
const std::string kDelta = "2.5.29.27", kPart = "2.5.29.28", kCertificateIssuer = "2.5.29.29", kNumber = "2.5.29.20";

const Form kForms[] = {
    {"Good", [](auto&) {}, {}},
    {"UnknownExtension", [](auto& f) { list_extension(f, "1.2.3.4", kNull, false); }, {}},
    {"UnknownExtensionOfAnEntry", [](auto& f) { entry_extension(f, "1.2.3.4", kNull, false); }, {}},
    {"Version1",
     [](auto& f) {
       f.is_version_2 = false;
       f.number.reset();
     },
     Errc::unsupported, "expected a revocation list of version 2, got 1"},
    {"NoNextUpdate", [](auto& f) { f.next_update.reset(); }, Errc::missing_member, "nextUpdate"},
    {"Delta", [](auto& f) { list_extension(f, kDelta, kFive, true); }, Errc::unsupported, "complete"},
    {"DeltaThatIsNotCritical", [](auto& f) { list_extension(f, kDelta, kFive, false); }, Errc::unsupported, kDelta},
    {"Partial", [](auto& f) { list_extension(f, kPart, kOnlyUsers, true); }, Errc::unsupported, kPart},
    {"PartialThatIsNotCritical", [](auto& f) { list_extension(f, kPart, kOnlyUsers, false); }, Errc::unsupported,
     kPart},
    {"Indirect", [](auto& f) { entry_extension(f, kCertificateIssuer, kOfAnother, true); }, Errc::unsupported,
     kCertificateIssuer},
    {"IndirectThatIsNotCritical", [](auto& f) { entry_extension(f, kCertificateIssuer, kOfAnother, false); },
     Errc::unsupported, kCertificateIssuer},
    {"CriticalExtension", [](auto& f) { list_extension(f, "1.2.3.4", kNull, true); }, Errc::unsupported,
     "critical extension 1.2.3.4 that is not understood"},
    {"CriticalExtensionOfAnEntry", [](auto& f) { entry_extension(f, "1.2.3.4", kNull, true); }, Errc::unsupported,
     "critical extension 1.2.3.4 that is not understood"},
    {"TwoNumbers", [](auto& f) { list_extension(f, kNumber, kFive, false); }, Errc::duplicate_key, kNumber},
    {"TwoReasons", [](auto& f) { entry_extension(f, "2.5.29.21", {0x0a, 0x01, 0x01}, false); }, Errc::duplicate_key,
     "2.5.29.21"},
    {"NegativeNumber", [](auto& f) { f.number = -1; }, Errc::invalid_value, "cRLNumber"},
    {"LongNumber",
     [](auto& f) {
       f.number.reset();
       Bytes content = {0x02, 21};
       content.resize(2 + 21, 0x11);
       list_extension(f, kNumber, content, false);
     },
     Errc::too_large, "cRLNumber: expected at most 20 octets, got 21"},
    {"NoNumberAtAll",
     [](auto& f) {
       f.number.reset();
       list_extension(f, kNumber, kNull, false);
     },
     Errc::invalid_value, "cRLNumber"},
    {"ReasonOfADelta", [](auto& f) { f.entries.front().reason = 8; }, Errc::invalid_value, "reasonCode"},
    {"ReasonThatIsNotUsed", [](auto& f) { f.entries.front().reason = 7; }, Errc::invalid_value, "reasonCode"},
    {"ReasonBeyondAll", [](auto& f) { f.entries.front().reason = 11; }, Errc::invalid_value, "reasonCode"},
};

class RevocationListForm : public testing::TestWithParam<Form> {};
INSTANTIATE_TEST_SUITE_P(Of, RevocationListForm, testing::ValuesIn(kForms),
                         [](const auto& example) { return example.param.name; });

TEST_P(RevocationListForm, IsTakenOrRefused) {
  RevocationListFields fields{.entries = {{.serial = 1}}};
  GetParam().change(fields);
  const auto read = RevocationList::from_der(Authority().list(fields));
  EXPECT_EQ(ERR_peek_error(), 0U);
  if (GetParam().refused)
    test::expect_refused(read, *GetParam().refused, GetParam().part);
  else
    EXPECT_TRUE(read) << read.error().text();
}

// --- who signed it ---

TEST(RevocationList, IsOfTheKeyThatSignedIt) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::rsa}) {
    const Authority root{.key = PrivateKey::generate(type).value(), .extensions = {}};
    const RevocationList list = root.read({.entries = {{.serial = 1}}});
    const auto good = list.verify(root.certificate());
    EXPECT_TRUE(good) << good.error().text();
    const Authority other{.key = PrivateKey::generate(type).value(), .extensions = {}};
    test::expect_refused(list.verify(other.key.public_key()), Errc::bad_signature, "the revocation list of CN=Root");
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
  const Authority other{.key = PrivateKey::generate(KeyType::rsa).value(), .extensions = {}};
  test::expect_refused(Authority().read().verify(other.certificate()), Errc::bad_signature, "is not signed by the key");
}

TEST(RevocationList, IsOfTheCertificateThatItNames) {
  const Authority root;
  const RevocationList list = root.read();
  ASSERT_TRUE(list.verify(root.certificate()));
  const Authority renamed{.key = root.key, .common_name = "Another", .extensions = {}};
  test::expect_refused(list.verify(renamed.certificate()), Errc::untrusted_chain,
                       "is by CN=Root,O=Maker, the certificate of CN=Another,O=Maker");
  // RFC 5280 section 4.2.1.3: without keyUsage a key is for everything.
  const Authority open{.key = root.key, .has_key_usage = false, .extensions = {}};
  EXPECT_TRUE(list.verify(open.certificate()));
  const Authority only_certificates{
      .key = root.key, .has_key_usage = false, .extensions = {{"2.5.29.15", {0x03, 0x02, 0x02, 0x04}, true}}};
  test::expect_refused(list.verify(only_certificates.certificate()), Errc::untrusted_chain, "cRLSign");
}

// What it issued could not be asked about: it has issued nothing.
TEST(RevocationList, IsNotOfWhoSignsListsOnly) {
  const Authority root;
  const RevocationList list = root.read();
  ASSERT_TRUE(list.verify(root.certificate()));
  const Authority signer{
      .key = root.key, .has_key_usage = false, .extensions = {{"2.5.29.15", {0x03, 0x02, 0x01, 0x02}, true}}};
  const Certificate none = test::make_certificate(
      root.key.public_key(), {.organization = "Maker", .common_name = "Root", .has_key_usage = false}, root.key);
  for (const Certificate& certificate : {signer.certificate(), none})
    test::expect_refused(list.verify(certificate), Errc::untrusted_chain,
                         "(basicConstraints CA, keyUsage keyCertSign), CN=Root,O=Maker is no such authority");
}

// As X509_NAME_cmp has it, by which is_about() goes.
TEST(RevocationList, IsOfOneIssuerHoweverThatWritesItsName) {
  const Authority root;
  const auto named = [&](const std::string& name) {
    return Authority{.key = root.key, .common_name = name, .extensions = {}};
  };
  for (const std::string same : {"Root", "ROOT", "root", " root "}) {
    EXPECT_EQ(named(same).read().issuer_hash(), root.read().issuer_hash()) << same;
    EXPECT_TRUE(named(same).read().is_about(root.issue(1))) << same;
  }
  for (const std::string other : {"Root 2", "Roots", "Ro ot"}) {
    EXPECT_NE(named(other).read().issuer_hash(), root.read().issuer_hash()) << other;
    EXPECT_FALSE(named(other).read().is_about(root.issue(1))) << other;
  }
}

TEST(RevocationList, IsNotSignedWithAWeakHash) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::rsa}) {
    const Authority root{.key = PrivateKey::generate(type).value(), .extensions = {}};
    for (const char* good : {"SHA256", "SHA384", "SHA512"})
      EXPECT_TRUE(root.read({.hash = good}).verify(root.certificate())) << good;
    test::expect_refused(root.read({.hash = "SHA1"}).verify(root.certificate()), Errc::unsupported_algorithm,
                         "is signed with SHA1");
  }
}

TEST(RevocationList, IsSignedInEveryOctet) {
  const Authority root;
  const auto holds = [&](const Bytes& der) {
    const auto list = RevocationList::from_der(der);
    return list && list->verify(root.key.public_key());
  };
  test::expect_changes_refused(root.list({.entries = {{.serial = 0x0d01}}}), holds,
                               {test::kLowestBit, test::kHighestBit});
}

TEST(RevocationList, SpeaksOfWhatItsIssuerIssued) {
  const Authority root;
  const Authority other{.common_name = "Other root", .extensions = {}};
  EXPECT_TRUE(root.read().is_about(root.issue(1)));
  EXPECT_TRUE(root.read().is_about(root.certificate()));
  EXPECT_FALSE(root.read().is_about(other.issue(1)));
}

// --- which of several ---

TEST(RevocationList, IsCurrentFromThisToNextUpdate) {
  const RevocationList list = Authority().read();
  EXPECT_TRUE(list.check_current(kSeptember));
  EXPECT_TRUE(list.check_current(kOctober - 1ms));
  test::expect_refused(
      list.check_current(kOctober), Errc::expired,
      "the revocation list of CN=Root,O=Maker expired at 2026-10-01T00:00:00.000Z: provision a current one");
  // As far as clocks may differ.
  EXPECT_TRUE(list.check_current(kSeptember - 5min));
  test::expect_refused(list.check_current(kSeptember - 5min - 1ms), Errc::expired,
                       "is valid from 2026-09-01T00:00:00.000Z on");
}

TEST(RevocationList, IsOlderByItsNumberAndElseByItsTime) {
  const Authority root;
  const auto list = [&](std::optional<std::int64_t> number, Timestamp at) {
    return root.read({.number = number, .this_update = at});
  };
  const Timestamp before = kSeptember - 24h;
  struct Case {
    RevocationList older, newer;
  };
  for (const auto& [older, newer] :
       {Case{list(5, kSeptember), list(6, kSeptember)}, Case{list(5, kSeptember), list(6, before)},
        Case{list(0xff, kSeptember), list(0x100, kSeptember)}, Case{list(5, before), list(5, kSeptember)},
        Case{list({}, before), list({}, kSeptember)}, Case{list(9, before), list({}, kSeptember)}}) {
    EXPECT_TRUE(older.is_older_than(newer)) << older.version() << ", " << newer.version();
    EXPECT_FALSE(newer.is_older_than(older)) << older.version() << ", " << newer.version();
  }
  EXPECT_FALSE(list(5, kSeptember).is_older_than(list(5, kSeptember)));
}

// Intel's, of real machines.
TEST(RevocationList, OfAnIssuerOfHardwareIsRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "tpm/extracted";
  const auto list = RevocationList::from_der(test::read_file(folder / "cmc_azure_azureTdxPckCrl.der"));
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_EQ(list->size(), 57U);
  const auto issuer =
      Certificate::from_der(test::read_file(folder / "cmc_azure_azureTdxPckCrlIntermediateCert.der")).value();
  EXPECT_TRUE(list->verify(issuer));
  const auto of_root = RevocationList::from_der(test::read_file(folder / "cmc_azure_azureTdxRootCaCrl.der")).value();
  EXPECT_EQ(of_root.size(), 0U);
  test::expect_refused(of_root.verify(issuer), Errc::untrusted_chain, "Intel SGX Root CA");
}

}  // namespace
}  // namespace credence::crypto
