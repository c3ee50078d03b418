// CMWs made by others.
#include <gtest/gtest.h>

#include "crypto/certificate.h"
#include "crypto/certificate_fields.h"
#include "crypto/der.h"
#include "rats/cmw/cmw.h"
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
