// CMWs made by others.
#include <gtest/gtest.h>

#include "crypto/certificate.h"
#include "crypto/certificate_fields.h"
#include "crypto/der.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/corim.h"
#include "support/ordered_diagnostic.h"
#include "support/refusal.h"
#include "vector_files.h"

namespace credence::rats {
namespace {

TEST(CmwVectors, AreReadAndWrittenAgain) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::size_t count = 0;
  for (const std::string_view folder : {"veraison-cmw", "ietf-rats-wg-draft-ietf-rats-msg-wrap"}) {
    for (const std::string& file : test::files_below(root / "eat-ear" / folder, {".cbor", ".json"})) {
      const Bytes octets = test::read_file(root / "eat-ear" / folder / file);
      const auto cmw = decode_cmw(octets);
      ASSERT_TRUE(cmw) << file << ": " << cmw.error().text();
      const bool collection = file.starts_with("collection");
      EXPECT_EQ(std::holds_alternative<CmwCollection>(cmw->content), collection) << file;
      const Bytes written = encode_cmw_cbor(*cmw);
      EXPECT_EQ(encode_cmw_cbor(decode_cmw(written).value()), written) << file;
      if (file.ends_with(".cbor")) {
        EXPECT_EQ(written, octets) << file;
      }
      ++count;
    }
  }
  EXPECT_EQ(count, 6U);
}

std::string with(std::string text, std::string_view part, std::string_view in_its_place) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + in_its_place.size()))
    text.replace(at, part.size(), in_its_place);
  return text;
}

// The draft's example of CoRIMs that come together: each under its id, one depending on the other. What the RFC will
// fill in is filled in here: the content format of application/rim+cbor, and the name of the RFC.
TEST(CmwVectors, OfTheDraftOfCorimHoldCorims) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const std::string text =
      with(with(test::read_text(root / "corim/ietf-rats-wg-draft-ietf-rats-corim/examples/cmw-corim-collection.diag"),
                "TBD1", "65000"),
           "{{&SELF}}", "rfc9999");
  const auto collection_of = [](const std::string& notation) {
    return std::get<CmwCollection>(decode_cmw(test::Diagnostic::encode(notation)).value().content);
  };
  const CmwCollection collection = collection_of(text);
  EXPECT_EQ(collection.collection_type, "tag:rfc9999:corim");
  ASSERT_EQ(collection.entries.size(), 2U);
  const auto record = [](const CmwCollection& in, std::size_t i) {
    return std::get<CmwRecord>(in.entries.at(i).cmw.content);
  };
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(record(collection, i).type, CmwType(std::uint16_t{65'000}));

  const Corim software = decode_corim(record(collection, 1).value).value();
  EXPECT_EQ(collection.entries[1].label, CmwLabel("51a5f633-71c0-45f5-855e-43e8254c1806"));
  EXPECT_EQ(std::get<Uuid>(software.id).text(), "51a5f633-71c0-45f5-855e-43e8254c1806");
  ASSERT_EQ(software.other_tags.size(), 1U);
  EXPECT_EQ(software.other_tags[0].first, 505U);

  // The first is no CoRIM: its reference values are a measurement where the draft has a list of measurements.
  test::expect_refused(decode_corim(record(collection, 0).value), Errc::unexpected_type,
                       "measurements: expected an array, got a map");
  const CmwCollection corrected =
      collection_of(with(with(text, "/ ref-claims / {", "/ ref-claims / [{"), "}}]],", "}}]]],"));
  const Corim device = decode_corim(record(corrected, 0).value).value();
  EXPECT_EQ(collection.entries[0].label, CmwLabel("adee8cd4-4e47-461f-b341-2aba3ae4cbda"));
  EXPECT_EQ(std::get<Uuid>(device.id).text(), "adee8cd4-4e47-461f-b341-2aba3ae4cbda");
  EXPECT_EQ(device.dependent_rims.at(0).references.at(0), "urn:uuid:" + std::get<Uuid>(software.id).text());
  EXPECT_EQ(device.comids.at(0).coswids.at(0).tags.size(), 1U);
  EXPECT_EQ(device.comids.at(0).reference_values.at(0).measurements.at(0).values.others.at(0).first, -404);
}

constexpr auto kUtf8String = static_cast<crypto::der::Tag>(0x0c);

// In the extension of a certificate: id-pe-cmw.
TEST(CmwVectors, InCertificatesAreRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const std::string name : {"x509-cert+cbor-cmw.der", "x509-cert+json-cmw.der"}) {
    const auto certificate =
        crypto::Certificate::from_der(test::read_file(root / "eat-ear/veraison-cmw" / name)).value();
    const auto extension = crypto::extension(certificate, "1.3.6.1.5.5.7.1.35").value();
    ASSERT_TRUE(extension) << name;
    // CMW ::= CHOICE { json UTF8String, cbor OCTET STRING }
    crypto::der::Reader reader(*extension);
    const bool is_json = name.contains("json");
    const auto content = reader.element(is_json ? kUtf8String : crypto::der::Tag::octet_string);
    ASSERT_TRUE(content) << name << ": " << content.error().text();
    const auto cmw = decode_cmw(*content);
    ASSERT_TRUE(cmw) << name << ": " << cmw.error().text();
    const auto* collection = std::get_if<CmwCollection>(&cmw->content);
    ASSERT_NE(collection, nullptr) << name;
    EXPECT_EQ(collection->entries.size(), is_json ? 2U : 3U) << name;
  }
}

}  // namespace
}  // namespace credence::rats
