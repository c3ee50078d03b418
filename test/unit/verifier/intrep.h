// The draft's examples of what a verifier keeps (draft-ietf-rats-corim, "intrep-*.diag"): claims (ECTs), and relations
// of claims that are met to claims that are added. Nobody sends them, so nothing but tests reads them: in the readers
// of CoRIM, which they are made of.
#pragma once

#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rats/corim/read.h"
#include "support/ordered_diagnostic.h"
#include "support/vectors.h"
#include "wire/cbor/writer.h"

namespace credence::test {

struct Ect {
  rats::Environment environment{};  // of none: empty
  std::vector<Bytes> elements{};    // as encoded measurement-maps: element-id is the mkey, element-claims are the mval
  std::vector<rats::CryptoKey> authority{};
  std::vector<rats::CryptoKey> keys{};
  std::vector<rats::Environment> members{};
};
struct Relation {
  std::vector<Ect> conditions{};  // of a claims set: none
  std::vector<Ect> additions{};
};

class IntrepReader {
 public:
  explicit IntrepReader(ByteView octets) : reader_(octets) {}

  Result<std::vector<Relation>> read() {
    TRY(const cbor::Type type, reader_.peek());
    std::vector<Relation> all(1);
    if (type == cbor::Type::array) {
      TRY(all[0].additions, ects());
    } else {
      CHECK(relation(all));
    }
    CHECK(reader_.finish());
    return all;
  }

 private:
  template <typename Member>
  Result<void> members(Member member) {
    TRY(cbor::Reader::Map map, reader_.map());
    while (true) {
      TRY(const bool more, map.next(reader_));
      if (!more) return {};
      TRY(const std::string_view name, reader_.text());
      CHECK(member(name));
    }
  }

  Result<void> relation(std::vector<Relation>& all) {
    return members([&](std::string_view name) -> Result<void> {
      if (name == "series") return series(all);
      TRY((name == "condition" ? all[0].conditions : all[0].additions), ects());
      return {};
    });
  }

  // [+ [conditions, additions]]
  Result<void> series(std::vector<Relation>& all) {
    all.clear();
    return rats::read_items(reader_, [&]() -> Result<void> {
      Relation& read = all.emplace_back();
      TRY(cbor::Reader::Array array, reader_.array());
      CHECK(rats::expect_item(reader_, array, "conditions"));
      TRY(read.conditions, ects());
      CHECK(rats::expect_item(reader_, array, "additions"));
      TRY(read.additions, ects());
      return rats::expect_end(reader_, array);
    });
  }

  Result<std::vector<Ect>> ects() {
    std::vector<Ect> all;
    const auto one = [&]() -> Result<void> {
      TRY(Ect read, ect());
      all.push_back(std::move(read));
      return {};
    };
    TRY(const cbor::Type type, reader_.peek());
    CHECK(type == cbor::Type::array ? rats::read_items(reader_, one) : one());
    return all;
  }

  Result<Ect> ect() {
    Ect read;
    CHECK(members([&](std::string_view name) { return member(name, read); }));
    return read;
  }

  Result<void> member(std::string_view name, Ect& read) {
    if (name == "element-list") return rats::read_items(reader_, [&] { return element(read); });
    if (name == "authority") return rats::append_items(reader_, reading_, read.authority, rats::read_crypto_key);
    if (name == "key-list") return rats::append_items(reader_, reading_, read.keys, rats::read_crypto_key);
    if (name == "members") return rats::append_items(reader_, reading_, read.members, rats::read_environment);
    if (name == "environment") {
      TRY(read.environment, rats::read_environment(reader_, reading_));
    } else {
      CHECK(reader_.raw_item());  // cmtype, profile, key-type
    }
    return {};
  }

  Result<void> element(Ect& ect) {
    Bytes id, claims;
    CHECK(members([&](std::string_view name) -> Result<void> {
      TRY(const ByteView item, reader_.raw_item());
      (name == "element-id" ? id : claims) = to_bytes(item);
      return {};
    }));
    cbor::Writer writer;
    writer.map(id.empty() ? 1 : 2);
    if (!id.empty()) writer.integer(0).raw_item(id);
    ect.elements.push_back(writer.integer(1).raw_item(claims).take());
    return {};
  }

  rats::CorimLimits limits_;
  rats::CorimReading reading_{.limits = limits_};
  cbor::Reader reader_;
};

template <typename Replacement>
std::string replaced(const std::string& text, const std::regex& pattern, Replacement replacement) {
  std::string made;
  auto rest = text.cbegin();
  for (std::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end; ++found) {
    made.append(rest, (*found)[0].first);
    made += replacement(*found);
    rest = (*found)[0].second;
  }
  return made.append(rest, text.cend());
}

// Some examples are made by a program from the CDDL, which has the digests of JSON (texts) beside those of CBOR, and
// masks of any length or of no value. This puts these right, so that the rest of the examples can be looked at.
inline std::string corrected(const std::string& text) {
  static const std::regex digest(R"re(\[\s*(-?[0-9]+|"[^"]*"),\s*"([A-Za-z0-9_-]+)"\s*\])re");
  static const std::regex masked(R"re(563\(\[\s*h'([0-9A-Fa-f]+)',\s*h'([0-9A-Fa-f]+)'\s*\]\))re");
  static const std::regex old_mask(R"re((\s)5:h'[0-9A-Fa-f]+',?)re");
  using Match = std::smatch;
  std::string made = replaced(text, digest, [](const Match& match) {
    const std::string value = match.str(2);
    return "[" + match.str(1) + ", h'" + to_hex(as_bytes(value)) + "']";
  });
  made = replaced(made, masked, [](const Match& match) {
    return match.length(1) == match.length(2) ? match.str() : "560(h'" + match.str(1) + "')";
  });
  return replaced(made, old_mask, [](const Match& match) { return match.str(1); });
}

enum class Spelling : std::uint8_t { as_written, corrected };

inline std::vector<Relation> intrep(const std::filesystem::path& root, std::string_view name,
                                    Spelling spelling = Spelling::as_written) {
  const std::string text =
      read_text(root / "corim/ietf-rats-wg-draft-ietf-rats-corim/examples" / ("intrep-" + std::string(name) + ".diag"));
  const Bytes octets = Diagnostic::encode(spelling == Spelling::corrected ? corrected(text) : text);
  return IntrepReader(octets).read().value();
}

inline Result<rats::Measurement> measurement_of(const Bytes& element) {
  const rats::CorimLimits limits;
  rats::CorimReading reading{.limits = limits};
  cbor::Reader reader(element);
  TRY(rats::Measurement read, rats::read_measurement(reader, reading));
  CHECK(reader.finish());
  return read;
}

}  // namespace credence::test
