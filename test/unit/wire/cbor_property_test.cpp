#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/cbor_item.h"
#include "support/cbor_transcode.h"
#include "wire/cbor/diagnostic.h"

namespace credence::cbor {
namespace {

constexpr Limits kDeterministic{.form = Form::deterministic};

test::CborItem any_item() {
  return test::choose_item([](std::uint64_t below) { return *rc::gen::inRange<std::uint64_t>(0, below); }, 4);
}

RC_GTEST_PROP(Cbor, WhatIsWrittenIsDeterministicAndReadBack, ()) {
  const Bytes encoded = test::encode(any_item());
  RC_ASSERT(test::transcode(encoded, kDeterministic).value() == encoded);
  RC_ASSERT(to_diagnostic(encoded, kDeterministic).has_value());
}

RC_GTEST_PROP(Cbor, EveryStrictPrefixIsRefused, ()) {
  const Bytes encoded = test::encode(any_item());
  const auto size = *rc::gen::inRange<std::size_t>(0, encoded.size());
  const Error error = check_well_formed(ByteView(encoded).first(size)).error();
  RC_ASSERT(error.code == Errc::truncated);
  RC_ASSERT(error.offset.value() <= size);
}

// Changed octets never crash, and the three readers of whole items agree on them.
RC_GTEST_PROP(Cbor, RawItemTranscodingAndDiagnosticAcceptTheSame, ()) {
  Bytes encoded = test::encode(any_item());
  encoded[*rc::gen::inRange<std::size_t>(0, encoded.size())] = *rc::gen::arbitrary<std::uint8_t>();
  const Result<void> checked = check_well_formed(encoded, kDeterministic);
  const Result<Bytes> transcoded = test::transcode(encoded, kDeterministic);
  const Result<std::string> shown = to_diagnostic(encoded, kDeterministic);
  RC_ASSERT(checked.has_value() == transcoded.has_value());
  RC_ASSERT(checked.has_value() == shown.has_value());
  if (checked) {
    RC_ASSERT(*transcoded == encoded);
    return;
  }
  RC_ASSERT(transcoded.error().text() == checked.error().text());
  RC_ASSERT(shown.error().text() == checked.error().text());
}

}  // namespace
}  // namespace credence::cbor
