#include "rats/elm/query.h"

#include <format>
#include <utility>

#include "rats/coserv/read.h"

namespace credence::rats {
namespace {

enum Key : std::int64_t { profile = 0, artifact_type = 1, environment_selector = 2, rim_selector = 3 };
constexpr CorimLimits kElmLimits{.bytes = 64 << 10, .depth = 16, .items = 8'192};
constexpr CoservLimits kSelectorLimits{.bytes = kElmLimits.bytes, .depth = kElmLimits.depth, .items = kElmLimits.items};
constexpr std::size_t kMostRims = 1'024;

class ElmReader {
 public:
  explicit ElmReader(ByteView input) : reader_(input, cbor_limits(kElmLimits)) {}

  Result<ElmQuery> read() {
    CHECK(read_map(reader_, [this](std::int64_t key) { return member(key); }));
    CHECK(reader_.finish());
    // A query that is understood in part would change more, or less, than was meant.
    const bool by_ids = !by_id_.rims.empty() && members_ == 0;
    const bool by_environment = by_id_.rims.empty() && members_ == 3;
    if (!by_ids && !by_environment)
      return fail(Errc::invalid_value,
                  "expected either profile (0), artifact-type (1) and environment-selector (2), or rim-selector (3)");
    if (by_ids) {
      query_.query = std::move(by_id_);
    } else {
      query_.query = std::move(by_environment_);
    }
    return std::move(query_);
  }

 private:
  Result<bool> member(std::int64_t key) {
    switch (key) {
      case profile: {
        TRY(query_.profile, in("profile", coserv::read_profile(reader_)));
        break;
      }
      case artifact_type: {
        TRY(by_environment_.artifact, in("artifact-type", coserv::read_artifact_type(reader_)));
        break;
      }
      case environment_selector: {
        CHECK(in("environment-selector", coserv::read_environments(reader_, reading_, by_environment_)));
        break;
      }
      case rim_selector:
        CHECK(in("rim-selector", read_rims()));
        return true;
      default:
        return fail_at(Errc::unsupported, reader_.offset(), std::format("no member of a query has the number {}", key));
    }
    ++members_;
    return true;
  }

  Result<void> read_rims() {
    CHECK(append_items(reader_, reading_.corim, by_id_.rims, coserv::read_rim_id));
    if (by_id_.rims.size() > kMostRims)
      return fail(Errc::too_large, std::format("expected at most {} ids, got {}", kMostRims, by_id_.rims.size()));
    for (const RimId& rim : by_id_.rims)
      if (rim.kind == RimId::Kind::coswid)
        return fail(Errc::unsupported, "a CoSWID (1) is active as the CoRIM (2) is that carries it: name that one");
    return {};
  }

  cbor::Reader reader_;
  coserv::Reading reading_{.limits = kSelectorLimits, .corim = {.limits = kElmLimits}};
  ElmQuery query_;
  EnvironmentQuery by_environment_;
  RimQuery by_id_;
  int members_ = 0;  // of a query by environments
};

}  // namespace

Result<ElmQuery> decode_elm_query(ByteView input) { return ElmReader(input).read(); }

}  // namespace credence::rats
