// A refusal with its code, and a part of its text.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::test {

template <typename T>
void expect_refused(const Result<T>& result, Errc code, std::string_view part) {
  ASSERT_FALSE(result);
  EXPECT_EQ(name(result.error().code), name(code)) << result.error().text();
  EXPECT_NE(result.error().text().find(part), std::string::npos) << result.error().text();
}

// Every proper prefix of good octets is refused as truncated, and one octet more as trailing.
template <typename Decode>
void expect_exact_length(const Bytes& good, Decode decode) {
  ASSERT_TRUE(decode(ByteView(good)));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode(ByteView(good).first(size))) << "with " << size << " of " << good.size() << " octets";
  Bytes longer = good;
  longer.push_back(0);
  const auto refused = decode(ByteView(longer));
  ASSERT_FALSE(refused);
  EXPECT_EQ(name(refused.error().code), name(Errc::trailing_bytes));
  EXPECT_EQ(refused.error().offset, good.size());
}

}  // namespace credence::test
