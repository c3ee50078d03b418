#include "cli/bundle/environment.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/refusal.h"

namespace credence::cli {
namespace {

TEST(EnvironmentOption, NamesAnIdentifier) {
  const std::string uuid = "d10e4bd6-7e02-4d2c-bf1a-69ae22680478";
  for (const std::string& text : {uuid, "uuid:" + uuid}) {
    const auto read = identifier_from(text).value();
    EXPECT_EQ(read.tag, rats::kTagUuid);
    EXPECT_EQ(to_hex(read.value), "d10e4bd67e024d2cbf1a69ae22680478");
  }
  EXPECT_EQ(identifier_from("01ab").value(), (rats::TaggedBytes{rats::kTagBytes, {1, 0xab}}));
  EXPECT_EQ(identifier_from("bytes:01ab").value(), (rats::TaggedBytes{rats::kTagBytes, {1, 0xab}}));
  EXPECT_EQ(identifier_from("ueid:01ab").value(), (rats::TaggedBytes{rats::kTagUeid, {1, 0xab}}));
  EXPECT_EQ(identifier_from("oid:1.2.3.4").value(), (rats::TaggedBytes{rats::kTagOid, {0x2a, 3, 4}}));
  for (const std::string_view text : {"", "zz", "0", "uuid:01", "oid:x", "other:01", "bytes:"})
    test::expect_refused(identifier_from(text), Errc::usage, "expected a UUID, octets in hexadecimal");
}

TEST(EnvironmentOption, NamesAClass) {
  EXPECT_EQ(class_from("01ab").value().id, (rats::TaggedBytes{rats::kTagBytes, {1, 0xab}}));
  const auto both = class_from("vendor=Advanced Micro Devices,model=ARK-Milan").value();
  EXPECT_EQ(both.vendor, "Advanced Micro Devices");
  EXPECT_EQ(both.model, "ARK-Milan");
  EXPECT_FALSE(class_from("model=M").value().vendor);
  const auto layer = class_from("vendor=ACME,layer=2,index=0").value();
  EXPECT_EQ(layer.vendor, "ACME");
  EXPECT_EQ(layer.layer, 2U);
  EXPECT_EQ(layer.index, 0U);
  for (const std::string_view text : {"vendor=", "layer=", "layer=x", "index=-1", "index=1x", "other=1", "vendor=a,b"})
    test::expect_refused(class_from(text), Errc::usage, "expected vendor=NAME");
}

}  // namespace
}  // namespace credence::cli
