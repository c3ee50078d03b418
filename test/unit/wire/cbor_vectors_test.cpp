// The shared test vectors: items that every decoder must refuse, and items that it must read.
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/cbor_transcode.h"
#include "support/vectors.h"
#include "wire/cbor/reader.h"
#include "wire/json/json.h"

namespace credence::cbor {
namespace {

json::Array vectors(const std::filesystem::path& file) { return json::parse(test::read_text(file)).value().as_array(); }

Bytes octets_of(const json::Value& vector) {
  return from_hex(json::required_text(vector.as_object(), "hex").value()).value();
}

TEST(CborVectors, NotWellFormedItemsAreRefused) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::size_t count = 0;
  for (const char* name : {"not_well_formed_qcbor.json", "not_well_formed_rfc8949_f.json"}) {
    for (const json::Value& vector : vectors(root / "cbor/extracted" / name)) {
      EXPECT_FALSE(check_well_formed(octets_of(vector))) << json::to_text(vector);
      ++count;
    }
  }
  EXPECT_GE(count, 140U);
}

TEST(CborVectors, WellFormedItemsAreReadAndWrittenAgain) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::size_t count = 0;
  for (const json::Value& vector : vectors(root / "cbor/own/well_formed.json")) {
    const Bytes octets = octets_of(vector);
    const bool deterministic = vector.at("deterministic").as_bool();
    const Result<void> accepted = check_well_formed(octets);
    // The one documented exception: a string in chunks (docs/formats/cbor.md).
    EXPECT_TRUE(accepted || accepted.error().code == Errc::unsupported) << json::to_text(vector);
    const Result<Bytes> again = test::transcode(octets, {.form = Form::deterministic});
    ASSERT_EQ(again.has_value(), deterministic) << json::to_text(vector);
    if (deterministic) {
      EXPECT_EQ(*again, octets) << json::to_text(vector);
    }
    ++count;
  }
  EXPECT_GE(count, 50U);
}

}  // namespace
}  // namespace credence::cbor
