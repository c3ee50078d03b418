#include "rats/coswid/coswid.h"

#include <format>
#include <string_view>
#include <utility>

#include "rats/corim/corim_tags.h"
#include "rats/corim/read.h"
#include "rats/coswid/files.h"

namespace credence::rats {
namespace {

// RFC 9393 section 2.3.
constexpr std::int64_t kTagId = 0, kSoftwareName = 1, kEntity = 2, kEvidence = 3, kPayload = 6, kTagVersion = 12,
                       kSoftwareVersion = 13;
constexpr std::int64_t kEntityName = 31, kRegid = 32, kRole = 33;

// role-type: integer / text; roles by name are kept out, Credence asks about the registered ones only.
Result<void> read_roles(cbor::Reader& reader, CoswidEntity& entity) {
  return coswid::one_or_more(reader, [&]() -> Result<void> {
    TRY(const cbor::Type type, reader.peek());
    if (type == cbor::Type::text_string) {
      CHECK(reader.text());
      return {};
    }
    TRY(const std::int64_t role, reader.integer());
    entity.roles.push_back(role);
    return {};
  });
}

// {31 => name, ? 32 => reg-id, 33 => role}
Result<CoswidEntity> read_coswid_entity(cbor::Reader& reader, CorimReading& reading) {
  const std::size_t start = reader.offset();
  CoswidEntity entity;
  bool named = false;
  const auto member = [&](std::int64_t key) -> Result<bool> {
    if (key == kEntityName) {
      TRY(entity.name, reader.text());
      named = true;
    } else if (key == kRegid) {
      TRY(entity.regid, read_uri(reader, reading));
    } else if (key == kRole) {
      CHECK(in("role", read_roles(reader, entity)));
    } else {
      return false;
    }
    return true;
  };
  CHECK(read_map(reader, member));
  if (!named) return fail_at(Errc::missing_member, start, "expected the name of the entity (31)");
  return entity;
}

class CoswidReader {
 public:
  CoswidReader(cbor::Reader& reader, const CoswidLimits& limits, CorimReading& reading)
      : reader_(reader), limits_(limits), reading_(reading) {}

  Result<Coswid> read() {
    const std::size_t start = reader_.offset();
    CHECK(read_map(reader_, [this](std::int64_t key) { return member(key); }));
    if (!identified_) return fail_at(Errc::missing_member, start, "expected the tag-id (0) of the CoSWID");
    if (!named_) return fail_at(Errc::missing_member, start, "expected the software-name (1) of the CoSWID");
    if (coswid_.entities.empty()) return fail_at(Errc::missing_member, start, "expected an entity (2) in the CoSWID");
    return std::move(coswid_);
  }

 private:
  Result<bool> member(std::int64_t key) {
    switch (key) {
      case kTagId: {
        TRY(coswid_.id, in("tag-id", read_tag_id(reader_, reading_)));
        identified_ = true;
        return true;
      }
      case kSoftwareName: {
        TRY(coswid_.software_name, in("software-name", reader_.text()));
        named_ = true;
        return true;
      }
      case kTagVersion: {
        TRY(coswid_.tag_version, in("tag-version", reader_.integer()));
        return true;
      }
      case kSoftwareVersion: {
        TRY(coswid_.software_version, in("software-version", reader_.text()));
        return true;
      }
      default:
        return parts(key);
    }
  }

  Result<bool> parts(std::int64_t key) {
    if (key == kEntity) {
      CHECK(in("entity", coswid::one_or_more(reader_, [&]() -> Result<void> {
                 TRY(CoswidEntity entity, read_coswid_entity(reader_, reading_));
                 coswid_.entities.push_back(std::move(entity));
                 return {};
               })));
    } else if (key == kPayload) {
      CHECK(in("payload", coswid::read_files(reader_, reading_, limits_.files, coswid_.payload)));
    } else if (key == kEvidence) {
      CHECK(in("evidence", coswid::read_files(reader_, reading_, limits_.files, coswid_.evidence)));
    } else {
      return false;
    }
    return true;
  }

  cbor::Reader& reader_;
  const CoswidLimits& limits_;
  CorimReading& reading_;
  Coswid coswid_;
  bool identified_ = false;
  bool named_ = false;
};

}  // namespace

Result<Coswid> decode_coswid(ByteView input, const CoswidLimits& limits) {
  const CorimLimits inner{.bytes = limits.bytes, .depth = limits.depth, .items = limits.items};
  CorimReading reading{.limits = inner};
  cbor::Reader reader(input, cbor_limits(inner));
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::tag) CHECK(reader.expect_tag(kTagCoswid));
  TRY(Coswid coswid, CoswidReader(reader, limits, reading).read());
  CHECK(reader.finish());
  return coswid;
}

}  // namespace credence::rats
