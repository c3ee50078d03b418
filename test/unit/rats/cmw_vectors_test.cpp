// CMWs made by others.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace credence::rats
